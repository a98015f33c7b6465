package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// arm unlocks the console: a reason, a pack that is what its owners signed, a
// journal that can be written, a key that opens, and an operator whose key proves who
// it is.
func (e *Engine) arm(c ops.Arm) error {
	e.hands.Lock()
	defer e.hands.Unlock()
	if strings.TrimSpace(c.Reason) == "" {
		return ErrReason
	}
	if err := e.contain.CheckWritable(); err != nil {
		return fmt.Errorf("not armed: %w", err)
	}
	if len(e.Keys) == 0 && !e.Rules.prints() {
		return errors.New("not armed: this console has no key: name a keystore under keys in config.yaml")
	}
	if err := e.inspect(); err != nil {
		return fmt.Errorf("not armed: %w", err)
	}
	now := e.Now().UTC().Truncate(time.Second)
	until := now.Add(e.ArmFor)
	record := armed{By: e.Operator, Reason: c.Reason, At: now, Until: until, Chain: e.Rules.ChainID, Root: e.Rules.pack.Root()}
	if err := e.prove(&record, c.Secret); err != nil {
		return fmt.Errorf("not armed: %w", err)
	}
	if err := e.unlock(c.Secret); err != nil {
		e.relock()
		return fmt.Errorf("not armed: %w", err)
	}
	if err := e.Journal.Write(kindArmed, record); err != nil {
		e.relock()
		return fmt.Errorf("not armed: %w", err)
	}
	e.mu.Lock()
	e.arming = ops.Arming{Armed: true, By: e.Operator, Reason: c.Reason, Until: until, NeedsSecret: e.needsSecret()}
	head := e.shared.head.Number
	e.mu.Unlock()
	e.say(head, fmt.Sprintf("ARMED by %s: %s", e.Operator.Name, c.Reason))
	return nil
}

// unlock opens every key, or says which one does not open.
func (e *Engine) unlock(typed string) error {
	for _, k := range e.Keys {
		if err := open(k, typed); err != nil {
			return err
		}
	}
	return nil
}

// relock locks the keys after an arming that failed, unless the console was
// armed before.
func (e *Engine) relock() {
	e.mu.Lock()
	armed := e.arming.Armed
	e.mu.Unlock()
	if !armed {
		e.lockKeys()
	}
}

func (e *Engine) lock(why string) {
	e.hands.Lock()
	defer e.hands.Unlock()
	e.lockNow(why)
}

func (e *Engine) lockNow(why string) {
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
	if expired && e.hands.TryLock() { // else somebody arms it anew, or locks it
		defer e.hands.Unlock()
		e.lockNow("because its time was up")
	}
}

func (e *Engine) lockKeys() {
	for _, k := range e.Keys {
		k.Store.Lock()
	}
}

func (e *Engine) needsSecret() bool {
	for _, k := range append([]Key{e.OperatorKey}, e.Keys...) {
		if k.Store != nil && k.Password == nil {
			return true
		}
	}
	return false
}

// armed reports whether something can be sent from here now.
func (e *Engine) armed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.arming.Armed && e.Now().Before(e.arming.Until)
}
