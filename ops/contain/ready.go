package contain

import (
	"context"
	"fmt"
	"math/big"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Ready measures whether the action would work on top of a block. It fills the
// state, its reasons and the gas into the board's line.
func (c *Containment) Ready(ctx context.Context, a Action, at ops.BlockRef, line ops.Readiness) ops.Readiness {
	line.At, line.State, line.From = at, ops.Ready, a.Step.From
	worse := func(s ops.ReadyState, why string) {
		line.Why = append(line.Why, why)
		line.State = max(line.State, s)
	}
	if a.Step.Signer == nil {
		worse(ops.Dead, "this console has no key for it")
	}
	v := ops.Plan{}
	gas := c.simulate(ctx, a, at, nil, &v)
	line.Gas = gas
	if !v.Simulated {
		line.State, line.Why = ops.ReadyUnknown, append(line.Why, v.Warnings...)
		return line
	}
	if gas == 0 {
		if c.holds(ctx, a, at) {
			line.Done, line.Why = true, []string{a.Step.Expect.Source() + " holds already"}
			return line
		}
		worse(ops.Dead, v.Warnings[len(v.Warnings)-1])
		return line
	}
	c.checkCode(ctx, a, at, &v)
	for _, w := range v.Warnings {
		worse(ops.Impaired, w)
	}
	account, err := c.Chain.Account(ctx, a.Step.From)
	if err != nil {
		line.State, line.Why = ops.ReadyUnknown, append(line.Why, err.Error())
		return line
	}
	cost := new(big.Int).Mul(new(big.Int).Add(account.BaseFee, account.Tip), new(big.Int).SetUint64(gas*gasHeadroom))
	switch {
	case account.Balance.Cmp(cost) < 0:
		worse(ops.Dead, fmt.Sprintf("the account holds %s and %s are needed", Ether(account.Balance), Ether(cost)))
	case account.Balance.Cmp(new(big.Int).Mul(cost, big.NewInt(feeHeadroom))) < 0:
		worse(ops.Impaired, fmt.Sprintf("the account holds %s: not enough for a spike of the base fee", Ether(account.Balance)))
	}
	if account.Pending > account.Nonce {
		worse(ops.Impaired, "another transaction of the account waits in the pool")
	}
	return line
}

// holds reports whether what the action would bring about is so already.
func (c *Containment) holds(ctx context.Context, a Action, at ops.BlockRef) bool {
	readings, err := c.Chain.Read(ctx, at, a.Step.Expect.Reads())
	return err == nil && a.Step.Expect.Judge(ops.ReadingsOf(readings), nil).Verdict == ops.OK
}
