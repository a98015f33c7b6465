package contain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Kinds of journal records that a containment writes. Each transaction has an
// intent, what was signed for it, and its end; a signed record that no terminal
// record follows is resumed at the next start.
const (
	KindIntent    = "containment-intent"
	KindSigned    = "containment-signed"
	KindSent      = "containment-sent"
	KindMined     = "containment-mined"
	KindInEffect  = "containment-in-effect"
	KindStep      = "containment-step"
	KindAsked     = "containment-asked"
	KindEnded     = "containment-ended"
	KindContained = "containment-contained"
	KindReopened  = "containment-reopened" // what was over is not: a reorg dropped its block
	KindFailed    = "containment-failed"
	KindVoid      = "containment-void"
)

// Intent is what is written down before anything is signed.
type Intent struct {
	ID          string            `json:"id"`
	Run         string            `json:"run"` // the id of the run's first intent, which names all of it
	Runbook     ops.RunbookID     `json:"runbook"`
	RunbookHash common.Hash       `json:"runbook_hash"`
	Args        map[string]string `json:"args,omitempty"`
	Step        string            `json:"step"`
	Digest      common.Hash       `json:"digest"`
	Chain       ops.ChainID       `json:"chain_id"`
	From        common.Address    `json:"from"`
	Lane        string            `json:"lane,omitempty"`
	Print       bool              `json:"print,omitempty"` // somebody else sends it
	To          common.Address    `json:"to"`
	Call        string            `json:"call"`
	Data        hexutil.Bytes     `json:"data"`
	Nonce       uint64            `json:"nonce"`
	By          ops.Operator      `json:"by"`
	Seconds     []string          `json:"seconds,omitempty"` // who confirmed it beside By
	Safe        *SafeIntent       `json:"safe,omitempty"`
	Simulated   ops.BlockRef      `json:"simulated_at"`
	Warnings    []string          `json:"warnings,omitempty"`
}

// SafeIntent is the Safe's part of an intent: in whose name the call is made, and under
// which hash its owners have signed.
type SafeIntent struct {
	Address common.Address `json:"address"`
	Nonce   uint64         `json:"nonce"`
	Hash    common.Hash    `json:"safe_tx_hash"`
	Signed  []string       `json:"signed"`
}

// Signed is what is written down before anything is sent.
type Signed struct {
	ID  string        `json:"id"`
	Tx  common.Hash   `json:"tx"`
	Raw hexutil.Bytes `json:"raw"`
}

// Start is what a record that comes before the first intent of its run says of the run:
// enough to take it up.
type Start struct {
	Runbook     ops.RunbookID     `json:"runbook"`
	RunbookHash common.Hash       `json:"runbook_hash"`
	Args        map[string]string `json:"args,omitempty"`
	Digest      common.Hash       `json:"digest"`
	Chain       ops.ChainID       `json:"chain_id"`
	Nonce       uint64            `json:"nonce"`
	By          ops.Operator      `json:"by"`
	Seconds     []string          `json:"seconds,omitempty"`
	Simulated   ops.BlockRef      `json:"simulated_at"`
}

// Progress is every later record of a containment.
type Progress struct {
	ID       string       `json:"id"`
	Tx       common.Hash  `json:"tx"`
	Block    ops.BlockRef `json:"block,omitzero"`
	Provider string       `json:"provider,omitempty"`
	Step     string       `json:"step,omitempty"`
	By       string       `json:"by,omitempty"`
	Answer   string       `json:"answer,omitempty"`
	Why      string       `json:"why,omitempty"`
	Start    *Start       `json:"start,omitempty"` // of a step, while its run has no intent
	From     string       `json:"from,omitempty"`  // of a step: the run that an earlier process began, in which it was done
	At       time.Time    `json:"at,omitzero"`     // and when
	Cut      bool         `json:"cut,omitempty"`   // of an end: it ended because the console did
}

// Execute runs a confirmed plan up to its first transaction: intent on disk,
// signature, signed bytes on disk, one send. It asks the chain nothing in between.
// A second confirmation of the same call while the first runs, or of the same plan
// ever after, sends nothing and returns the first one's receipt with Repeated set.
// When Execute fails nothing was sent, unless the receipt's stage says otherwise. A
// context that ends ends the waiting for it, and not what was confirmed: ErrUnderway.
func (c *Containment) Execute(ctx context.Context, ok Confirmed) (ops.Receipt, error) {
	r, repeated, err := c.reserve(ok)
	if err != nil || repeated {
		receipt := c.receipt(r)
		receipt.Repeated = repeated
		return receipt, err
	}
	err = c.push(ctx, turn{run: r, at: ok.plan.At(), plan: &ok.plan}, func() { c.supersede(r, ok) })
	return c.receipt(r), err
}

