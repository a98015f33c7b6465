package rehearsal_test

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// What a Safe is judged by travels with the block's own reads: its board costs the one
// request that every board costs, and what is simulated is what would be sent.
func TestASafesBoardIsMeasuredInOneRequest(t *testing.T) {
	c := newChamber(t, "1.5.0")
	counted := record(t, c.http)
	id := c.rules(t).ChainID
	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "drill", Chain: id, HTTP: counted.url})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	head, err := client.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	candidate := c.candidates(t, 1)[0]
	step := &candidate.Action.Steps[0]
	paused := isSet{ops.Read{Kind: ops.ReadCall, To: c.Vault, Data: "\x5c\x97\x5a\xbb", Name: "second.paused()"}}
	step.Call.To, step.Expect, step.Written = c.Vault, paused, nil
	tx := step.BySafe(id, c.Safe, 0)
	var kept []safe.Kept
	for _, name := range []string{drill.Release, drill.Command} {
		kept = append(kept, safe.Kept{Transaction: tx, Signature: safetest.Signed(t, name, tx)})
	}
	step.Lanes[0].Safe = &contain.Safe{Address: c.Safe, Collected: func() []safe.Kept { return kept }, Name: common.Address.Hex}
	engine := contain.New(contain.Config{Chain: client, ChainID: id})
	readings, err := client.Read(t.Context(), head, engine.BoardReads([]contain.Action{candidate.Action}))
	if err != nil {
		t.Fatal(err)
	}
	_, before := counted.asked()
	line := engine.Board(t.Context(), head, ops.ReadingsOf(readings), []contain.Candidate{candidate})[0]
	_, after := counted.asked()
	if after-before != 1 || line.State != ops.Ready || len(line.Why) != 0 || line.From != c.Safe || line.Gas < 80_000 {
		t.Errorf("%d requests: %+v", after-before, line)
	}
}

// A call that fails inside a Safe: up to 1.4.1 the Safe says GS013, from 1.5.0 on the
// call's own reason comes through.
func TestACallThatFailsInsideASafeIsTold(t *testing.T) {
	for version, want := range map[string]string{"1.3.0": "GS013: the call itself failed", "1.4.1": "GS013: the call itself failed", "1.5.0": "ExpectedPause"} {
		c := newChamber(t, version)
		id := c.rules(t).ChainID
		client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "drill", Chain: id, HTTP: c.http})
		if err != nil {
			t.Fatal(err)
		}
		unpause := safe.Transaction{Chain: id, Safe: c.Safe, To: c.Vault, Data: contracts.Vault().Call("unpause")}
		tried, err := client.Try(t.Context(), ops.Trial{At: c.Head(), Action: ops.Message{From: drill.Address(drill.Guardian), To: c.Safe, Data: safetest.Carried(t, unpause, drill.Security, drill.Release)}})
		client.Close()
		reason := tried.Action.Reason
		if meaning := safe.Meaning(reason); meaning != "" {
			reason = meaning
		}
		if err != nil || tried.Action.OK || !strings.HasPrefix(reason, want) {
			t.Errorf("%s: %q, %v", version, reason, err)
		}
	}
}
