package timelock

import (
	"cmp"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// mostEnded is how many operations that are over are kept whole. Of older ones it is
// known only that they were.
const mostEnded = 200

// mostAbout is how many logs about the contract itself are kept.
const mostAbout = 1000

// mostLogs bounds what is kept of one operation: a batch has a log for each call.
const mostLogs = 1 << 12

// Ledger is what the logs of one queue contract have said so far, operation by
// operation. It is for one goroutine.
type Ledger struct {
	lock    Timelock
	source  Source
	entries map[common.Hash]*entry
	about   []ops.Log // not of one operation, oldest first
	known   uint64    // a checkpoint went through this block; 0 for none
	origins map[common.Hash]origin
	book    *calldata.Book
	tokens  map[common.Address]bool // of which something is written, and whether they were asked
}

// origin is what a scheduling transaction says of its operations.
type origin struct {
	from, to common.Address
	data     []byte
}

// entry is one operation's logs, and what was made of them.
type entry struct {
	logs []ops.Log
	op   ops.Operation
	read bool        // op is of logs
	same common.Hash // of operations that make the same calls
	puts []upgrade   // the code that it puts behind proxies
}

// Start is the ledger before any log.
func (t Timelock) Start() *Ledger {
	return &Ledger{lock: t, source: t.source(), entries: map[common.Hash]*entry{}, origins: map[common.Hash]origin{},
		book: calldata.NewBook(t.Contracts, t.Names), tokens: map[common.Address]bool{}}
}

// Take takes in logs in the order of the chain; those of others, and those that a
// checkpoint held, are left alone.
func (l *Ledger) Take(logs []ops.Log) {
	for _, log := range logs {
		if l.known == 0 || log.Block.Number > l.known {
			l.take(log)
		}
	}
	if len(l.about) > mostAbout {
		l.about = slices.Clone(l.about[len(l.about)-mostAbout:])
	}
}

func (l *Ledger) take(log ops.Log) {
	if log.Address != l.lock.Address || len(log.Topics) == 0 {
		return
	}
	key, ok := l.source.Key(log)
	if !ok {
		if slices.Contains(l.source.Topics(), log.Topics[0]) {
			l.about = append(l.about, log)
		}
		return
	}
	e, known := l.entries[key]
	if !known {
		e = &entry{}
		l.entries[key] = e
	}
	if len(e.logs) < mostLogs {
		e.logs = append(e.logs, log)
	}
	e.read = false
}

// Drop forgets what a reorg took back: the blocks from the number on.
func (l *Ledger) Drop(from uint64) {
	if l.known >= from {
		l.known = 0
	}
	gone := func(log ops.Log) bool { return log.Block.Number >= from }
	l.about = slices.DeleteFunc(slices.Clone(l.about), gone)
	for key, e := range l.entries {
		if !slices.ContainsFunc(e.logs, gone) {
			continue
		}
		if e.logs = slices.DeleteFunc(slices.Clone(e.logs), gone); len(e.logs) == 0 {
			delete(l.entries, key)
		}
		e.read = false
	}
}

// Queue is every operation as it stands at a block, in the order of the chain, newest
// last. now are the contract's answers there, nil where nothing was read.
func (l *Ledger) Queue(at ops.BlockRef, now ops.Readings) []ops.Operation {
	l.learnTokens(now)
	var all []standing
	for key, e := range l.entries {
		if !e.read {
			l.read(key, e)
		}
		if e.op.ID == (common.Hash{}) { // it was never scheduled
			continue
		}
		o := e.op
		o.Checks = slices.Clone(o.Checks)
		l.source.Settle(&o, at, now)
		all = append(all, standing{o, e})
	}
	slices.SortFunc(all, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.op.Scheduled.Number, b.op.Scheduled.Number), cmp.Compare(a.op.Place, b.op.Place), a.op.ID.Cmp(b.op.ID))
	})
	shorten(all)
	l.endanger(all, now)
	out := make([]ops.Operation, len(all))
	for i := range all {
		out[i] = all[i].op
	}
	return out
}

// standing is an operation as it stands at a block, and what it was made of.
type standing struct {
	op ops.Operation
	e  *entry
}

