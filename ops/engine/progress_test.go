package engine

import (
	"errors"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What could not be told is told again, and counted once.
func TestABlockThatCouldNotBeToldIsNotCounted(t *testing.T) {
	fails := true
	told := 0
	r := Replay{Tell: func(x Transition) error {
		if fails && x.Finding.Detector == "B" {
			return errors.New("nobody reads")
		}
		told++
		return nil
	}}
	now := []ops.Finding{{Detector: "A", Verdict: ops.Breach}, {Detector: "B", Verdict: ops.OK}}
	var done Progress
	if r.tell(&done, ops.BlockRef{Number: 1, Hash: [32]byte{1}}, nil, now) == nil {
		t.Fatal("it was told")
	}
	fails = false
	if err := r.tell(&done, ops.BlockRef{Number: 1, Hash: [32]byte{1}}, nil, now); err != nil {
		t.Fatal(err)
	}
	if x := done.Tallies["A"]; x.Breach != 1 || x.Breaches != 1 || told != 3 || len(done.Order) != 2 {
		t.Errorf("A was in breach at %d blocks, %d of %d told, in order %v", x.Breach, told, 3, done.Order)
	}
}
