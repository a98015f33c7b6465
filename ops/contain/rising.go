package contain

import (
	"math"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	lowestRung  = 2           // times today's base fee
	highestRung = 64          // times today's base fee: a spike that was seen
	leastTip    = 100_000_000 // wei: below this an eighth more is lost in rounding
)

// Rising are the fees of a ladder of n rungs: caps from 2 to 64 times today's base fee,
// and tips that rise with them, so that each rung takes the place of the one before.
func Rising(a ops.Account, n int) (caps, tips []*big.Int) {
	base, tip := a.BaseFee, honest(a)
	if tip.Cmp(big.NewInt(leastTip)) < 0 {
		tip = big.NewInt(leastTip)
	}
	for i := range n {
		thousandths := big.NewInt(1000)
		if n > 1 {
			thousandths = big.NewInt(int64(1000 * math.Pow(highestRung/lowestRung, float64(i)/float64(n-1))))
		}
		scaled := func(v *big.Int) *big.Int {
			return new(big.Int).Div(new(big.Int).Mul(v, thousandths), big.NewInt(1000))
		}
		t := scaled(tip)
		tips = append(tips, t)
		caps = append(caps, new(big.Int).Add(scaled(new(big.Int).Mul(base, big.NewInt(lowestRung))), t))
	}
	return caps, tips
}

// GasLimit is the limit that a call is signed with, for the gas that it takes today.
func GasLimit(gas uint64) uint64 { return max(gas*gasHeadroom, leastGas) }

// Target is the code that the step was written for at the call's target; zero where it
// does not say.
func (s Step) Target() (w Written, ok bool) {
	for _, w := range s.Written {
		if w.Address == s.Call.To && w.Want != (common.Hash{}) {
			return w, true
		}
	}
	return Written{}, false
}
