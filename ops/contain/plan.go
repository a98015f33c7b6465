package contain

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Plan is an action as it would be run now. What is shown is in View; its first
// transaction was made with it and cannot be changed.
type Plan struct {
	View   ops.Plan
	action Action
	step   int // that sends first
	lane   int // of it
	outer  outer
	tx     *types.Transaction

	held, reverts bool // what that one would bring about holds already; it would revert
}

// sends reports whether the action has a call.
func (p Plan) sends() bool { return slices.ContainsFunc(p.action.Steps, Step.sends) }

// Prepare decodes, simulates and prices an action on top of a block: each call
// after those before it. It sends and signs nothing. replay, if any, is a
// transaction of the breach that is tried again after the last. Doubts become
// warnings, and only what makes the action impossible a refusal; but for an action that
// loosens, each doubt is one.
func (c *Containment) Prepare(ctx context.Context, a Action, at ops.BlockRef, replay *ops.Message) (Plan, error) {
	p, err := c.prepare(ctx, a, at, replay)
	if v := &p.View; err == nil && a.loosens() {
		v.Loosens = true
		v.Refusals, v.Warnings = append(v.Refusals, v.Warnings...), nil
	}
	return p, err
}

func (c *Containment) prepare(ctx context.Context, a Action, at ops.BlockRef, replay *ops.Message) (Plan, error) {
	mode := ops.ModeOf(c.ChainID)
	p := Plan{action: a, step: -1}
	p.View = ops.Plan{
		Digest: a.Digest(c.ChainID), Runbook: a.Runbook, Name: a.Name, RunbookHash: a.Hash, Steps: len(a.Steps), Mode: mode, Chain: c.ChainName,
		ChainID: c.ChainID, At: at, Phrase: Phrase(a.Phrase, mode), Prepared: c.Now(), Simulated: true,
	}
	v := &p.View
	if err := c.CheckWritable(); err != nil {
		v.Refusals = append(v.Refusals, err.Error())
	}
	wrong := c.Chain.CheckChain(ctx)
	if wrong != nil {
		v.Refusals = append(v.Refusals, wrong.Error())
	} else {
		c.checkCooldown(a, v)
		if err := c.checkShots(a); err != nil {
			v.Refusals = append(v.Refusals, err.Error())
		}
		c.checkPeople(a, v)
	}
	v.Course = c.course(ctx, &p, at, replay, wrong == nil)
	if p.step < 0 {
		return p, nil
	}
	s := a.Steps[p.step]
	l := s.Lanes[p.lane]
	v.Warnings = append(v.Warnings, s.passed(p.lane)...)
	v.Step, v.StepTitle, v.Call, v.Stops, v.Lane, v.From = s.ID, s.Title, s.Call, s.Stops, l.Name, l.From
	if !l.goes() {
		v.Refusals = append(v.Refusals, fmt.Sprintf("no signer: this console has no key for %s: name its keystore under keys in config.yaml", l.From.Hex()))
	}
	if wrong != nil {
		return p, nil
	}
	if l.Print {
		v.ByHand = byHand(s, l, c.ChainID)
		return p, nil
	}
	v.Relay, v.Safe = c.alone(), p.outer.safe
	made, err := c.price(ctx, s, p.lane, p.outer, v.Gas, at)
	if errors.Is(err, ErrLadder) || errors.Is(err, ErrSafe) {
		v.Refusals = append(v.Refusals, err.Error())
		return p, nil
	}
	if err != nil {
		return Plan{}, fmt.Errorf("%s cannot be priced: %w", a.Name, err)
	}
	p.tx, v.Nonce, v.Gas = made.tx, made.tx.Nonce(), made.tx.Gas()
	v.MaxCost = ops.Quantity{Exact: made.cost.String(), Shown: Ether(made.cost)}
	v.Warnings = append(v.Warnings, made.warnings...)
	return p, nil
}

