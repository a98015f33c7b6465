package contain

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrLadder means that nothing that was signed beforehand can be sent now.
var ErrLadder = errors.New("nothing that was signed beforehand can be sent now")

// Presigned is a Signer whose calls were signed beforehand. Offer returns the cheapest
// that is exactly what is wanted, not signed, and needs no unlocking; Sign then hands
// the signed one out.
type Presigned interface {
	Offer(w ops.Wanted) (*types.Transaction, error)
}

// Distant is a Signer that may be out of reach. Reachable is what was found last: it
// asks nothing.
type Distant interface {
	Reachable() error
}

// away is why the lane's signer would not answer, as far as it is known.
func (l Lane) away() error {
	if d, ok := l.Signer.(Distant); ok {
		return d.Reachable()
	}
	return nil
}

// goes reports whether the lane leads anywhere from this console.
func (l Lane) goes() bool { return l.Print || l.Signer != nil }

// lane is the first lane of the step, from n on, that this console can take and whose
// signer is there; else the first that it can take; else the n-th.
func (s Step) lane(n int) (lane int, goes bool) {
	first := -1
	for i := n; i < len(s.Lanes); i++ {
		if l := s.Lanes[i]; l.goes() {
			if l.away() == nil {
				return i, true
			}
			if first < 0 {
				first = i
			}
		}
	}
	if first >= 0 {
		return first, true
	}
	return min(n, len(s.Lanes)-1), false
}

// going names the lanes that lead anywhere from this console.
func (s Step) going() (names []string) {
	for _, l := range s.Lanes {
		if l.goes() && l.away() == nil {
			names = append(names, l.Name)
		}
	}
	return names
}

// passed says why the lanes before the n-th are not taken.
func (s Step) passed(n int) (why []string) {
	for _, l := range s.Lanes[:n] {
		switch err := l.away(); {
		case !l.goes():
			why = append(why, fmt.Sprintf("lane %s has no signer here, %s would send", l.Name, s.Lanes[n].Name))
		case err != nil:
			why = append(why, fmt.Sprintf("lane %s: %s; %s would send", l.Name, err, s.Lanes[n].Name))
		}
	}
	return why
}

// choice is the lane that a step takes, what it would send, and why others were passed
// over.
type choice struct {
	lane   int
	goes   bool
	outer  outer
	passed []string
}

// choose is lane, but also passes over a ladder that cannot be used, a Safe that would
// not accept the call, and an account that cannot pay, where another lane follows.
func (c *Containment) choose(ctx context.Context, s Step, n int, at ops.BlockRef, b before) (out choice) {
	for {
		next, more := 0, false
		out.lane, out.goes = s.lane(n)
		if out.lane+1 < len(s.Lanes) {
			next, more = s.lane(out.lane + 1)
		}
		l := s.Lanes[out.lane]
		out.outer = c.outer(ctx, s, l, at, b)
		why := out.outer.dead
		if why == nil && more && !l.Print {
			account, err := c.Chain.Account(ctx, l.From)
			if err != nil {
				return out
			}
			why = c.barred(l, s, account, at)
		}
		if why == nil || !more {
			return out
		}
		out.passed = append(out.passed, fmt.Sprintf("lane %s: %s; %s would send", l.Name, why, s.Lanes[next].Name))
		n = out.lane + 1
	}
}

// barred says why a lane is passed over where another follows: its ladder cannot be used,
// or its account cannot pay.
func (c *Containment) barred(l Lane, s Step, account ops.Account, at ops.BlockRef) error {
	if _, ladder := l.Signer.(Presigned); ladder && l.Safe == nil {
		_, _, err := c.rung(l, s, account, at)
		return err
	}
	return broke(account)
}

// broke says that an account cannot pay today's base fee for the least gas that is ever
// bid: whatever it sends is not mined.
func broke(a ops.Account) error {
	if least := new(big.Int).Mul(a.BaseFee, big.NewInt(leastGas)); a.Balance.Cmp(least) < 0 {
		return fmt.Errorf("the account holds %s, and %s are the least", Ether(a.Balance), Ether(least))
	}
	return nil
}

