package contain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrAnswer means that nothing is asked that this would answer.
var ErrAnswer = errors.New("nothing is asked that this answers")

// advance brings a run forward, step by step, until a transaction is on its way, a
// person is asked, the chain does not answer, or no step is left. It fails as the first
// transaction does; what fails later stands in the receipt. The caller holds the run,
// and it is let go.
func (c *Containment) advance(ctx context.Context, t turn) error {
	r := t.run
	defer c.update(func() { r.busy = false })
	var first error
	waits := false
	for i, s := range r.action.Steps {
		if waits && !s.Parallel {
			return first
		}
		wait, err := c.bring(ctx, t, i)
		if first == nil {
			first = err
		}
		waits = waits || wait
	}
	if !waits {
		c.finish(r)
	}
	return first
}

// bring brings one step forward as far as it goes now; wait says that those after
// it have to wait for it, unless they are parallel.
func (c *Containment) bring(ctx context.Context, t turn, i int) (wait bool, err error) {
	r, at := t.run, t.at
	for {
		c.mu.Lock()
		p, over := r.steps[i], r.ended == ops.StageFailed
		c.mu.Unlock()
		if over || ctx.Err() != nil || p.state == asked || p.state == flying {
			return true, err
		}
		if p.state.settled() {
			return false, err
		}
		goes, known := c.goes(ctx, r, i, at)
		switch {
		case !known:
			return true, err
		case !goes:
		case !r.action.Steps[i].sends() && c.takeUp(r, i, at):
		case r.action.Steps[i].Control != "":
			c.control(r, i, at)
		case r.action.Steps[i].Ask != nil:
			c.note(r, KindAsked, Progress{ID: r.id, Step: r.action.Steps[i].ID, Start: c.start(r)})
			c.settle(r, i, asked, "")
		default:
			blind, failed := c.call(ctx, t, i)
			if blind {
				return true, err
			}
			if failed != nil {
				err = errors.Join(err, failed)
			}
			if errors.Is(failed, ErrJournal) {
				c.halt(r, failed.Error())
				return true, err
			}
		}
	}
}

// goes decides whether a step is run at all, by what the chain says of its
// condition. What cannot be known is not known yet.
func (c *Containment) goes(ctx context.Context, r *run, i int, at ops.BlockRef) (goes, known bool) {
	s := r.action.Steps[i]
	if s.Instead {
		undecided := false
		for k, other := range r.action.Steps {
			c.mu.Lock()
			named, now := other.Otherwise == s.ID, r.steps[k].state
			c.mu.Unlock()
			if named && now == left {
				return true, true
			}
			undecided = undecided || named && now == due
		}
		if undecided { // it is asked again at the next block whether it is run
			return false, false
		}
		c.settle(r, i, left, "it stands in for another step, which was run")
		return false, true
	}
	if s.When == nil {
		return true, true
	}
	readings, err := c.Chain.Read(ctx, at, s.When.Reads())
	if err != nil {
		c.update(func() { r.steps[i].why = "waits: " + s.When.Source() + " could not be read: " + err.Error() })
		return false, false
	}
	switch a := s.When.Judge(ops.ReadingsOf(readings), nil); a.Verdict {
	case ops.OK:
		return true, true
	case ops.Breach:
		c.settle(r, i, left, "left out: "+s.When.Source()+" does not hold")
	default:
		c.settle(r, i, left, "left out: "+s.When.Source()+" is not known: "+a.Why)
	}
	return false, true
}

// control runs a step inside the console.
func (c *Containment) control(r *run, i int, at ops.BlockRef) {
	s := r.action.Steps[i]
	progress := Progress{ID: r.id, Step: s.ID, Block: at, Start: c.start(r)}
	if err := c.Control(s.Control); err != nil {
		progress.Why = err.Error()
	}
	c.note(r, KindStep, progress)
	if progress.Why != "" {
		c.failed(r, i, progress.Why)
		return
	}
	c.settle(r, i, done, "")
}

