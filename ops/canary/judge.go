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
	total := new(big.Int)
	for _, e := range s.ledger {
		total.Add(total, e.amount)
	}
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
	c.verdicts(&w, s, spent)
	if w.Open && at.Number > s.lastJudge {
		s.judged++
		s.lastJudge = at.Number
		if !slices.ContainsFunc(findings, func(f ops.Finding) bool { return f.Verdict != ops.OK }) && w.Budget == ops.OK && w.Segment == ops.OK {
			s.green = append(slices.Clone(s.green), at.Number)
		}
	}
	if by := c.freezes(w, findings); by != "" && w.Open {
		s = s.Freeze(by, at)
	}
	w.Green, w.Judged = uint64(len(s.green)), s.judged
	w.Frozen, w.FrozenBy, w.FrozenAt = s.Frozen(), s.frozenBy, s.frozenAt
	return s, w
}

func (c Canary) verdicts(w *ops.Window, s State, spent *big.Rat) {
	w.Budget, w.Segment = ops.OK, ops.OK
	switch {
	case spent.Cmp(c.Limit) > 0: // what was read is enough to know
		w.Budget, w.BudgetWhy = ops.Breach, "more than the budget was moved in the interval"
	case s.unread != "":
		w.Budget, w.BudgetWhy = ops.Unknown, s.unread
	}
	switch {
	case len(w.Outsiders) > 0:
		w.Segment, w.SegmentWhy = ops.Breach, fmt.Sprintf("%d accounts outside the segment", len(w.Outsiders))
	case s.unread != "":
		w.Segment, w.SegmentWhy = ops.Unknown, s.unread
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
