package chain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
)

// The bounds of a block's traces, before they are decoded. A call costs 100 gas at least
// (EIP-2929), and in practice thousands: 60,000 are more than an honest block of 60 million
// has. A call has some 9 commas as callTracer shows it, and each comma may cost a frame of
// memory. The EVM is at most 1,024 calls deep.
const (
	mostTraceBytes = 24 << 20
	mostFrames     = 60_000
	mostCommas     = 12 * mostFrames
	mostDepth      = 1_025
)

// frame is one call as callTracer shows it. Of a creation Input is its init code, and Output
// the code that stands there afterwards.
type frame struct {
	Type   string          `json:"type"`
	From   *common.Address `json:"from"`
	To     *common.Address `json:"to"`
	Value  *hexutil.Big    `json:"value"`
	Input  json.RawMessage `json:"input"`
	Output json.RawMessage `json:"output"`
	Error  string          `json:"error"`
	Calls  []frame         `json:"calls"`
}

// flat is one call as trace_block shows it, in the order of execution.
type flat struct {
	Type   string `json:"type"` // call, create, suicide, reward
	Action struct {
		CallType string          `json:"callType"`
		From     *common.Address `json:"from"`
		To       *common.Address `json:"to"`
		Value    *hexutil.Big    `json:"value"`
		Address  *common.Address `json:"address"`       // of suicide
		Refund   *common.Address `json:"refundAddress"` // of suicide
		Balance  *hexutil.Big    `json:"balance"`       // of suicide
		Init     json.RawMessage `json:"init"`          // of create
	} `json:"action"`
	Result *struct {
		Address *common.Address `json:"address"` // of create
		Code    json.RawMessage `json:"code"`    // of create
	} `json:"result"`
	Block *common.Hash `json:"blockHash"`
	Tx    *common.Hash `json:"transactionHash"`
	Path  []uint32     `json:"traceAddress"`
	Error string       `json:"error"`
}

// find has a finder look through the traces of a block with these transactions.
func (t *traced) find(block common.Hash, txs []common.Hash, f *finder) error {
	frames := bytes.Count(t.raw, []byte("{"))
	switch {
	case len(t.raw) > mostTraceBytes:
		return fmt.Errorf("the block's traces take %d bytes, more than %d", len(t.raw), mostTraceBytes)
	case frames > 4*mostFrames: // trace_block has three objects for a call
		return fmt.Errorf("the block's traces have %d objects, more than %d", frames, 4*mostFrames)
	case len(txs) > mostSent:
		return fmt.Errorf("the block has more than %d transactions", mostSent)
	}
	f.txs = txs
	if t.by == byParity {
		return f.flat(block, t.raw)
	}
	return f.nested(t.raw)
}

// finder walks through the calls of a block, for the calls of and to some addresses and for
// the contracts that hold some.
type finder struct {
	to      map[common.Address][]ops.Invocation
	holding map[common.Address][]ops.Creation
	hidden  error // why the contracts that were created are not known
	txs     []common.Hash
	sender  common.Address // of the transaction
	frames  int
}

func newFinder() *finder {
	return &finder{to: map[common.Address][]ops.Invocation{}, holding: map[common.Address][]ops.Creation{}}
}

// look has the finder look for what a read is about.
func (f *finder) look(r ops.Read) {
	if r.Kind == ops.ReadInnerCreated {
		f.holding[r.To] = nil
	} else {
		f.to[r.To] = nil
	}
}

func (f *finder) nested(raw []byte) error {
	if commas := bytes.Count(raw, []byte(",")); commas > mostCommas {
		return errTooManyCalls
	}
	var all []struct {
		Tx     *common.Hash `json:"txHash"`
		Result *frame       `json:"result"`
		Error  string       `json:"error"`
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("the traces cannot be read: %w", bounded(err))
	}
	if len(all) != len(f.txs) {
		return fmt.Errorf("the block has %d transactions and %d traces", len(f.txs), len(all))
	}
	for n, x := range all {
		switch {
		case x.Error != "":
			return fmt.Errorf("transaction %d was not traced: %s", n, clipped(x.Error, maxReason))
		case x.Tx != nil && *x.Tx != f.txs[n]: // old nodes leave it out
			return fmt.Errorf("trace %d is of another transaction, %s", n, *x.Tx)
		case x.Result == nil || x.Result.Type == "":
			return fmt.Errorf("transaction %d has no trace", n)
		}
		if err := f.walk(*x.Result, n, 0, false); err != nil {
			return fmt.Errorf("the trace of transaction %d: %w", n, err)
		}
	}
	return nil
}

