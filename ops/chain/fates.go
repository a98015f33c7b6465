package chain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// receiptsMethod gives all receipts of a block (execution APIs). It is asked only where
// something depends on how transactions ended: a receipt carries its logs, and is the
// longest thing of a block.
const receiptsMethod = "eth_getBlockReceipts"

// fates are how the transactions of a block ended, by its receipts, or why that is not
// known. They never fail to decode, as sent never does.
type fates struct {
	receipts []receipt
	given    bool
	why      error
}

// receipt is what is used of one. A receipt of before Byzantium has no status.
type receipt struct {
	Block  *common.Hash    `json:"blockHash"`
	Index  *hexutil.Uint64 `json:"transactionIndex"`
	Tx     *common.Hash    `json:"transactionHash"`
	Status *hexutil.Uint64 `json:"status"`
}

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (f *fates) UnmarshalJSON(raw []byte) error {
	if f.given {
		f.why = errors.New("the provider sent two lists of receipts")
		return nil
	}
	f.given = true
	f.why = f.take(raw)
	return nil
}

func (f *fates) take(raw []byte) error {
	if len(raw) > mostSentBytes {
		return fmt.Errorf("the block's receipts take %d bytes, more than %d", len(raw), mostSentBytes)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return errors.New("the provider sent no list of receipts")
	}
	for d.More() {
		if len(f.receipts) == mostSent {
			return fmt.Errorf("the block has more than %d receipts", mostSent)
		}
		var r receipt
		if err := d.Decode(&r); err != nil {
			return fmt.Errorf("receipt %d cannot be read: %w", len(f.receipts), bounded(err))
		}
		f.receipts = append(f.receipts, r)
	}
	return nil
}

// refused says that the provider gave no receipts.
func (f *fates) refused(err error) {
	f.given, f.why = true, fmt.Errorf("the block's receipts: %w", bounded(err))
	if unknownMethod(err) {
		f.why = errors.New("the provider does not know " + receiptsMethod + ": which transactions failed is not known")
	}
}

// of holds the receipts against the block: one for each transaction, in its place, of
// this block, and each says how it ended.
func (f *fates) of(b *body) error {
	switch {
	case f == nil:
		return nil
	case f.why != nil:
		return f.why
	case !f.given:
		return errors.New("the provider sent no receipts")
	case len(f.receipts) != len(b.Transactions.hashes):
		return fmt.Errorf("the block has %d transactions and %d receipts", len(b.Transactions.hashes), len(f.receipts))
	}
	for n, r := range f.receipts {
		switch {
		case r.Block == nil || r.Index == nil || r.Tx == nil:
			return fmt.Errorf("receipt %d does not say where it stands", n)
		case *r.Block != b.Hash:
			return fmt.Errorf("receipt %d is of block %s", n, *r.Block)
		case uint64(*r.Index) != uint64(n):
			return fmt.Errorf("receipt %d says that it stands at %d", n, uint64(*r.Index))
		case *r.Tx != b.Transactions.hashes[n]:
			return fmt.Errorf("receipt %d is of another transaction, %s", n, *r.Tx)
		case r.Status == nil:
			return fmt.Errorf("receipt %d does not say how its transaction ended", n)
		case *r.Status > 1:
			return fmt.Errorf("receipt %d says that its transaction ended in %d", n, uint64(*r.Status))
		}
	}
	return nil
}

// tell gives the transactions their fates; the receipts were held against the block.
func (f *fates) tell(invocations []ops.Invocation) []ops.Invocation {
	out := slices.Clone(invocations)
	for i := range out {
		if n := out[i].Index; n < uint64(len(f.receipts)) && f.receipts[n].Status != nil {
			out[i].Fate = ops.FateFailed
			if *f.receipts[n].Status == 1 {
				out[i].Fate = ops.FateDone
			}
		}
	}
	return out
}

// unknownMethod reports whether a provider does not have the method: -32601 of
// JSON-RPC 2.0, or -32004 (EIP-1474: method not supported).
func unknownMethod(err error) bool {
	var coded rpc.Error
	return errors.As(err, &coded) && (coded.ErrorCode() == -32601 || coded.ErrorCode() == -32004)
}
