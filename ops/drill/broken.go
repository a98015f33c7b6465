package drill

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// Broken is what is wrong with the answer before the breach: the reasons why a pause
// that had been ready for a year did not come.
type Broken string

// What may be broken. The zero value breaks nothing.
const (
	Dust    Broken = "dust"    // the guardian holds too little for gas
	Nonce   Broken = "nonce"   // a transaction of the guardian's own waits and is never mined
	Target  Broken = "target"  // what the runbook acts on was upgraded yesterday
	Expired Broken = "expired" // the guardian's term has ended
)

// dust is what a guardian with too little for gas holds, in wei: less than one wei
// for each gas of any call.
var dust = big.NewInt(50_000)

// spoil adds what the broken answer needs, in the block of the day before the drill.
// A term ends at a time.
func (b Broken) spoil(txs *batch, ends time.Time) {
	switch b {
	case Target:
		txs.create(Treasurer, contracts.Bridge().Deploy(big.NewInt(2)), nil)
		txs.send(Treasurer, estate.Bridge, contracts.Bridge().Call("upgradeToAndCall", estate.Rebuilt, []byte{}))
	case Expired:
		for _, guarded := range []common.Address{estate.Breaker, estate.Treasury, estate.Till, estate.Bridge, estate.Router, estate.Savings} {
			txs.send(Treasurer, guarded, contracts.Breaker().Call("setTerm", Address(Guardian), big.NewInt(ends.Unix())))
		}
	}
}

// obstruct leaves a transaction of the guardian in the pool that pays too little to
// be mined, ever.
func (d *Drill) obstruct(ctx context.Context) error {
	nonce, err := d.chain.Nonce(Address(Guardian))
	if err != nil {
		return err
	}
	signer, self := newBatch(d.chain).signer, Address(Guardian)
	tx, err := types.SignNewTx(Key(Guardian), signer, &types.DynamicFeeTx{
		ChainID: signer.ChainID(), Nonce: nonce, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1), Gas: params.TxGas, To: &self,
	})
	if err != nil {
		return fmt.Errorf("signing the guardian's stuck transaction: %w", err)
	}
	if err := d.chain.Client().SendTransaction(ctx, tx); err != nil {
		return fmt.Errorf("leaving the guardian's stuck transaction in the pool: %w", err)
	}
	return nil
}
