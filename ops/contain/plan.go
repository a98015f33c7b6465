package contain

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	gasHeadroom = 4       // a limit fixed at signing must survive a fork that reprices
	leastGas    = 100_000 // below this a limit saves nothing
	feeHeadroom = 10      // times today's base fee: it may spike while the pause waits
)

// Plan is an action as it would be sent now. What is shown is in View; what is
// sent was made with it and cannot be changed.
type Plan struct {
	View   ops.Plan
	action Action
	tx     *types.Transaction
}

// Prepare decodes, simulates and prices an action on top of a block. It sends
// and signs nothing. replay, if any, is a transaction of the breach that is
// tried again after the action. Doubts become warnings, and only what makes the
// action impossible a refusal.
func (c *Containment) Prepare(ctx context.Context, a Action, at ops.BlockRef, replay *ops.Message) (Plan, error) {
	mode := ops.ModeOf(c.ChainID)
	v := ops.Plan{
		Digest: a.Digest(c.ChainID), Runbook: a.Runbook, Name: a.Name, RunbookHash: a.Hash,
		Step: a.Step.ID, StepTitle: a.Step.Title, Steps: a.Steps, Mode: mode, Chain: c.ChainName, ChainID: c.ChainID,
		Call: a.Step.Call, At: at, Stops: a.Step.Stops, Lane: a.Step.Lane, From: a.Step.From,
		Phrase: Phrase(a.Phrase, mode), Prepared: c.Now(),
	}
	if a.Step.Signer == nil {
		v.Refusals = append(v.Refusals, fmt.Sprintf("no signer: this console has no key for %s: name its keystore under keys in config.yaml", a.Step.From.Hex()))
	}
	if err := c.CheckWritable(); err != nil {
		v.Refusals = append(v.Refusals, err.Error())
	}
	if err := c.Chain.CheckChain(ctx); err != nil {
		v.Refusals = append(v.Refusals, err.Error())
		return Plan{View: v, action: a}, nil
	}
	c.checkCooldown(a, &v)
	c.checkCode(ctx, a, at, &v)
	gas := c.simulate(ctx, a, at, replay, &v)
	tx, err := c.price(ctx, a, gas, &v)
	if err != nil {
		return Plan{}, fmt.Errorf("%s cannot be priced: %w", a.Name, err)
	}
	return Plan{View: v, action: a, tx: tx}, nil
}

// CheckWritable is nil while an intent can be made durable.
func (c *Containment) CheckWritable() error {
	if err := c.Journal.Writable(); err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return nil
}

// Phrase is what has to be typed: in a drill it begins with "drill ".
func Phrase(phrase string, mode ops.Mode) string {
	if mode == ops.Drill {
		return "drill " + phrase
	}
	return phrase
}

// checkCooldown warns when the action was run a moment ago.
func (c *Containment) checkCooldown(a Action, v *ops.Plan) {
	for _, r := range c.Receipts() {
		if ago := c.Now().Sub(r.Confirmed); r.Runbook == a.Runbook && r.Stage != ops.StageFailed && ago < a.Cooldown {
			v.Warnings = append(v.Warnings, fmt.Sprintf("%s was run %s ago, and its cooldown is %s", a.Name, ago.Round(time.Second), a.Cooldown))
		}
	}
}

// checkCode warns when a contract is no longer the code the step was written for.
func (c *Containment) checkCode(ctx context.Context, a Action, at ops.BlockRef, v *ops.Plan) {
	for _, w := range a.Step.Written {
		hash, err := c.Chain.CodeHash(ctx, at, w.Address, w.Proxy)
		switch {
		case err != nil:
			v.Warnings = append(v.Warnings, fmt.Sprintf("the code of %s could not be read: %s", w.Name, err))
		case hash != w.Want:
			v.Warnings = append(v.Warnings, fmt.Sprintf("%s runs code %s, and the step was written for %s", w.Name, short(hash), short(w.Want)))
		}
	}
}

