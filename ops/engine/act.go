package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/canary"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/pack"
)

// Prepare decodes and simulates a runbook on the newest block, for whatever
// finding it answers now. It sends nothing and needs no arming.
func (e *Engine) Prepare(ctx context.Context, id ops.RunbookID) (ops.Plan, error) {
	book, ok := e.Rules.book(id)
	if !ok {
		return ops.Plan{}, fmt.Errorf("%w: no runbook has the id %s", ErrNoRunbook, id)
	}
	e.mu.Lock()
	last, signing := e.shared, e.signing
	e.mu.Unlock()
	if last.head.Zero() {
		return ops.Plan{}, fmt.Errorf("%w: no block was seen yet", ErrNoRunbook)
	}
	args, err := book.chosen(arguments(last.findings, id), last.queue, last.timelocks)
	if err != nil {
		return ops.Plan{}, err
	}
	action, err := e.action(book, args)
	if err != nil {
		return ops.Plan{}, err
	}
	plan, err := e.contain.Prepare(ctx, action, last.head, e.replay(ctx, last, action))
	if err != nil {
		return ops.Plan{}, err
	}
	if err := e.Rules.pack.Changed(); errors.Is(err, pack.ErrChanged) { // said before a phrase is typed, and looked at again after
		plan.View.Refusals = append(plan.View.Refusals, err.Error())
	}
	plan.View = blindly(plan.View, last.blind)
	plan.View = e.Rules.namedPlan(plan.View)
	plan.View.About = about(action.Args, last.queue)
	plan.View.SignedBy = signedBy(signing, book.doc.File)
	e.keep(plan)
	return plan.View, nil
}

// blindly adds to a plan that the console is blind: what it was simulated on, and the
// finding that it answers, are of the last block that was judged. What restricts is
// warned of, what loosens refused.
func blindly(v ops.Plan, blind string) ops.Plan {
	if blind == "" {
		return v
	}
	doubt := fmt.Sprintf("this console is BLIND since #%d, and tried it there: %s", v.At.Number, blind)
	if v.Loosens {
		v.Refusals = append(v.Refusals, doubt)
	} else {
		v.Warnings = append(v.Warnings, doubt)
	}
	return v
}

// freshFor is for how long, by the chain's time, a plan that loosens can be confirmed:
// what was free of doubts may not be any more.
const freshFor = 5 * time.Minute

// stale refuses a plan that loosens and was made too long ago, or before the console
// went blind.
func stale(v ops.Plan, now shared) error {
	switch {
	case !v.Loosens:
		return nil
	case now.blind != "":
		return fmt.Errorf("%w: it loosens, and this console is BLIND: %s", contain.ErrStale, now.blind)
	case now.head.Number < v.At.Number || now.head.Time.Sub(v.At.Time) > freshFor:
		return fmt.Errorf("%w: it loosens, was tried on #%d, and the chain is at #%d", contain.ErrStale, v.At.Number, now.head.Number)
	}
	return nil
}

// doubted refuses a plan that loosens, where a doubt came up since about what it executes.
func (e *Engine) doubted(v ops.Plan, now shared) error {
	book, ok := e.Rules.book(v.Runbook)
	if !ok || !v.Loosens {
		return nil
	}
	args, err := book.chosen(nil, now.queue, now.timelocks)
	for name, doubts := range args {
		if strings.HasPrefix(name, argDoubts+"(") && doubts != "" {
			err = errors.Join(err, fmt.Errorf("%w: %s", contain.ErrStale, doubts))
		}
	}
	return err
}

// signedBy is the owner who signed a document, where everybody has who must.
func signedBy(s ops.Signing, name string) string {
	for _, d := range s.Documents {
		if d.Name == name && len(d.Problems) == 0 && len(d.Signers) > 0 {
			return d.Owner
		}
	}
	return ""
}

// arguments finds what the findings in breach give to a runbook.
func arguments(findings []ops.Finding, id ops.RunbookID) map[string]string {
	for i := range findings {
		if f := &findings[i]; f.Action == id && f.Verdict == ops.Breach && len(f.Args) > 0 {
			return f.Args
		}
	}
	return nil
}

