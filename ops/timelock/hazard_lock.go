package timelock

import (
	"fmt"
	"math/big"
	"slices"
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
	if next := l.source.Terms(l.about, now).Next; next != nil {
		t.Next = next.String()
	}
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
		add(ops.HazardDelay, ops.Breach, "the minimum delay is %s, the policy allows %s", span(terms.MinDelay), span(l.lock.Least))
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

// granted says who may do what since the roles were reviewed, or since the first
// operation was scheduled: until then a timelock is being set up. What an approved
// operation changed was approved.
func (l *Ledger) granted(queue []ops.Operation, add adding) {
	from := l.lock.Baseline
	if from == 0 {
		first, some := l.first()
		if !some {
			return
		}
		from = first
	}
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
		if g.Block.Number <= from {
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

// missing says that an approved operation is not where its release says that it should
// be: it was cancelled, its time has come, or another waits for it to be executed
// first. Before that it is for nobody to say when it should be scheduled.
func (l *Ledger) missing(p Planned, queue []ops.Operation, at ops.BlockRef, now ops.Readings, add adding) {
	i := slices.IndexFunc(queue, func(o ops.Operation) bool { return o.ID == p.ID })
	if i >= 0 && queue[i].State != ops.OperationCancelled || p.Rollback {
		return
	}
	after := slices.IndexFunc(queue, func(o ops.Operation) bool {
		return waits(o) && o.Approved == ops.OK && o.Predecessor == p.ID
	})
	var why string
	switch {
	case i >= 0:
		why = fmt.Sprintf("is approved, and was cancelled at #%d", queue[i].Ended.Number)
	case after >= 0:
		why = fmt.Sprintf("is approved and does not wait, and %s cannot be executed before it", queue[after].Short)
	case !p.From.IsZero() && !at.Time.Before(p.From):
		why = "is approved, and should wait since " + p.From.UTC().Format("2006-01-02 15:04Z")
	default:
		return
	}
	if i < 0 && l.controller() { // the logs may begin after it
		switch stamp := l.stamped(p.ID, now); {
		case stamp == nil:
			add(ops.HazardMissing, ops.Unknown, "%s %s: but the contract did not say so", p.Name, why)
			return
		case stamp.Sign() > 0:
			return
		}
	}
	add(ops.HazardMissing, ops.Breach, "%s %s", p.Name, why)
}

// stamped is what the contract says of an operation that no log tells of; nil where it
// did not say.
func (l *Ledger) stamped(id common.Hash, now ops.Readings) *big.Int {
	for _, r := range l.source.Asks(ops.Operation{ID: id}) {
		return number(now[r])
	}
	return nil
}

// hazardReads lists what is asked beside the operations themselves.
func (l *Ledger) hazardReads() []ops.Read {
	var out []ops.Read
	if !l.controller() {
		return nil
	}
	waiting := false
	known := map[common.Hash]bool{}
	for _, e := range l.entries {
		waiting = waiting || waits(e.op) && e.op.ID != (common.Hash{})
		known[e.op.ID] = true
	}
	if waiting {
		out = append(out, l.open())
	}
	for _, p := range l.lock.Planned {
		if !known[p.ID] && !p.Rollback {
			out = append(out, l.source.Asks(ops.Operation{ID: p.ID})...)
		}
	}
	return out
}