// At is the block that the plan was simulated on.
func (p Plan) At() ops.BlockRef { return p.View.At }

// reserve takes the place in which only one confirmation of a plan, and only one
// action of a nonce, can stand. A nonce that another action holds or has used
// makes the plan out of date (ErrStale).
func (c *Containment) reserve(ok Confirmed) (r *run, repeated bool, err error) {
	p := ok.plan.View
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.runs {
		if !r.bygone && r.digest == p.Digest && !r.givesWay(ok) && r.ended != ops.StageFailed && (r.ended == ops.StageNone || ok.plan.tx != nil && r.nonce == p.Nonce || ok.plan.tx == nil && r.prepared == p.At) {
			return r, true, nil
		}
	}
	for _, r := range c.runs {
		for _, s := range r.steps {
			if f := s.flight; !r.bygone && f != nil && !f.waits() && f.stage != ops.StageFailed && f.lane.From == p.From && f.nonce == p.Nonce && ok.plan.tx != nil {
				return nil, false, fmt.Errorf("%w: nonce %d belongs to %s %s", ErrStale, p.Nonce, r.action.Runbook, r.action.Name)
			}
		}
	}
	if p.Safe != nil && ok.plan.tx != nil {
		if f := c.holdsOfSafe(p.Safe.Address, p.Safe.Nonce, func(f *flight) bool { return !f.run.bygone && f.stage != ops.StageFailed }); f != nil {
			return nil, false, fmt.Errorf("%w: nonce %d of the Safe belongs to %s %s", ErrStale, p.Safe.Nonce, f.run.action.Runbook, f.run.action.Name)
		}
	}
	if ok.by.Role != AutoRole {
		if err := c.spent(ok.plan.action); err != nil {
			return nil, false, err
		}
	}
	r = &run{
		id: fmt.Sprintf("%s-%d-%d", p.Runbook, p.Nonce, ok.at.UnixMilli()), action: ok.plan.action, digest: p.Digest, nonce: p.Nonce, by: ok.by, seconds: p.Seconds,
		prepared: p.At, confirmed: ok.at, steps: make([]progress, len(ok.plan.action.Steps)), busy: true, // with its first errand, which the caller begins
	}
	if ok.plan.tx != nil { // the place is taken from now on
		r.steps[ok.plan.step] = progress{lane: ok.plan.lane, flight: &flight{
			id: r.id, run: r, step: ok.plan.step, lane: r.action.Steps[ok.plan.step].Lanes[ok.plan.lane], nonce: p.Nonce, safe: p.Safe, stage: ops.StageConfirmed,
		}}
	}
	c.runs = append(c.runs, r)
	return r, false, nil
}

// givesWay reports whether the run does not stand in the way of the same call: it waits
// for somebody else to send it, and this console is now told to, what it had brought
// about was undone, or an earlier process ended before anything of it was sent. The
// caller holds mu.
func (r *run) givesWay(to Confirmed) bool {
	return to.plan.tx != nil && !r.busy && (r.handed() || r.undone(to.plan) || r.cut && r.ended == ops.StageNone && r.newest() == nil)
}

// undone reports whether nothing of the run is on its way, and what it brought about does
// not hold at a later block, on which the plan was simulated. The caller holds mu.
func (r *run) undone(p Plan) bool {
	if r.ended != ops.StageNone || !r.settled() || !p.View.Simulated || p.held || p.At().Number <= r.prepared.Number {
		return false
	}
	return !slices.ContainsFunc(r.steps, func(s progress) bool { return s.flight != nil && s.flight.mined.Number >= p.At().Number })
}

// supersede ends a run of the same call that waits for somebody else, or whose effect was
// undone, once this console has sent it.
func (c *Containment) supersede(by *run, ok Confirmed) {
	c.mu.Lock()
	var waits *run
	for _, r := range c.runs {
		if r != by && r.digest == by.digest && r.givesWay(ok) {
			waits = r
		}
	}
	c.mu.Unlock()
	if waits != nil {
		c.end(waits, "confirmed anew, and sent by this console")
	}
}

