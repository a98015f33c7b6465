package drill

import (
	"context"
	"errors"
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
	BreachBlock uint64      // first block in which the bound of the scenario is broken, 0 if none
	LostWei     *big.Int    // what the scenario counts as lost
	PlannedWei  *big.Int    // LostWei if nobody had acted
	Foiled      int         // transactions of harm that did none
	AttackBlock uint64      // first block with a transaction of harm, 0 if none
	LastAttack  common.Hash // the latest transaction of harm
}

// Score tells how the run went up to the newest scenario block.
func (d *Drill) Score() Score {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.score
	s.LostWei, s.PlannedWei = new(big.Int).Set(s.LostWei), new(big.Int).Set(s.PlannedWei)
	return s
}

// attacked books a block's transactions of harm and returns one that was foiled, if
// any.
func (s *Score) attacked(at ops.BlockRef, txs types.Transactions, done map[[32]byte]bool, foiled func(success bool) bool) *types.Transaction {
	var last *types.Transaction
	for _, tx := range txs {
		s.LastAttack = tx.Hash()
		if foiled(done[tx.Hash()]) {
			last = tx
			s.Foiled++
		}
	}
	if len(txs) > 0 && s.AttackBlock == 0 {
		s.AttackBlock = at.Number
	}
	return last
}

// judge counts what is lost at a block.
func (d *Drill) judge(ctx context.Context, at ops.BlockRef) error {
	lost, broken, err := d.plot.toll(ctx, reader{d, at}, d.step)
	if err != nil {
		return err
	}
	d.score.LostWei = lost
	if d.score.BreachBlock == 0 && broken {
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
	return reader{d, at}.number(ctx, world.Vault, contracts.VaultV2(), view)
}

// reason asks a contract why a transaction reverted, by trying it again on top of the
// block: the name of the custom error, or what the node says.
func (d *Drill) reason(ctx context.Context, tx *types.Transaction, at ops.BlockRef) string {
	from, err := types.Sender(types.LatestSignerForChainID(tx.ChainId()), tx)
	if err != nil {
		return err.Error()
	}
	m := ops.Message{From: from, To: *tx.To(), Data: tx.Data(), Value: tx.Value()}
	_, err = d.chain.Call(ctx, m, at.Hash)
	var detail rpc.DataError
	if !errors.As(err, &detail) {
		return "no longer reverts"
	}
	text, _ := detail.ErrorData().(string)
	if data, bad := hexutil.Decode(text); bad == nil && len(data) >= 4 {
		for _, a := range []contracts.Artifact{contracts.VaultV2(), contracts.Treasury(), contracts.Router(), contracts.Bridge(), contracts.Till()} {
			if named, unknown := a.ABI.ErrorByID([4]byte(data)); unknown == nil {
				return named.Name
			}
		}
	}
	return err.Error()
}
