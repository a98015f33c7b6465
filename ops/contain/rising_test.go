package contain_test

import (
	"math/big"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// Each rung pays an eighth more than the one before it, cap and tip, from twice to 64
// times the base fee, also where the base fee is nothing.
func TestTheRungsRise(t *testing.T) {
	for _, base := range []int64{0, 1, 7, 1e9, 5e11} {
		for _, n := range []int{1, 2, 6, 16} {
			caps, tips := contain.Rising(ops.Account{BaseFee: big.NewInt(base), Tip: big.NewInt(1e9)}, n)
			if len(caps) != n || caps[0].Cmp(big.NewInt(2*base)) < 0 || n > 1 && caps[n-1].Cmp(big.NewInt(64*base)) < 0 {
				t.Errorf("base fee %d, %d rungs: %v", base, n, caps)
			}
			for i := 1; i < n; i++ {
				for _, fees := range [][]*big.Int{caps, tips} {
					if new(big.Int).Mul(fees[i], big.NewInt(8)).Cmp(new(big.Int).Mul(fees[i-1], big.NewInt(9))) < 0 {
						t.Errorf("base fee %d, rung %d of %d: %v", base, i+1, n, fees)
					}
				}
			}
		}
	}
	lied, _ := contain.Rising(ops.Account{BaseFee: big.NewInt(1e9), Tip: big.NewInt(9e18)}, 6)
	if lied[5].Cmp(big.NewInt(1e12)) > 0 {
		t.Errorf("a lying provider makes the ladder pay %s", lied[5])
	}
}
