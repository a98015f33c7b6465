package timelock

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// delay is a Zodiac Delay modifier. Facts: zodiac-modifier-delay 0d4dac1,
// contracts/Delay.sol. First in, first out: only the transaction at txNonce can be
// executed, by anyone, and that emits no event: how far the queue is must be read. Its
// owner cancels by moving txNonce, past everything before. Cooldown and expiration are
// those of now, so an ETA moves when they do. Expired ones can be skipped by anyone.
type delay struct{ Timelock }

var (
	transactionAdded = topic("TransactionAdded(uint256,bytes32,address,uint256,bytes,uint8)")
	txCooldownSet    = topic("TxCooldownSet(uint256)")
	txExpirationSet  = topic("TxExpirationSet(uint256)")
	txNonceSet       = topic("TxNonceSet(uint256)")
)

// addedData is what TransactionAdded carries beside its indexed nonce and hash.
var addedData = types("address", "uint256", "bytes", "uint8")

// delegateCall is Enum.Operation.DelegateCall; Call is 0, and there is no third.
const delegateCall = 1

// HashAdded is the hash that a Delay modifier keeps of a transaction:
// keccak256(abi.encodePacked(to, value, data, operation)).
func HashAdded(c ops.Call) common.Hash {
	var operation byte
	if c.Delegate {
		operation = delegateCall
	}
	value := common.BigToHash(wei(c.Value))
	return crypto.Keccak256Hash(c.To[:], value[:], c.Data, []byte{operation})
}

func (delay) Topics() []common.Hash {
	return []common.Hash{transactionAdded, txCooldownSet, txExpirationSet, txNonceSet, ownershipTransferred}
}

func (delay) Key(l ops.Log) (common.Hash, bool) {
	if l.Topics[0] != transactionAdded || len(l.Topics) < 3 {
		return common.Hash{}, false
	}
	return l.Topics[1], true
}

func (d delay) Fold(nonce common.Hash, logs []ops.Log) (o ops.Operation, bad string) {
	for i, l := range logs {
		if i > 0 {
			return o, "its nonce was given out twice"
		}
		o = ops.Operation{ID: l.Topics[2], State: ops.OperationWaiting, Scheduled: l.Block, Place: l.Index, Tx: l.Tx, Nonce: nonce.Big().String(), Short: nonce.Big().String()}
		bad = d.added(&o, l)
		o.Cancel = d.cancels(new(big.Int).Add(nonce.Big(), big.NewInt(1)))
	}
	return o, bad
}

func (delay) added(o *ops.Operation, l ops.Log) (bad string) {
	values, err := calldata.Unpack(addedData, l.Data)
	if err != nil {
		return "an event cannot be read: " + err.Error()
	}
	to, _ := values[0].(common.Address)
	value, _ := values[1].(*big.Int)
	data, _ := values[2].([]byte)
	operation, _ := values[3].(uint8)
	o.Calls = []ops.Call{{To: to, Value: value.String(), Data: data, Delegate: operation == delegateCall}}
	if operation > delegateCall {
		return fmt.Sprintf("its operation is %d, neither a call nor a delegatecall", operation)
	}
	return ""
}

func (delay) Identify(o *ops.Operation) ops.Check {
	check := ops.Check{Name: "id recomputed", Verdict: ops.OK}
	if len(o.Calls) != 1 || HashAdded(o.Calls[0]) != o.ID {
		check.Verdict, check.Why = ops.Unknown, "the hash does not come out of its to, value, data and operation"
	}
	return check
}

var (
	delayNext       = selector("txNonce()")
	delayCooldown   = selector("txCooldown()")
	delayExpiration = selector("txExpiration()")
	delayOwner      = selector("owner()")
	delayHash       = selector("getTxHash(uint256)")
	delayCreated    = selector("getTxCreatedAt(uint256)")
)

// slot is the argument that names an operation to the contract: its nonce.
func slot(o ops.Operation) string {
	h := common.BigToHash(wei(o.Nonce))
	return string(h[:])
}

