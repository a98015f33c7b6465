package canary

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Judge closes the book of one block: it counts the block as green if every
// finding is OK, freezes what the policy says must freeze, and returns the
// window as it stands.
func (c Canary) Judge(s State, at ops.BlockRef, findings []ops.Finding) (State, ops.Window) {
	total, unread := c.spentAt(s, at)
	spent := new(big.Rat).SetInt(total)
	w := ops.Window{
		ID: c.ID, Release: c.Release, Open: !s.opened.Zero(), OpenedAt: s.opened, Now: at.Time, MinBlocks: c.MinBlocks,
		Spent: c.Show(spent.RatString()), Limit: c.Show(c.Limit.RatString()), Interval: c.Interval,
		Seen: len(s.users), Allowed: len(c.Allowed), Outsiders: c.outsiders(s),
	}
	if w.Open {
		w.Ends, w.Expires = s.opened.Time.Add(c.Observe), s.opened.Time.Add(c.Expires)
	}
	if c.Limit.Sign() > 0 {
		w.SpentPart, _ = new(big.Rat).Quo(spent, c.Limit).Float64()
	}
	c.verdicts(&w, s, spent, unread)
	if w.Open {
		green := len(findings) > 0 && w.Budget == ops.OK && w.Segment == ops.OK &&
			!slices.ContainsFunc(findings, func(f ops.Finding) bool { return f.Verdict != ops.OK })
		s.counted = s.counted.add(at.Number, green)
	}
	if by := c.freezes(w, findings); by != "" && w.Open {
		s = s.Freeze(by, at)
	}
	w.Green, w.Judged = s.counted.green, s.counted.judged
	w.Frozen, w.FrozenBy, w.FrozenAt = s.Frozen(), s.frozenBy, s.frozenAt
	return s, w
}

func (c Canary) verdicts(w *ops.Window, s State, spent *big.Rat, unread string) {
	if !w.Open {
		w.BudgetWhy, w.SegmentWhy = "the window is not open", "the window is not open"
		return
	}
	w.Budget, w.Segment = ops.OK, ops.OK
	switch {
	case spent.Cmp(c.Limit) > 0: // what was read is enough to know
		w.Budget, w.BudgetWhy = ops.Breach, "more than the budget was moved in the interval"
	case unread != "":
		w.Budget, w.BudgetWhy = ops.Unknown, unread
	}
	switch {
	case len(w.Outsiders) > 0:
		w.Segment, w.SegmentWhy = ops.Breach, fmt.Sprintf("%d accounts outside the segment", len(w.Outsiders))
	case len(s.unnamed) > 0: // who that was is not known, for as long as the window is
		w.Segment, w.SegmentWhy = ops.Unknown, s.unnamed[0].why
	}
}

func (c Canary) outsiders(s State) []common.Address {
	var out []common.Address
	for a := range s.users {
		if !slices.Contains(c.Allowed, a) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b common.Address) int { return bytes.Compare(a[:], b[:]) })
	return out
}

// freezes says what freezes promotion at this block, if anything does.
func (c Canary) freezes(w ops.Window, findings []ops.Finding) string {
	for _, on := range c.FreezeOn {
		switch on {
		case "critical":
			for _, f := range findings {
				if f.Severity == ops.Critical && f.Verdict == ops.Breach {
					return string(f.Detector)
				}
			}
		case "budget":
			if w.Budget == ops.Breach {
				return c.ID + " budget"
			}
		case "segment":
			if w.Segment == ops.Breach {
				return c.ID + " segment"
			}
		}
	}
	return ""
}
