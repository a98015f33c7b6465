package contain

import (
	"encoding/json"
	"fmt"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Entry is a journal record as Resume reads it.
type Entry struct {
	Kind string
	Data json.RawMessage
}

// Resume takes up what an earlier process left behind. An intent that was never
// signed is void: nothing of it can be out. Signed bytes are followed, and sent
// again unchanged if the chain does not have them; nothing is signed anew.
// lookup finds the action of a runbook with its arguments.
func (c *Containment) Resume(entries []Entry, lookup func(ops.RunbookID, map[string]string) (Action, error)) error {
	intents := map[string]Intent{}
	signed := map[string]Signed{}
	var order []string
	for _, e := range entries {
		var id struct {
			ID string `json:"id"`
		}
		switch e.Kind {
		case KindIntent:
			var i Intent
			if err := json.Unmarshal(e.Data, &i); err != nil {
				return fmt.Errorf("an intent in the journal cannot be read: %w", err)
			}
			intents[i.ID] = i
			order = append(order, i.ID)
		case KindSigned:
			var s Signed
			if err := json.Unmarshal(e.Data, &s); err != nil {
				return fmt.Errorf("signed bytes in the journal cannot be read: %w", err)
			}
			signed[s.ID] = s
		case KindContained, KindFailed, KindVoid:
			if err := json.Unmarshal(e.Data, &id); err != nil {
				return fmt.Errorf("a record in the journal cannot be read: %w", err)
			}
			delete(intents, id.ID)
		}
	}
	for _, id := range order {
		intent, open := intents[id]
		if !open || intent.Chain != c.ChainID {
			continue
		}
		if s, ok := signed[id]; ok {
			if err := c.resume(intent, s, lookup); err != nil {
				return err
			}
			continue
		}
		if err := c.Journal.Write(KindVoid, Progress{ID: id, Why: "the console ended before anything was signed: nothing was sent"}); err != nil {
			return fmt.Errorf("%w: %w", ErrJournal, err)
		}
	}
	return nil
}

func (c *Containment) resume(i Intent, s Signed, lookup func(ops.RunbookID, map[string]string) (Action, error)) error {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(s.Raw); err != nil || tx.Hash() != s.Tx {
		return fmt.Errorf("the signed bytes of %s in the journal are damaged: %w", i.ID, err)
	}
	action, err := lookup(i.Runbook, i.Args)
	if err != nil {
		return fmt.Errorf("the runbook of %s, which is in flight, is gone: %w", i.ID, err)
	}
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flights = append(c.flights, &flight{action: action, raw: s.Raw, nonce: i.Nonce, receipt: ops.Receipt{
		ID: i.ID, Runbook: i.Runbook, Name: action.Name, Step: i.Step, Digest: i.Digest, Stage: ops.StageSigned, Tx: s.Tx,
		Provider: c.Chain.Name(), Confirmed: now, Signed: now, By: i.By, NeedBlocks: action.Blocks, Prepared: i.Simulated, Why: "resumed from the journal",
	}})
	return nil
}
