package drill

import (
	"math/big"
	"math/rand/v2"
)

// attackBlocks is how long the attacker goes on, whether or not it works.
const attackBlocks = 66

// attack is when and how much will be taken unless somebody acts, fixed by the seed;
// of what, the plot says. Blocks are counted from Start.
type attack struct {
	queues uint64       // the block with the operation that nobody approved
	begins uint64       // the first block in which something is taken
	takes  [][]*big.Int // what is taken in each block from begins on, in token units
}

// planAttack draws the plan: one withdrawal a block and in every fourth a second
// one, of 8.00 to 9.99 tokens each. V2 burns no share for any of them. Together
// that is about 1 % of the vault a block and 60 % in all; elsewhere as many dUSD.
func planAttack(seed uint64) attack {
	r := rand.New(rand.NewPCG(seed, 1<<63)) // no scenario block has that number
	a := attack{queues: 10 + r.Uint64N(5), begins: 22 + r.Uint64N(9), takes: make([][]*big.Int, attackBlocks)}
	cent := new(big.Int).Div(ether, big.NewInt(100))
	for i := range a.takes {
		withdrawals := 1
		if r.IntN(4) == 0 {
			withdrawals = 2
		}
		for range withdrawals {
			cents := big.NewInt(int64(800 + r.IntN(200)))
			a.takes[i] = append(a.takes[i], cents.Mul(cents, cent))
		}
	}
	return a
}

// withdrawals are the amounts that somebody tries to take in a block.
func (a attack) withdrawals(step uint64) []*big.Int {
	if step < a.begins || step > a.last() {
		return nil
	}
	return a.takes[step-a.begins]
}

// last is the block with the last withdrawals.
func (a attack) last() uint64 { return a.begins + attackBlocks - 1 }

// planned is the sum of all that is taken, and the loss if nobody acts.
func (a attack) planned() *big.Int {
	sum := new(big.Int)
	for _, block := range a.takes {
		for _, assets := range block {
			sum.Add(sum, assets)
		}
	}
	return sum
}
