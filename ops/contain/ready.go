package contain

import (
	"context"
	"fmt"
	"math/big"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Ready measures whether the action would work on top of a block: as well as the
// worst of its calls that would be sent. It fills the state, its reasons and the gas
// into the board's line.
func (c *Containment) Ready(ctx context.Context, a Action, at ops.BlockRef, line ops.Readiness) ops.Readiness {
	line.At, line.State, line.Gas, line.Done = at, ops.Ready, 0, true
	calls := 0
	for _, s := range a.Steps {
		if !s.sends() || s.Instead {
			continue
		}
		calls++
		state, gas, why, held := c.ready(ctx, s, at)
		line.Gas += gas
		line.Done = line.Done && held
		if held {
			state = ops.Ready
		}
		if line.State == ops.ReadyUnknown || state == ops.ReadyUnknown {
			line.State = ops.ReadyUnknown
		} else {
			line.State = max(line.State, state)
		}
		for _, w := range why {
			if len(a.Steps) > 1 && calls > 1 {
				w = s.ID + ": " + w
			}
			line.Why = append(line.Why, w)
		}
		if n, _ := s.lane(0); calls == 1 {
			line.From = s.Lanes[n].From
		}
	}
	line.Done = line.Done && calls > 0
	return line
}

// ready measures one call by the lane that would send it. Another lane that could
// is told, and a step that has none left to fall back on says nothing of it.
func (c *Containment) ready(ctx context.Context, s Step, at ops.BlockRef) (state ops.ReadyState, gas uint64, why []string, held bool) {
	n, signs := s.lane(0)
	l := s.Lanes[n]
	state = ops.Ready
	worse := func(to ops.ReadyState, reason string) {
		why = append(why, reason)
		state = max(state, to)
	}
	if !signs {
		worse(ops.Dead, "this console has no key for it")
	} else if err := l.away(); err != nil { // else another would be taken
		worse(ops.Dead, fmt.Sprintf("lane %s: %s", l.Name, err))
	}
	for _, w := range s.passed(n) {
		worse(ops.Impaired, w)
	}
	t := c.simulate(ctx, s, n, at, nil, nil)
	if !t.ran {
		return ops.ReadyUnknown, 0, append(why, t.warnings...), false
	}
	if t.gas == 0 {
		if c.holds(ctx, s, at) {
			return ops.Ready, 0, []string{s.Expect.Source() + " holds already"}, true
		}
		worse(ops.Dead, t.warnings[len(t.warnings)-1])
		return state, 0, why, false
	}
	code, doubts := c.readCode(ctx, s, at)
	for _, w := range append(t.warnings, doubts...) {
		worse(ops.Impaired, w)
	}
	if s.Takes != nil {
		c.intime(ctx, s, at, worse)
	}
	if l.Print {
		return state, t.gas, why, false // what the account of somebody else holds is theirs to know
	}
	account, err := c.Chain.Account(ctx, l.From)
	if err != nil {
		return ops.ReadyUnknown, t.gas, append(why, err.Error()), false
	}
	cost := new(big.Int).Mul(new(big.Int).Add(account.BaseFee, account.Tip), new(big.Int).SetUint64(t.gas*gasHeadroom))
	switch {
	case account.Balance.Cmp(cost) < 0:
		worse(ops.Dead, fmt.Sprintf("the account holds %s and %s are needed", Ether(account.Balance), Ether(cost)))
	case account.Balance.Cmp(new(big.Int).Mul(cost, big.NewInt(feeHeadroom))) < 0:
		worse(ops.Impaired, fmt.Sprintf("the account holds %s: not enough for a spike of the base fee", Ether(account.Balance)))
	}
	c.ladderReady(s, n, account, t.gas, code, at, worse)
	if account.Pending > account.Nonce {
		worse(ops.Impaired, "another transaction of the account waits in the pool")
	}
	return state, t.gas, why, false
}

// intime holds the time for which the chain holds the call back against the time in
// which it must have taken effect.
func (c *Containment) intime(ctx context.Context, s Step, at ops.BlockRef, worse func(ops.ReadyState, string)) {
	readings, err := c.Chain.Read(ctx, at, s.Takes.Reads())
	if err != nil {
		worse(ops.Impaired, s.Takes.Source()+" could not be read: "+err.Error())
		return
	}
	switch a := s.Takes.Judge(ops.ReadingsOf(readings), nil); a.Verdict {
	case ops.Breach:
		worse(ops.Dead, fmt.Sprintf("too late: it takes %s seconds, and must take effect within %s", a.Observed, s.Within))
	case ops.Unknown:
		worse(ops.Impaired, s.Takes.Source()+" is not known: "+a.Why)
	}
}

// holds reports whether what the step would bring about is so already.
func (c *Containment) holds(ctx context.Context, s Step, at ops.BlockRef) bool {
	readings, err := c.Chain.Read(ctx, at, s.Expect.Reads())
	return err == nil && s.Expect.Judge(ops.ReadingsOf(readings), nil).Verdict == ops.OK
}
