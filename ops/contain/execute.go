package contain

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Kinds of journal records that a containment writes, in this order. A signed
// record that no terminal record follows is resumed at the next start.
const (
	KindIntent    = "containment-intent"
	KindSigned    = "containment-signed"
	KindSent      = "containment-sent"
	KindMined     = "containment-mined"
	KindInEffect  = "containment-in-effect"
	KindStep      = "containment-step"
	KindContained = "containment-contained"
	KindFailed    = "containment-failed"
	KindVoid      = "containment-void"
)

// Intent is what is written down before anything is signed.
type Intent struct {
	ID          string            `json:"id"`
	Runbook     ops.RunbookID     `json:"runbook"`
	RunbookHash common.Hash       `json:"runbook_hash"`
	Args        map[string]string `json:"args,omitempty"`
	Step        string            `json:"step"`
	Digest      common.Hash       `json:"digest"`
	Chain       ops.ChainID       `json:"chain_id"`
	From        common.Address    `json:"from"`
	To          common.Address    `json:"to"`
	Call        string            `json:"call"`
	Data        hexutil.Bytes     `json:"data"`
	Nonce       uint64            `json:"nonce"`
	By          ops.Operator      `json:"by"`
	Simulated   ops.BlockRef      `json:"simulated_at"`
	Warnings    []string          `json:"warnings,omitempty"`
}

// Signed is what is written down before anything is sent.
type Signed struct {
	ID  string        `json:"id"`
	Tx  common.Hash   `json:"tx"`
	Raw hexutil.Bytes `json:"raw"`
}

// Progress is every later record of a containment.
type Progress struct {
	ID       string       `json:"id"`
	Tx       common.Hash  `json:"tx"`
	Block    ops.BlockRef `json:"block,omitzero"`
	Provider string       `json:"provider,omitempty"`
	Step     string       `json:"step,omitempty"`
	Why      string       `json:"why,omitempty"`
}

// Execute runs a confirmed plan: intent on disk, signature, signed bytes on disk,
// one send. It asks the chain nothing in between. A second confirmation of the
// same call while the first runs, or of the same plan ever after, sends nothing
// and returns the first one's receipt with Repeated set. When Execute fails
// nothing was sent, unless the receipt's stage says otherwise.
func (c *Containment) Execute(ctx context.Context, ok Confirmed) (ops.Receipt, error) {
	f, err := c.reserve(ok)
	if err != nil || f.Repeated {
		return f, err
	}
	return c.launch(ctx, ok, f.ID)
}

// reserve takes the place in which only one confirmation of a plan, and only one
// action of a nonce, can stand. A nonce that another action holds or has used
// makes the plan out of date (ErrStale).
func (c *Containment) reserve(ok Confirmed) (ops.Receipt, error) {
	p := ok.plan.View
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.flights {
		if !f.bygone && f.receipt.Digest == p.Digest && f.receipt.Stage != ops.StageFailed && (!f.receipt.Done() || f.nonce == p.Nonce) {
			r := f.receipt
			r.Repeated = true
			return r, nil
		}
	}
	for _, f := range c.flights {
		if !f.bygone && f.receipt.Stage != ops.StageFailed && f.action.Step.From == p.From && f.nonce == p.Nonce {
			return ops.Receipt{}, fmt.Errorf("%w: nonce %d belongs to %s %s", ErrStale, p.Nonce, f.receipt.Runbook, f.receipt.Name)
		}
	}
	f := &flight{action: ok.plan.action, nonce: p.Nonce, receipt: ops.Receipt{
		ID: fmt.Sprintf("%s-%d-%d", p.Runbook, p.Nonce, ok.at.UnixMilli()), Runbook: p.Runbook, Name: p.Name, Step: p.Step,
		Digest: p.Digest, Stage: ops.StageConfirmed, Confirmed: ok.at, By: ok.by, NeedBlocks: ok.plan.action.Blocks, Provider: c.Chain.Name(), Prepared: p.At,
	}}
	c.flights = append(c.flights, f)
	return f.receipt, nil
}

func (c *Containment) launch(ctx context.Context, ok Confirmed, id string) (ops.Receipt, error) {
	p, a := ok.plan.View, ok.plan.action
	intent := Intent{
		ID: id, Runbook: p.Runbook, RunbookHash: p.RunbookHash, Args: a.Args, Step: p.Step, Digest: p.Digest, Chain: p.ChainID,
		From: p.From, To: p.Call.To, Call: p.Call.Function, Data: p.Call.Data, Nonce: p.Nonce, By: ok.by, Simulated: p.At, Warnings: p.Warnings,
	}
	if err := c.Journal.Write(KindIntent, intent); err != nil {
		return c.fail(id, fmt.Errorf("%w: %w", ErrJournal, err))
	}
	tx, err := a.Step.Signer.Sign(ok.plan.tx)
	if err != nil {
		return c.fail(id, fmt.Errorf("%w: %w", ErrSigner, err))
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		return c.fail(id, fmt.Errorf("%w: %w", ErrSigner, err))
	}
	if err := c.Journal.Write(KindSigned, Signed{ID: id, Tx: tx.Hash(), Raw: raw}); err != nil {
		return c.fail(id, fmt.Errorf("%w: %w", ErrJournal, err))
	}
	c.update(id, func(f *flight) {
		f.raw = raw
		f.receipt.Tx, f.receipt.Stage, f.receipt.Signed = tx.Hash(), ops.StageSigned, c.Now()
	})
	return c.send(ctx, id, raw, tx.Hash())
}

// send hands the signed bytes over. Whether they were accepted is asked by hash,
// never read from an error's text. Not accepted is no failure yet: the same
// bytes are sent again at the next block.
func (c *Containment) send(ctx context.Context, id string, raw []byte, hash common.Hash) (ops.Receipt, error) {
	failed := c.Chain.Send(ctx, raw)
	if failed != nil {
		known, err := c.Chain.Known(ctx, hash)
		if err != nil || !known {
			return c.update(id, func(f *flight) {
				f.tries++
				if f.receipt.Stage > ops.StageSent {
					return // mined meanwhile
				}
				f.receipt.Why = "not accepted yet, the same bytes are sent again at the next block: " + failed.Error()
			}), nil
		}
	}
	c.note(KindSent, Progress{ID: id, Tx: hash, Provider: c.Chain.Name()})
	return c.update(id, func(f *flight) {
		if f.receipt.Sent.IsZero() {
			f.receipt.Sent = c.Now()
		}
		if f.receipt.Stage <= ops.StageSent { // the answer may come later than the block that mined it
			f.receipt.Stage, f.receipt.Why = ops.StageSent, ""
		}
	}), nil
}

// fail ends a flight of which nothing was sent.
func (c *Containment) fail(id string, err error) (ops.Receipt, error) {
	c.note(KindVoid, Progress{ID: id, Why: err.Error()})
	return c.update(id, func(f *flight) { f.receipt.Stage, f.receipt.Why = ops.StageFailed, err.Error() }), err
}

// note records progress after the bytes are out. A journal that fails now stops
// nothing that was sent: the containment goes on, and the screen says what the
// journal lacks.
func (c *Containment) note(kind string, p Progress) {
	if err := c.Journal.Write(kind, p); err != nil {
		c.update(p.ID, func(f *flight) { f.receipt.Why = "the journal lacks " + kind + ": " + err.Error() })
	}
}

func (c *Containment) update(id string, change func(*flight)) ops.Receipt {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.flights {
		if f.receipt.ID == id {
			change(f)
			return f.receipt
		}
	}
	return ops.Receipt{}
}