// simulate tries the action and returns the gas it took.
func (c *Containment) simulate(ctx context.Context, a Action, at ops.BlockRef, replay *ops.Message, v *ops.Plan) uint64 {
	trial := ops.Trial{At: at, Action: ops.Message{From: a.Step.From, To: a.Step.Call.To, Data: a.Step.Call.Data}, Replay: replay}
	for _, r := range a.Step.Expect.Reads() {
		if r.Kind == ops.ReadCall {
			trial.Reads = append(trial.Reads, r)
		}
	}
	result, err := c.Chain.Try(ctx, trial)
	if err != nil {
		v.Warnings = append(v.Warnings, "not simulated: "+err.Error())
		return 0
	}
	v.Simulated = true
	if !result.Action.OK {
		v.Warnings = append(v.Warnings, "the simulation REVERTS: "+result.Action.Reason)
		return 0
	}
	before, after := a.Step.Expect.Judge(ops.ReadingsOf(result.Before), nil), a.Step.Expect.Judge(ops.ReadingsOf(result.After), nil)
	v.Changes = append(v.Changes, ops.Change{What: what(a.Step.Expect), Before: known(before), After: known(after)})
	if after.Verdict != ops.OK {
		v.Warnings = append(v.Warnings, "the simulation runs, but "+a.Step.Expect.Source()+" does not hold after it")
	}
	if before.Verdict == ops.OK {
		v.Warnings = append(v.Warnings, a.Step.Expect.Source()+" holds already")
	}
	if result.Replay != nil {
		outcome := "succeeds"
		if !result.Replay.OK {
			outcome = "REVERTS " + result.Replay.Reason
		}
		v.Changes = append(v.Changes, ops.Change{What: "the breach's transaction, tried again by " + short(replay.From), Before: "succeeded", After: outcome})
	}
	return result.Action.Gas
}

// price makes the transaction: nonce, fees and gas limit. An account that cannot
// pay the usual headroom pays what it can.
func (c *Containment) price(ctx context.Context, a Action, gas uint64, v *ops.Plan) (*types.Transaction, error) {
	account, err := c.Chain.Account(ctx, a.Step.From)
	if err != nil {
		return nil, err
	}
	account.Nonce = c.free(a.Step.From, account.Nonce)
	v.Nonce, v.Gas = account.Nonce, max(gas*gasHeadroom, leastGas)
	tip := honest(account)
	limit := new(big.Int).Add(new(big.Int).Mul(account.BaseFee, big.NewInt(feeHeadroom)), tip)
	cost := new(big.Int).Mul(limit, new(big.Int).SetUint64(v.Gas))
	if cost.Cmp(account.Balance) > 0 {
		limit = new(big.Int).Quo(account.Balance, new(big.Int).SetUint64(v.Gas))
		cost = new(big.Int).Mul(limit, new(big.Int).SetUint64(v.Gas))
		v.Warnings = append(v.Warnings, fmt.Sprintf("the account holds %s: it pays at most %s gwei a gas", Ether(account.Balance), gwei(limit)))
		if limit.Cmp(account.BaseFee) < 0 {
			v.Warnings = append(v.Warnings, "that is less than today's base fee: it will not be mined")
		}
		if tip.Cmp(limit) > 0 {
			tip = limit
		}
	}
	if account.Pending > account.Nonce {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d transactions of this account wait in the pool: this one replaces the first or loses to it", account.Pending-account.Nonce))
	}
	v.MaxCost = ops.Quantity{Exact: cost.String(), Shown: Ether(cost)}
	value, _ := new(big.Int).SetString(a.Step.Call.Value, 10)
	return types.NewTx(&types.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(uint64(c.ChainID)), Nonce: v.Nonce, GasTipCap: tip, GasFeeCap: limit, Gas: v.Gas,
		To: &a.Step.Call.To, Value: value, Data: slices.Clone(a.Step.Call.Data),
	}), nil
}

// free is the first nonce, from the account's own on, that no action of this console
// holds: one that is on its way must not be replaced by the next, and a hole before
// it must be filled, or it waits for ever.
func (c *Containment) free(from common.Address, nonce uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := func(f *flight) bool { return !f.receipt.Done() && f.action.Step.From == from && f.nonce == nonce }
	for slices.ContainsFunc(c.flights, held) {
		nonce++
	}
	return nonce
}

// honest bounds the tip that a provider suggests: a lying one must not make the
// lane burn what it needs for the next step.
func honest(a ops.Account) *big.Int {
	most := new(big.Int).Add(new(big.Int).Mul(a.BaseFee, big.NewInt(feeHeadroom)), big.NewInt(5e9))
	if a.Tip.Cmp(most) > 0 {
		return most
	}
	return a.Tip
}

func what(c Condition) string {
	if reads := c.Reads(); len(reads) == 1 {
		return reads[0].Name
	}
	return c.Source()
}

func known(a ops.Assessment) string {
	if a.Verdict == ops.Unknown {
		return "unknown (" + a.Why + ")"
	}
	return a.Observed
}
