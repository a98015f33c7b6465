package timelock

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// How an operation is cancelled in each kind of queue, and how it shows. Facts: the files
// that the kinds name, and Delay.sol's setTxNonce(n), which wants n above txNonce and not
// above queueNonce, and voids everything before n.

// ErrCancel means that an operation cannot be cancelled by the call that was asked for.
var ErrCancel = errors.New("it cannot be cancelled so")

// mostCalldata bounds the arguments that dispose of an operation, in bytes: no pool takes
// a transaction of more than 128 KiB.
const mostCalldata = 96 << 10

// form is a function of a kind.
type form struct {
	name  string
	takes abi.Arguments
}

func (f form) signature() string {
	names := make([]string, len(f.takes))
	for i, a := range f.takes {
		names[i] = a.Type.String()
	}
	return f.name + "(" + strings.Join(names, ",") + ")"
}

// call is its calldata; nil where it cannot be made, or no transaction could carry it.
func (f form) call(values ...any) []byte {
	if len(values) != len(f.takes) {
		return nil
	}
	packed, err := f.takes.Pack(values...)
	if err != nil || len(packed) > mostCalldata {
		return nil
	}
	return append([]byte(selector(f.signature())), packed...)
}

// cancelForm is the function of a kind that cancels.
type cancelForm struct {
	form
	wants string // what the call has of the operation
	// of says which operation calldata's values name: its id, or its nonce where the id
	// is not part of it.
	of func(values []any) (id common.Hash, nonce *big.Int)
}

var cancelForms = map[string]cancelForm{
	"oz": {form{"cancel", types("bytes32")}, "its id", func(v []any) (common.Hash, *big.Int) {
		id, _ := v[0].([32]byte)
		return id, nil
	}},
	"compound": {form{"cancelTransaction", transactionForm}, "its target, value, signature, data and eta", func(v []any) (common.Hash, *big.Int) {
		return hash(transactionForm, v...), nil
	}},
	"access-manager": {form{"cancel", managedForm}, "its caller, target and data", func(v []any) (common.Hash, *big.Int) {
		return hash(managedForm, v...), nil
	}},
	"delay": {form{"setTxNonce", types("uint256")}, "its nonce, plus 1", func(v []any) (common.Hash, *big.Int) {
		n, _ := v[0].(*big.Int)
		return common.Hash{}, n
	}},
}

func (t Timelock) cancelForm() cancelForm { return cancelForms[t.kind()] }

// cancels is the calldata that cancels an operation; nil where it cannot be made.
func (t Timelock) cancels(values ...any) []byte {
	return t.cancelForm().call(values...)
}

// CancelFunction is the function by which the kind of queue cancels, its selector, and
// in words what it takes of the operation.
func (t Timelock) CancelFunction() (signature string, id []byte, takes string) {
	f := t.cancelForm()
	return f.signature(), []byte(selector(f.signature())), f.wants
}

// Cancelling is the call that cancels one operation, in words. data is what its Operation
// said, or what the journal kept of it: calldata that is not this kind's own, to the byte,
// for this id and nonce is refused (ErrCancel).
func (t Timelock) Cancelling(id common.Hash, nonce string, data []byte) (ops.Call, error) {
	f := t.cancelForm()
	fail := func(why string) (ops.Call, error) {
		return ops.Call{}, fmt.Errorf("%w: %s in %s: %s", ErrCancel, shortHash(id), t.ID, why)
	}
	if len(data) < 4 || len(data) > mostCalldata+4 || string(data[:4]) != selector(f.signature()) {
		return fail("there is no calldata of " + f.signature())
	}
	values, err := calldata.Unpack(f.takes, data[4:])
	if err != nil {
		return fail(err.Error())
	}
	if again := t.cancels(values...); string(again) != string(data) {
		return fail("its calldata is not encoded as it should be")
	}
	of, next := f.of(values)
	switch {
	case next != nil && (nonce == "" || new(big.Int).Add(wei(nonce), big.NewInt(1)).Cmp(next) != 0):
		return fail("its calldata is for another nonce")
	case next == nil && of != id:
		return fail("its calldata is for another operation")
	}
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = t.spelled(v)
	}
	name := t.Names[t.Address]
	does := f.name + "(" + strings.Join(words, ", ") + ")"
	if name != "" {
		does = name + "." + does
	}
	return ops.Call{To: t.Address, Name: name, Function: does, Value: "0", Data: data}, nil
}

// mostSpelled is how many bytes of an argument are spelled out.
const mostSpelled = 12

// spelled is an argument as a person reads it.
func (t Timelock) spelled(v any) string {
	switch v := v.(type) {
	case common.Address:
		return t.called(v)
	case [32]byte:
		return shortHash(v)
	case string:
		return fmt.Sprintf("%.60q", v)
	case []byte:
		if len(v) > mostSpelled {
			return fmt.Sprintf("%s… %d bytes", hexutil.Encode(v[:mostSpelled]), len(v))
		}
		return hexutil.Encode(v)
	}
	return fmt.Sprint(v)
}

// mostVoided is how many operations are named that go with one that is cancelled.
const mostVoided = 12

// void says of everything that waits in a queue that keeps its order what would go with it
// if it were cancelled: a Delay is moved past everything before. next is how far it is;
// queue is in the order of the nonces.
func void(queue []ops.Operation, next *big.Int) {
	var before []string
	n, seen := 0, int64(0)
	for i := range queue {
		o := &queue[i]
		nonce := wei(o.Nonce)
		if o.Nonce == "" || next != nil && nonce.Cmp(next) < 0 {
			continue
		}
		seen++
		if !waits(*o) {
			continue
		}
		o.Voids = slices.Clone(before)
		if more := n - len(before); more > 0 {
			o.Voids = append(o.Voids, fmt.Sprintf("%d others", more))
		}
		if next == nil {
			o.Voids = append(o.Voids, "and how far the queue is is not known")
		} else if unseen := new(big.Int).Sub(nonce, next); unseen.Sub(unseen, big.NewInt(seen-1)).Sign() > 0 {
			o.Voids = append(o.Voids, fmt.Sprintf("%s that were queued before the history that is read", unseen))
		}
		if n++; n <= mostVoided {
			before = append(before, o.Short+" "+does(*o)+" ("+approval(*o)+")")
		}
	}
}

// approval is whose an operation is.
func approval(o ops.Operation) string {
	switch o.Approved {
	case ops.OK:
		return "APPROVED as " + o.ApprovedAs
	case ops.Unknown:
		return "whether it is approved is not known"
	}
	return "approved by nobody"
}

// does is an operation in one phrase.
func does(o ops.Operation) string {
	if len(o.Calls) == 0 {
		return "unread"
	}
	c := o.Calls[0]
	to := c.Name
	if to == "" {
		to = ends(c.To.Hex())
	}
	phrase := to + "." + c.Function
	if n := len(o.Calls) - 1; n > 0 {
		phrase += fmt.Sprintf(" and %d more", n)
	}
	return phrase
}
