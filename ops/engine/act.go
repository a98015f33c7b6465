package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// Prepare decodes and simulates a runbook on the newest block, for whatever
// finding it answers now. It sends nothing and needs no arming.
func (e *Engine) Prepare(ctx context.Context, id ops.RunbookID) (ops.Plan, error) {
	book, ok := e.Rules.book(id)
	if !ok {
		return ops.Plan{}, fmt.Errorf("%w: no runbook has the id %s", ErrNoRunbook, id)
	}
	e.mu.Lock()
	last := e.shared
	e.mu.Unlock()
	if last.head.Zero() {
		return ops.Plan{}, fmt.Errorf("%w: no block was seen yet", ErrNoRunbook)
	}
	action, err := book.bind(arguments(last.findings, id), e.signer)
	if err != nil {
		return ops.Plan{}, err
	}
	plan, err := e.contain.Prepare(ctx, action, last.head, e.replay(ctx, last))
	if err != nil {
		return ops.Plan{}, err
	}
	plan.View.About = about(action.Args, last.queue)
	e.mu.Lock()
	defer e.mu.Unlock()
	for digest, p := range e.plans { // one plan stands for each runbook: the newest
		if p.View.Runbook == id {
			delete(e.plans, digest)
		}
	}
	e.plans[plan.View.Digest] = plan
	return plan.View, nil
}

// arguments finds what the findings in breach give to a runbook.
func arguments(findings []ops.Finding, id ops.RunbookID) map[string]string {
	for _, f := range findings {
		if f.Action == id && f.Verdict == ops.Breach && len(f.Args) > 0 {
			return f.Args
		}
	}
	return nil
}

// about says in plain words what an operation's id stands for.
func about(args map[string]string, queue []ops.Operation) string {
	for _, o := range queue {
		if o.ID.Hex() != args[detect.OperationArg] {
			continue
		}
		calls := make([]string, len(o.Calls))
		for i, c := range o.Calls {
			calls[i] = c.Name + "." + c.Function
		}
		return o.Short + ": " + strings.Join(calls, "; ")
	}
	return ""
}

// replay reads the transaction of the breach that is worth trying again.
func (e *Engine) replay(ctx context.Context, last shared) *ops.Message {
	if last.replay == (common.Hash{}) {
		return nil
	}
	m, err := e.Client.Message(ctx, last.replay)
	if err != nil {
		return nil // the plan stands without it
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
	default:
		return ops.Receipt{}, fmt.Errorf("the command %T is not known", c)
	}
}

func (e *Engine) run(ctx context.Context, c ops.Contain) (ops.Receipt, error) {
	e.mu.Lock()
	armed, by, plan, ok := e.arming.Armed && e.Now().Before(e.arming.Until), e.arming.By, e.plans[c.Digest], false
	if _, known := e.plans[c.Digest]; known {
		ok = true
	}
	e.mu.Unlock()
	if !armed {
		return ops.Receipt{}, ErrLocked
	}
	if !ok {
		return ops.Receipt{}, ErrNoPlan
	}
	confirmed, err := contain.Confirm(plan, by, c.Phrase, e.Now())
	if err != nil {
		return ops.Receipt{}, err
	}
	receipt, err := e.contain.Execute(ctx, confirmed)
	e.progress(receipt)
	return receipt, err
}

// arm unlocks the console: a reason, a journal that can be written, a key that
// opens.
func (e *Engine) arm(c ops.Arm) error {
	if strings.TrimSpace(c.Reason) == "" {
		return ErrReason
	}
	if err := e.contain.CheckWritable(); err != nil {
		return fmt.Errorf("not armed: %w", err)
	}
	if len(e.Keys) == 0 {
		return errors.New("not armed: this console has no key: name a keystore under keys in config.yaml")
	}
	for _, k := range e.Keys {
		secret := c.Secret
		if k.Password != nil {
			var err error
			if secret, err = k.Password(); err != nil {
				return fmt.Errorf("not armed: %w", err)
			}
		}
		if err := k.Store.Unlock(secret); err != nil {
			return fmt.Errorf("not armed: %s: %w", k.Store.Address().Hex(), err)
		}
	}
	until := e.Now().Add(e.ArmFor)
	record := map[string]any{"by": e.Operator, "reason": c.Reason, "until": until.UTC()}
	if err := e.Journal.Write("armed", record); err != nil {
		e.lockKeys()
		return fmt.Errorf("not armed: %w", err)
	}
	e.mu.Lock()
	e.arming = ops.Arming{Armed: true, By: e.Operator, Reason: c.Reason, Until: until, NeedsSecret: e.needsSecret()}
	head := e.shared.head.Number
	e.mu.Unlock()
	e.say(head, fmt.Sprintf("ARMED by %s: %s", e.Operator.Name, c.Reason))
	return nil
}

func (e *Engine) lock(why string) {
	e.lockKeys()
	e.mu.Lock()
	was := e.arming.Armed
	e.arming = ops.Arming{By: e.Operator, NeedsSecret: e.needsSecret()}
	head := e.shared.head.Number
	e.mu.Unlock()
	if was {
		e.record("locked", map[string]any{"why": why}, ops.Entry{Block: head, Text: "LOCKED " + why, Verdict: ops.OK})
	}
}

// disarmExpired locks the console when its time is up.
func (e *Engine) disarmExpired() {
	e.mu.Lock()
	expired := e.arming.Armed && !e.Now().Before(e.arming.Until)
	e.mu.Unlock()
	if expired {
		e.lock("because its time was up")
	}
}

func (e *Engine) lockKeys() {
	for _, k := range e.Keys {
		k.Store.Lock()
	}
}

func (e *Engine) needsSecret() bool {
	for _, k := range e.Keys {
		if k.Password == nil {
			return true
		}
	}
	return false
}

// signer finds the key of an account.
func (e *Engine) signer(a common.Address) contain.Signer {
	for _, k := range e.Keys {
		if k.Store.Address() == a {
			return k.Store
		}
	}
	return nil
}

// control runs a step inside the console: freeze-promotion(C1).
func (e *Engine) control(name string) error {
	m := freezeShape.FindStringSubmatch(name)
	if m == nil {
		return fmt.Errorf("the control %q is not known", name)
	}
	s := &e.state
	for i, c := range e.Rules.canaries {
		if c.ID == m[1] {
			s.canaries[i] = s.canaries[i].Freeze("hand", s.head)
			s.canaries[i], s.windows[i] = c.Judge(s.canaries[i], s.head, s.findings)
			return nil
		}
	}
	return fmt.Errorf("there is no canary %s to freeze", m[1])
}