// replay reads the transaction of the breach that is worth trying again after an
// action: one of a contract that the action acts on. That somebody else's still
// succeeds would say nothing.
func (e *Engine) replay(ctx context.Context, last shared, a contain.Action) *ops.Message {
	if last.replay == (common.Hash{}) {
		return nil
	}
	m, err := e.Chain.Message(ctx, last.replay)
	if err != nil {
		return nil // the plan stands without it
	}
	if !slices.ContainsFunc(a.Steps, func(s contain.Step) bool { return s.Call.To == m.To }) {
		return nil
	}
	return &m
}

// Do carries out what a person wants: arm, lock, or contain. It may be called
// from any goroutine, twice and at once: the first confirmation of a plan runs,
// the others get its receipt.
func (e *Engine) Do(ctx context.Context, c ops.Command) (ops.Receipt, error) {
	defer e.nudge()
	switch c := c.(type) {
	case ops.Arm:
		return ops.Receipt{}, e.arm(c)
	case ops.Lock:
		e.lock("by hand")
		return ops.Receipt{}, nil
	case ops.Contain:
		return e.run(ctx, c)
	case ops.Answer:
		return e.answerTo(ctx, c)
	default:
		return ops.Receipt{}, fmt.Errorf("the command %T is not known", c)
	}
}

func (e *Engine) run(ctx context.Context, c ops.Contain) (ops.Receipt, error) {
	e.mu.Lock()
	armed, by := e.arming.Armed && e.Now().Before(e.arming.Until), e.arming.By
	plan, ok := e.plan(c)
	last := e.shared
	e.mu.Unlock()
	if !armed {
		return ops.Receipt{}, ErrLocked
	}
	if !ok {
		return ops.Receipt{}, ErrNoPlan
	}
	if err := stale(plan.View, last); err != nil {
		return ops.Receipt{}, err
	}
	if err := e.doubted(plan.View, last); err != nil {
		return ops.Receipt{}, err
	}
	if err := e.unchanged(); err != nil {
		return ops.Receipt{}, err
	}
	confirmed, err := contain.Confirm(plan, by, c.Phrase, e.Now())
	if err != nil {
		return ops.Receipt{}, err
	}
	receipt, err := e.contain.Execute(ctx, confirmed)
	e.progress(receipt)
	return receipt, err
}

// answerTo gives a person's answer to the runbook that asks. Whoever is armed
// answers: it lets a step go on that sends.
func (e *Engine) answerTo(ctx context.Context, c ops.Answer) (ops.Receipt, error) {
	e.mu.Lock()
	armed, by, at := e.arming.Armed && e.Now().Before(e.arming.Until), e.arming.By, e.shared.head
	e.mu.Unlock()
	if !armed {
		return ops.Receipt{}, ErrLocked
	}
	receipt, err := e.contain.Answer(ctx, c.Receipt, c.Step, c.Text, by, at)
	e.progress(receipt)
	return receipt, err
}

// control runs a step inside the console: freeze-promotion(C1), record-roles(vault). It
// may be called by the loop or by whoever confirmed, so what it changes of the loop's
// state the loop does: freeze.
func (e *Engine) control(name string) error {
	if m := recordShape.FindStringSubmatch(name); m != nil {
		return e.recordRoles(m[1])
	}
	m := freezeShape.FindStringSubmatch(name)
	if m == nil {
		return fmt.Errorf("the control %q is not known", name)
	}
	i := slices.IndexFunc(e.Rules.canaries, func(c canary.Canary) bool { return c.ID == m[1] })
	if i < 0 {
		return fmt.Errorf("there is no canary %s to freeze", m[1])
	}
	e.mu.Lock()
	e.freezes = append(e.freezes, i)
	e.mu.Unlock()
	e.nudge()
	return nil
}

// freeze freezes the promotions that runbooks asked for. Called from the loop alone.
func (e *Engine) freeze() {
	e.mu.Lock()
	asked := e.freezes
	e.freezes = nil
	e.mu.Unlock()
	s := &e.state
	for _, i := range asked {
		s.canaries[i] = s.canaries[i].Freeze("hand", s.head)
		s.canaries[i], s.windows[i] = e.Rules.canaries[i].Judge(s.canaries[i], s.head, s.findings)
	}
}
