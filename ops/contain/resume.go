package contain

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
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
	tx        common.Hash // that was mined
	struck    bool        // its effect was read back
	ended     string      // the kind of its last record; empty when it is open
	at        time.Time
}

// tale is one run of an earlier process: its intents in their order.
type tale struct {
	id      string
	start   Start
	begun   time.Time // when its first record was written
	intents []*past
	steps   map[string]told // its controls and questions, by step
	ended   string          // KindContained or KindEnded; empty when it is open
	cut     bool            // it ended because an earlier console did
	block   ops.BlockRef
	at      time.Time
}

// told is what the journal says of a control or a question: done or answered, or, where
// it is asked, not answered yet.
type told struct {
	Progress
	at    time.Time
	asked bool
}

// start is what an intent says of its run.
func (i Intent) start() Start {
	return Start{i.Runbook, i.RunbookHash, i.Args, i.Digest, i.Chain, i.Nonce, i.By, i.Seconds, i.Simulated}
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

// struck reports whether a call of the run took effect. What failed later, for a reorg
// dropped its block, did not.
func (t *tale) struck() bool {
	return slices.ContainsFunc(t.intents, func(p *past) bool { return p.struck && p.ended == "" })
}

// Resume takes up what an earlier process left behind. An intent that was never
// signed is void: nothing of it can be out. Signed bytes are followed, and sent
// again unchanged if the chain does not have them; nothing is signed anew, and no
// further step of a runbook is begun. What was contained is remembered, so that its
// cooldown holds, and looked at again in the first blocks: a reorg may have taken it back
// while nobody looked. lookup finds the action of a runbook with its arguments.
func (c *Containment) Resume(entries []Entry, lookup func(ops.RunbookID, map[string]string) (Action, error)) error {
	tales, err := read(entries)
	if err != nil {
		return err
	}
	for _, t := range tales {
		if t.start.Chain != c.ChainID {
			continue
		}
		if t.ended == "" || t.cut {
			c.mind(t)
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
		case t.ended == KindEnded && t.struck() && t.start.By.Role != AutoRole:
			if c.shot == nil {
				c.shot = map[ops.RunbookID]uint64{}
			}
			c.shot[t.start.Runbook]++
		case t.ended == "" && (open != nil || len(t.intents) == 0):
			if err := c.resume(t, lookup); err != nil {
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
	begin := func(id string, s Start, at time.Time) *tale {
		t, ok := runs[id]
		if !ok {
			t = &tale{id: id, start: s, begun: at, steps: map[string]told{}}
			runs[id], tales = t, append(tales, t)
		}
		return t
	}
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
			t := begin(p.intent.Run, p.intent.start(), e.Time)
			t.intents, intents[p.intent.ID] = append(t.intents, p), p
		case KindSigned:
			var s Signed
			if err := json.Unmarshal(e.Data, &s); err != nil {
				return nil, fmt.Errorf("signed bytes in the journal cannot be read: %w", err)
			}
			if p, ok := intents[s.ID]; ok {
				p.signed = append(p.signed, s)
			}
		case KindMined, KindInEffect, KindFailed, KindVoid, KindContained, KindEnded, KindReopened, KindStep, KindAsked:
			var progress Progress
			if err := json.Unmarshal(e.Data, &progress); err != nil {
				return nil, fmt.Errorf("a record in the journal cannot be read: %w", err)
			}
			if progress.Start != nil {
				begin(progress.ID, *progress.Start, e.Time)
			}
			p, t := intents[progress.ID], runs[progress.ID]
			switch {
			case t != nil && (e.Kind == KindContained || e.Kind == KindEnded):
				t.ended, t.cut, t.block, t.at = e.Kind, progress.Cut, progress.Block, e.Time
			case t != nil && e.Kind == KindReopened:
				t.ended = ""
			case t != nil && (e.Kind == KindStep || e.Kind == KindAsked):
				at := e.Time
				if !progress.At.IsZero() {
					at = progress.At
				}
				t.steps[progress.Step] = told{progress, at, e.Kind == KindAsked}
			case p != nil && e.Kind == KindMined:
				p.mined, p.tx = progress.Block, progress.Tx
			case p != nil && e.Kind == KindInEffect:
				p.struck = true
			case p != nil && (e.Kind == KindFailed || e.Kind == KindVoid):
				p.ended, p.at = e.Kind, e.Time
			}
		}
	}
	return tales, nil
}

// resume follows what is signed of a run. Calls after it were not begun, and are
// not: whoever presses the key again finds those in effect left out.
func (c *Containment) resume(t *tale, lookup func(ops.RunbookID, map[string]string) (Action, error)) error {
	action, err := lookup(t.start.Runbook, t.start.Args)
	if err != nil && len(t.intents) == 0 {
		return nil // nothing of it is out
	}
	if err != nil {
		return fmt.Errorf("the runbook of %s, which is in flight, is gone; start with the pack that it was confirmed on until it is over: %w", t.id, err)
	}
	r := t.run(action)
	r.cut = true
	if r.digest != action.Digest(c.ChainID) {
		r.why = "the runbook was changed since this was confirmed: what was signed is followed, nothing else is begun"
	}
	for i, s := range action.Steps {
		p := &r.steps[i]
		told, known := t.steps[s.ID]
		switch {
		case !known || s.sends():
		case told.asked && s.Ask != nil:
			p.state, p.at = asked, told.at
		case told.Why == "":
			p.state, p.by, p.at = done, told.By, told.at
		default:
			p.state, p.why, p.by, p.at = failed, told.Why, told.By, told.at
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
	action, err := lookup(t.start.Runbook, t.start.Args)
	if err != nil {
		return
	}
	r := t.run(action)
	r.bygone, r.ended, r.contained, r.held = true, ops.StageContained, t.at, action.Blocks
	for i := range r.steps {
		r.steps[i].state = done
	}
	for _, intent := range t.intents {
		i := action.step(intent.intent.Step)
		if i < 0 || len(intent.signed) == 0 || intent.ended != "" {
			continue
		}
		f, err := intent.flight(r, i)
		if err != nil { // it cannot be sent again, and is not looked at again: it was contained
			f = &flight{id: intent.intent.ID, run: r, step: i, lane: Lane{From: intent.intent.From}, nonce: intent.intent.Nonce}
		}
		f.stage, f.mined, f.why = ops.StageInEffect, intent.mined, ""
		if intent.tx != (common.Hash{}) {
			f.tx = intent.tx
		}
		r.steps[i].flight = f
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs = append(c.runs, r)
}

// run is the tale as something on its way again.
func (t *tale) run(action Action) *run {
	return &run{
		id: t.id, action: action, digest: t.start.Digest, nonce: t.start.Nonce, by: t.start.By, seconds: t.start.Seconds, prepared: t.start.Simulated,
		confirmed: t.begun, steps: make([]progress, len(action.Steps)), named: true,
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
		tx := new(types.Transaction)
		if err := tx.UnmarshalBinary(s.Raw); err != nil || tx.Hash() != s.Tx {
			return nil, fmt.Errorf("the signed bytes of %s in the journal are damaged: %w", p.intent.ID, err)
		}
		f.sent, f.tx = append(f.sent, signed{s.Tx, s.Raw, tx}), s.Tx
	}
	return f, nil
}
