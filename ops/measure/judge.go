package measure

import (
	"github.com/bulkhead-console/bulkhead/ops"
)

// Frame is what an evaluation sees: the judged block, the answers at it and,
// where the parent was judged too, the parent and the answers at it (else nil). A
// block that is left out is the one that the answers are of.
type Frame struct {
	At       ops.BlockRef
	Now      ops.Readings
	ParentAt ops.BlockRef
	Parent   ops.Readings

	memory *Memory
	fields *fields // of the event or call that a filter judges
	stack  []Value // arguments that are known, while a function waits for the others
}

// Evaluate computes the value. An error says why it cannot be known.
func (m *Measure) Evaluate(f Frame) (Value, error) { return m.root.eval(&f) }

// Judge evaluates a condition: OK when it holds, Breach when it does not,
// Unknown with the reason when it cannot be known. A comparison shows its sides.
func (m *Measure) Judge(now, parent ops.Readings) ops.Assessment {
	return m.judge(&Frame{Now: now, Parent: parent, stack: make([]Value, 0, 4)})
}

func (m *Measure) judge(f *Frame) ops.Assessment {
	if m.root.sides != nil {
		s, err := m.root.sides(f)
		if err != nil {
			return ops.Assessment{Verdict: ops.Unknown, Why: err.Error()}
		}
		return ops.Assessment{Verdict: verdict(s.holds), Observed: s.left.String(), Relation: s.relation, Threshold: s.right.String()}
	}
	v, err := m.root.eval(f)
	if err != nil {
		return ops.Assessment{Verdict: ops.Unknown, Why: err.Error()}
	}
	return ops.Assessment{Verdict: verdict(v.truth), Observed: v.String(), Relation: "=", Threshold: "true"}
}

func verdict(holds bool) ops.Verdict {
	if holds {
		return ops.OK
	}
	return ops.Breach
}
