package chain

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// attemptGas is the gas of what is tried, and of a call of its own.
const attemptGas = 10_000_000

// plainCall is one read asked by a call of its own. code is what stands at the
// target of a try, where no aggregator tells.
type plainCall struct {
	read   int
	to     common.Address
	answer hexutil.Bytes
	number hexutil.Big
	code   hexutil.Bytes
	elems  []rpc.BatchElem
}

// plainCalls are the calls for reads that have one of their own.
func (p *pass) plainCalls(reads []int, by Means) []*plainCall {
	var calls []*plainCall
	for _, i := range reads {
		b, ok := p.bind(i)
		if !ok {
			continue
		}
		r := p.readings[i].Read
		c := &plainCall{read: i, to: b.to}
		message := map[string]any{"to": b.to, "data": hexutil.Bytes(b.data), "gas": hexutil.Uint64(attemptGas)}
		elem := rpc.BatchElem{Method: "eth_call", Args: []any{message, pinned(p.at)}, Result: &c.answer}
		switch r.Kind {
		case ops.ReadBalance:
			elem = rpc.BatchElem{Method: "eth_getBalance", Args: []any{b.to, pinned(p.at)}, Result: &c.number}
		case ops.ReadNonce:
			elem = rpc.BatchElem{Method: "eth_getTransactionCount", Args: []any{b.to, pinned(p.at)}, Result: &c.number}
		case ops.ReadCode:
			elem = rpc.BatchElem{Method: "eth_getCode", Args: []any{b.to, pinned(p.at)}, Result: &c.answer}
		case ops.ReadSlot:
			elem = rpc.BatchElem{Method: "eth_getStorageAt", Args: []any{b.to, hexutil.Bytes(b.data), pinned(p.at)}, Result: &c.answer}
		case ops.ReadTry:
			message["from"] = r.From
			if r.Gas > 0 {
				message["gas"] = hexutil.Uint64(r.Gas)
			}
		}
		c.elems = []rpc.BatchElem{elem}
		if r.Kind == ops.ReadTry && by != ByOverride {
			c.elems = append(c.elems, rpc.BatchElem{Method: "eth_getCode", Args: []any{b.to, pinned(p.at)}, Result: &c.code})
		}
		calls = append(calls, c)
	}
	return calls
}

// takePlain settles what the calls answered.
func (p *pass) takePlain(calls []*plainCall, elems []rpc.BatchElem) error {
	for _, c := range calls {
		n := len(c.elems)
		if n == 2 && elems[1].Error == nil {
			p.codes[c.to] = len(c.code) > 0
		}
		if err := p.plain(c, elems[0]); err != nil {
			return err
		}
		elems = elems[n:]
	}
	return nil
}

// plain settles one read by the answer to its own call. What a contract says in a
// revert is its own: it is never taken for the provider's words.
func (p *pass) plain(c *plainCall, e rpc.BatchElem) error {
	i, answer := c.read, []byte(c.answer)
	kind := p.readings[i].Read.Kind
	data, reverted := revertOf(e)
	code, known := p.codes[c.to]
	switch {
	case reverted:
		p.answer(i, ops.ReadReverted, data, RevertReason(data))
	case e.Error != nil && p.readings[i].Read.Gas > 0 && ranOut(e.Error):
		p.answer(i, ops.ReadReverted, nil, "it takes more gas than "+fmt.Sprint(p.readings[i].Read.Gas))
	case e.Error != nil && missing(e.Error) != nil:
		return fmt.Errorf("%s: %w: %w", e.Method, missing(e.Error), bounded(e.Error))
	case e.Error != nil:
		p.refuse(i, "%s: %s", e.Method, bounded(e.Error))
	case kind == ops.ReadBalance, kind == ops.ReadNonce:
		n := c.number.ToInt()
		if n.Sign() < 0 || n.BitLen() > 256 {
			p.refuse(i, "the provider says %s", bounded(errors.New(n.String())))
			return nil
		}
		p.answer(i, ops.ReadOK, common.LeftPadBytes(n.Bytes(), common.HashLength), "")
	case kind == ops.ReadCode:
		p.answer(i, ops.ReadOK, crypto.Keccak256(answer), "")
	case kind == ops.ReadSlot && len(answer) != common.HashLength:
		p.refuse(i, "the provider answered %d bytes for a word", len(answer))
	case kind == ops.ReadTry && !known: // the next round looks whether there is anything to call
	case kind == ops.ReadTry && !code: // a call of nothing succeeds
		p.answer(i, ops.ReadNoCode, nil, "")
	case kind == ops.ReadCall && len(answer) == 0: // without the aggregator one cannot be told from the other
		p.refuse(i, "there is no answer: no contract, or a function that returns nothing")
	default:
		p.answer(i, ops.ReadOK, answer[:min(len(answer), viewReturn)], "")
	}
	return nil
}

// revertOf is the data of a revert: code 3 of the execution APIs, or an error that
// says so and carries its data. A limit that was reached is none, whatever it
// carries, and neither is gas that ran out.
func revertOf(e rpc.BatchElem) ([]byte, bool) {
	var coded rpc.Error
	if e.Method != "eth_call" || !errors.As(e.Error, &coded) {
		return nil, false
	}
	var carries rpc.DataError
	text := ""
	if errors.As(e.Error, &carries) {
		text, _ = carries.ErrorData().(string)
	}
	said := strings.HasPrefix(text, "0x") && strings.Contains(e.Error.Error(), "revert")
	if coded.ErrorCode() != 3 && !said {
		return nil, false
	}
	return common.FromHex(clipped(text, 2+2*viewReturn)), true
}

// ranOut reports whether a node says that a call took more gas than it was given. Nodes
// have no code for it, and their own words: "out of gas" and "intrinsic gas too low" of geth,
// OutOfGas and "intrinsic gas too high" (for the limit) of revm.
func ranOut(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "out of gas") || strings.Contains(text, "outofgas") || strings.Contains(text, "intrinsic gas")
}
