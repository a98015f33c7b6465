package drill

import "testing"

// The console paints within a second of its start, and the drill with it.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		d, err := Start(b.Context(), Options{Genesis: genesis})
		if err != nil {
			b.Fatal(err)
		}
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// A headless drill is about 110 of these.
func BenchmarkStep(b *testing.B) {
	d, err := Start(b.Context(), Options{Genesis: genesis})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			b.Error(err)
		}
	}()
	for b.Loop() {
		if _, err := d.Step(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
