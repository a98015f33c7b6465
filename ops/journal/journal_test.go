package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/journal"
)

func open(t *testing.T, folder string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(folder, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// written makes a journal of n records and returns its folder and bytes.
func written(t *testing.T, n int) (string, []byte) {
	t.Helper()
	folder := t.TempDir()
	j := open(t, folder)
	for i := range n {
		if _, err := j.Append("note", map[string]string{"text": fmt.Sprintf("line %d <&>", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(folder, journal.Name))
	if err != nil {
		t.Fatal(err)
	}
	return folder, b
}

func TestWhatWasWrittenIsReadBackInOrder(t *testing.T) {
	folder, _ := written(t, 3)
	j := open(t, folder)
	defer func() { _ = j.Close() }()
	records := j.Records()
	if len(records) != 3 || records[2].Seq != 3 || records[2].Prev != records[1].Hash {
		t.Fatalf("read back %+v", records)
	}
	if r, err := j.Append("note", "more"); err != nil || r.Seq != 4 || r.Prev != records[2].Hash {
		t.Errorf("the chain does not go on: %+v, %v", r, err)
	}
}

func TestASecondConsoleIsRefused(t *testing.T) {
	folder := t.TempDir()
	first := open(t, folder)
	if _, err := journal.Open(folder, journal.Options{}); !errors.Is(err, journal.ErrHeld) {
		t.Errorf("the second got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, folder).Close(); err != nil {
		t.Errorf("after the first let go: %v", err)
	}
}

// Cut at any byte, the journal opens at the last whole record and says so.
func TestTruncatedAtEveryByteItReopensAtTheLastGoodRecord(t *testing.T) {
	folder, whole := written(t, 3)
	path := filepath.Join(folder, journal.Name)
	for size := range whole {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		good := 0
		for _, b := range whole[:size] {
			if b == '\n' {
				good++
			}
		}
		j := open(t, folder)
		want := good
		if size > 0 && whole[size-1] != '\n' {
			want++ // and the record that says what was cut off
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if len(j.Records()) != good {
			t.Fatalf("cut at byte %d: %d records stood there, want %d", size, len(j.Records()), good)
		}
		if records, torn, err := journal.Read(path); err != nil || torn != 0 || len(records) != want {
			t.Fatalf("cut at byte %d: %d records, want %d; %d bytes torn, %v", size, len(records), want, torn, err)
		}
	}
}

// A flipped bit is found wherever it is: in the last record it is cut off, before
// that the journal is refused.
func TestEveryFlippedBitIsDetected(t *testing.T) {
	folder, whole := written(t, 3)
	path := filepath.Join(folder, journal.Name)
	for at := range whole {
		for bit := range 8 {
			altered := append([]byte{}, whole...)
			altered[at] ^= 1 << bit
			if err := os.WriteFile(path, altered, 0o600); err != nil {
				t.Fatal(err)
			}
			records, torn, err := journal.Read(path)
			if err == nil && torn == 0 {
				t.Fatalf("bit %d of byte %d was flipped and nobody noticed: %d records", bit, at, len(records))
			}
			if err != nil && !errors.Is(err, journal.ErrTampered) {
				t.Fatalf("bit %d of byte %d: %v", bit, at, err)
			}
		}
	}
}

// fullDisk fails at the n-th operation.
type fullDisk struct {
	journal.File
	left *int
}

var errFull = errors.New("no space left on device")

func (f fullDisk) step() error {
	if *f.left--; *f.left < 0 {
		return errFull
	}
	return nil
}

func (f fullDisk) Write(b []byte) (int, error) {
	if err := f.step(); err != nil {
		return 0, err
	}
	return f.File.Write(b)
}

func (f fullDisk) Truncate(size int64) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f fullDisk) Sync() error {
	if err := f.step(); err != nil {
		return err
	}
	return f.File.Sync()
}

func TestAFullDiskIsNeverSilentAndNeverForgiven(t *testing.T) {
	for fails := range 4 { // write, sync, write, sync
		left := fails
		j, err := journal.Open(t.TempDir(), journal.Options{Append: func(path string) (journal.File, error) {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			return fullDisk{f, &left}, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		var failed error
		for range 2 {
			if _, err := j.Append("note", "x"); err != nil {
				failed = err
				break
			}
		}
		if !errors.Is(failed, journal.ErrUnwritable) || !errors.Is(failed, errFull) {
			t.Fatalf("failing at operation %d: %v", fails, failed)
		}
		left = 100 // the disk is fine again, and the journal still refuses
		if _, err := j.Append("note", "x"); !errors.Is(err, journal.ErrUnwritable) {
			t.Errorf("it went on after a failure: %v", err)
		}
		if err := j.Writable(); err == nil {
			t.Error("it calls itself writable")
		}
		_ = j.Close()
	}
}

func TestAFolderThatCannotBeMadeIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(filepath.Join(file, "journal"), journal.Options{}); !errors.Is(err, journal.ErrUnwritable) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkAppend(b *testing.B) {
	b.Run("record", func(b *testing.B) {
		j, err := journal.Open(b.TempDir(), journal.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = j.Close() }()
		for b.Loop() {
			if _, err := j.Append("note", "a line of about the usual length, as findings have it"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) { // write and fsync, nothing else
		f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		buffer := make([]byte, 260)
		for b.Loop() {
			if _, err := f.Write(buffer); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