// read makes the operation of its logs: decoded, identified, approved or not.
func (l *Ledger) read(key common.Hash, e *entry) {
	e.read = true
	o, bad := l.source.Fold(key, e.logs)
	if o.ID == (common.Hash{}) {
		e.op = o
		return
	}
	o.Timelock = l.lock.ID
	from, known := l.origins[o.Tx]
	if known {
		o.Proposer = from.from
		if from.to != l.lock.Address {
			o.Through = from.to
		}
	}
	var tokens []common.Address
	o.Calls, tokens = l.book.Read(o.Calls)
	if waits(o) {
		l.written(tokens)
	}
	check := ops.Check{Name: "id recomputed", Verdict: ops.Unknown, Why: bad}
	if bad == "" {
		check = l.source.Identify(&o)
		if salt, found := recoverSalt(o, from.data, from.to); known && check.Verdict == ops.Unknown && o.Salt == (common.Hash{}) && found {
			o.Salt = salt
			check = l.source.Identify(&o)
		}
	}
	o.Checks = append(o.Checks, check)
	o.Approved = ops.Unknown
	if check.Verdict == ops.OK {
		o.Approved = ops.Breach
		if as, ok := l.lock.Approved[o.ID]; ok {
			o.Approved, o.ApprovedAs = ops.OK, as
		}
	}
	e.same, e.puts, o.Hazards = fingerprint(o.Calls), nil, nil
	if waits(o) {
		l.inspect(&o, e, bad == "" && check.Verdict != ops.OK && o.Salt != (common.Hash{}))
	}
	e.op = o
}

// Asks lists the reads that the next Queue is held against: the contract's own
// settings, and what it says of each operation that waits.
func (l *Ledger) Asks() []ops.Read {
	out := l.source.Settings()
	for key, e := range l.entries {
		if !e.read {
			l.read(key, e)
		}
		if waits(e.op) && e.op.ID != (common.Hash{}) {
			out = append(out, l.source.Asks(e.op)...)
			for _, u := range e.puts {
				out = append(out, u.ask())
			}
		}
	}
	out = append(append(out, l.tokenReads()...), l.hazardReads()...)
	slices.SortFunc(out, func(a, b ops.Read) int { return cmp.Or(cmp.Compare(a.Data, b.Data), a.To.Cmp(b.To)) }) // the same in every run
	return out
}

// Unread lists transactions that scheduled what waits and of which nothing was learned
// yet, those first without which an operation's id does not come out. skip leaves some
// out.
func (l *Ledger) Unread(skip func(common.Hash) bool, most int) []common.Hash {
	var needed, wanted []common.Hash
	for key, e := range l.entries {
		if !e.read {
			l.read(key, e)
		}
		if _, known := l.origins[e.op.Tx]; known || !waits(e.op) || e.op.Tx == (common.Hash{}) || skip(e.op.Tx) {
			continue
		}
		if e.op.Approved == ops.Unknown {
			needed = append(needed, e.op.Tx)
		} else {
			wanted = append(wanted, e.op.Tx)
		}
	}
	for _, txs := range [][]common.Hash{needed, wanted} {
		slices.SortFunc(txs, common.Hash.Cmp)
	}
	out := slices.Compact(slices.Concat(slices.Compact(needed), slices.Compact(wanted)))
	return out[:min(len(out), most)]
}

// Learn takes in the transaction that scheduled operations: who sent it to whom, and
// the salt that no event carries.
func (l *Ledger) Learn(tx common.Hash, m ops.Message) {
	l.origins[tx] = origin{m.From, m.To, m.Data}
	for _, e := range l.entries {
		if e.op.Tx == tx {
			e.read = false
		}
	}
}

// Prune forgets operations that ended before a block that no reorg takes back, but for
// the newest of them.
func (l *Ledger) Prune(settled uint64) {
	type ended struct {
		key common.Hash
		at  uint64
	}
	var over []ended
	first, _ := l.first()
	for key, e := range l.entries {
		if e.logs[0].Block.Number == first {
			continue // before it the timelock was being set up
		}
		if _, approved := l.lock.Approved[key]; approved {
			continue // a canary's window opens with it
		}
		if e.read && !waits(e.op) && e.op.Ended.Number < settled && e.op.State != ops.OperationUnset {
			over = append(over, ended{key, e.op.Ended.Number})
		}
	}
	if len(over) <= mostEnded {
		return
	}
	slices.SortFunc(over, func(a, b ended) int { return cmp.Or(cmp.Compare(b.at, a.at), a.key.Cmp(b.key)) })
	for _, e := range over[mostEnded:] {
		delete(l.origins, l.entries[e.key].op.Tx)
		delete(l.entries, e.key)
	}
}
