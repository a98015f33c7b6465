// Package authorization is the detector of hidden expansion: somebody may do something that
// no baseline and no executed release says. It is D1 of the failure modes.
//
// What it sees. The rights on each watched contract as facts: a contract, a right, who holds
// it. Roles of an AccessControl, rebuilt from its events and confirmed one by one with
// hasRole at every block, counted where the contract can be counted; who administers a role;
// members, delays and functions of an AccessManager; owner and pending owner; the admin of a
// proxy and its owner; authority; owners, threshold, modules, guards and the raw slot 0 of a
// Safe; how often a contract was initialised; and who may make the privileged calls that the
// policy lists, tried as everybody whom the baseline names and as a stranger. What is neither in the signed baseline nor in
// the role impact of an executed release is a breach in the block in which it appears. What
// is in the baseline and is gone is told beside it.
//
// What it cannot see. Rights that are kept in other ways: an address in a mapping, a
// signature that a contract accepts; list the calls that they allow. A call that fails for
// another reason than its caller says nothing about its callers while it does. A role that was given without an event where the contract cannot be
// counted, to an account that the baseline does not name. What happened within one block and
// was undone in it: the events are in the evidence, the right is not there. What the holder
// of a right is: a Safe of three may have become a Safe of one (watch it too).
//
// What it would have shown. Radiant (the owner of the addresses' provider is another one,
// before the first drain), Bybit (slot 0 of the Safe, between the two transactions, whatever the Safe
// answers by then), Audius
// and Pike (initialised once more), Munchables, Unleash and LI.FI's successors, USPD (the
// admin of the proxy is not the one that was deployed).
//
// It must never read anything itself, and never take a right that could not be read for
// one that nobody has.
package authorization

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Kind is what a policy calls the detector.
const Kind = "authorization"

// Gives are the arguments that a breach gives to its runbook: who holds too much, and the
// role, where it is one.
var Gives = []string{"account", "role"}

// Fact is one right on a contract and who holds it: an address with its checksum, perhaps
// with more words after it, or a number.
type Fact struct {
	Contract string
	Right    string
	Holder   string
}

// String is the fact as a person says it.
func (f Fact) String() string { return f.Holder + " has " + f.Right + " of " + f.Contract }

// Detector watches the rights on some contracts. Impact are those that a release may change,
// by the id of the operation that has to have been executed.
type Detector struct {
	Watched  []Watched
	Baseline map[Fact]bool
	Impact   map[common.Hash][]Fact
	Probes   []Probe
	From     uint64 // the block from which on the contracts' events matter: their creation
}

// Source says what is watched.
func (d *Detector) Source() string {
	names := make([]string, len(d.Watched))
	for i, w := range d.Watched {
		names[i] = w.Name
	}
	return "rights on " + strings.Join(names, ", ")
}

// Reads are those of every block, whatever happens.
func (d *Detector) Reads() []ops.Read {
	var out []ops.Read
	for _, w := range d.Watched {
		out = append(out, w.reads()...)
	}
	return append(out, d.tries(nil)...)
}

// Judge knows nothing without a memory of the events.
func (d *Detector) Judge(_, _ ops.Readings) ops.Assessment {
	return ops.Assessment{Verdict: ops.Unknown, Why: "nothing is remembered of the events before"}
}

// judge holds what is there against what may be, and says what is more.
func (d *Detector) judge(found []Fact, doubts []string, executed map[common.Hash]bool) (ops.Assessment, []Fact) {
	may := map[Fact]bool{}
	for id, facts := range d.Impact {
		for _, f := range facts {
			may[f] = may[f] || executed[id]
		}
	}
	var more []Fact
	there := map[Fact]bool{}
	for _, f := range found {
		if there[f] {
			continue
		}
		if there[f] = true; !d.Baseline[f] && !may[f] {
			more = append(more, f)
		}
	}
	gone := d.gone(there)
	a := ops.Assessment{Verdict: ops.OK, Observed: fmt.Sprint(len(more)), Relation: "=", Threshold: "0", Why: told(more)}
	switch {
	case len(more) > 0:
		a.Verdict = ops.Breach
		if len(doubts) > 0 {
			a.Why += "; not known: " + strings.Join(doubts, "; ")
		} else if len(gone) > 0 {
			a.Why += "; no more: " + told(gone)
		}
	case len(doubts) > 0:
		return ops.Assessment{Verdict: ops.Unknown, Why: strings.Join(doubts, "; ")}, nil
	case len(gone) > 0:
		a.Why = "no more: " + told(gone)
	}
	return a, more
}

// gone are the facts of the baseline that are no more, in their order.
func (d *Detector) gone(there map[Fact]bool) []Fact {
	var out []Fact
	for f := range d.Baseline {
		if !there[f] {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, Compare)
	return out
}

// Compare orders facts by contract, right and holder.
func Compare(a, b Fact) int {
	return cmp.Or(cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Right, b.Right), cmp.Compare(a.Holder, b.Holder))
}

// mostTold is how many facts are named; more are counted.
const mostTold = 6

func told(facts []Fact) string {
	words := make([]string, 0, mostTold)
	for _, f := range facts[:min(len(facts), mostTold)] {
		words = append(words, f.String())
	}
	if n := len(facts) - mostTold; n > 0 {
		words = append(words, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(words, "; ")
}

// args are what a runbook is given of the first fact that an account holds.
func (d *Detector) args(more []Fact) map[string]string {
	for _, f := range more {
		holder, _, _ := strings.Cut(f.Holder, " ")
		if !common.IsHexAddress(holder) {
			continue
		}
		out := map[string]string{"account": holder}
		for _, w := range d.Watched {
			if id, ok := w.roleCalled(f.Right); ok && w.Name == f.Contract {
				out["role"] = id.Hex()
			}
		}
		return out
	}
	return nil
}