// call sends a step's transaction. blind means that the chain did not say what it
// must know to do so: the step is due still.
func (c *Containment) call(ctx context.Context, t turn, i int) (blind bool, failure error) {
	r, at, plan := t.run, t.at, t.plan
	s := r.action.Steps[i]
	c.mu.Lock()
	lane, f := r.steps[i].lane, r.steps[i].flight
	c.mu.Unlock()
	var warnings []string
	prepared := plan != nil && f != nil && f.stage == ops.StageConfirmed && plan.step == i && plan.lane == lane
	if !prepared && f != nil && f.stage == ops.StageConfirmed {
		c.update(func() { r.steps[i].flight = nil }) // its place is given back: by now the nonce may be another
	}
	var holds, untellable bool
	var otherwise string
	if !prepared {
		holds, untellable, otherwise = c.already(ctx, s, at)
	}
	var tx *types.Transaction
	switch {
	case prepared:
		tx, warnings = plan.tx, plan.View.Warnings
	case untellable:
		c.update(func() { r.steps[i].why = "waits: " + untold })
		return true, nil
	case otherwise != "":
		c.failed(r, i, otherwise)
		return false, nil
	case holds:
		c.settle(r, i, done, s.Expect.Source()+" holds already: nothing was sent")
		return false, nil
	case plan != nil && plan.step == i && plan.prints(): // what was shown and confirmed, although a signer may be back
		return false, c.handOver(r, i, plan.lane, at, plan.View.Warnings)
	default:
		c.vacate(r, i)
		chosen := c.choose(ctx, s, lane, at, newBefore())
		n, o := chosen.lane, chosen.outer
		warnings = append(chosen.passed, o.doubts...)
		if !chosen.goes {
			c.failed(r, i, "no signer: this console has no key for it")
			return false, nil
		}
		if s.Lanes[n].Print {
			return false, c.handOver(r, i, n, at, warnings)
		}
		made, err := c.price(ctx, s, n, o, c.simulate(ctx, s, n, o.try, at, nil, nil).gas, at)
		if (errors.Is(err, ErrLadder) || errors.Is(err, ErrSafe)) && !o.unread {
			c.failed(r, i, err.Error())
			return false, err
		}
		if err != nil {
			c.update(func() { r.steps[i].why = "waits: " + err.Error() })
			return true, nil
		}
		tx, lane = made.tx, n
		f = &flight{id: fmt.Sprintf("%s.%s.%d", r.id, s.ID, n), run: r, step: i, lane: s.Lanes[n], nonce: made.tx.Nonce(), safe: o.safe, stage: ops.StageConfirmed}
	}
	c.update(func() {
		r.steps[i] = progress{state: flying, lane: lane, flight: f}
		r.why = ""
	})
	if err := c.launch(ctx, f, tx, warnings, t.asks); err != nil {
		c.failed(r, i, err.Error())
		return false, err
	}
	return false, nil
}

// vacate gives back the nonce that the plan holds for a later step: this one is due
// although it was not when the plan was made, and what it sends must come first, or
// both would wait for each other.
func (c *Containment) vacate(r *run, i int) {
	c.update(func() {
		for k := i + 1; k < len(r.steps); k++ {
			if f := r.steps[k].flight; f != nil && f.stage == ops.StageConfirmed && !f.waits() {
				r.steps[k].flight = nil
			}
		}
	})
}

// settle ends a step, or has it wait for a person.
func (c *Containment) settle(r *run, i int, s state, why string) {
	c.update(func() { r.steps[i].state, r.steps[i].why, r.steps[i].at = s, why, c.Now() })
}

