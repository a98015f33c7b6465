package timelock

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// accessManager is OpenZeppelin's AccessManager. Facts: v5.7.0,
// contracts/access/manager/AccessManager.sol. An operation is one call by one caller,
// who alone can execute it; the same id comes again with a greater nonce, and that is
// another operation. It expires expiration() after its time, to the second.
type accessManager struct{ Timelock }

var (
	operationScheduled = topic("OperationScheduled(bytes32,uint32,uint48,address,address,bytes)")
	operationExecuted  = topic("OperationExecuted(bytes32,uint32)")
	operationCanceled  = topic("OperationCanceled(bytes32,uint32)")

	roleGrantedTo     = topic("RoleGranted(uint64,address,uint32,uint48,bool)")
	roleRevokedFrom   = topic("RoleRevoked(uint64,address)")
	roleAdminSet      = topic("RoleAdminChanged(uint64,uint64)")
	roleGuardianSet   = topic("RoleGuardianChanged(uint64,uint64)")
	roleGrantDelaySet = topic("RoleGrantDelayChanged(uint64,uint32,uint48)")
	targetClosed      = topic("TargetClosed(address,bool)")
	functionRoleSet   = topic("TargetFunctionRoleUpdated(address,bytes4,uint64)")
	adminDelaySet     = topic("TargetAdminDelayUpdated(address,uint32,uint48)")
)

// managedData is what OperationScheduled carries beside its indexed id and nonce.
var managedData = types("uint48", "address", "address", "bytes")

var managedForm = types("address", "address", "bytes")

// HashManaged is the id that an AccessManager gives to a call:
// keccak256(abi.encode(caller, target, data)).
func HashManaged(caller, target common.Address, data []byte) common.Hash {
	return hash(managedForm, caller, target, data)
}

func (accessManager) Topics() []common.Hash {
	return []common.Hash{
		operationScheduled, operationExecuted, operationCanceled, roleGrantedTo, roleRevokedFrom, roleAdminSet,
		roleGuardianSet, roleGrantDelaySet, targetClosed, functionRoleSet, adminDelaySet,
	}
}

func (accessManager) Key(l ops.Log) (common.Hash, bool) {
	switch l.Topics[0] {
	case operationScheduled, operationExecuted, operationCanceled:
		if len(l.Topics) > 2 {
			return crypto.Keccak256Hash(l.Topics[1][:], l.Topics[2][:]), true
		}
	}
	return common.Hash{}, false
}

func (m accessManager) Fold(_ common.Hash, logs []ops.Log) (o ops.Operation, bad string) {
	for _, l := range logs {
		switch l.Topics[0] {
		case operationScheduled:
			if o.ID != (common.Hash{}) {
				bad = "its nonce was given out twice"
				continue
			}
			o = ops.Operation{ID: l.Topics[1], State: ops.OperationWaiting, Scheduled: l.Block, Place: l.Index, Tx: l.Tx, Nonce: l.Topics[2].Big().String()}
			bad = m.scheduled(&o, l)
		case operationExecuted:
			if o.ID != (common.Hash{}) {
				o.State, o.Ended = ops.OperationDone, l.Block
			}
		case operationCanceled:
			if o.ID != (common.Hash{}) {
				o.State, o.Ended = ops.OperationCancelled, l.Block
			}
		}
	}
	return o, bad
}

func (m accessManager) scheduled(o *ops.Operation, l ops.Log) (bad string) {
	values, err := calldata.Unpack(managedData, l.Data)
	if err != nil {
		return "an event cannot be read: " + err.Error()
	}
	when, _ := values[0].(*big.Int)
	caller, _ := values[1].(common.Address)
	target, _ := values[2].(common.Address)
	data, _ := values[3].([]byte)
	o.Proposer = caller
	o.Calls = []ops.Call{{To: target, Value: "0", Data: data}}
	if HashManaged(caller, target, data) == o.ID {
		o.Cancel = m.cancels(caller, target, data)
	}
	if o.ETA = moment(when); !o.ETA.IsZero() {
		o.Delay = o.ETA.Sub(o.Scheduled.Time)
	}
	return ""
}

// Identify recomputes the id; it also proves who the caller is.
func (accessManager) Identify(o *ops.Operation) ops.Check {
	check := ops.Check{Name: "id recomputed", Verdict: ops.OK}
	if len(o.Calls) != 1 || HashManaged(o.Proposer, o.Calls[0].To, o.Calls[0].Data) != o.ID {
		check.Verdict, check.Why = ops.Unknown, "the id does not come out of its caller, target and data"
	}
	return check
}

