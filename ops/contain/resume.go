package contain

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Entry is a journal record as Resume reads it.
type Entry struct {
	Kind string
	Time time.Time // wall clock, when it was written
	Data json.RawMessage
}

// past is one intent of an earlier process, as far as the journal knows it.
type past struct {
	intent    Intent
	confirmed time.Time
	signed    []Signed
	mined     ops.BlockRef
	ended     string // the kind of its last record; empty when it is open
	at        time.Time
}

// tale is one run of an earlier process: its intents in their order.
type tale struct {
	id      string
	intents []*past
	steps   map[string]Progress // of controls and questions, by step
	ended   string              // KindContained or KindEnded; empty when it is open
	block   ops.BlockRef
	at      time.Time
}

// open is the intent of which something may be on its way.
func (t *tale) open() *past {
	for _, p := range t.intents {
		if (len(p.signed) > 0 || p.intent.Print) && p.ended == "" {
			return p
		}
	}
	return nil
}

// Resume takes up what an earlier process left behind. An intent that was never
// signed is void: nothing of it can be out. Signed bytes are followed, and sent
// again unchanged if the chain does not have them; nothing is signed anew, and no
// further step of a runbook is begun. What was contained is remembered, so that its
// cooldown holds. lookup finds the action of a runbook with its arguments.
func (c *Containment) Resume(entries []Entry, lookup func(ops.RunbookID, map[string]string) (Action, error)) error {
	tales, err := read(entries)
	if err != nil {
		return err
	}
	for _, t := range tales {
		if t.intents[0].intent.Chain != c.ChainID {
			continue
		}
		for _, p := range t.intents {
			if len(p.signed) > 0 || p.intent.Print || p.ended != "" {
				continue
			}
			p.ended = KindVoid
			if err := c.Journal.Write(KindVoid, Progress{ID: p.intent.ID, Why: "the console ended before anything was signed: nothing was sent"}); err != nil {
				return fmt.Errorf("%w: %w", ErrJournal, err)
			}
		}
		switch open := t.open(); {
		case t.ended == KindContained:
			c.remember(t, lookup)
		case open != nil && t.ended == "":
			if err := c.resume(t, open, lookup); err != nil {
				return err
			}
		}
	}
	return nil
}

// read joins the records of each run, in the order of their beginning.
func read(entries []Entry) ([]*tale, error) {
	var tales []*tale
	runs, intents := map[string]*tale{}, map[string]*past{}
	for _, e := range entries {
		switch e.Kind {
		case KindIntent:
			p := &past{confirmed: e.Time}
			if err := json.Unmarshal(e.Data, &p.intent); err != nil {
				return nil, fmt.Errorf("an intent in the journal cannot be read: %w", err)
			}
			if p.intent.Run == "" { // of a journal from when a run had one intent
				p.intent.Run = p.intent.ID
			}
			t, ok := runs[p.intent.Run]
			if !ok {
				t = &tale{id: p.intent.Run, steps: map[string]Progress{}}
				runs[t.id], tales = t, append(tales, t)
			}
			t.intents, intents[p.intent.ID] = append(t.intents, p), p
		case KindSigned:
			var s Signed
			if err := json.Unmarshal(e.Data, &s); err != nil {
				return nil, fmt.Errorf("signed bytes in the journal cannot be read: %w", err)
			}
			if p, ok := intents[s.ID]; ok {
				p.signed = append(p.signed, s)
			}
		case KindMined, KindFailed, KindVoid, KindContained, KindEnded, KindReopened, KindStep:
			var progress Progress
			if err := json.Unmarshal(e.Data, &progress); err != nil {
				return nil, fmt.Errorf("a record in the journal cannot be read: %w", err)
			}
			p, t := intents[progress.ID], runs[progress.ID]
			switch {
			case t != nil && (e.Kind == KindContained || e.Kind == KindEnded):
				t.ended, t.block, t.at = e.Kind, progress.Block, e.Time
			case t != nil && e.Kind == KindReopened:
				t.ended = ""
			case t != nil && e.Kind == KindStep:
				t.steps[progress.Step] = progress
			case p != nil && e.Kind == KindMined:
				p.mined = progress.Block
			case p != nil && (e.Kind == KindFailed || e.Kind == KindVoid):
				p.ended, p.at = e.Kind, e.Time
			}
		}
	}
	return tales, nil
}

