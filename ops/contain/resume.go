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
	signed    *Signed
	mined     ops.BlockRef
	ended     string // the kind of its last record; empty when it is open
	at        time.Time
}

// Resume takes up what an earlier process left behind. An intent that was never
// signed is void: nothing of it can be out. Signed bytes are followed, and sent
// again unchanged if the chain does not have them; nothing is signed anew. What
// was contained is remembered, so that its cooldown holds. lookup finds the
// action of a runbook with its arguments.
func (c *Containment) Resume(entries []Entry, lookup func(ops.RunbookID, map[string]string) (Action, error)) error {
	story, err := read(entries)
	if err != nil {
		return err
	}
	for _, p := range story {
		switch {
		case p.intent.Chain != c.ChainID || p.ended == KindFailed || p.ended == KindVoid:
		case p.ended == KindContained:
			c.remember(*p, lookup)
		case p.signed != nil:
			if err := c.resume(*p, lookup); err != nil {
				return err
			}
		default:
			if err := c.Journal.Write(KindVoid, Progress{ID: p.intent.ID, Why: "the console ended before anything was signed: nothing was sent"}); err != nil {
				return fmt.Errorf("%w: %w", ErrJournal, err)
			}
		}
	}
	return nil
}

// read joins the records of each intent, in the order of the intents.
func read(entries []Entry) ([]*past, error) {
	var story []*past
	byID := map[string]*past{}
	for _, e := range entries {
		switch e.Kind {
		case KindIntent:
			p := &past{confirmed: e.Time}
			if err := json.Unmarshal(e.Data, &p.intent); err != nil {
				return nil, fmt.Errorf("an intent in the journal cannot be read: %w", err)
			}
			byID[p.intent.ID] = p
			story = append(story, p)
		case KindSigned:
			var s Signed
			if err := json.Unmarshal(e.Data, &s); err != nil {
				return nil, fmt.Errorf("signed bytes in the journal cannot be read: %w", err)
			}
			if p, ok := byID[s.ID]; ok {
				p.signed = &s
			}
		case KindMined, KindContained, KindFailed, KindVoid:
			var progress Progress
			if err := json.Unmarshal(e.Data, &progress); err != nil {
				return nil, fmt.Errorf("a record in the journal cannot be read: %w", err)
			}
			p, ok := byID[progress.ID]
			switch {
			case !ok:
			case e.Kind == KindMined:
				p.mined = progress.Block
			default:
				p.ended, p.at = e.Kind, e.Time
			}
		}
	}
	return story, nil
}

func (c *Containment) resume(p past, lookup func(ops.RunbookID, map[string]string) (Action, error)) error {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(p.signed.Raw); err != nil || tx.Hash() != p.signed.Tx {
		return fmt.Errorf("the signed bytes of %s in the journal are damaged: %w", p.intent.ID, err)
	}
	action, err := lookup(p.intent.Runbook, p.intent.Args)
	if err != nil {
		return fmt.Errorf("the runbook of %s, which is in flight, is gone: %w", p.intent.ID, err)
	}
	f := p.flight(action)
	f.raw, f.receipt.Provider = p.signed.Raw, c.Chain.Name()
	f.receipt.Stage, f.receipt.Why = ops.StageSigned, "resumed from the journal"
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flights = append(c.flights, f)
	return nil
}

// remember keeps what was contained. A runbook that is gone since has no
// cooldown to keep.
func (c *Containment) remember(p past, lookup func(ops.RunbookID, map[string]string) (Action, error)) {
	action, err := lookup(p.intent.Runbook, p.intent.Args)
	if err != nil {
		return
	}
	f := p.flight(action)
	f.bygone = true
	f.receipt.Stage, f.receipt.Mined, f.receipt.Contained, f.receipt.HeldBlocks = ops.StageContained, p.mined, p.at, action.Blocks
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flights = append(c.flights, f)
}

// flight is the intent as something on its way again.
func (p past) flight(action Action) *flight {
	i := p.intent
	f := &flight{action: action, nonce: i.Nonce, receipt: ops.Receipt{
		ID: i.ID, Runbook: i.Runbook, Name: action.Name, Step: i.Step, Digest: i.Digest,
		Confirmed: p.confirmed, Signed: p.confirmed, By: i.By, NeedBlocks: action.Blocks, Prepared: i.Simulated,
	}}
	if p.signed != nil {
		f.receipt.Tx = p.signed.Tx
	}
	return f
}