var (
	managerExpiration = selector("expiration()")
	managerSchedule   = selector("getSchedule(bytes32)")
	managerNonce      = selector("getNonce(bytes32)")
	managerCanCall    = selector("canCall(address,address,bytes4)")
)

func (m accessManager) scheduleRead(id common.Hash) ops.Read {
	return m.view(managerSchedule+string(id[:]), "getSchedule("+id.Hex()+")")
}

func (m accessManager) nonceRead(id common.Hash) ops.Read {
	return m.view(managerNonce+string(id[:]), "getNonce("+id.Hex()+")")
}

func (m accessManager) expirationRead() ops.Read { return m.view(managerExpiration, "expiration()") }

// allowed is the read that tells whether the caller may still make his call, and with
// what delay. Calls of the manager itself follow other rules that no view tells.
func (m accessManager) allowed(o ops.Operation) (ops.Read, bool) {
	if len(o.Calls) != 1 || o.Calls[0].To == m.Address || len(o.Calls[0].Data) < 4 {
		return ops.Read{}, false
	}
	to, function := o.Calls[0].To, string(common.RightPadBytes(o.Calls[0].Data[:4], 32))
	return m.view(managerCanCall+word(o.Proposer)+word(to)+function, fmt.Sprintf("canCall(%s, %s, 0x%x)", o.Proposer.Hex(), to.Hex(), o.Calls[0].Data[:4])), true
}

func (m accessManager) Asks(o ops.Operation) []ops.Read {
	out := []ops.Read{m.scheduleRead(o.ID), m.nonceRead(o.ID)}
	if r, ok := m.allowed(o); ok {
		out = append(out, r)
	}
	if len(o.Calls) == 1 && len(o.Calls[0].Data) >= 4 {
		out = append(out, m.functionRoleRead(o), m.guardRead(o))
	}
	return out
}

func (m accessManager) Settings(about []ops.Log) []ops.Read {
	return append([]ops.Read{m.expirationRead()}, m.guardians(about)...)
}

func (m accessManager) Terms(about []ops.Log, now ops.Readings) Terms {
	return Terms{Grace: number(now[m.expirationRead()]), Guards: m.guarding(about, now)}
}

func (m accessManager) Settle(o *ops.Operation, at ops.BlockRef, terms Terms, now ops.Readings) {
	o.Executors, o.Cancellers = []string{m.called(o.Proposer)}, m.cancellersOf(*o, terms, now)
	if terms.Grace != nil {
		o.Expires = eta(o.ETA, terms.Grace)
	}
	mature(o, at)
	if r, ok := m.allowed(*o); ok && waits(*o) {
		m.permit(o, now[r])
	}
	scheduled, asked := now[m.scheduleRead(o.ID)]
	if asked {
		o.Checks = append(o.Checks, m.agrees(*o, scheduled, now[m.nonceRead(o.ID)]))
	} else {
		unasked(o, now)
	}
}

// permit reads canCall: (immediate, delay). Without either, execute reverts.
func (accessManager) permit(o *ops.Operation, r ops.Reading) {
	if r.Status != ops.ReadOK || len(r.Data) != 64 {
		return
	}
	immediate, delay := new(big.Int).SetBytes(r.Data[:32]), new(big.Int).SetBytes(r.Data[32:])
	o.MinDelay = seconds(delay)
	if immediate.Sign() == 0 && delay.Sign() == 0 {
		o.Blocked = "the manager does not let its caller call this now"
	}
}

// agrees holds the logs against getSchedule, which is 0 for what is over or expired, and
// against getNonce, which only grows.
func (accessManager) agrees(o ops.Operation, schedule, nonce ops.Reading) ops.Check {
	c := ops.Check{Name: "contract agrees", Verdict: ops.Unknown}
	says, count := number(schedule), number(nonce)
	want := new(big.Int)
	if waits(o) {
		want = big.NewInt(o.ETA.Unix())
	}
	switch {
	case says == nil:
		c.Why = unanswered(schedule)
	case count == nil:
		c.Why = unanswered(nonce)
	case count.String() != o.Nonce && waits(o):
		c.Verdict, c.Why = ops.Breach, fmt.Sprintf("the contract is at nonce %s, this is %s", count, o.Nonce)
	case o.ETA.IsZero() && waits(o):
		c.Why = neverComes
	case count.String() == o.Nonce && says.Cmp(want) != 0:
		c.Verdict, c.Why = ops.Breach, fmt.Sprintf("the contract says %s, the logs say %s", says, want)
	default:
		c.Verdict = ops.OK
	}
	return c
}
