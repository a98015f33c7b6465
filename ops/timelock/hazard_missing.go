package timelock

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// missing says that an approved operation is not where its release says that it should
// be: it was cancelled, or expired, its time has come, or another waits for it to be
// executed first. Before that it is for nobody to say when it should be scheduled.
func (l *Ledger) missing(p Planned, queue []ops.Operation, at ops.BlockRef, now ops.Readings, add adding) {
	if p.Rollback {
		return
	}
	var last ops.Operation
	for _, o := range queue {
		if o.ID != p.ID {
			continue
		}
		if o.State != ops.OperationCancelled && o.State != ops.OperationExpired {
			return
		}
		last = o
	}
	var why string
	switch waits := l.needs(p, queue); {
	case last.State == ops.OperationCancelled:
		why = fmt.Sprintf("is approved, and was cancelled at #%d", last.Ended.Number)
	case last.State == ops.OperationExpired:
		why = "is approved, and expired: nobody executed it before " + last.Expires.UTC().Format("2006-01-02 15:04Z")
	case waits != "":
		why = fmt.Sprintf("is approved and does not wait, and %s cannot be executed before it", waits)
		if l.lock.kind() == "delay" {
			why = fmt.Sprintf("is approved and does not wait, and %s, which its release puts after it, is before it in the queue", waits)
		}
	case !p.From.IsZero() && !at.Time.Before(p.From):
		why = "is approved, and should wait since " + p.From.UTC().Format("2006-01-02 15:04Z")
	default:
		return
	}
	if last.ID != (common.Hash{}) {
		add(ops.HazardMissing, ops.Breach, "%s %s", p.Name, why)
		return
	}
	switch there, doubt := l.unlogged(p.ID, queue, now); {
	case doubt != "":
		add(ops.HazardMissing, ops.Unknown, "%s %s: but %s", p.Name, why, doubt)
	case !there:
		add(ops.HazardMissing, ops.Breach, "%s %s", p.Name, why)
	}
}

// needs names an approved operation that waits, and comes after one: by its predecessor,
// or in a queue that keeps its order by the order of the release.
func (l *Ledger) needs(p Planned, queue []ops.Operation) string {
	planned := func(id common.Hash) int {
		return slices.IndexFunc(l.lock.Planned, func(q Planned) bool { return q.ID == id })
	}
	for _, o := range queue {
		after := o.Predecessor == p.ID || l.lock.kind() == "delay" && planned(o.ID) > planned(p.ID) && release(o.ApprovedAs) == release(p.Name)
		if waits(o) && o.Approved == ops.OK && after {
			return o.Short
		}
	}
	return ""
}

// unlogged asks the contract of an operation that no log tells of: the logs may begin
// after it. doubt is why that cannot be told.
func (l *Ledger) unlogged(id common.Hash, queue []ops.Operation, now ops.Readings) (there bool, doubt string) {
	const silent = "the contract did not say so"
	reads := l.witnesses(id)
	var said []*big.Int
	for _, r := range reads {
		n := number(now[r])
		if n == nil {
			return false, silent
		}
		said = append(said, n)
	}
	switch l.lock.kind() {
	case "access-manager": // its schedule, and how often it was given one
		if said[0].Sign() == 0 && said[1].Sign() > 0 {
			return false, "it was scheduled before the history that is read, and is over: executed, cancelled or expired"
		}
	case "delay": // how far the queue is; what it keeps is not found by its hash
		first := new(big.Int).Set(said[0])
		for _, o := range queue {
			if n := wei(o.Nonce); o.Nonce != "" && n.Cmp(first) < 0 {
				first = n
			}
		}
		if first.Sign() > 0 {
			return false, fmt.Sprintf("%s were queued before the history that is read", first)
		}
		return false, ""
	}
	return said[0].Sign() > 0, ""
}

// witnesses are the reads that unlogged needs, in its order.
func (l *Ledger) witnesses(id common.Hash) []ops.Read {
	switch s := l.source.(type) {
	case accessManager:
		return []ops.Read{s.scheduleRead(id), s.nonceRead(id)}
	case compound:
		return []ops.Read{s.queuedRead(id)}
	case delay:
		return []ops.Read{s.nextRead()}
	case openZeppelin:
		return []ops.Read{s.stamp(id)}
	}
	return nil
}

// hazardReads lists what is asked beside the operations themselves.
func (l *Ledger) hazardReads() []ops.Read {
	var out []ops.Read
	waiting := false
	known := map[common.Hash]bool{}
	for _, e := range l.entries {
		waiting = waiting || waits(e.op) && e.op.ID != (common.Hash{})
		known[e.op.ID] = true
	}
	if waiting && l.lock.kind() == "oz" {
		out = append(out, l.open())
	}
	for _, p := range l.lock.Planned {
		if !known[p.ID] && !p.Rollback {
			out = append(out, l.witnesses(p.ID)...)
		}
	}
	return out
}
