package drill

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// Score is what the chain says of the run so far; no console is asked. Amounts
// are in the token's smallest units (10^-18 dUSD).
type Score struct {
	BreachBlock uint64      // first block with totalAssets*1000 < totalSupply*999, 0 if none
	LostWei     *big.Int    // what was taken beyond the worth of the shares burned: totalSupply - totalAssets
	PlannedWei  *big.Int    // LostWei if nobody had acted
	Reverted    int         // withdrawals of the attacker that reverted
	AttackBlock uint64      // first block with a withdrawal of the attacker, 0 if none
	LastAttack  common.Hash // the attacker's latest transaction
}

// Score tells how the run went up to the newest scenario block.
func (d *Drill) Score() Score {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.score
	s.LostWei, s.PlannedWei = new(big.Int).Set(s.LostWei), new(big.Int).Set(s.PlannedWei)
	return s
}

// attacked books the attacker's transactions of a block and returns one that
// reverted, if any.
func (s *Score) attacked(at ops.BlockRef, txs types.Transactions, done map[[32]byte]bool) *types.Transaction {
	var failed *types.Transaction
	for _, tx := range txs {
		s.LastAttack = tx.Hash()
		if !done[tx.Hash()] {
			failed = tx
			s.Reverted++
		}
	}
	if len(txs) > 0 && s.AttackBlock == 0 {
		s.AttackBlock = at.Number
	}
	return failed
}

// judge reads the vault at a block.
func (d *Drill) judge(ctx context.Context, at ops.BlockRef) error {
	assets, err := d.number(ctx, "totalAssets", at)
	if err != nil {
		return err
	}
	supply, err := d.number(ctx, "totalSupply", at)
	if err != nil {
		return err
	}
	d.score.LostWei = new(big.Int).Sub(supply, assets)
	bound := new(big.Int).Mul(supply, big.NewInt(999))
	if d.score.BreachBlock == 0 && new(big.Int).Mul(assets, big.NewInt(1000)).Cmp(bound) < 0 {
		d.score.BreachBlock = at.Number
	}
	return nil
}

// paused tells whether the vault is paused at the head.
func (d *Drill) paused(ctx context.Context) (bool, error) {
	n, err := d.number(ctx, "paused", d.chain.Head())
	return err == nil && n.Sign() != 0, err
}

// number reads a view of the vault that returns one word.
func (d *Drill) number(ctx context.Context, view string, at ops.BlockRef) (*big.Int, error) {
	m := ops.Message{To: world.Vault, Data: contracts.Vault().Call(view)}
	word, err := d.chain.Call(ctx, m, at.Hash)
	if err != nil {
		return nil, fmt.Errorf("reading vault.%s() of the drill at block %d: %w", view, at.Number, err)
	}
	return new(big.Int).SetBytes(word), nil
}

// reason asks the vault why a transaction of the attacker reverted, by trying it
// again on top of the block: the name of the custom error, or what the node says.
func (d *Drill) reason(ctx context.Context, tx *types.Transaction, at ops.BlockRef) string {
	m := ops.Message{From: Address(Mallory), To: *tx.To(), Data: tx.Data()}
	_, err := d.chain.Call(ctx, m, at.Hash)
	var detail rpc.DataError
	if !errors.As(err, &detail) {
		return "no longer reverts"
	}
	text, _ := detail.ErrorData().(string)
	if data, bad := hexutil.Decode(text); bad == nil && len(data) >= 4 {
		vault := contracts.VaultV2().ABI
		if named, unknown := vault.ErrorByID([4]byte(data)); unknown == nil {
			return named.Name
		}
	}
	return err.Error()
}
