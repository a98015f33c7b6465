package ops

// Pattern is what a kind of detector demands: conditions in the language of the
// invariants, made of parts that a policy fills in. It is data: whoever reads the page of
// a detector can work out by hand what it says.
type Pattern struct {
	Kind    string // as a policy names it
	Parts   []Part
	Clauses []Clause // the one that matters most first: it is shown where several are in breach
	Bounds  []Bound
}

// Bound is a condition on what a policy fills in, where that never changes: what does not
// meet it would judge nonsense.
type Bound struct {
	Part  string // that is at fault
	Holds string // as in a Clause
	Says  string // what is wrong
}

// Part is what a policy fills in. Default stands for it where the policy is silent; a
// part without one and not Needed leaves out the clauses that are made of it.
type Part struct {
	Name    string
	Means   string // what to write, with an example
	Needed  bool
	Default string
}

// Clause is one condition. In Holds, {name} stands for what the policy wrote for a part,
// and {,name} for the same after a comma, or for nothing where the policy is silent.
type Clause struct {
	Name  string // what it is about, in a word or two
	Holds string
	Unit  string // of its numbers, as bps; empty: what the policy shows its amounts in
}
