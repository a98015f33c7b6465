package timelock

import (
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What is wrong with a timelock, and with what should wait in it and does not.

// About is the timelock as a whole at a block. queue is what Queue said there.
func (l *Ledger) About(queue []ops.Operation, at ops.BlockRef, now ops.Readings) ops.Timelock {
	t := ops.Timelock{ID: l.lock.ID, Kind: l.lock.Kind, Name: l.lock.Names[l.lock.Address], Address: l.lock.Address, Least: l.lock.Least}
	add := func(kind ops.HazardKind, v ops.Verdict, format string, args ...any) {
		t.Hazards = append(t.Hazards, ops.Hazard{Kind: kind, Verdict: v, Text: fmt.Sprintf(format, args...)})
	}
	t.MinDelay = l.lowered(now, add)
	l.granted(queue, add)
	for _, p := range l.lock.Planned {
		l.missing(p, queue, at, now, add)
	}
	gravest(t.Hazards)
	return t
}

// lowered holds the contract's own minimum against the policy's, and says it.
func (l *Ledger) lowered(now ops.Readings, add adding) time.Duration {
	terms := l.source.Terms(l.about, now)
	switch {
	case l.lock.Least == 0 || l.lock.Kind == "access-manager": // which has none for all its functions
	case terms.Known && terms.MinDelay < l.lock.Least:
		add(ops.HazardDelay, ops.Breach, "the minimum delay is %s, the policy allows %s", ops.Duration(terms.MinDelay), ops.Duration(l.lock.Least))
	case !terms.Known:
		add(ops.HazardDelay, ops.Unknown, "the minimum delay is not known")
	}
	return terms.MinDelay
}

// holder is an account with a role.
type holder struct {
	role    common.Hash
	account common.Address
}

// granted says who may do what since the roles were reviewed, or since the timelock was
// set up. What an approved operation changed was approved.
func (l *Ledger) granted(queue []ops.Operation, add adding) {
	reviewed := l.reviewed()
	if len(l.about) >= mostAbout {
		add(ops.HazardRole, ops.Unknown, "its roles changed more often than is kept: review them, and write the block into policy.yaml as baseline")
	}
	approved := l.approvedTxs(queue)
	was, last := map[holder]bool{}, map[holder]ops.Log{}
	var order []holder
	for _, g := range l.about {
		if len(g.Topics) != 4 || g.Topics[0] != roleGranted && g.Topics[0] != roleRevoked {
			continue
		}
		h := holder{g.Topics[1], common.BytesToAddress(g.Topics[2][:])}
		if reviewed(g.Block) {
			was[h] = g.Topics[0] == roleGranted
			continue
		}
		if _, seen := last[h]; !seen {
			order = append(order, h)
			if _, known := was[h]; !known { // a role that is given was not held, and one that is taken was
				was[h] = g.Topics[0] == roleRevoked
			}
		}
		last[h] = g
	}
	for _, h := range order {
		g := last[h]
		has := g.Topics[0] == roleGranted
		if has == was[h] {
			continue // and all is as it was
		}
		does, v, by := "was granted", ops.Breach, l.named(common.BytesToAddress(g.Topics[3][:]))
		if !has {
			does = "was taken from"
		} else {
			does += " to"
		}
		if as, ok := approved[g.Tx]; ok && common.BytesToAddress(g.Topics[3][:]) == l.lock.Address {
			v, by = ops.OK, as
		}
		add(ops.HazardRole, v, "%s %s %s at #%d by %s", l.book.Role(h.role), does, l.named(h.account), g.Block.Number, by)
	}
}

// setUpFor is how long after its construction a timelock may still be set up, in its
// chain's time.
const setUpFor = 24 * time.Hour

// reviewed reports whether what happened to the roles in a block is of the past: it was
// before the baseline of the policy, else while the timelock was set up. That begins when
// it is constructed, which its first event tells, and ends with the first of three: an
// operation is scheduled, somebody gives up or loses the admin role, a day has passed.
// Where its history begins later, nothing is.
func (l *Ledger) reviewed() func(ops.BlockRef) bool {
	if l.lock.Baseline > 0 {
		return func(b ops.BlockRef) bool { return b.Number <= l.lock.Baseline }
	}
	built, some := l.built()
	if !some {
		return func(ops.BlockRef) bool { return false }
	}
	last := uint64(math.MaxUint64)
	if first, some := l.first(); some {
		last = first
	}
	for _, g := range l.about {
		if g.Topics[0] == roleRevoked && len(g.Topics) == 4 && (g.Topics[1] == (common.Hash{}) || g.Topics[1] == timelockAdminRole) && common.BytesToAddress(g.Topics[2][:]) != l.lock.Address {
			last = min(last, g.Block.Number)
			break
		}
	}
	return func(b ops.BlockRef) bool {
		return b.Number <= last && b.Time.Sub(built.Time) < setUpFor
	}
}

// built is the block in which a TimelockController was constructed: its constructor sets
// the minimum delay, from 0.
func (l *Ledger) built() (at ops.BlockRef, some bool) {
	for _, g := range l.about {
		if g.Topics[0] == minDelayChange {
			return g.Block, len(g.Data) == 64 && new(big.Int).SetBytes(g.Data[:32]).Sign() == 0
		}
	}
	return at, false
}

// approvedTxs are the transactions that executed approved operations, with their names.
func (l *Ledger) approvedTxs(queue []ops.Operation) map[common.Hash]string {
	names := map[common.Hash]string{}
	for _, o := range queue {
		if o.State == ops.OperationDone && o.Approved == ops.OK {
			names[o.ID] = o.ApprovedAs
		}
	}
	out := map[common.Hash]string{}
	for _, e := range l.entries {
		if as, ok := names[e.op.ID]; ok {
			for _, g := range e.logs {
				if g.Block.Number == e.op.Ended.Number {
					out[g.Tx] = as
				}
			}
		}
	}
	return out
}

// first is the block in which the first operation was scheduled; false where none was.
func (l *Ledger) first() (block uint64, some bool) {
	for _, e := range l.entries {
		if n := e.logs[0].Block.Number; !some || n < block {
			block, some = n, true
		}
	}
	return block, some
}

func (l *Ledger) named(a common.Address) string {
	if a == (common.Address{}) {
		return "anyone"
	}
	if name := l.lock.Names[a]; name != "" {
		return name
	}
	return a.Hex()
}
