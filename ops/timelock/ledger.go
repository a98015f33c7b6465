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
	passed  []passage // how far a queue that keeps its order was, where it moved
	docket  docket    // the governor's proposals
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
	read bool // op is of logs

	expired uint64      // the block at which it was seen expired; 0 if it was not
	salt    common.Hash // with which its id came out; it does so for ever
	same    common.Hash // of operations that make the same calls
	puts    []upgrade   // the code that it puts behind proxies
}

// Start is the ledger before any log.
func (t Timelock) Start() *Ledger {
	book := calldata.NewBook(t.Contracts, t.Names)
	return &Ledger{
		lock: t, source: t.source(), entries: map[common.Hash]*entry{}, origins: map[common.Hash]origin{}, docket: docket{lock: t, book: book},
		book: book, tokens: map[common.Address]bool{},
	}
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
	if l.docket.take(log) {
		l.reread()
		return
	}
	if log.Address != l.lock.Address || len(log.Topics) == 0 {
		return
	}
	key, ok := l.source.Key(log)
	if !ok {
		if slices.Contains(l.source.Topics(), log.Topics[0]) {
			l.about = append(l.about, log)
			if s, can := l.source.(skipper); can {
				if _, skips := s.skips(log); skips {
					l.reread()
				}
			}
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
	if n := len(l.about); n > 0 {
		if l.about = slices.DeleteFunc(slices.Clone(l.about), gone); len(l.about) < n {
			l.reread()
		}
	}
	l.unpass(from)
	if l.docket.drop(from) {
		l.reread()
	}
	for key, e := range l.entries {
		if e.expired >= from {
			e.expired = 0
		}
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
	terms := l.source.Terms(l.about, now)
	l.pass(at, terms.Next)
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
		l.source.Settle(&o, at, terms, now)
		if !waits(o) {
			o.Cancel = nil
		}
		switch {
		case o.State != ops.OperationExpired:
			e.expired = 0
		case e.expired == 0:
			e.expired = at.Number
		}
		all = append(all, standing{o, e})
	}
	slices.SortFunc(all, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.op.Scheduled.Number, b.op.Scheduled.Number), cmp.Compare(a.op.Place, b.op.Place), a.op.ID.Cmp(b.op.ID), wei(a.op.Nonce).Cmp(wei(b.op.Nonce)))
	})
	out := make([]ops.Operation, len(all))
	for i := range all {
		out[i] = all[i].op
	}
	out = append(out, l.docket.proposed(out, at, now)...)
	line(out, terms.Next)
	once(out)
	shorten(out)
	if l.lock.kind() == "delay" {
		void(out, terms.Next)
	}
	for i := range all { // what is proposed only has no place in the queue yet
		all[i].op = out[i]
	}
	l.endanger(all, now)
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
		if o.Proposer == (common.Address{}) { // else its id proves who it is
			o.Proposer = from.from
		}
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
	l.docket.link(&o)
	if bad == "" {
		if o.Salt == (common.Hash{}) { // it was scheduled before: an id has one salt
			o.Salt = e.salt
		}
		check = l.source.Identify(&o)
		if s, can := l.source.(recoverer); can && known && check.Verdict == ops.Unknown && s.recover(&o, from) {
			check = l.source.Identify(&o)
		}
	}
	o.Checks = append(o.Checks, check)
	o.Approved = ops.Unknown
	if check.Verdict == ops.OK {
		e.salt = o.Salt
		o.Approved = ops.Breach
		if as, ok := l.lock.Approved[o.ID]; ok {
			o.Approved, o.ApprovedAs = ops.OK, as
		}
	}
	e.same, e.puts, o.Hazards = fingerprint(o.Calls), nil, nil
	if waits(o) {
		l.inspect(&o, e, bad == "" && check.Verdict != ops.OK && o.Salt != (common.Hash{}))
	}
	l.overtaken(&o)
	e.op = o
}

// Asks lists the reads that the next Queue is held against: the contract's own
// settings, and what it says of each operation that waits. Each stands once.
func (l *Ledger) Asks() []ops.Read {
	out := append(l.source.Settings(l.about), l.docket.asks()...)
	for key, e := range l.entries {
		if !e.read {
			l.read(key, e)
		}
		if waits(e.op) && e.op.ID != (common.Hash{}) && e.expired == 0 {
			out = append(out, l.source.Asks(e.op)...)
			for _, u := range e.puts {
				out = append(out, u.ask())
			}
		}
	}
	out = append(append(out, l.tokenReads()...), l.hazardReads()...)
	slices.SortFunc(out, func(a, b ops.Read) int {
		return cmp.Or(cmp.Compare(a.Data, b.Data), a.To.Cmp(b.To), cmp.Compare(a.Kind, b.Kind))
	}) // the same in every run
	return slices.Compact(out)
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
		if _, approved := l.lock.Approved[e.op.ID]; approved {
			continue // a canary's window opens with it, and it is approved for once
		}
		at := e.op.Ended.Number
		if waits(e.op) && len(l.passed) == 0 { // else it still has its place in the line
			at = e.expired
		}
		if e.read && at < settled && e.op.State != ops.OperationUnset && (at > 0 || !waits(e.op)) {
			over = append(over, ended{key, at})
		}
	}
	l.docket.prune(settled)
	if len(over) <= mostEnded {
		return
	}
	slices.SortFunc(over, func(a, b ended) int { return cmp.Or(cmp.Compare(b.at, a.at), a.key.Cmp(b.key)) })
	for _, e := range over[mostEnded:] {
		delete(l.origins, l.entries[e.key].op.Tx)
		delete(l.entries, e.key)
	}
}
