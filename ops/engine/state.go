package engine

import (
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/canary"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/lane"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// state is everything that the loop remembers between blocks.
type state struct {
	standing   []*standing
	head       ops.BlockRef
	feeds      []ops.FeedHealth
	blind      string // why the chain cannot be seen; empty when it can
	blindSince time.Time
	followed   uint64    // the last block at which what is in flight was looked after
	tended     time.Time // when that was last done as of now, and the board measured
	started    bool      // history was read back

	readings   ops.Readings // of head
	invariants []detect.State
	stopped    map[int]string  // invariants of which something panicked since the last block, and what
	setbacks   map[int]setback // whose memory was lost once
	refilling  map[int]bool    // who is given history; nil for all
	backfill   *backfill       // that is under way; nil for none
	queues     []detect.State
	sentinels  []detect.State
	folds      []*lane.Fold // of the lanes whose messages are sent here
	canaries   []canary.State
	ledgers    []*timelock.Ledger
	recent     []ops.BlockRef
	unread     uint64                 // the first block whose logs could not be read; 0 for none
	ages       []time.Duration        // of the newest blocks when they came
	skew       time.Duration          // of this machine's clock against the chain's; 0 while it is small
	begun      bool                   // the checkpoints were taken up
	back       uint64                 // the first block before the start that was not read back yet
	reasons    reasons                // why transactions failed
	unheard    map[common.Hash]uint64 // scheduling transactions that could not be read, and at which block
	saved      uint64                 // through which block the checkpoints go
	judged     uint64                 // blocks
	missed     uint64                 // blocks that could not be judged

	findings []ops.Finding
	traits   []ops.Trait
	alike    []ops.Finding // of the groups of contracts, beside the findings: they open no incident
	queue    []ops.Operation

	timelocks []ops.Timelock
	windows   []ops.Window
	board     []ops.Readiness
	incident  *ops.Incident
	involved  map[ops.DetectorID]bool // what was in breach during the incident
	calm      bool                    // since the incident stopped, a block was judged without any harm
}

func newState(r *Rules) state {
	s := state{
		blind:      "no block was judged yet: connecting, and reading back what happened before",
		invariants: make([]detect.State, len(r.invariants)),
		queues:     make([]detect.State, len(r.queues)),
		sentinels:  make([]detect.State, len(r.sentinels)),
		canaries:   make([]canary.State, len(r.canaries)),
		windows:    make([]ops.Window, len(r.canaries)),
		ledgers:    r.ledgers(),
		folds:      r.folds(),
	}
	for n, i := range r.invariants { // every line stands there from the start, as UNKNOWN
		s.invariants[n] = i.Start()
		s.findings = append(s.findings, ops.Finding{
			Detector: i.ID, Title: i.Title, Owner: i.Owner, Class: i.Class, Severity: i.Severity, Source: i.Condition.Source(), Action: i.Action, Why: s.blind,
		})
	}
	for _, q := range r.queues {
		s.findings = append(s.findings, q.Dark(detect.State{}, ops.BlockRef{}, s.blind).Finding)
	}
	for _, w := range r.sentinels {
		s.findings = append(s.findings, w.Dark(detect.State{}, ops.BlockRef{}, s.blind).Finding)
	}
	s.traits = r.untold(s.blind)
	s.alike = judgedAlike(r.alike, nil, s.traits)
	for i, c := range r.canaries {
		s.windows[i] = ops.Window{ID: c.ID, Release: c.Release, Interval: c.Interval, MinBlocks: c.MinBlocks, Allowed: len(c.Allowed), Limit: c.Show(c.Limit.RatString())}
	}
	for _, b := range r.books {
		s.board = append(s.board, b.line(answers(r, b.doc.ID)))
	}
	return s
}

// miss counts blocks that could not be judged.
func (s *state) miss(from, to uint64) {
	s.missed += to - from + 1
	if s.unread == 0 {
		s.unread = from
	}
	for i := range s.canaries {
		s.canaries[i] = s.canaries[i].Miss(to, to-from+1)
	}
}

// said are the findings as a screen gets them: from here on nothing in them changes.
func (s *state) said() []ops.Finding {
	if len(s.alike) == 0 {
		return slices.Clip(s.findings)
	}
	return slices.Concat(s.findings, s.alike)
}

// broke remembers of the detector that opened an incident that it is not over
// until it says so.
func (s *state) broke(i ops.Incident) {
	s.findings = slices.Clone(s.findings)
	for n := range s.invariants {
		if s.findings[n].Detector == i.First { // the invariants come first, in their order
			s.findings[n].Broke, s.invariants[n].Finding.Broke = i.Opened, i.Opened
		}
	}
}

// answers lists what a runbook answers.
func answers(r *Rules, id ops.RunbookID) []ops.DetectorID {
	var out []ops.DetectorID
	for _, i := range r.invariants {
		if i.Action == id {
			out = append(out, i.ID)
		}
	}
	for _, q := range r.queues {
		if q.Action == id {
			out = append(out, q.ID)
		}
	}
	for _, w := range r.sentinels {
		if w.Action == id {
			out = append(out, w.ID)
		}
	}
	for _, c := range r.canaries {
		if c.Action == id {
			out = append(out, ops.DetectorID(c.ID+".budget"), ops.DetectorID(c.ID+".segment"))
		}
	}
	return out
}

// drop forgets what a reorg took back: the blocks from the number on.
func (s *state) drop(from uint64) {
	for _, l := range s.ledgers {
		l.Drop(from)
	}
	s.back = min(s.back, from)
	for i := range s.canaries {
		s.canaries[i] = s.canaries[i].Drop(from)
	}
	s.remembering(func(m detect.Memory) { m.Drop(from) })
	if s.backfill != nil && from < s.backfill.at.Number {
		s.backfill.stale = true
	}
	s.readings = nil
}

// anew forgets what was built from blocks that may not be of this chain any more:
// everything is read back again. Findings stay until the next judgement, and what is
// frozen stays frozen.
func (s *state) anew(r *Rules) {
	if s.backfill != nil {
		s.backfill.stop()
		s.backfill = nil
	}
	s.ledgers, s.folds, s.readings, s.recent = r.ledgers(), r.folds(), nil, nil
	s.started, s.begun, s.unread, s.back, s.saved = false, false, 0, 0, 0
	for i := range s.canaries {
		s.canaries[i] = s.canaries[i].Drop(0)
	}
	for i := range s.invariants {
		fresh := r.invariants[i].Start()
		fresh.Finding = s.invariants[i].Finding
		s.invariants[i] = fresh
	}
}

// linked reports whether a block follows one that was seen.
func (s *state) linked(at ops.BlockRef) bool {
	return len(s.recent) == 0 || slices.ContainsFunc(s.recent, func(b ops.BlockRef) bool { return b.Hash == at.Parent })
}

// seen remembers a block, so that the next can be linked to it.
func (s *state) seen(at ops.BlockRef) {
	s.recent = slices.DeleteFunc(s.recent, func(b ops.BlockRef) bool { return b.Number >= at.Number })
	if s.recent = append(s.recent, at); len(s.recent) > mostRecent {
		s.recent = s.recent[1:]
	}
}

// mostRecent is how far back a reorg can still be linked: as far as the feed can.
const mostRecent = 512

// fold brings the queue of every timelock to a block.
func (s *state) fold(at ops.BlockRef, now ops.Readings) {
	var queue []ops.Operation
	s.timelocks = make([]ops.Timelock, 0, len(s.ledgers))
	for _, l := range s.ledgers {
		own := l.Queue(at, now)
		queue = append(queue, own...)
		s.timelocks = append(s.timelocks, l.About(own, at, now))
		l.Prune(at.Number - min(at.Number, mostRecent))
	}
	s.queue = timelock.Sorted(queue)
}

// take gives every timelock's ledger the logs of blocks, oldest first.
func (s *state) take(logs []ops.Log) {
	for _, l := range s.ledgers {
		l.Take(logs)
	}
}

// stamps lists the reads that confirm what waits.
func (s *state) stamps() []ops.Read {
	var out []ops.Read
	for _, l := range s.ledgers {
		out = append(out, l.Asks()...)
	}
	return out
}

// ledgers are those of the timelocks before any log.
func (r *Rules) ledgers() []*timelock.Ledger {
	out := make([]*timelock.Ledger, len(r.timelocks))
	for i, t := range r.timelocks {
		out[i] = t.Start()
	}
	return out
}