// rung finds the cheapest rung that will be mined soon, or the best there is if none
// pays that much.
func (c *Containment) rung(l Lane, s Step, account ops.Account, at ops.BlockRef) (tx *types.Transaction, warnings []string, err error) {
	value, _ := new(big.Int).SetString(s.Call.Value, 10)
	want := ops.Wanted{To: s.Call.To, Value: value, Data: s.Call.Data, Nonce: c.free(l.From, account.Nonce), Time: at.Time}
	ladder := l.Signer.(Presigned)
	var why error
	for _, eighths := range []int64{16, 12, 10, 8} { // of today's base fee
		want.Least = new(big.Int).Div(new(big.Int).Mul(account.BaseFee, big.NewInt(eighths)), big.NewInt(8))
		if eighths == 16 {
			want.Least.Add(want.Least, honest(account))
		}
		tx, err := ladder.Offer(want)
		if err != nil {
			if why == nil {
				why = err
			}
			continue
		}
		if eighths < 16 {
			warnings = append(warnings, fmt.Sprintf("the ladder pays at most %s gwei a gas, and today's base fee is %s", gwei(tx.GasFeeCap()), gwei(account.BaseFee)))
		}
		if l.MaxFee != nil && tx.GasFeeCap().Cmp(l.MaxFee) > 0 {
			return nil, nil, fmt.Errorf("%w: the rung pays %s gwei a gas, and the lane at most %s", ErrLadder, gwei(tx.GasFeeCap()), gwei(l.MaxFee))
		}
		return tx, warnings, nil
	}
	return nil, nil, fmt.Errorf("%w: %w", ErrLadder, why)
}

// priceRung is price for what was signed beforehand: nonce, fees and gas are its own.
func (c *Containment) priceRung(l Lane, s Step, account ops.Account, gas uint64, at ops.BlockRef) (priced, error) {
	tx, warnings, err := c.rung(l, s, account, at)
	if err != nil {
		return priced{}, err
	}
	out := priced{tx: tx, warnings: append(warnings, headroom(tx.Gas(), gas)...)}
	out.cost = new(big.Int).Mul(tx.GasFeeCap(), new(big.Int).SetUint64(tx.Gas()))
	if out.cost.Cmp(account.Balance) > 0 {
		out.warnings = append(out.warnings, fmt.Sprintf("the account holds %s, and this rung may cost %s: it will not be accepted", Ether(account.Balance), Ether(out.cost)))
	}
	return out, nil
}

// headroom says when a gas limit that was fixed at signing is too tight by now.
func headroom(limit, gas uint64) []string {
	switch {
	case gas == 0 || limit/gasHeadroom >= gas:
		return nil
	case limit < gas:
		return []string{fmt.Sprintf("it was signed with %d gas, and takes %d by now: it will run out, sign it anew", limit, gas)}
	default:
		return []string{fmt.Sprintf("it was signed with %d gas, and takes %d by now: less than %d times as much, sign it anew", limit, gas, gasHeadroom)}
	}
}

// ladderReady holds a ladder against the chain at one block: would it be taken, and
// has it room. It asks nothing.
func (c *Containment) ladderReady(s Step, n int, account ops.Account, code common.Hash, at ops.BlockRef, v *verdict) {
	l := s.Lanes[n]
	if _, ok := l.Signer.(Presigned); !ok {
		return
	}
	tx, warnings, err := c.rung(l, s, account, at)
	if err != nil {
		v.worse(ops.Dead, "%s", err)
		return
	}
	if _, err := l.Signer.(Presigned).Offer(ops.Wanted{To: s.Call.To, Value: tx.Value(), Data: s.Call.Data, Nonce: tx.Nonce(), Least: tx.GasFeeCap(), Code: code}); err != nil {
		v.worse(ops.Impaired, "%s", err) // it would be sent all the same: the step only restricts
	}
	for _, w := range append(warnings, headroom(tx.Gas(), v.gas)...) {
		state := ops.Impaired
		if tx.Gas() < v.gas {
			state = ops.Dead
		}
		v.worse(state, "%s", w)
	}
}
