package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/lane"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// block judges one block: read, judge, fold, write down, publish; then look after
// what is in flight and measure the board. newest says that no further block waits: what
// stands for now, and not for the block, is done then, or when it is due.
func (e *Engine) block(ctx context.Context, at ops.BlockRef, newest bool) {
	s := &e.state
	if !s.head.Zero() && at.Number <= s.head.Number {
		e.record("reorg", map[string]any{"from": at.Number, "was": s.head}, ops.Entry{Block: at.Number, Alarm: true, Verdict: ops.Unknown,
			Text: fmt.Sprintf("reorg: %d blocks were dropped and are judged anew", s.head.Number-at.Number+1)})
		e.retract(at.Number)
		s.drop(at.Number)
	}
	if !s.linked(at) {
		e.record("unlinked", map[string]any{"block": at}, ops.Entry{Block: at.Number, Alarm: true, Verdict: ops.Unknown,
			Text: fmt.Sprintf("#%d follows no block that was seen: everything before it is read back anew", at.Number)})
		s.anew(e.Rules)
	}
	s.seen(at)
	if gap := at.Number - s.head.Number; !s.head.Zero() && at.Number > s.head.Number && gap > 1 {
		e.skip(s.head.Number+1, at.Number-1)
	}
	linked := s.head.Hash == at.Parent
	parent := s.readings
	if !linked {
		parent = nil
	}
	reads := e.Rules.reads(s.stamps(), e.asked(), e.contain.Reads(), e.boardReads())
	back := !s.started || s.unread != 0 || s.backfill != nil // what is read back is not among the reads yet
	now, logs, err := e.read(ctx, at, reads)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.head, s.readings = at, nil
		s.miss(at.Number, at.Number)
		e.goBlind(err.Error())
		return
	}
	s.take(logs)
	if back || slices.ContainsFunc(logs, e.Rules.queued) {
		_, _ = e.askMore(ctx, at, now) // what fails is asked with the next block
	}
	s.judged++
	s.head, s.readings = at, now
	s.blind = ""
	e.judge(at, now, parent, logs)
	e.share(logs)
	e.publish()
	if newest { // what was true of an older block may not be any more
		e.skewed(at)
		e.fire(ctx, at)
	}
	follow, tend := e.contain.CatchUp, newest || e.due()
	if tend {
		follow = e.contain.Follow
		s.tended = e.Now()
	}
	follow(ctx, at, now, parent)
	e.freeze()
	e.settle() // also when nothing in flight changed: what is in breach may have
	s.followed = at.Number
	e.publish()
	if tend {
		measured, cancel := context.WithTimeout(ctx, e.boardPatience())
		e.measureBoard(measured, at, now)
		cancel()
		e.publish()
		e.checkpoint(ctx, at)
		e.originate(ctx, at, now)
		e.explain(ctx, at, now)
	}
}

// due reports whether a console that is behind its chain has looked after what stands for
// now for too long: it is not left alone until the newest block is reached, which may be never.
// Standing orders alone wait for that block, for an old breach may be over.
func (e *Engine) due() bool {
	s := &e.state
	if s.tended.IsZero() {
		s.tended = e.Now()
	}
	return e.Now().Sub(s.tended) >= max(4*e.BlockTime, 10*time.Second)
}

// skip gives up blocks that the feed cannot read back: they stay UNKNOWN, and are
// said to be missing. Their logs are read, if they still can be.
func (e *Engine) skip(from, to uint64) {
	e.state.miss(from, to)
	e.goBlind(fmt.Sprintf("#%d to #%d were never judged", from, to))
	e.record("gap", map[string]any{"from": from, "to": to}, ops.Entry{Block: to, Alarm: true, Verdict: ops.Unknown,
		Text: fmt.Sprintf("#%d to #%d were never judged: %d blocks stay unknown", from, to, to-from+1)})
}

// boardPatience bounds the measuring of the board: it must be over before the
// next head, which matters more. What was not measured in time is UNKNOWN.
func (e *Engine) boardPatience() time.Duration {
	return min(max(e.BlockTime*2/3, 300*time.Millisecond), 3*time.Second)
}

// read asks for everything of the block, a few times.
func (e *Engine) read(ctx context.Context, at ops.BlockRef, reads []ops.Read) (ops.Readings, []ops.Log, error) {
	if err := e.readBack(ctx, at); err != nil {
		return nil, nil, err
	}
	return tryBlock(ctx, e.Chain, blockPauses, at, reads, e.Rules.filter())
}

// judge assesses a block and writes down what changed.
func (e *Engine) judge(at ops.BlockRef, now, parent ops.Readings, logs []ops.Log) {
	past, windows := e.state.findings, slices.Clone(e.state.windows)
	e.assess(at, now, parent, logs)
	for i, w := range e.state.windows {
		if w.Frozen && !windows[i].Frozen {
			e.record("promotion-frozen", map[string]any{"canary": w.ID, "by": w.FrozenBy, "block": at}, ops.Entry{Block: at.Number, Verdict: ops.OK,
				Text: fmt.Sprintf("%s promotion of %s frozen by %s", w.ID, w.Release, w.FrozenBy)})
		}
	}
	e.transitions(past, e.state.findings)
	e.follow(at)
}

