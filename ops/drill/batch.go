package drill

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/sealer"
)

// Gas of the drill's own transactions. A creation stays under the cap of a
// transaction (EIP-7825); a call of the vault or the timelock needs at most
// 150,000.
const (
	createGas = 6_000_000
	callGas   = 400_000
)

// fee is what the drill's own transactions bid: the base fee begins at 1 gwei
// and only falls, for the blocks are almost empty.
var fee = struct{ tip, limit *big.Int }{big.NewInt(params.GWei), big.NewInt(20 * params.GWei)}

// batch signs the transactions of one block. Nonces begin with the head's, for
// the chain knows best: a transaction that reverted has used its nonce too. The
// first error sticks.
type batch struct {
	chain  *sealer.Chain
	signer types.Signer
	nonces map[string]uint64
	txs    types.Transactions
	err    error
}

func newBatch(c *sealer.Chain) *batch {
	id := new(big.Int).SetUint64(uint64(ops.FirstDrillChain))
	return &batch{chain: c, signer: types.LatestSignerForChainID(id), nonces: map[string]uint64{}}
}

// create adds the creation of a contract, with so much ether in it.
func (b *batch) create(by string, code []byte, value *big.Int) {
	b.sign(by, &types.DynamicFeeTx{Data: code, Gas: createGas, Value: value})
}

// send adds a call and returns the hash of its transaction.
func (b *batch) send(from string, to common.Address, data []byte) common.Hash {
	return b.pay(from, to, data, nil)
}

// pay is send with ether, in wei.
func (b *batch) pay(from string, to common.Address, data []byte, value *big.Int) common.Hash {
	return b.sign(from, &types.DynamicFeeTx{To: &to, Data: data, Gas: callGas, Value: value})
}

// take hands over what was added since the last time.
func (b *batch) take() types.Transactions {
	txs := b.txs
	b.txs = nil
	return txs
}

func (b *batch) sign(from string, call *types.DynamicFeeTx) common.Hash {
	nonce, known := b.nonces[from]
	if !known && b.err == nil {
		nonce, b.err = b.chain.Nonce(Address(from))
	}
	if b.err != nil {
		return common.Hash{}
	}
	call.ChainID, call.Nonce, call.GasTipCap, call.GasFeeCap = b.signer.ChainID(), nonce, fee.tip, fee.limit
	tx, err := types.SignNewTx(Key(from), b.signer, call)
	if err != nil {
		b.err = err
		return common.Hash{}
	}
	b.nonces[from] = nonce + 1
	b.txs = append(b.txs, tx)
	return tx.Hash()
}
