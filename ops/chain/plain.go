package chain

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// plainly sends what has no place in an aggregated call: one call for each read.
func (c *Client) plainly(ctx context.Context, p *pass, reads []int) error {
	reads = reads[:min(len(reads), plainBatch)]
	answers := make([]hexutil.Bytes, len(reads))
	elems := make([]rpc.BatchElem, len(reads))
	for n, i := range reads {
		b, _ := p.bind(i)
		r := p.readings[i].Read
		elems[n] = rpc.BatchElem{Method: "eth_call", Result: &answers[n]}
		message := map[string]any{"to": b.to, "data": hexutil.Bytes(b.data), "gas": hexutil.Uint64(attemptGas)}
		switch r.Kind {
		case ops.ReadBalance:
			elems[n].Method, elems[n].Args, elems[n].Result = "eth_getBalance", []any{b.to, pinned(p.at)}, new(hexutil.Big)
		case ops.ReadCode:
			elems[n].Method, elems[n].Args = "eth_getCode", []any{b.to, pinned(p.at)}
		case ops.ReadSlot:
			elems[n].Method, elems[n].Args = "eth_getStorageAt", []any{b.to, hexutil.Bytes(b.data), pinned(p.at)}
		case ops.ReadTry:
			message["from"] = r.From
			elems[n].Args = []any{message, pinned(p.at)}
		default:
			elems[n].Args = []any{message, pinned(p.at)}
		}
	}
	if err := c.batch(ctx, elems); err != nil {
		return err
	}
	for n, i := range reads {
		if err := p.plain(i, elems[n], answers[n]); err != nil {
			return err
		}
	}
	return nil
}

// plain settles one read by the answer to its own call.
func (p *pass) plain(i int, e rpc.BatchElem, answer []byte) error {
	kind := p.readings[i].Read.Kind
	var reverted rpc.DataError
	switch {
	case e.Error != nil && missing(e.Error) != nil:
		return fmt.Errorf("%s: %w: %w", e.Method, missing(e.Error), bounded(e.Error))
	case e.Error != nil && e.Method == "eth_call" && errors.As(e.Error, &reverted) && reverted.ErrorData() != nil:
		text, _ := reverted.ErrorData().(string)
		data := common.FromHex(clipped(text, 2+2*viewReturn))
		p.answer(i, ops.ReadReverted, data, RevertReason(data))
	case e.Error != nil && e.Method == "eth_call" && revertedPlainly(e.Error):
		p.answer(i, ops.ReadReverted, nil, RevertReason(nil))
	case e.Error != nil:
		p.refuse(i, "%s: %s", e.Method, bounded(e.Error))
	case kind == ops.ReadBalance:
		n := e.Result.(*hexutil.Big).ToInt()
		if n.Sign() < 0 || n.BitLen() > 256 {
			p.refuse(i, "the provider says %s", bounded(errors.New(n.String())))
			return nil
		}
		p.answer(i, ops.ReadOK, common.LeftPadBytes(n.Bytes(), common.HashLength), "")
	case kind == ops.ReadCode:
		p.answer(i, ops.ReadOK, crypto.Keccak256(answer), "")
	case kind == ops.ReadSlot && len(answer) != common.HashLength:
		p.refuse(i, "the provider answered %d bytes for a word", len(answer))
	case kind == ops.ReadCall && len(answer) == 0: // without the aggregator one cannot be told from the other
		p.refuse(i, "there is no answer: no contract, or a function that returns nothing")
	default:
		p.answer(i, ops.ReadOK, answer[:min(len(answer), viewReturn)], "")
	}
	return nil
}

// revertedPlainly reports a revert without data: code 3 of geth.
func revertedPlainly(err error) bool {
	var coded rpc.Error
	return errors.As(err, &coded) && coded.ErrorCode() == 3
}
