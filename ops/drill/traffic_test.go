package drill

import (
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// never is an attack that does not happen.
var never = newInsolvency(attack{begins: 1 << 40})

func TestHonestTrafficAloneHurtsNobody(t *testing.T) {
	const blocks = 200 // a third of the canary's interval
	d := start(t, Options{Seed: 11, Genesis: genesis})
	d.plot = never
	from := d.Head().Number
	for range blocks {
		s := d.mustStep(t)
		if s.Txs < 2 || s.Txs > 6 {
			t.Errorf("block %d has %d transactions", s.Block.Number, s.Txs)
		}
		for i, r := range d.chain.Receipts(s.Block.Hash) {
			if r.Status != types.ReceiptStatusSuccessful {
				t.Errorf("transaction %d of block %d reverted", i, s.Block.Number)
			}
		}
	}
	if got := d.Score(); got.BreachBlock != 0 || got.LostWei.Sign() != 0 || got.AttackBlock != 0 {
		t.Errorf("without an attack the score is %+v", got)
	}
	moved := d.moved(t, from+1)
	if moved.deposits == 0 || moved.withdrawals == 0 {
		t.Errorf("%d deposits and %d withdrawals", moved.deposits, moved.withdrawals)
	}
	if third := new(big.Int).Div(units(400), big.NewInt(3)); moved.withdrawn.Cmp(third) > 0 {
		t.Errorf("%s withdrawn in a third of the interval: too near to the budget", moved.withdrawn)
	}
}

type movement struct {
	deposits, withdrawals int
	withdrawn             *big.Int
}

// moved sums the vault's events and checks that only honest accounts used it.
func (d *Drill) moved(t *testing.T, from uint64) movement {
	t.Helper()
	vault := contracts.Vault().ABI
	var honest []common.Hash
	for i := range accounts {
		honest = append(honest, common.BytesToHash(Address(Account(i)).Bytes()))
	}
	logs, err := d.chain.Client().FilterLogs(t.Context(), ethereum.FilterQuery{
		FromBlock: new(big.Int).SetUint64(from), Addresses: []common.Address{world.Vault},
	})
	if err != nil {
		t.Fatal(err)
	}
	m := movement{withdrawn: new(big.Int)}
	for _, l := range logs {
		switch l.Topics[0] {
		case vault.Events["Deposit"].ID:
			m.deposits++
		case vault.Events["Withdraw"].ID:
			m.withdrawals++
			m.withdrawn.Add(m.withdrawn, new(big.Int).SetBytes(l.Data[:32]))
		}
		if !slices.Contains(honest, l.Topics[len(l.Topics)-1]) {
			t.Errorf("%s used the vault", l.Topics[len(l.Topics)-1])
		}
	}
	return m
}

func TestEverySeedHasAnAttackWorthStopping(t *testing.T) {
	for seed := range uint64(200) {
		a := planAttack(seed)
		held := units(sleeper)
		for _, h := range newTraffic(seed).holders {
			held.Add(held, lots(h.shares))
		}
		percent := new(big.Int).Div(new(big.Int).Mul(a.planned(), big.NewInt(100)), held).Int64()
		if percent < 50 || percent > 75 {
			t.Errorf("seed %d: the attack takes %d %% of the vault", seed, percent)
		}
		if a.queues < 10 || a.queues > 14 || a.begins < 22 || a.begins > 30 {
			t.Errorf("seed %d: queued in block %d, attacked from %d", seed, a.queues, a.begins)
		}
		if a.planned().Cmp(units(500)) < 0 {
			t.Errorf("seed %d: %s planned would never spend the canary's budget", seed, a.planned())
		}
		if a.takes[0][0].Cmp(units(2)) < 0 {
			t.Errorf("seed %d: the first withdrawal does not break A1", seed)
		}
	}
}

func TestEveryWithdrawalOfTheAttackIsFreeInV2(t *testing.T) {
	d := start(t, Options{Seed: 2, Genesis: genesis})
	begun := d.until(t, EventAttack)
	vault := contracts.Vault().ABI.Events["Withdraw"]
	for _, l := range d.chain.Receipts(begun.Block.Hash)[begun.Txs-1].Logs {
		if l.Topics[0] != vault.ID {
			continue
		}
		assets, shares := new(big.Int).SetBytes(l.Data[:32]), new(big.Int).SetBytes(l.Data[32:64])
		if assets.Cmp(units(8)) < 0 || shares.Sign() != 0 {
			t.Errorf("%s withdrawn for %s shares", assets, shares)
		}
		return
	}
	t.Error("the last transaction of the block is no withdrawal")
}