var errTooManyCalls = fmt.Errorf("the block has more than %d calls", mostFrames)

// walk takes a call and those inside it. What is inside one that failed was undone.
func (f *finder) walk(x frame, tx, depth int, undone bool) error {
	if f.frames++; f.frames > mostFrames {
		return errTooManyCalls
	}
	if depth > mostDepth {
		return fmt.Errorf("it is more than %d calls deep", mostDepth)
	}
	undone = undone || x.Error != ""
	if depth > 0 {
		if err := f.take(x.Type, x.From, x.To, x.Value, tx, undone); err != nil {
			return err
		}
		if !undone {
			f.born(x.Type, x.From, x.To, tx, x.Input, x.Output)
		}
	} else {
		f.sent(x.From, tx)
	}
	for _, inside := range x.Calls {
		if err := f.walk(inside, tx, depth+1, undone); err != nil {
			return err
		}
	}
	return nil
}

// flat reads what trace_block says.
func (f *finder) flat(block common.Hash, raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return errors.New("the provider sent no list of traces")
	}
	tx := -1
	var undone []bool // at each depth of the path to the call
	for n := 0; d.More(); n++ {
		var x flat
		err := d.Decode(&x)
		switch {
		case err != nil:
			return fmt.Errorf("trace %d cannot be read: %w", n, bounded(err))
		case x.Block == nil || *x.Block != block:
			return fmt.Errorf("trace %d is of another block", n)
		case x.Type == "reward":
			continue
		case x.Tx == nil:
			return fmt.Errorf("trace %d is of no transaction", n)
		}
		depth := len(x.Path)
		if depth == 0 {
			tx++
			undone = undone[:0]
		}
		switch {
		case tx < 0 || tx >= len(f.txs) || *x.Tx != f.txs[tx]:
			return fmt.Errorf("trace %d is of transaction %s, which does not stand there", n, *x.Tx)
		case depth > len(undone) || depth > mostDepth:
			return fmt.Errorf("trace %d stands %d calls deep, and nothing is above it", n, depth)
		}
		undone = append(undone[:depth], x.Error != "" || depth > 0 && undone[depth-1])
		if f.frames++; f.frames > mostFrames {
			return errTooManyCalls
		}
		if depth == 0 {
			f.sent(x.Action.From, tx)
			continue
		}
		a, kind, to, value, from := x.Action, x.Action.CallType, x.Action.To, x.Action.Value, x.Action.From
		var code json.RawMessage
		switch x.Type {
		case "create":
			kind = "create"
			if x.Result != nil {
				to, code = x.Result.Address, x.Result.Code
			}
		case "suicide":
			kind, from, to, value = "selfdestruct", a.Address, a.Refund, a.Balance
		}
		if err := f.take(kind, from, to, value, tx, undone[depth]); err != nil {
			return fmt.Errorf("trace %d: %w", n, err)
		}
		if !undone[depth] {
			f.born(kind, from, to, tx, a.Init, code)
		}
	}
	if tx+1 != len(f.txs) {
		return fmt.Errorf("the block has %d transactions and traces of %d", len(f.txs), tx+1)
	}
	return nil
}

// take keeps a call to one who matters, and one of them that carries something. One that
// runs foreign code as the caller's own, or may change nothing, carries nothing.
func (f *finder) take(kind string, from, to *common.Address, value *hexutil.Big, tx int, undone bool) error {
	if from == nil {
		return errors.New("a call does not say whose it is")
	}
	kind = strings.ToLower(clipped(kind, 16))
	if undone && (to == nil || strings.HasPrefix(kind, "create")) {
		to = new(common.Address) // a creation that failed made nothing, and nodes differ in what they say
	}
	if to == nil {
		return errors.New("a call does not say to whom it is")
	}
	i := ops.Invocation{Tx: f.txs[tx], Index: uint64(tx), From: *from, To: *to, Value: new(big.Int), Fate: ops.FateDone}
	if undone {
		i.Fate = ops.FateFailed
	}
	switch kind {
	case "call", "create", "create2", "selfdestruct":
		if value != nil {
			i.Value = value.ToInt()
		}
		if i.Value.Sign() < 0 || i.Value.BitLen() > 256 {
			return errors.New("a call carries what no call can")
		}
	case "delegatecall", "callcode", "staticcall":
	default:
		return fmt.Errorf("a call of kind %q is not known", kind)
	}
	if kept, matters := f.to[i.To]; matters {
		f.to[i.To] = append(kept, i)
	}
	if kept, matters := f.to[i.From]; matters && i.From != i.To && i.Value.Sign() > 0 {
		f.to[i.From] = append(kept, i)
	}
	return nil
}