// course tells each step as it would be run now, and finds the one that sends
// first. The gas of that one is left in the view.
func (c *Containment) course(ctx context.Context, p *Plan, at ops.BlockRef, replay *ops.Message, ask bool) []ops.PlanStep {
	a, v := p.action, &p.View
	out := make([]ops.PlanStep, len(a.Steps))
	left := map[string]bool{}
	last := -1
	for i, s := range a.Steps {
		out[i] = ops.PlanStep{ID: s.ID, Title: s.Title, Stops: s.Stops, Does: s.Control}
		if s.Ask != nil {
			out[i].Does = "asks: " + s.Ask.Challenge
		}
		if s.When != nil && ask {
			out[i].Left = c.leaves(ctx, s, at)
		}
		replaced := false
		for _, other := range a.Steps {
			replaced = replaced || other.Otherwise == s.ID && left[other.ID]
		}
		if s.Instead && !replaced {
			out[i].Left = "only in the place of another step"
		}
		left[s.ID] = out[i].Left != ""
		if s.sends() {
			out[i].Does, out[i].Call = s.Call.Function, s.Call
			if out[i].Left == "" {
				last = i
			}
		}
	}
	var prior []ops.Message
	earlier := newBefore()
	for i, s := range a.Steps {
		if !s.sends() || out[i].Left != "" {
			continue
		}
		n, _ := s.lane(0)
		var o outer
		switch {
		case p.step < 0 && ask:
			chosen := c.choose(ctx, s, 0, at, earlier)
			n, o = chosen.lane, chosen.outer
			v.Warnings = append(v.Warnings, chosen.passed...)
		case ask:
			o = c.outer(ctx, s, s.Lanes[n], at, earlier)
		}
		out[i].Lane, out[i].From = s.Lanes[n].Name, s.Lanes[n].caller()
		var again *ops.Message
		if i == last {
			again = replay
		}
		var tried tried
		if ask {
			tried = c.simulate(ctx, s, n, o.try, at, prior, again)
		}
		if tried.held && i != last { // the last is sent all the same where a person wants it: see holds
			out[i].Left = s.Expect.Source() + " holds already"
			continue
		}
		first := p.step < 0
		if first {
			p.step, p.lane, p.outer = i, n, o
		}
		if !ask {
			continue
		}
		tried.warnings = slices.Concat(s.Doubts, o.doubts, c.checkCode(ctx, s, at), c.checkAuthority(ctx, s, at), tried.warnings)
		out[i].Changes, out[i].Warnings = tried.changes, tried.warnings
		v.Simulated = v.Simulated && tried.ran
		if first {
			v.Gas, p.held, p.reverts = tried.gas, tried.held, tried.ran && tried.gas == 0
		} else if o.dead != nil {
			out[i].Warnings = append(out[i].Warnings, o.dead.Error())
		} else if !s.Lanes[n].goes() {
			out[i].Warnings = append(out[i].Warnings, "no signer: this console has no key for "+s.Lanes[n].From.Hex())
		}
		prior = append(prior, o.try)
		earlier.add(o, true)
		v.Changes = append(v.Changes, tried.changes...)
		for _, w := range out[i].Warnings {
			if len(a.Steps) > 1 && !first {
				w = s.ID + ": " + w
			}
			v.Warnings = append(v.Warnings, w)
		}
	}
	return out
}

// checkPeople says who else has confirmed the plan, and warns loudly of who has not:
// what restricts is not held up by a colleague who sleeps.
func (c *Containment) checkPeople(a Action, v *ops.Plan) {
	if a.People < 2 {
		return
	}
	if c.Seconds != nil {
		v.Seconds = c.Seconds(a.Runbook, v.Digest)
	}
	if missing := int(a.People) - 1 - len(v.Seconds); missing > 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d PEOPLE ARE ASKED FOR, and %d of them have not confirmed: on their console, bulkhead runbook second %s", a.People, missing, a.Runbook))
	}
}

// leaves says why a step with a condition would be left out now.
func (c *Containment) leaves(ctx context.Context, s Step, at ops.BlockRef) string {
	readings, err := c.Chain.Read(ctx, at, s.When.Reads())
	if err != nil {
		return "it is not known whether " + s.When.Source() + ": " + err.Error()
	}
	return unmet(s.When, ops.ReadingsOf(readings))
}

// unmet says why a condition does not let a step be run; empty when it does.
func unmet(when Condition, now ops.Readings) string {
	switch a := when.Judge(now, nil); a.Verdict {
	case ops.OK:
		return ""
	case ops.Breach:
		return when.Source() + " does not hold"
	default:
		return "it is not known whether " + when.Source() + ": " + a.Why
	}
}

// CheckWritable is nil while an intent can be made durable.
func (c *Containment) CheckWritable() error {
	if err := c.Journal.Writable(); err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return nil
}

// Phrase is what has to be typed: in a drill it begins with "drill ".
func Phrase(phrase string, mode ops.Mode) string {
	if mode == ops.Drill {
		return "drill " + phrase
	}
	return phrase
}

// checkCooldown warns when the action was run a moment ago.
func (c *Containment) checkCooldown(a Action, v *ops.Plan) {
	for _, r := range c.Receipts() {
		if ago := c.Now().Sub(r.Confirmed); r.Runbook == a.Runbook && r.Stage != ops.StageFailed && ago < a.Cooldown {
			v.Warnings = append(v.Warnings, fmt.Sprintf("%s was run %s ago, and its cooldown is %s", a.Name, ops.Duration(ago.Round(time.Second)), ops.Duration(a.Cooldown)))
		}
	}
}

// checkShots refuses an action that people have run as often as its owners allow. A
// pause is a weapon too: whoever arms a console may use it so often and no more. What
// failed does not count, unless a call of it is in effect all the same, and neither does a
// standing order, which has its own shot.
func (c *Containment) checkShots(a Action) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spent(a)
}