// failed decides what follows a step that failed: its next lane, the next step, or
// nothing more.
func (c *Containment) failed(r *run, i int, why string) {
	s := r.action.Steps[i]
	c.mu.Lock()
	next, signs := s.lane(r.steps[i].lane + 1)
	c.mu.Unlock()
	if s.OnFailure == NextLane && s.sends() && signs {
		c.update(func() {
			r.steps[i].state, r.steps[i].lane = due, next
			r.steps[i].why = "now by " + s.Lanes[next].Name + ": " + why
		})
		return
	}
	c.settle(r, i, failed, why)
	if s.OnFailure == Continue {
		return
	}
	c.update(func() {
		for k := i + 1; k < len(r.steps); k++ {
			if was := r.steps[k].state; was == due || was == asked { // what is on its way is followed
				r.steps[k].state, r.steps[k].why = left, s.ID+" failed before it"
			}
		}
	})
}

// halt begins nothing more of a run whose journal cannot be written. What is on its way
// or in effect is followed; a run of which nothing is out ends.
func (c *Containment) halt(r *run, why string) {
	c.mu.Lock()
	out := false
	for i := range r.steps {
		p := &r.steps[i]
		if p.state == due || p.state == asked {
			p.state, p.why = left, why
		}
		out = out || p.flight != nil && p.flight.stage != ops.StageFailed && (p.state == flying || p.state == done)
	}
	c.mu.Unlock()
	if !out {
		c.end(r, why)
	}
}

// finish ends a run whose steps are settled and whose containment can never hold.
func (c *Containment) finish(r *run) {
	c.mu.Lock()
	hopeless := r.ended == ops.StageNone && r.settled() && !r.effective()
	why := r.missing()
	c.mu.Unlock()
	if hopeless {
		c.end(r, why)
	}
}

// end is the run's, and what is still true is said with it.
func (c *Containment) end(r *run, why string) {
	c.mu.Lock()
	var holds []string
	for i, p := range r.steps {
		if p.state == done {
			holds = append(holds, r.action.Steps[i].ID)
		}
	}
	c.mu.Unlock()
	if len(holds) > 0 {
		why += "; in effect: " + strings.Join(holds, ", ")
	}
	c.note(r, KindEnded, Progress{ID: r.id, Why: why, Cut: r.cut})
	c.update(func() {
		r.ended, r.why = ops.StageFailed, why
		c.leaveBehind(r)
	})
}

// Answer is a person's to the question of a run. The expected one lets it go on,
// any other is the step's failure. It fails with ErrAnswer when nothing is asked.
func (c *Containment) Answer(ctx context.Context, id, step, text string, by ops.Operator, at ops.BlockRef) (ops.Receipt, error) {
	c.mu.Lock()
	var found *run
	for _, r := range c.runs {
		if i := r.action.step(step); r.id == id && i >= 0 && r.steps[i].state == asked {
			found = r
			r.steps[i].state, r.steps[i].by, r.steps[i].at = flying, by.Name, c.Now() // taken: nobody else answers it
		}
	}
	c.mu.Unlock()
	if found == nil {
		return ops.Receipt{}, ErrAnswer
	}
	i := found.action.step(step)
	expected := found.action.Steps[i].Ask.Expected
	right := strings.EqualFold(strings.TrimSpace(text), expected)
	record := Progress{ID: id, Step: step, Block: at, By: by.Name, Answer: text, Start: c.start(found)}
	if !right {
		record.Why = fmt.Sprintf("the answer is %q, expected was %q", text, expected)
	}
	if err := c.Journal.Write(KindStep, record); err != nil {
		c.update(func() { found.steps[i].state, found.steps[i].by = asked, "" })
		return c.receipt(found), fmt.Errorf("%w: %w", ErrJournal, err)
	}
	c.update(func() { found.named = true })
	if right {
		c.settle(found, i, done, "")
	} else {
		c.failed(found, i, record.Why)
	}
	if c.hold(found) {
		err := c.push(ctx, turn{run: found, at: at}, func() {})
		return c.receipt(found), err
	}
	return c.receipt(found), nil // whoever holds it finds the answer, or the next block does
}