func (d delay) nextRead() ops.Read { return d.view(delayNext, "txNonce()") }

// skips is the nonce of the transaction that a log proves was skipped, and never
// executed: setTxNonce(n + 1) is refused once n was.
func (delay) skips(l ops.Log) (nonce string, ok bool) {
	if l.Topics[0] != txNonceSet || len(l.Data) != common.HashLength {
		return "", false
	}
	n := new(big.Int).SetBytes(l.Data)
	return n.Sub(n, big.NewInt(1)).String(), n.Sign() >= 0
}

func (d delay) hashRead(o ops.Operation) ops.Read {
	return d.view(delayHash+slot(o), "getTxHash("+o.Nonce+")")
}

func (d delay) createdRead(o ops.Operation) ops.Read {
	return d.view(delayCreated+slot(o), "getTxCreatedAt("+o.Nonce+")")
}

func (d delay) Asks(o ops.Operation) []ops.Read {
	return []ops.Read{d.hashRead(o), d.createdRead(o)}
}

func (d delay) Settings([]ops.Log) []ops.Read {
	return []ops.Read{d.nextRead(), d.view(delayCooldown, "txCooldown()"), d.view(delayExpiration, "txExpiration()"), d.view(delayOwner, "owner()")}
}

func (d delay) Terms(_ []ops.Log, now ops.Readings) Terms {
	reads := d.Settings(nil)
	t := Terms{Next: number(now[reads[0]]), Cooldown: number(now[reads[1]]), Grace: number(now[reads[2]]), Executors: []string{anyone}}
	t.MinDelay, t.Known = seconds(t.Cooldown), t.Cooldown != nil
	if owner, ok := account(now[reads[3]]); ok {
		t.Cancellers = []string{d.called(owner)}
	}
	return t
}

func (d delay) Settle(o *ops.Operation, at ops.BlockRef, terms Terms, now ops.Readings) {
	o.MinDelay, o.Executors, o.Cancellers = terms.MinDelay, terms.Executors, terms.Cancellers
	if terms.Cooldown != nil {
		o.ETA, o.Delay = eta(o.Scheduled.Time, terms.Cooldown), seconds(terms.Cooldown)
	}
	if terms.Grace != nil && terms.Grace.Sign() > 0 { // 0 is for ever; at its last second it can still be executed
		o.Expires = eta(o.ETA, new(big.Int).Add(terms.Grace, big.NewInt(1)))
	}
	mature(o, at)
	if kept, ok := now[d.hashRead(*o)]; ok {
		o.Checks = append(o.Checks, d.agrees(*o, kept, now[d.createdRead(*o)], terms))
	} else {
		unasked(o, now)
	}
}

// agrees holds the event against what the contract keeps under the same nonce. It keeps
// that also when the transaction is over.
func (delay) agrees(o ops.Operation, kept, created ops.Reading, terms Terms) ops.Check {
	c := ops.Check{Name: "contract agrees", Verdict: ops.Unknown}
	hash, when := number(kept), number(created)
	switch {
	case hash == nil:
		c.Why = unanswered(kept)
	case when == nil:
		c.Why = unanswered(created)
	case common.BigToHash(hash) != o.ID:
		c.Verdict, c.Why = ops.Breach, "the contract keeps "+shortHash(common.BigToHash(hash))+" at nonce "+o.Nonce
	case when.Cmp(big.NewInt(o.Scheduled.Time.Unix())) != 0:
		c.Verdict, c.Why = ops.Breach, fmt.Sprintf("the contract says created at %s, the log's block is of %d", when, o.Scheduled.Time.Unix())
	case terms.Next == nil || terms.Cooldown == nil || terms.Grace == nil:
		c.Why = "how far the queue is, or its cooldown or expiration, could not be read"
	case o.ETA.IsZero() && waits(o):
		c.Why = neverComes
	default:
		c.Verdict = ops.OK
	}
	return c
}
