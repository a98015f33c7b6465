// Package code is the detector of queue integrity where it counts: what runs is what was
// approved. It is D4 of the failure modes; the queue itself is the timelock board's.
//
// What it sees. At every block the hash of the code of each contract that it watches: of
// its own code and, behind a proxy, of the implementation in its slot (ERC-1967, its
// beacon, zos, ERC-1822) - never what the proxy answers when it is asked. A diamond is
// asked for its facets, and each of them is held against the same list. Approved are the
// hashes of the release (the new code and the one before it) and those that the policy
// lists. An account without code, a contract that destroyed itself, another one at the address
// of a contract that is no proxy, and an account that delegates (EIP-7702) have a hash that
// nobody approved.
//
// What it cannot see. Another shell: of a proxy or a diamond its own code only has to be
// there. Code that is changed and changed back within one block. Code that
// only delegatecalls make run: the payload of a proposal, a library. A diamond that hides a
// facet from its own loupe. That approved code is good. A facet that is new is UNKNOWN for
// the block in which it appears, and judged from the next one on.
//
// What it would have shown. Munchables (an implementation that nobody approved, days
// before), Pike, USPD (another implementation behind the slot, for 80 days), LI.FI (a new
// facet), Unleash. Tornado's proposal is shown by the timelock board, which holds the code
// of what waits against what it was when it was scheduled, and here where the policy watches
// the payload: in the block in which it destroys itself, before another one stands there.
// Since Cancun (EIP-6780) it cannot, unless it was made in the same transaction.
//
// It must never read anything itself, and never take an answer that is missing for the
// hash that it hopes for.
package code

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Kind is what a policy calls the detector.
const Kind = "code"

// Watched is one contract. Behind says that other code runs in its name: then its own is a
// shell, which only has to be there.
type Watched struct {
	Name     string
	Address  common.Address
	Behind   Behind
	Approved []common.Hash // EXTCODEHASHes
}

// Behind is where the code stands that a contract runs.
type Behind int

// The three of them.
const (
	Itself Behind = iota
	Proxy
	Diamond
)

// Detector watches the code of some contracts.
type Detector []Watched

// Source says what is watched.
func (d Detector) Source() string {
	names := make([]string, len(d))
	for i, w := range d {
		names[i] = w.Name
	}
	return "code of " + strings.Join(names, ", ")
}

// Reads are those of every block.
func (d Detector) Reads() []ops.Read {
	var out []ops.Read
	for _, w := range d {
		out = append(out, w.own())
		switch w.Behind {
		case Proxy:
			for _, way := range w.ways() {
				out = append(out, way...)
			}
		case Diamond:
			out = append(out, w.loupe())
		}
	}
	return out
}

// Asks are the reads of the next block that follow from the answers of this one: of the
// facets of diamonds.
func (d Detector) Asks(now ops.Readings) []ops.Read {
	var out []ops.Read
	for _, w := range d {
		if w.Behind != Diamond {
			continue
		}
		all, err := facets(now, w.loupe())
		if err != nil {
			continue // said by the judge
		}
		for _, a := range all {
			out = append(out, w.facet(a))
		}
	}
	return out
}

// Judge judges one block.
func (d Detector) Judge(now, _ ops.Readings) ops.Assessment {
	var wrong, unclear []string
	for _, w := range d {
		bad, dark := w.judge(now)
		wrong, unclear = append(wrong, bad...), append(unclear, dark...)
	}
	a := ops.Assessment{Verdict: ops.OK, Observed: fmt.Sprint(len(wrong)), Relation: "=", Threshold: "0", Why: strings.Join(wrong, "; ")}
	switch {
	case len(wrong) > 0:
		a.Verdict = ops.Breach
		if len(unclear) > 0 {
			a.Why += "; not known: " + strings.Join(unclear, "; ")
		}
	case len(unclear) > 0:
		return ops.Assessment{Verdict: ops.Unknown, Why: strings.Join(unclear, "; ")}
	}
	return a
}

// judge says what is wrong with one contract, and what is not known of it.
func (w Watched) judge(now ops.Readings) (wrong, unclear []string) {
	own, err := wordIn(now, w.own())
	switch {
	case err != nil:
		return nil, []string{w.Name + ": " + err.Error()}
	case empty(own):
		return []string{w.Name + " has no code any more"}, nil
	case w.Behind == Proxy:
		return w.behind(now)
	case w.Behind == Diamond:
		return w.cut(now)
	case !slices.Contains(w.Approved, own):
		return []string{fmt.Sprintf("%s runs code %s, which nobody approved", w.Name, short(own))}, nil
	}
	return nil, nil
}

// behind judges the code behind a proxy.
func (w Watched) behind(now ops.Readings) (wrong, unclear []string) {
	for _, way := range w.ways() {
		at, err := way.address(now)
		switch {
		case err != nil:
			return nil, []string{w.Name + ": " + err.Error()}
		case at == (common.Address{}):
			continue
		}
		hash, err := wordIn(now, way.code())
		switch {
		case err != nil:
			return nil, []string{w.Name + ": " + err.Error()}
		case !slices.Contains(w.Approved, hash):
			return []string{fmt.Sprintf("%s runs code %s at %s, which nobody approved", w.Name, short(hash), at.Hex())}, nil
		}
		return nil, nil
	}
	return []string{w.Name + " is a proxy, and no slot of a known kind holds an address"}, nil
}

// emptyCode is keccak256 of nothing: EXTCODEHASH of an account without code (EIP-1052); an
// account that does not exist has zero.
var emptyCode = common.HexToHash("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")

func empty(h common.Hash) bool { return h == emptyCode || h == common.Hash{} }

func short(h common.Hash) string { return h.Hex()[:10] + "…" }
