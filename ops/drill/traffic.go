package drill

import (
	"math/big"
	"math/rand/v2"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// lots turns lots into token units. Honest accounts move money in lots of a
// tenth of a token.
func lots(n int) *big.Int { return new(big.Int).Mul(big.NewInt(int64(n)), big.NewInt(1e17)) }

// holder is what one honest account has in the vault and beside it, in lots.
type holder struct{ shares, wallet int }

// traffic is the ordinary life of the vault: 2 to 6 accounts a block deposit or
// withdraw 1 to 3 lots each. Half of 4 moves of 0.2 tokens is 0.4 tokens withdrawn
// a block on average, 240 in the 600 blocks of a canary's budget. No account comes
// near its cap or the size that V2 rounds.
type traffic struct {
	seed    uint64
	holders [accounts]holder
}

// move is one transaction of the traffic: lots into the vault, or out of it if
// negative.
type move struct {
	account int
	lots    int
	tx      common.Hash
}

// newTraffic deals the first deposits: 70 to 100 tokens an account, 500 left in
// the wallet.
func newTraffic(seed uint64) *traffic {
	t := &traffic{seed: seed}
	r := dice(seed, 0)
	for i := range t.holders {
		t.holders[i] = holder{shares: 700 + r.IntN(301), wallet: 5000}
	}
	return t
}

// dice is the randomness of one block: what earlier blocks brought does not
// change what a later one draws.
func dice(seed, step uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, step)) }

// block adds the traffic of a scenario block, one transaction an account.
func (t *traffic) block(b *batch, step uint64) []move {
	r := dice(t.seed, step)
	moves := make([]move, 2+r.IntN(5))
	for i, account := range r.Perm(accounts)[:len(moves)] {
		m := move{account: account, lots: 1 + r.IntN(3)}
		h := t.holders[account]
		if r.IntN(2) == 0 && h.shares > m.lots || h.wallet < m.lots {
			m.lots = -m.lots
		}
		name := Account(account)
		if m.lots > 0 {
			m.tx = b.send(name, world.Vault, deposit(name, lots(m.lots)))
		} else {
			m.tx = b.send(name, world.Vault, withdraw(name, lots(-m.lots)))
		}
		moves[i] = m
	}
	return moves
}

// settle books the moves that the chain has carried out.
func (t *traffic) settle(moves []move, done map[[32]byte]bool) {
	for _, m := range moves {
		if done[m.tx] {
			t.holders[m.account].shares += m.lots
			t.holders[m.account].wallet -= m.lots
		}
	}
}

func deposit(name string, assets *big.Int) []byte {
	return contracts.Vault().Call("deposit", assets, Address(name))
}

func withdraw(name string, assets *big.Int) []byte {
	return contracts.Vault().Call("withdraw", assets, Address(name), Address(name))
}