// askMore asks what has to be asked because of the logs of the block itself, or of those
// that were read back before it, and because of what was answered: of an operation that is
// new, of who was given a role. It adds to the answers what the provider says, and reports
// whether there was anything to ask. A running engine asks so only where something happened:
// the rest comes with the next block, and is UNKNOWN until then.
func (e *Engine) askMore(ctx context.Context, at ops.BlockRef, now ops.Readings) (asked bool, err error) {
	more := slices.DeleteFunc(unique(slices.Concat(e.state.stamps(), e.asked())), func(r ops.Read) bool {
		_, had := now[r]
		return had
	})
	if len(more) == 0 {
		return false, nil
	}
	readings, err := e.Chain.Read(ctx, at, more)
	if err != nil {
		return true, err
	}
	maps.Copy(now, ops.ReadingsOf(readings))
	return true, nil
}

// queued reports whether a log is of a timelock, or of its governor.
func (r *Rules) queued(l ops.Log) bool {
	return slices.ContainsFunc(r.timelocks, func(t timelock.Timelock) bool { return slices.Contains(t.Addresses(), l.Address) })
}

// assess turns the readings and logs of one block into the state after it.
func (e *Engine) assess(at ops.BlockRef, now, parent ops.Readings, logs []ops.Log) {
	s := &e.state
	past := s.findings
	e.booked(logs, at, now)
	findings := make([]ops.Finding, len(s.invariants), len(past)+2)
	s.folded(func(f *lane.Fold) { f.See(at, logs) })
	e.heed()
	e.listen()
	s.tell(func(m detect.Memory) { m.Next(at, now, logs) })
	e.judgeInvariants(at, now, parent, logs, findings)
	for i := range findings {
		findings[i].Why = e.explained(i)
	}
	for i, q := range e.Rules.queues {
		s.queues[i] = orDark(func() detect.State { return q.Next(s.queues[i], at, s.queue, s.timelocks) },
			func(why string) detect.State { return q.Dark(s.queues[i], at, why) })
		findings = append(findings, s.queues[i].Finding)
	}
	findings = append(findings, make([]ops.Finding, len(s.sentinels))...)
	e.witnessed(findings)
	judged := findings
	for i, c := range e.Rules.canaries {
		s.canaries[i] = c.Add(s.canaries[i], at, nil) // closes the interval of a block without events
		s.canaries[i], s.windows[i] = c.Judge(s.canaries[i], at, judged)
		findings = append(findings, c.Findings(s.windows[i], at, past)...)
	}
	s.findings = findings
	s.traits = e.Rules.traitsAt(at, now)
	e.compare()
}

// health takes in what the feed says of itself.
func (e *Engine) health(event chain.Event) {
	for _, f := range event.Feeds {
		was := slices.IndexFunc(e.state.feeds, func(old ops.FeedHealth) bool { return old.Name == f.Name && old.State == f.State })
		if was >= 0 || f.Last.Zero() && f.State != ops.FeedAside { // one that never delivered is no news
			continue
		}
		verdict := ops.OK
		if f.State != ops.FeedLive {
			verdict = ops.Unknown
		}
		e.record("feed", map[string]any{"provider": f.Name, "state": f.State.String(), "why": f.Why},
			ops.Entry{Block: e.state.head.Number, Alarm: verdict != ops.OK, Verdict: verdict, Text: strings.TrimSpace("provider " + f.Name + " is " + f.State.String() + " " + f.Why)})
	}
	e.state.feeds = event.Feeds
	if event.Health.State != ops.FeedLive {
		e.goBlind(event.Health.Why)
	}
}

// goBlind turns every line UNKNOWN until a block was judged again.
func (e *Engine) goBlind(why string) {
	s := &e.state
	if s.blind == "" || s.blindSince.IsZero() {
		s.blindSince = e.Now()
	}
	past := s.findings
	s.blind = why
	e.mu.Lock()
	e.shared.blind = why
	e.mu.Unlock()
	for i := range s.board { // what was measured before proves nothing about now
		s.board[i] = unmeasured(s.board[i], why)
	}
	s.darken(why)
	e.witnessed(s.findings)
	e.transitions(past, s.findings)
	s.traits = unseenTraits(s.traits, why)
	e.compare()
	e.publish()
}

// darken turns every finding UNKNOWN, with the reason.
func (s *state) darken(why string) {
	s.findings = detect.Blind(s.findings, why)
	for i := range s.invariants { // their findings come first, in their order
		s.invariants[i].Finding = s.findings[i]
	}
	for i := range s.queues {
		s.queues[i].Finding = s.findings[len(s.invariants)+i]
	}
}
