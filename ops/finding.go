package ops

// DetectorID is the short name of an invariant or detector, spoken on a call: A1.
type DetectorID string

// RunbookID is the short id of a runbook: R1.
type RunbookID string

// Quantity is a measured value twice: exact (an integer or a fraction in the
// contract's own unit, or a word such as true) and as shown to a person.
type Quantity struct {
	Exact string
	Shown string
}

// Finding is what one detector says about one block. Observed and Threshold are
// empty when the verdict is Unknown; then Known is the last block at which it
// was known, and Last what was measured there.
type Finding struct {
	Chain     string // its chain's name, where several are shown together, or drill+side of what spans them; else empty
	Detector  DetectorID
	Title     string
	Owner     string
	Class     BreachClass
	Severity  Severity
	Verdict   Verdict
	At        BlockRef // the block judged
	Since     BlockRef // the first block of this verdict; of a breach, blocks of UNKNOWN in between do not begin it anew
	Broke     BlockRef // the first block of the breach that no OK has ended yet, also while UNKNOWN; else zero
	Known     BlockRef // the last block at which the verdict was not Unknown
	Last      Quantity // what was observed at Known
	Observed  Quantity
	Relation  string // how Observed must relate to Threshold: ≥, ≤, =, …
	Threshold Quantity
	Trend     string   // change a block and since the breach, in words
	Source    string   // the expression or detector, as committed
	Why       string   // the reason of an Unknown, or what a Breach consists of
	Doubt     string   // what of a Breach is not known though it is one: no standing order answers it; else empty
	Reads     []Read   // what it was judged by
	Answers   Readings // of the block judged, to all that was asked: shared, and never changed
	Action    RunbookID
	Args      map[string]string // what only the finding knows, for the runbook's typed parameters
}

// Evidence are the answers that the finding was judged by. Transactions and the calls inside
// them are none: a window is judged by those of many blocks.
func (f Finding) Evidence() []Reading {
	var out []Reading
	for _, r := range f.Reads {
		if answer, ok := f.Answers[r]; ok && !r.Kind.Sent() && !r.Kind.Traced() {
			out = append(out, answer)
		}
	}
	return out
}

// Start is the first block of the finding's verdict, and of the breach that no
// OK has ended, given the finding of the block before.
func (f Finding) Start(past Finding) (verdict, breach BlockRef) {
	verdict = f.At
	if past.Verdict == f.Verdict && !past.Since.Zero() && past.Since.Number < f.At.Number {
		verdict = past.Since
	}
	if !past.Broke.Zero() && past.Broke.Number < f.At.Number {
		breach = past.Broke
	}
	switch {
	case f.Verdict == OK:
		breach = BlockRef{}
	case f.Verdict == Breach && breach.Zero():
		breach = verdict
	case f.Verdict == Breach:
		verdict = breach
	}
	return verdict, breach
}

// Assessment is a condition evaluated at one block: whether it holds, with the
// two sides that decided it, exact.
type Assessment struct {
	Verdict   Verdict
	Part      string // the clause that decided, where there are several
	Observed  string
	Relation  string
	Threshold string
	Why       string
	Doubt     string // of a breach: what is not known all the same; else empty
	Source    string // what was seen, where it is not what its condition always says
}