// resume follows what is signed of a run. Calls after it were not begun, and are
// not: whoever presses the key again finds those in effect left out.
func (c *Containment) resume(t *tale, open *past, lookup func(ops.RunbookID, map[string]string) (Action, error)) error {
	action, err := lookup(open.intent.Runbook, open.intent.Args)
	if err != nil {
		return fmt.Errorf("the runbook of %s, which is in flight, is gone; start with the pack that it was confirmed on until it is over: %w", open.intent.ID, err)
	}
	r := t.run(action)
	if r.digest != action.Digest(c.ChainID) {
		r.why = "the runbook was changed since this was confirmed: what was signed is followed, nothing else is begun"
	}
	for i, s := range action.Steps {
		p := &r.steps[i]
		told, settled := t.steps[s.ID]
		switch {
		case settled && told.Why == "":
			p.state, p.by = done, told.By
		case settled:
			p.state, p.why, p.by = failed, told.Why, told.By
		}
	}
	for _, intent := range t.intents {
		i := action.step(intent.intent.Step)
		if i < 0 || len(intent.signed) == 0 && !intent.intent.Print {
			continue
		}
		f, err := intent.flight(r, i)
		if err != nil {
			return err
		}
		r.steps[i].flight, r.steps[i].state = f, flying
		if intent.ended != "" {
			f.stage, r.steps[i].state = ops.StageFailed, failed
		}
	}
	for i, s := range action.Steps {
		if p := &r.steps[i]; s.sends() && p.state == due {
			p.state, p.why = left, "the console ended before it was begun: press the key again, what is in effect is left out"
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs = append(c.runs, r)
	return nil
}

// remember keeps what was contained. A runbook that is gone since has no
// cooldown to keep.
func (c *Containment) remember(t *tale, lookup func(ops.RunbookID, map[string]string) (Action, error)) {
	first := t.intents[0].intent
	action, err := lookup(first.Runbook, first.Args)
	if err != nil {
		return
	}
	r := t.run(action)
	r.bygone, r.ended, r.contained, r.held = true, ops.StageContained, t.at, action.Blocks
	for i := range r.steps {
		r.steps[i].state = done
	}
	for _, intent := range t.intents {
		if i := action.step(intent.intent.Step); i >= 0 && len(intent.signed) > 0 {
			r.steps[i].flight = &flight{
				id: intent.intent.ID, run: r, step: i, lane: Lane{From: intent.intent.From}, nonce: intent.intent.Nonce,
				stage: ops.StageInEffect, mined: intent.mined, tx: intent.signed[len(intent.signed)-1].Tx,
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs = append(c.runs, r)
}

// run is the tale as something on its way again.
func (t *tale) run(action Action) *run {
	i := t.intents[0].intent
	return &run{
		id: t.id, action: action, digest: i.Digest, nonce: i.Nonce, by: i.By, prepared: i.Simulated,
		confirmed: t.intents[0].confirmed, steps: make([]progress, len(action.Steps)),
	}
}

// flight is an intent's transaction as something on its way again.
func (p *past) flight(r *run, step int) (*flight, error) {
	f := &flight{
		id: p.intent.ID, run: r, step: step, lane: Lane{From: p.intent.From}, nonce: p.intent.Nonce,
		stage: ops.StageSigned, times: times{signed: p.confirmed}, why: "resumed from the journal", public: true,
	}
	for _, l := range r.action.Steps[step].Lanes {
		if l.From == p.intent.From && (f.lane.Name == "" || l.Name == p.intent.Lane) {
			f.lane = l
		}
	}
	if i := p.intent.Safe; i != nil {
		f.safe = &ops.SafeCall{Address: i.Address, Nonce: i.Nonce, Hash: i.Hash, Signed: i.Signed}
	}
	if p.intent.Print { // nothing was signed: its effect is waited for still
		f.lane.Print, f.stage, f.times = true, ops.StageConfirmed, times{}
	}
	for _, s := range p.signed {
		var tx types.Transaction
		if err := tx.UnmarshalBinary(s.Raw); err != nil || tx.Hash() != s.Tx {
			return nil, fmt.Errorf("the signed bytes of %s in the journal are damaged: %w", p.intent.ID, err)
		}
		f.sent, f.tx = append(f.sent, signed{s.Tx, s.Raw}), s.Tx
	}
	return f, nil
}