func (c *Containment) receipt(r *run) ops.Receipt {
	if r == nil {
		return ops.Receipt{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return r.receipt(c.provider())
}

// launch sends a flight's transaction for the first time. Where the console ends while a
// signer is asked it is left as the journal has it: begun, and nothing signed.
func (c *Containment) launch(ctx context.Context, f *flight, tx *types.Transaction, warnings []string, asks func()) error {
	r, step := f.run, f.run.action.Steps[f.step]
	intent := Intent{
		ID: f.id, Run: r.id, Runbook: r.action.Runbook, RunbookHash: r.action.Hash, Args: r.action.Args, Step: step.ID, Digest: r.digest, Chain: c.ChainID,
		From: f.lane.From, Lane: f.lane.Name, To: step.Call.To, Call: step.Call.Function, Data: step.Call.Data, Nonce: f.nonce, By: r.by, Seconds: r.seconds, Simulated: r.prepared, Warnings: warnings,
	}
	if f.safe != nil {
		intent.Safe = &SafeIntent{Address: f.safe.Address, Nonce: f.safe.Nonce, Hash: f.safe.Hash, Signed: f.safe.Signed}
	}
	if err := c.Journal.Write(KindIntent, intent); err != nil {
		return c.fail(f, fmt.Errorf("%w: %w", ErrJournal, err))
	}
	c.update(func() { r.named = true })
	c.update(func() { f.busy, f.why = true, "asked for its signature: "+f.lane.Name })
	defer c.update(func() { f.busy = false })
	asks()
	out, err := c.sign(ctx, f, tx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil:
		return c.fail(f, err)
	}
	c.send(ctx, f, out)
	return nil
}

// sign signs a transaction of the flight and writes its bytes down.
func (c *Containment) sign(ctx context.Context, f *flight, tx *types.Transaction) (signed, error) {
	out, err := f.lane.Signer.Sign(ctx, tx)
	if err != nil {
		return signed{}, fmt.Errorf("%w: %w", ErrSigner, err)
	}
	raw, err := same(tx, out, f.lane.From)
	if err != nil {
		return signed{}, fmt.Errorf("%w: %w", ErrSigner, err)
	}
	if c.decided(f) {
		return signed{}, fmt.Errorf("%w: it was decided while the signer was asked", ErrSigner)
	}
	if err := c.Journal.Write(KindSigned, Signed{ID: f.id, Tx: out.Hash(), Raw: raw}); err != nil {
		return signed{}, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	s := signed{out.Hash(), raw, out}
	c.update(func() {
		f.sent, f.tx, f.why = append(f.sent, s), s.hash, ""
		if f.stage < ops.StageSigned {
			f.stage, f.times.signed = ops.StageSigned, c.Now()
		}
	})
	return s, nil
}

// same holds what a signer returned against what it was given, field by field: a
// signer that signs something else, or for somebody else, signed nothing of ours. raw is
// what is sent.
func same(want, got *types.Transaction, from common.Address) (raw []byte, err error) {
	if got == nil {
		return nil, errors.New("the signer returned nothing")
	}
	signer := types.LatestSignerForChainID(want.ChainId())
	if got.Type() != want.Type() || got.ChainId().Cmp(want.ChainId()) != 0 || signer.Hash(got) != signer.Hash(want) {
		return nil, errors.New("the signer signed another transaction than it was given")
	}
	sender, err := types.Sender(signer, got)
	if err != nil {
		return nil, fmt.Errorf("the signature does not stand: %w", err)
	}
	if sender != from {
		return nil, fmt.Errorf("it was signed by %s, not by %s", sender.Hex(), from.Hex())
	}
	return got.MarshalBinary()
}

// send hands signed bytes over. Whether they were accepted is asked by hash, never
// read from an error's text. Not accepted is no failure yet: the same bytes are
// sent again at the next block.
func (c *Containment) send(ctx context.Context, f *flight, s signed) {
	if c.hide(ctx, f, s) {
		return
	}
	failed := c.Chain.Send(ctx, s.raw)
	if failed != nil {
		known, err := c.Chain.Known(ctx, s.hash)
		if err != nil || !known {
			c.update(func() {
				if !f.old {
					f.tries++
				}
				if f.stage <= ops.StageSent { // else mined meanwhile
					f.why = "not accepted yet, the same bytes are sent again at the next block: " + failed.Error()
				}
			})
			return
		}
	}
	c.note(f.run, KindSent, Progress{ID: f.id, Tx: s.hash, Provider: c.Chain.Name()})
	c.update(func() {
		if f.times.sent.IsZero() {
			f.times.sent = c.Now()
		}
		if f.stage <= ops.StageSent { // the answer may come later than the block that mined it
			f.stage, f.why = ops.StageSent, f.note
		}
	})
}

// fail ends a flight of which nothing was sent.
func (c *Containment) fail(f *flight, err error) error {
	c.note(f.run, KindVoid, Progress{ID: f.id, Why: err.Error()})
	c.update(func() { f.stage, f.why = ops.StageFailed, err.Error() })
	return err
}

// note records progress after the bytes are out. A journal that fails now stops
// nothing that was sent: the containment goes on, and the screen says what the
// journal lacks.
func (c *Containment) note(r *run, kind string, p Progress) {
	if err := c.Journal.Write(kind, p); err != nil {
		c.update(func() { r.why = "the journal lacks " + kind + ": " + err.Error() })
		return
	}
	if p.Start != nil {
		c.update(func() { r.named = true })
	}
}

func (c *Containment) update(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}
