package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// standing is a runbook's standing order, and what became of it. The loop alone
// has it.
type standing struct {
	book  book
	order contain.StandingOrder
	fired string // the receipt that it fired; empty while it stands
	why   string // why it did not fire though its finding is in breach
}

// muster reads the standing orders of the pack, and from the journal which of them
// have fired: each has one shot, whatever happened since.
func (e *Engine) muster() error {
	for _, b := range e.Rules.books {
		o := b.doc.Standing
		if o == nil {
			continue
		}
		action, err := e.action(b, nil)
		if err != nil {
			return err
		}
		lane := b.doc.Lanes[o.Lane.Value]
		from, err := document.ParseAddress(lane.From.Value)
		if err != nil {
			return fmt.Errorf("%s: lane %s: %w", b.doc.File, o.Lane.Value, err)
		}
		var findings []ops.DetectorID
		for _, f := range o.Findings {
			findings = append(findings, ops.DetectorID(f.Value))
		}
		order, err := contain.NewStandingOrder(action, o.Step.Value, contain.Lane{Name: o.Lane.Value + " · " + lane.Kind.Value, From: from, Signer: e.auto(from)}, findings)
		if err != nil {
			return fmt.Errorf("%s: %w", b.doc.File, err)
		}
		e.state.standing = append(e.state.standing, &standing{book: b, order: order})
	}
	return e.spent()
}

// auto finds the key of a standing order.
func (e *Engine) auto(a common.Address) contain.Signer {
	for _, k := range e.Auto {
		if k.Store.Address() == a {
			return k.Store
		}
	}
	return nil
}

// standTo opens the keys of the standing orders while the pack is what its owners
// signed, whether the console is armed or not, and closes them when it is not. It
// may take a second for each key, and is not called by the loop.
func (e *Engine) standTo(signed bool) {
	for _, k := range e.Auto {
		switch {
		case !signed:
			k.Store.Lock()
		case !k.Store.Unlocked():
			if err := open(k, ""); err != nil {
				e.say(e.headNumber(), "AUTO cannot fire: its key does not open: "+err.Error())
			}
		}
	}
}

// standDown closes them.
func (e *Engine) standDown() { e.standTo(false) }

// spent finds in the journal the standing orders that have fired.
func (e *Engine) spent() error {
	fired := map[string]ops.RunbookID{}
	for _, r := range e.Journal.Records() {
		switch r.Kind {
		case contain.KindIntent:
			var i contain.Intent
			if err := json.Unmarshal(r.Data, &i); err != nil {
				return fmt.Errorf("an intent in the journal cannot be read: %w", err)
			}
			if i.By.Role == contain.AutoRole && i.Chain == e.Rules.ChainID {
				fired[i.ID] = i.Runbook
			}
		case contain.KindVoid:
			var p contain.Progress
			if err := json.Unmarshal(r.Data, &p); err != nil {
				return fmt.Errorf("a record in the journal cannot be read: %w", err)
			}
			delete(fired, p.ID) // nothing was signed: the shot is not spent
		}
	}
	for id, book := range fired {
		for _, s := range e.state.standing {
			if s.book.doc.ID == book {
				s.fired = id
			}
		}
	}
	return nil
}

// fire has the standing orders answer what is in breach at the block: it is the one
// thing that is sent without a key pressed. Each needs a pack that its owners signed
// and that lies unchanged on the disk; a finding that is not known fires nothing. It waits
// for a signer no longer than for the board: what it asked for goes on by itself, and
// fires anew when nothing came of it.
func (e *Engine) fire(ctx context.Context, at ops.BlockRef) {
	for _, s := range e.state.standing {
		if s.fired != "" && e.misfired(s.fired) {
			s.fired = ""
		}
		i := slices.IndexFunc(e.state.findings, func(f ops.Finding) bool {
			return f.Verdict == ops.Breach && f.At.Hash == at.Hash && slices.ContainsFunc(s.book.doc.Standing.Findings, s.names(f.Detector))
		})
		if s.fired != "" || i < 0 {
			continue
		}
		patient, cancel := context.WithTimeout(ctx, e.boardPatience())
		receipt, err := e.shoot(patient, s, e.state.findings[i], at)
		cancel()
		if receipt.ID != "" && (err == nil || errors.Is(err, contain.ErrUnderway)) {
			s.fired, s.why = receipt.ID, ""
			e.progress(receipt)
			continue
		}
		if why := err.Error(); why != s.why {
			s.why = why
			e.record("standing-order", map[string]any{"runbook": s.book.doc.ID, "block": at, "why": why}, ops.Entry{
				Block: at.Number, Alarm: true, Verdict: ops.Unknown, Text: fmt.Sprintf("AUTO %s: %s", s.book.doc.ID, why)})
		}
	}
}

// misfired reports whether what a standing order began has ended before anything was
// signed: its shot is not spent.
func (e *Engine) misfired(id string) bool {
	return slices.ContainsFunc(e.contain.Receipts(), func(r ops.Receipt) bool {
		return r.ID == id && r.Stage == ops.StageFailed && r.Tx == common.Hash{}
	})
}

func (s *standing) names(id ops.DetectorID) func(document.Text) bool {
	return func(t document.Text) bool { return ops.DetectorID(t.Value) == id }
}

// shoot sends what a standing order orders.
func (e *Engine) shoot(ctx context.Context, s *standing, f ops.Finding, at ops.BlockRef) (ops.Receipt, error) {
	if !e.whole() {
		return ops.Receipt{}, fmt.Errorf("%w: the pack is not signed", contain.ErrStanding)
	}
	if err := e.unchanged(); err != nil {
		return ops.Receipt{}, err
	}
	if !s.order.Unlocked() {
		return ops.Receipt{}, fmt.Errorf("%w: its key is locked, or there is none", contain.ErrStanding)
	}
	plan, err := e.contain.Prepare(ctx, s.order.Action(), at, nil)
	if err != nil {
		return ops.Receipt{}, err
	}
	confirmed, err := contain.Order(plan, s.order, f, e.Now())
	if err != nil {
		return ops.Receipt{}, err
	}
	return e.contain.Execute(ctx, confirmed)
}

// orders are the standing orders as the screen shows them.
func (e *Engine) orders() []ops.StandingOrder {
	var out []ops.StandingOrder
	for _, s := range e.state.standing {
		o := s.book.doc.Standing
		line := ops.StandingOrder{Runbook: s.book.doc.ID, Name: s.book.doc.Name, Step: o.Step.Value, Fired: s.fired != "", Why: s.why}
		for _, f := range o.Findings {
			line.Answers = append(line.Answers, ops.DetectorID(f.Value))
		}
		if !e.whole() && s.fired == "" {
			line.Why = "the pack is not signed: it does not fire"
		}
		out = append(out, line)
	}
	return out
}
