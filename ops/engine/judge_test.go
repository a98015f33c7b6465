package engine

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// fixed is a condition that always says the same; without a word it panics.
type fixed struct{ says *ops.Assessment }

func (f fixed) Reads() []ops.Read { return nil }
func (f fixed) Source() string    { return "fixed" }
func (f fixed) Judge(_, _ ops.Readings) ops.Assessment {
	return *f.says
}

// Fault 32: an invariant whose judgement panics is UNKNOWN, and every other one is
// judged, however many there are.
func TestAPanicInOneInvariantIsUnknownAndTheOthersGoOn(t *testing.T) {
	for _, n := range []int{3, 1000} {
		e := &Engine{Config: Config{Rules: &Rules{}}}
		good := &ops.Assessment{Verdict: ops.OK, Observed: "1", Relation: "=", Threshold: "1"}
		for i := range n {
			says := good
			if i == 1 {
				says = nil
			}
			e.Rules.invariants = append(e.Rules.invariants, detect.Invariant{ID: ops.DetectorID(fmt.Sprint("A", i)), For: 1, Condition: fixed{says}})
		}
		e.state.invariants = make([]detect.State, n)
		e.judgeInvariants(ops.BlockRef{Number: 1, Hash: common.Hash{1}}, nil, nil, nil, make([]ops.Finding, len(e.state.invariants)))
		for i, s := range e.state.invariants {
			want := ops.OK
			if i == 1 {
				want = ops.Unknown
			}
			if f := s.Finding; f.Verdict != want || f.Detector != ops.DetectorID(fmt.Sprint("A", i)) || (f.Why == "") != (i != 1) {
				t.Fatalf("%d of %d: %+v", i, n, f)
			}
		}
	}
}
