package rehearsal_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// What becomes of hazards when nobody answers them: on a node whose clock can be set,
// two operations that anybody may execute lower the delay and give a role away.
func TestWhatWasExecutedIsSaidOfTheTimelock(t *testing.T) {
	f := newForeign(t)
	two := big.NewInt(int64((48 * time.Hour).Seconds()))
	at := f.deploy(contracts.Timelock().Deploy(two, []common.Address{f.accounts[0]}, []common.Address{{}}, f.accounts[0]))
	mallory, proposer := f.accounts[7], crypto.Keccak256Hash([]byte("PROPOSER_ROLE"))
	lower := contracts.Timelock().Call("updateDelay", big.NewInt(3600))
	grant := contracts.Timelock().Call("grantRole", proposer, mallory)
	none := common.Hash{}
	for _, data := range [][]byte{lower, grant} {
		f.send(&at, contracts.Timelock().Call("schedule", at, new(big.Int), data, none, none, two))
	}
	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "anvil", Chain: 31337, HTTP: f.http, WS: f.ws})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	lock := timelock.Timelock{ID: "T1", Address: at, Least: 48 * time.Hour, Names: map[common.Address]string{at: "timelock"}}
	// seen is what is in breach at the newest block, a line each.
	seen := func() string {
		t.Helper()
		head, err := client.Latest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		logs, err := client.Logs(t.Context(), 0, head.Number, chain.Filter{Addresses: []common.Address{at}, Topics: lock.Topics()})
		if err != nil {
			t.Fatal(err)
		}
		l := lock.Start()
		l.Take(logs)
		answers, err := client.Read(t.Context(), head, l.Asks())
		if err != nil {
			t.Fatal(err)
		}
		now := ops.ReadingsOf(answers)
		queue := l.Queue(head, now)
		var lines []string
		for _, o := range queue {
			for _, h := range o.Hazards {
				lines = append(lines, h.Verdict.String()+" "+string(h.Kind)+" "+h.Text)
			}
		}
		for _, h := range l.About(queue, head, now).Hazards {
			lines = append(lines, h.Verdict.String()+" lock "+string(h.Kind)+" "+h.Text)
		}
		return strings.Join(lines, "\n")
	}
	must := func(text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in\n%s", want, text)
			}
		}
	}
	must(seen(), "breach delay call 1 lowers the minimum delay to 1h, the policy allows 48h", "breach order names no predecessor, and anybody may execute it before or after T1·",
		"breach role call 1 changes who may do what: timelock.looks like grantRole(PROPOSER_ROLE, "+mallory.Hex()+")")
	if text := seen(); strings.Contains(text, "breach lock ") || strings.Contains(text, "unknown ") {
		t.Errorf("before anything was executed:\n%s", text)
	}
	f.ask(nil, "evm_increaseTime", hexutil.Uint64(two.Uint64()))
	for _, data := range [][]byte{grant, lower} {
		f.send(&at, contracts.Timelock().Call("execute", at, new(big.Int), data, none, none))
	}
	must(seen(), "breach lock delay the minimum delay is 1h, the policy allows 48h", "breach lock role PROPOSER_ROLE was granted to "+mallory.Hex()+" at #", "by timelock")
	f.send(&at, contracts.Timelock().Call("revokeRole", proposer, mallory)) // its administrator, past the queue
	if text := seen(); strings.Contains(text, "lock role") {
		t.Errorf("all is as it was:\n%s", text)
	}
	f.send(&at, contracts.Timelock().Call("revokeRole", proposer, f.accounts[0]))
	must(seen(), "breach lock role PROPOSER_ROLE was taken from "+f.accounts[0].Hex()+" at #", "by "+f.accounts[0].Hex())
}
