package timelock_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// In a queue that keeps its order only the first can be executed; what was queued before
// the history begins is before it too, and what is expired is not.
func TestOnlyTheFirstInLineIsInNothingsWay(t *testing.T) {
	k := kinds[2]
	added := func(seconds int64, nonce uint64) ops.Log { return k.added(at(nonce+1, seconds), int(nonce), nonce) }
	for _, c := range []struct {
		name string
		next int64
		now  int64
		want string
	}{
		{"the first", 5, delay, "5  6 nonce 5 is before it 7 nonce 5 is before it"},
		{"the second", 6, delay, "5  6  7 nonce 6 is before it"},
		{"one from before the history", 4, delay, "5 nonce 4 is before it 6 nonce 4 is before it 7 nonce 4 is before it"},
		{"the first expired", 5, delay + 86401, "5  6  7 nonce 6 is before it"},
		{"all are over", 8, delay, "5  6  7 "},
	} {
		k.answers = map[string]*big.Int{"txNonce()": big.NewInt(c.next), "txCooldown()": big.NewInt(delay), "txExpiration()": big.NewInt(86400)}
		got := ""
		for _, o := range k.queue(k.lock(), at(99, c.now), added(0, 5), added(100, 6), added(100, 7)) {
			got += o.Nonce + " " + o.Blocked + " "
		}
		if got != c.want+" " {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Who may act is what the contract says, of those that the logs or this console name.
// Before 4.6 there is no CANCELLER_ROLE, and proposers cancel.
func TestWhoMayActIsWhatTheContractSays(t *testing.T) {
	granted := func(role string, to common.Address) ops.Log {
		return emitted(at(1, 0), nil, topic("RoleGranted(bytes32,address,address)"), topic(role), common.BytesToHash(to[:]), common.Hash{})
	}
	c := call(1)
	id := timelock.HashOperation(c, common.Hash{}, common.Hash{})
	guardian := common.HexToAddress("0x01")
	lock := timelock.Timelock{ID: "T1", Address: address, Names: map[common.Address]string{vault: "vault"}, Accounts: map[common.Address]string{guardian: "guardian"}}
	for _, s := range []struct {
		name string
		has  map[string]bool // "EXECUTOR vault"
		old  bool
		want string
	}{
		{"open to all", map[string]bool{"EXECUTOR nobody": true, "EXECUTOR vault": true, "CANCELLER guardian": true}, false, "[anyone] [guardian]"},
		{"closed", map[string]bool{"EXECUTOR vault": true, "CANCELLER vault": true, "PROPOSER guardian": true}, false, "[vault] [vault]"},
		{"before 4.6", map[string]bool{"PROPOSER vault": true, "PROPOSER guardian": true}, true, "[] [guardian vault]"},
		{"revoked since", map[string]bool{}, false, "[] []"},
	} {
		l := lock.Start()
		for _, role := range []string{"EXECUTOR_ROLE", "CANCELLER_ROLE", "PROPOSER_ROLE"} {
			l.Take([]ops.Log{granted(role, vault)})
		}
		l.Take([]ops.Log{scheduled(at(1, 0), id, 0, c, big.NewInt(delay))})
		answers := ops.Readings{}
		for _, r := range l.Asks() {
			answer := ops.Reading{Read: r, Status: ops.ReadOK, Data: make([]byte, 32)}
			for role, key := range map[string]string{"EXECUTOR": "EXECUTOR_ROLE", "CANCELLER": "CANCELLER_ROLE", "PROPOSER": "PROPOSER_ROLE"} {
				for name, who := range map[string]common.Address{"nobody": {}, "vault": vault, "guardian": guardian} {
					if r.Name == fmt.Sprintf("T1.hasRole(%s, %s)", topic(key).Hex(), who.Hex()) && s.has[role+" "+name] {
						answer.Data[31] = 1
					}
				}
			}
			if s.old && r.Name == "T1.CANCELLER_ROLE()" {
				answer = ops.Reading{Read: r, Status: ops.ReadReverted}
			}
			answers[r] = answer
		}
		if o := l.Queue(at(2, 1), answers)[0]; fmt.Sprint(o.Executors, o.Cancellers) != s.want {
			t.Errorf("%s: %v %v, want %s", s.name, o.Executors, o.Cancellers, s.want)
		}
	}
}
