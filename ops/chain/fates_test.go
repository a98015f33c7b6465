package chain_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

var vaultFates = ops.Read{Kind: ops.ReadSent, To: vault, Data: ops.WithFates, Name: "the transactions to vault and their receipts"}

// failing is a chain whose head has four transactions to the vault; the second and the last
// failed.
func failing(c *chaintest.Chain) chaintest.Header {
	c.Mine(1)
	for n := range 4 {
		c.Carry(c.Head(), chaintest.Transaction{To: &vault, From: nobody, Gas: 50_000, Failed: n%2 == 1})
	}
	return c.Head()
}

func fatesIn(t *testing.T, r ops.Reading) string {
	t.Helper()
	var out []byte
	for _, i := range invocations(t, r) {
		if i.To != vault || i.Gas != 50_000 {
			t.Errorf("got %+v", i)
		}
		out = append(out, "?.x"[i.Fate])
	}
	return string(out)
}

func TestHowTransactionsEndedComesInTheSameRequestAndOnlyWhenAsked(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	head := failing(s.Chain)
	g := chaintest.Behind(t, s.HTTP)
	asked := 0
	g.Set(chaintest.LiesOn("eth_getBlockReceipts", func(raw json.RawMessage) json.RawMessage { asked++; return raw }))
	c := client(t, chain.Endpoint{HTTP: g.HTTP})
	if readings, err := c.Read(t.Context(), at(head), []ops.Read{toVault, fee}); err != nil || fatesIn(t, readings[0]) != "????" || asked != 0 {
		t.Errorf("nobody asked: %+v, %v, %d receipts asked for", readings, err, asked)
	}
	before := s.Requests()
	readings, err := c.Read(t.Context(), at(head), []ops.Read{vaultFates, toVault, fee})
	if err != nil || fatesIn(t, readings[0]) != ".x.x" || fatesIn(t, readings[1]) != "????" || asked != 1 {
		t.Errorf("%+v, %v, %d", readings, err, asked)
	}
	if n := s.Requests() - before; n != 1 {
		t.Errorf("%d requests", n)
	}
}

// What somebody sent is found to whomever it was sent.
func TestTransactionsAreFoundByWhoSentThem(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Mine(1)
	s.Carry(s.Head(), chaintest.Transaction{To: &vault, From: nobody})
	s.Carry(s.Head(), chaintest.Transaction{To: &vault, From: vault})
	s.Carry(s.Head(), chaintest.Transaction{To: &nobody, From: nobody, Failed: true})
	s.Carry(s.Head(), chaintest.Transaction{From: nobody})
	his := ops.Read{Kind: ops.ReadSent, From: nobody, Data: ops.WithFates, Name: "the transactions of nobody"}
	readings, err := client(t, chain.Endpoint{HTTP: s.HTTP}).Read(t.Context(), at(s.Head()), []ops.Read{his, toVault})
	if err != nil {
		t.Fatal(err)
	}
	sent := invocations(t, readings[0])
	if len(sent) != 2 || sent[0].To != vault || sent[1].To != nobody || sent[1].Fate != ops.FateFailed || len(invocations(t, readings[1])) != 2 {
		t.Errorf("%+v, %+v", sent, readings[1])
	}
}

// Whatever a provider says for receipts, what failed is not known or what it is; what was
// sent is known all the same, now and in the past.
func TestReceiptsThatCannotBeReadSpoilNothingElse(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	head := failing(s.Chain)
	edit := func(change func([]map[string]any) any) func(json.RawMessage) json.RawMessage {
		return func(raw json.RawMessage) json.RawMessage {
			var receipts []map[string]any
			if json.Unmarshal(raw, &receipts) != nil {
				return raw
			}
			out, err := json.Marshal(change(receipts))
			if err != nil {
				t.Error(err)
			}
			return out
		}
	}
	one := func(n int, key string, value any) func(json.RawMessage) json.RawMessage {
		return edit(func(r []map[string]any) any { r[n][key] = value; return r })
	}
	for name, c := range map[string]struct {
		lie  func(json.RawMessage) json.RawMessage
		want string
	}{
		"null":               {edit(func([]map[string]any) any { return nil }), "no list of receipts"},
		"none":               {edit(func([]map[string]any) any { return []int{} }), "4 transactions and 0 receipts"},
		"one left out":       {edit(func(r []map[string]any) any { return r[:3] }), "4 transactions and 3 receipts"},
		"swapped":            {edit(func(r []map[string]any) any { r[0], r[1] = r[1], r[0]; return r }), "says that it stands at 1"},
		"another block":      {one(2, "blockHash", common.Hash{5}), "is of block 0x05"},
		"another tx":         {one(3, "transactionHash", common.Hash{5}), "is of another transaction"},
		"no status":          {one(1, "status", nil), "does not say how"},
		"an odd status":      {one(1, "status", "0x2"), "ended in 2"},
		"what is no list":    {edit(func([]map[string]any) any { return "0x" }), "no list of receipts"},
		"what is no receipt": {edit(func([]map[string]any) any { return []int{1} }), "receipt 0 cannot be read"},
		"too many": {edit(func([]map[string]any) any {
			return json.RawMessage("[" + strings.Repeat(`{"logs":["`+strings.Repeat("0", 60)+`"]},`, 20_001) + "{}]")
		}), "more than 20000 receipts"},
		"too long": {one(0, "logsBloom", strings.Repeat("0", 25<<20)), "more than 25165824"},
	} {
		t.Run(name, func(t *testing.T) {
			g := chaintest.Behind(t, s.HTTP)
			g.Set(chaintest.LiesOn("eth_getBlockReceipts", c.lie))
			p := client(t, chain.Endpoint{HTTP: g.HTTP, Timeout: 20 * time.Second})
			readings, err := p.Read(t.Context(), at(head), []ops.Read{vaultFates, toVault, fee})
			if err != nil || fatesIn(t, readings[1]) != "????" || readings[2].Status != ops.ReadOK {
				t.Fatalf("the rest of the block: %+v, %v", readings, err)
			}
			past, err := p.Sent(t.Context(), uint64(head.Number), uint64(head.Number), []ops.Read{vaultFates, toVault})
			if err != nil || fatesIn(t, past[0][1]) != "????" {
				t.Fatalf("the rest of the past: %+v, %v", past, err)
			}
			for _, r := range []ops.Reading{readings[0], past[0][0]} {
				if r.Status != ops.ReadNotRun || !strings.Contains(r.Err, c.want) {
					t.Errorf("status %d: %q, want %q", r.Status, r.Err, c.want)
				}
			}
		})
	}
}

