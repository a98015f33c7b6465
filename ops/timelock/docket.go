package timelock

import (
	"cmp"
	"encoding/hex"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

const (
	// mostMotions is how many proposals are kept, and asked after while they are
	// open; the newest.
	mostMotions = 200
	// mostMotionLogs bounds what is kept of one proposal: a governor says four things.
	mostMotionLogs = 8
)

// docket is what a timelock's governor has before it: which proposal an operation is of,
// and which proposals may become operations. It proves nothing by itself; an operation
// is of a proposal when its id comes out of what was proposed.
type docket struct {
	lock      Timelock
	book      *calldata.Book
	proposals []*proposal // oldest first
	ids       map[common.Hash]due
	stale     bool // ids is not of proposals any more
}

// due is what an operation of a proposal will be.
type due struct {
	of   *proposal
	salt common.Hash
}

type proposal struct {
	id     common.Hash
	logs   []ops.Log
	motion motion
	ok     bool
	closed uint64 // the block at which the governor said that nothing comes of it; 0 if not
	heard  bool   // it said once that something may
}

// take takes in a log of the governor.
func (d *docket) take(l ops.Log) bool {
	if d.lock.Governor == (common.Address{}) || l.Address != d.lock.Governor || len(l.Topics) == 0 || len(l.Data) < 32 || !slices.Contains(proposalTopics, l.Topics[0]) {
		return false
	}
	id := common.BytesToHash(l.Data[:32])
	i := slices.IndexFunc(d.proposals, func(p *proposal) bool { return p.id == id })
	if i < 0 {
		if l.Topics[0] != proposalCreated {
			return true // it was proposed before the history begins, or never
		}
		i, d.proposals = len(d.proposals), append(d.proposals, &proposal{id: id})
	}
	if p := d.proposals[i]; len(p.logs) < mostMotionLogs {
		p.logs = append(p.logs, l)
		p.motion, p.ok = move(p.logs)
	}
	d.stale = true
	return true
}

// drop forgets what a reorg took back.
func (d *docket) drop(from uint64) (changed bool) {
	gone := func(l ops.Log) bool { return l.Block.Number >= from }
	for _, p := range d.proposals {
		if p.closed >= from {
			p.closed = 0
		}
		if slices.ContainsFunc(p.logs, gone) {
			changed = true
			p.logs = slices.DeleteFunc(slices.Clone(p.logs), gone)
			p.motion, p.ok = move(p.logs)
		}
	}
	d.proposals = slices.DeleteFunc(d.proposals, func(p *proposal) bool { return len(p.logs) == 0 })
	d.stale = d.stale || changed
	return changed
}

// prune forgets the oldest that no reorg brings back.
func (d *docket) prune(settled uint64) {
	for len(d.proposals) > mostMotions && d.proposals[0].logs[len(d.proposals[0].logs)-1].Block.Number < settled {
		d.proposals = d.proposals[1:]
	}
}

func (d *docket) index() {
	if !d.stale {
		return
	}
	d.stale, d.ids = false, map[common.Hash]due{}
	for _, p := range d.proposals {
		ids, salts := p.motion.future(d.lock.Kind, d.lock.Governor)
		for i, id := range ids {
			if p.ok {
				d.ids[id] = due{p, salts[i]}
			}
		}
	}
}

// link says which proposal an operation is of. What it gives of the salt no event
// carries; the id is recomputed afterwards.
func (d *docket) link(o *ops.Operation) {
	d.index()
	from, ok := d.ids[o.ID]
	if !ok {
		return
	}
	o.Proposal = from.of.named()
	if o.Salt == (common.Hash{}) {
		o.Salt = from.salt
	}
}

func (p *proposal) named() ops.Proposal {
	return ops.Proposal{ID: p.id.Big().String(), Title: p.motion.title}
}

// open reports whether an operation may still come of it.
func (p *proposal) open() bool { return p.ok && !p.motion.over && p.closed == 0 }

var governorState = selector("state(uint256)")

func (d *docket) stateRead(p *proposal) ops.Read {
	return ops.Read{Kind: ops.ReadCall, To: d.lock.Governor, Data: governorState + string(p.id[:]), Name: d.lock.ID + ".governor.state(" + p.id.Big().String() + ")"}
}

// asks lists the reads that tell where the open proposals stand.
func (d *docket) asks() (out []ops.Read) {
	for i := len(d.proposals) - 1; i >= 0 && len(out) < mostMotions; i-- {
		if d.proposals[i].open() {
			out = append(out, d.stateRead(d.proposals[i]))
		}
	}
	return out
}

// stages are IGovernor.ProposalState, the same in GovernorBravo. An empty one is over.
var stages = [...]string{
	0: "the vote has not begun", 1: "the vote is under way", 4: "accepted, can be queued", 5: "queued", 7: "",
}

// stage reads where the governor says that a proposal stands.
func stage(r ops.Reading) (says string, known bool) {
	n := number(r)
	if n == nil || n.Cmp(big.NewInt(int64(len(stages)))) >= 0 {
		return "", false
	}
	return stages[n.Int64()], true
}

// proposed are the proposals of which no operation is in the queue yet.
func (d *docket) proposed(queue []ops.Operation, at ops.BlockRef, now ops.Readings) []ops.Operation {
	queued := map[string]bool{}
	for _, o := range queue {
		queued[o.Proposal.ID] = true
	}
	var out []ops.Operation
	for _, p := range d.proposals {
		if !p.open() {
			continue
		}
		says, known := stage(now[d.stateRead(p)])
		if known && says == "" {
			p.closed = max(at.Number, 1)
			continue
		}
		p.heard = p.heard || known
		if !p.heard && p.logs[0].Block.Number < at.Number { // an old one may have been defeated, of which there is no event
			continue
		}
		if name := p.named(); !queued[name.ID] {
			name.Stage = says
			out = append(out, d.operation(p, name))
		}
	}
	slices.SortStableFunc(out, func(a, b ops.Operation) int {
		return cmp.Or(cmp.Compare(a.Scheduled.Number, b.Scheduled.Number), cmp.Compare(a.Place, b.Place))
	})
	return out
}

// operation is a proposal as it will be in the queue.
func (d *docket) operation(p *proposal, name ops.Proposal) ops.Operation {
	first := p.logs[0]
	o := ops.Operation{
		ID: p.id, Timelock: d.lock.ID, State: ops.OperationProposed, Short: "p" + hex.EncodeToString(p.id[:2]), Calls: slices.Clone(p.motion.calls), Batch: d.lock.Kind != "compound",
		Scheduled: first.Block, Place: first.Index, Tx: first.Tx, Proposer: p.motion.proposer, Proposal: name,
	}
	if len(name.ID) <= 6 {
		o.Short = "p" + name.ID
	}
	o.Calls, _ = d.book.Read(o.Calls)
	ids, salts := p.motion.future(d.lock.Kind, d.lock.Governor)
	for i := range ids {
		if i > 0 && d.lock.Approved[ids[i]] == "" {
			continue
		}
		if o.ID, o.Salt, o.Approved = ids[i], salts[i], ops.Breach; d.lock.Approved[o.ID] != "" {
			o.Approved, o.ApprovedAs = ops.OK, d.lock.Approved[o.ID]
		}
	}
	if d.lock.Kind == "compound" { // its ids are of one call each, and not known before its ETA is
		o.ID, o.Approved, o.ApprovedAs = p.id, ops.Unknown, ""
	}
	return o
}