// spent is checkShots for a caller that holds mu.
func (c *Containment) spent(a Action) error {
	if a.Shots == 0 {
		return nil
	}
	runs := c.shot[a.Runbook]
	for _, r := range c.runs {
		if r.action.Runbook == a.Runbook && (r.ended != ops.StageFailed || r.struck()) && r.by.Role != AutoRole {
			runs++
		}
	}
	if runs >= a.Shots {
		return fmt.Errorf("%w: %s was run %d of %d times: its owners sign another runbook, or more shots", ErrShots, a.Name, runs, a.Shots)
	}
	return nil
}

// checkCode warns when a contract is no longer the code the step was written for.
func (c *Containment) checkCode(ctx context.Context, s Step, at ops.BlockRef) []string {
	_, warnings := c.readCode(ctx, s, at)
	return warnings
}

// readCode is checkCode, and what runs at the call's target: zero where it was not read.
func (c *Containment) readCode(ctx context.Context, s Step, at ops.BlockRef) (target common.Hash, warnings []string) {
	for _, w := range s.Written {
		hash, err := c.Chain.CodeHash(ctx, at, w.Address, w.Proxy)
		if err == nil && w.Address == s.Call.To {
			target = hash
		}
		switch {
		case err != nil:
			warnings = append(warnings, fmt.Sprintf("the code of %s could not be read: %s", w.Name, err))
		case hash != w.Want:
			warnings = append(warnings, fmt.Sprintf("%s runs code %s, and the step was written for %s", w.Name, short(hash), short(w.Want)))
		}
	}
	return target, warnings
}

// tried is what the simulation of one call found.
type tried struct {
	ran      bool
	held     bool   // what it would bring about holds before it
	gas      uint64 // 0 when it reverts
	changes  []ops.Change
	warnings []string
}

// trial is a step's call as a question, after what comes prior to it.
func (s Step) trial(call ops.Message, at ops.BlockRef, prior []ops.Message, replay *ops.Message) ops.Trial {
	t := ops.Trial{At: at, Prior: prior, Action: call, Replay: replay}
	for _, r := range s.Expect.Reads() {
		if r.Kind == ops.ReadCall {
			t.Reads = append(t.Reads, r)
		}
	}
	return t
}

// simulate tries a step's call.
func (c *Containment) simulate(ctx context.Context, s Step, lane int, call ops.Message, at ops.BlockRef, prior []ops.Message, replay *ops.Message) tried {
	t := s.trial(call, at, prior, replay)
	result, err := c.Chain.Try(ctx, t)
	return s.read(lane, t, result, err)
}

// read says what came of a trial.
func (s Step) read(lane int, t ops.Trial, result ops.TrialResult, err error) (out tried) {
	if err != nil {
		out.warnings = []string{"not simulated: " + err.Error()}
		return out
	}
	out.ran = true
	before, after := s.Expect.Judge(ops.ReadingsOf(result.Before), nil), s.Expect.Judge(ops.ReadingsOf(result.After), nil)
	out.held = before.Verdict == ops.OK
	if !result.Action.OK {
		out.warnings = []string{"the simulation REVERTS: " + reverts(s.Lanes[lane], result.Action.Reason)}
		if s.May != "" {
			out.warnings[0] += "; " + s.May
		}
		return out
	}
	out.gas = result.Action.Gas
	out.changes = append(out.changes, ops.Change{What: what(s.Expect), Before: known(before), After: known(after)})
	if after.Verdict != ops.OK {
		out.warnings = append(out.warnings, "the simulation runs, but "+s.Expect.Source()+" does not hold after it")
	}
	if out.held {
		out.warnings = append(out.warnings, s.Expect.Source()+" holds already")
	}
	if result.Replay != nil {
		outcome := "succeeds"
		if !result.Replay.OK {
			outcome = "REVERTS " + result.Replay.Reason
		}
		out.changes = append(out.changes, ops.Change{What: "the breach's transaction, tried again by " + short(t.Replay.From), Before: "succeeded", After: outcome})
	}
	return out
}

// mostNamed is how long the name of a read may be, its arguments spelled out, before
// the condition is shown as it was written, with their names.
const mostNamed = 60

var compared = regexp.MustCompile(` (==|!=|<=|>=|<|>) `)

func what(c Condition) string {
	reads := c.Reads()
	switch {
	case len(reads) == 1 && len(reads[0].Name) <= mostNamed && strings.Contains(c.Source(), function(reads[0].Name)):
		return reads[0].Name
	case len(reads) == 1: // without what it is compared with: both values are shown beside it
		return compared.Split(c.Source(), 2)[0]
	}
	return c.Source()
}

// function is a read's name without its arguments: vault.paused.
func function(name string) string {
	name, _, _ = strings.Cut(name, "(")
	return name
}

func known(a ops.Assessment) string {
	if a.Verdict == ops.Unknown {
		return "unknown (" + a.Why + ")"
	}
	return a.Observed
}