// A node that has no receipts of blocks says so, and nothing else suffers.
func TestANodeWithoutReceiptsOfBlocksLeavesOnlyTheirCallsUnknown(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	failing(s.Chain)
	head := failing(s.Chain)
	g := chaintest.Behind(t, s.HTTP)
	g.Set(chaintest.Lacks("eth_getBlockReceipts"))
	c := client(t, chain.Endpoint{HTTP: g.HTTP})
	readings, err := c.Read(t.Context(), at(head), []ops.Read{vaultFates, toVault})
	if err != nil || fatesIn(t, readings[1]) != "????" || readings[0].Status != ops.ReadNotRun || !strings.Contains(readings[0].Err, "does not know eth_getBlockReceipts") {
		t.Errorf("%+v, %v", readings, err)
	}
	past, err := c.Sent(t.Context(), 1, 2, []ops.Read{vaultFates, toVault})
	if err != nil || len(past) != 2 || fatesIn(t, past[1][1]) != "????" || !strings.Contains(past[0][0].Err, "does not know eth_getBlockReceipts") {
		t.Errorf("the past: %+v, %v", past, err)
	}
	g.Heal()
	past, err = c.Sent(t.Context(), 1, 2, []ops.Read{vaultFates})
	if err != nil || len(past) != 2 || fatesIn(t, past[0][0]) != ".x.x" || fatesIn(t, past[1][0]) != ".x.x" {
		t.Errorf("with receipts: %+v, %v", past, err)
	}
}

// A provider that says of a failed transaction that it succeeded is found out by another.
func TestProvidersThatDifferOnReceiptsMakeWhatFailedUnknown(t *testing.T) {
	k := gather(t, 2, 2, time.Second)
	head := failing(k.Chain)
	k.gates[1].Set(chaintest.LiesOn("eth_getBlockReceipts", func(raw json.RawMessage) json.RawMessage {
		return json.RawMessage(strings.Replace(string(raw), `"status":"0x0"`, `"status":"0x1"`, 1))
	}))
	readings, _, err := k.pool.ReadBlock(t.Context(), at(head), []ops.Read{vaultFates, toVault}, chain.Filter{})
	if err != nil || fatesIn(t, readings[1]) != "????" {
		t.Fatalf("the rest of the block: %+v, %v", readings, err)
	}
	if r := readings[0]; r.Status != ops.ReadNotRun || !strings.Contains(r.Err, "4 transactions, 2 of them failed") || !strings.Contains(r.Err, "4 transactions, 1 of them failed") {
		t.Errorf("status %d: %s", r.Status, r.Err)
	}
}

// What is executed once more succeeds, or reverts with a reason, or nobody tells; and it is
// pinned to the block.
func TestACallIsRepeatedOnTopOfABlock(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	c := client(t, chain.Endpoint{HTTP: s.HTTP})
	calls := []ops.Message{{To: vault, Data: []byte{1}}, {To: vault, Data: []byte{2}, Gas: 5}}
	out, err := c.Repeat(t.Context(), at(s.Head()), calls)
	if err != nil || len(out) != 2 || out[0].OK || out[0].Reason != "" || out[1].OK || out[1].Reason != "" {
		t.Errorf("nobody answers calls: %+v, %v", out, err)
	}
	s.Call = func([]byte) ([]byte, error) { return nil, errors.New("out of gas") }
	if out, err = c.Repeat(t.Context(), at(s.Head()), calls); err != nil || out[1].OK || out[1].Reason != "out of gas" {
		t.Errorf("too little gas: %+v, %v", out, err)
	}
	s.Call = func([]byte) ([]byte, error) { return []byte{1}, nil }
	if out, err = c.Repeat(t.Context(), at(s.Head()), calls); err != nil || !out[0].OK || !out[1].OK {
		t.Errorf("it succeeds: %+v, %v", out, err)
	}
	for _, pin := range s.Pins() {
		if !strings.Contains(pin, s.Head().Hash.Hex()) {
			t.Errorf("pinned to %s", pin)
		}
	}
}

// Whatever a provider sends for receipts, each transaction's end is known or the reason is.
func FuzzFates(f *testing.F) {
	block, tx := common.Hash{31: 1}, common.Hash{31: 2}
	f.Add([]byte(`[{"blockHash":"` + block.Hex() + `","transactionIndex":"0x0","transactionHash":"` + tx.Hex() + `","status":"0x0"}]`))
	f.Add([]byte(`[{"status":"0x1"}]`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fates, why := chain.FatesOf(raw, block, tx)
		if why == nil && (len(fates) != 1 || fates[0] == ops.FateUnasked) {
			t.Fatalf("%v of %q", fates, raw)
		}
	})
}
