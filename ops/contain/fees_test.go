package contain_test

import (
	"context"
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// with is a bench whose accounts hold what a test says.
func with(t *testing.T, as func(*ops.Account)) *bench {
	t.Helper()
	b := newBench(t)
	b.chain.account = as
	return b
}

func gwei(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1e9)) }

// What a call may cost goes by the lane's most, and by what the account holds; each
// bound that it meets is said.
func TestAPriceKeepsItsBounds(t *testing.T) {
	for name, c := range map[string]struct {
		as       func(*ops.Account)
		most     *big.Int
		fee, tip *big.Int
		says     string
	}{
		"headroom":               {func(*ops.Account) {}, nil, gwei(11), gwei(1), ""},
		"the lane's most":        {func(*ops.Account) {}, gwei(5), gwei(5), gwei(1), ""},
		"less than the base fee": {func(a *ops.Account) { a.BaseFee = gwei(9) }, gwei(5), gwei(5), gwei(1), "today's base fee is 9: it will not be mined"},
		"less than the tip":      {func(a *ops.Account) { a.Tip = gwei(6) }, gwei(5), gwei(5), gwei(5), ""},
		"a lying tip":            {func(a *ops.Account) { a.Tip = gwei(1000) }, nil, gwei(25), gwei(15), ""},
		"a small purse":          {func(a *ops.Account) { a.Balance = new(big.Int).Mul(gwei(4), big.NewInt(208_000)) }, nil, gwei(4), gwei(1), "it pays at most 4 gwei a gas"},
		"an empty one":           {func(a *ops.Account) { a.Balance = big.NewInt(208_000) }, nil, big.NewInt(1), big.NewInt(1), "less than today's base fee: it will not be mined"},
		"somebody else's":        {func(a *ops.Account) { a.Pending = a.Nonce + 2 }, nil, gwei(11), gwei(1), "2 transactions of this account wait in the pool"},
	} {
		t.Run(name, func(t *testing.T) {
			b := with(t, c.as)
			a := pause(b.key)
			a.Steps[0].Lanes[0].MaxFee = c.most
			plan, ok := confirmed(t, b.Containment, a)
			if warnings := strings.Join(plan.View.Warnings, "; "); !strings.Contains(warnings, c.says) || c.says == "" && warnings != "" {
				t.Errorf("it warns: %q", warnings)
			}
			if _, err := b.Execute(t.Context(), ok); err != nil {
				t.Fatal(err)
			}
			var tx types.Transaction
			if err := tx.UnmarshalBinary(b.chain.handed[0]); err != nil || tx.GasFeeCap().Cmp(c.fee) != 0 || tx.GasTipCap().Cmp(c.tip) != 0 {
				t.Errorf("%v: fee %s, tip %s", err, tx.GasFeeCap(), tx.GasTipCap())
			}
		})
	}
}

func TestAnAccountThatCannotBeReadIsNoPlan(t *testing.T) {
	b := newBench(t)
	b.chain.fault = func(point string) error {
		if point == "account" {
			return errors.New("the provider is down")
		}
		return nil
	}
	if _, err := b.Prepare(t.Context(), pause(b.key), ref(10), nil); err == nil || !strings.Contains(err.Error(), "cannot be priced: the provider is down") {
		t.Errorf("%v", err)
	}
}

// What waits is replaced only within the lane's most and the purse, by a signer that is
// there; what stands in the way is said, and nothing is sent.
func TestWhatCannotBeReplacedSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		kind string
		then func(b *bench, l *ladder)
		most *big.Int
		says string
	}{
		"locked":              {"keystore", func(b *bench, _ *ladder) { b.key.unlocked = false }, nil, "arm the console"},
		"more than the most":  {"keystore", func(b *bench, _ *ladder) {}, gwei(11), "would be more than the most, 11"},
		"more than there is":  {"keystore", func(b *bench, _ *ladder) { b.chain.account = func(a *ops.Account) { a.Balance = gwei(1) } }, nil, "to replace it may cost"},
		"a signer that fails": {"keystore", func(b *bench, _ *ladder) { b.key.fault = func(string) error { return errors.New("unplugged") } }, nil, "it was not replaced"},
		"the end of a ladder": {"presigned", func(_ *bench, l *ladder) { l.caps = l.caps[:1] }, nil, "no rung of the ladder pays enough"},
		"a rung too high":     {"presigned", func(*bench, *ladder) {}, gwei(4), "would be more than the most, 4"},
		"a rung too dear":     {"presigned", func(b *bench, _ *ladder) { b.chain.account = func(a *ops.Account) { a.Balance = gwei(1) } }, nil, "to replace it may cost"},
		"a rung that is shut": {"presigned", func(_ *bench, l *ladder) { l.fault = func(string) error { return errors.New("damaged") } }, nil, "it was not replaced"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			l := newLadder(b.key)
			a := pause(b.key)
			a.Steps[0].Lanes[0].MaxFee = c.most
			if c.kind == "presigned" {
				a.Steps[0].Lanes[0].Signer = l
			}
			_, ok := confirmed(t, b.Containment, a)
			if _, err := b.Execute(t.Context(), ok); err != nil {
				t.Fatal(err)
			}
			sent := len(b.chain.handed)
			c.then(b, l)
			for n := range 4 { // nothing is mined
				follow(b.Containment, ref(uint64(11+n)), ops.Readings{})
			}
			if why := b.last().Why; !strings.Contains(why, c.says) || len(b.chain.handed) != sent {
				t.Errorf("%q, %d sent", why, len(b.chain.handed)-sent)
			}
		})
	}
}

// R12: of 10,000 trials on another chain, by the provider or by the signer, nothing is
// handed over.
func TestNothingIsEverSentOnAnotherChain(t *testing.T) {
	r := rand.New(rand.NewPCG(2026, 12))
	for trial := range 10_000 {
		b := newBench(t)
		other := testChain + 1 + ops.ChainID(r.Uint64N(1<<40))
		stranger := &elsewhere{key: b.key, chain: other}
		a := pause(b.key)
		if provider := r.IntN(2) == 0; provider {
			b.chain.fault = func(point string) error {
				if point == "check-chain" {
					return errors.New("the provider serves another chain")
				}
				return nil
			}
		} else {
			a.Steps[0].Lanes[0].Signer = stranger
		}
		plan, err := b.Prepare(t.Context(), a, ref(10), nil)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now()); err == nil {
			if _, err = b.Execute(t.Context(), ok); !errors.Is(err, contain.ErrSigner) {
				t.Fatalf("trial %d: %v", trial, err)
			}
		} else if !errors.Is(err, contain.ErrRefused) {
			t.Fatalf("trial %d: %v", trial, err)
		}
		if len(b.chain.handed) > 0 {
			t.Fatalf("trial %d: sent on chain %d", trial, other)
		}
	}
}

// elsewhere signs for another chain than it is asked for.
type elsewhere struct {
	*key
	chain ops.ChainID
}

func (e *elsewhere) Sign(_ context.Context, tx *types.Transaction) (*types.Transaction, error) {
	id := new(big.Int).SetUint64(uint64(e.chain))
	return types.SignNewTx(e.private, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: tx.Nonce(), GasTipCap: tx.GasTipCap(), GasFeeCap: tx.GasFeeCap(), Gas: tx.Gas(), To: tx.To(), Value: tx.Value(), Data: tx.Data(),
	})
}
