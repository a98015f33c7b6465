package chain_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

var (
	toVault = ops.Read{Kind: ops.ReadSent, To: vault, Name: "the transactions to vault"}
	fee     = ops.Read{Kind: ops.ReadBaseFee, Name: "block.basefee"}
	nobody  = common.Address{1}
)

// sending is a chain whose head has three transactions, two of them to the vault, and
// a log.
func sending(c *chaintest.Chain) chaintest.Header {
	c.Mine(1)
	c.Carry(c.Head(), chaintest.Transaction{To: &vault, From: nobody, Input: hexutil.Bytes{1, 2, 3, 4}})
	c.Carry(c.Head(), chaintest.Transaction{From: nobody, Input: hexutil.Bytes{9}})
	c.Carry(c.Head(), chaintest.Transaction{To: &vault, From: nobody, Input: hexutil.Bytes{5}})
	c.Emit(c.Head(), types.Log{Address: vault})
	return c.Head()
}

func invocations(t *testing.T, r ops.Reading) []ops.Invocation {
	t.Helper()
	if r.Status != ops.ReadOK {
		t.Fatalf("%s is not known: %s", r.Read.Name, r.Err)
	}
	out, err := calldata.Invocations(r.Data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTransactionsComeWithTheBlockInOneRequest(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	head := sending(s.Chain)
	c, before := client(t, chain.Endpoint{HTTP: s.HTTP}), s.Requests()
	readings, logs, err := c.ReadBlock(t.Context(), at(head), []ops.Read{toVault, fee, {Kind: ops.ReadSent, To: nobody}}, chain.Filter{Addresses: []common.Address{vault}})
	if err != nil || len(logs) != 1 {
		t.Fatalf("%d logs, %v", len(logs), err)
	}
	if n := s.Requests() - before; n != 1 {
		t.Errorf("%d requests", n)
	}
	sent := invocations(t, readings[0])
	if len(sent) != 2 || sent[0].Index != 0 || sent[1].Index != 2 || sent[0].From != nobody || len(sent[0].Data) != 4 || sent[0].Tx == sent[1].Tx {
		t.Errorf("got %+v", sent)
	}
	if readings[1].Status != ops.ReadOK || len(invocations(t, readings[2])) != 0 {
		t.Errorf("the base fee is %+v", readings[1])
	}
}

// Whatever a provider says for transactions, calls are not known or what they are, and
// nothing else of the block suffers.
func TestTransactionsThatCannotBeReadSpoilNothingElse(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	head := sending(s.Chain)
	edit := func(change func(block map[string]any, txs []any)) func(json.RawMessage) json.RawMessage {
		return func(raw json.RawMessage) json.RawMessage {
			var block map[string]any
			if json.Unmarshal(raw, &block) != nil {
				return raw
			}
			txs, _ := block["transactions"].([]any)
			change(block, txs)
			out, err := json.Marshal(block)
			if err != nil {
				t.Error(err)
			}
			return out
		}
	}
	tx := func(n int, key string, value any) func(json.RawMessage) json.RawMessage {
		return edit(func(_ map[string]any, txs []any) { txs[n].(map[string]any)[key] = value })
	}
	for name, c := range map[string]struct {
		lie  func(json.RawMessage) json.RawMessage
		want string
	}{
		"none":          {edit(func(b map[string]any, _ []any) { delete(b, "transactions") }), "sent no transactions"},
		"null":          {edit(func(b map[string]any, _ []any) { b["transactions"] = nil }), "sent no list"},
		"hashes":        {edit(func(b map[string]any, _ []any) { b["transactions"] = []any{common.Hash{1}} }), "transaction 0 cannot be read"},
		"one left out":  {edit(func(b map[string]any, txs []any) { b["transactions"] = txs[1:] }), "it says that it stands at 1"},
		"twice":         {edit(func(b map[string]any, txs []any) { b["transactions"] = append(txs, txs[2]) }), "it says that it stands at 2"},
		"another block": {tx(1, "blockHash", common.Hash{3}), "a transaction is of block 0x03"},
		"odd input":     {tx(2, "input", "0xabc"), "its input"},
		"no input":      {tx(2, "input", nil), ""},
		"no sender":     {tx(0, "from", nil), "who sent it"},
		"value":         {tx(0, "value", "0x1"+strings.Repeat("0", 64)), "transaction 0 cannot be read"},
		"too many": {edit(func(b map[string]any, _ []any) {
			var many []any
			for i := range 20_001 {
				many = append(many, map[string]any{"blockHash": head.Hash, "transactionIndex": hexutil.Uint64(i), "hash": common.Hash{}})
			}
			b["transactions"] = many
		}), "more than 20000 transactions"},
		"too long":          {tx(1, "input", "0x"+strings.Repeat("00", 12<<20)), "more than 25165824"},
		"more than a body":  {tx(1, "input", "0x"+strings.Repeat("00", 17<<20)), "oversized answer"},
		"what is no object": {func(json.RawMessage) json.RawMessage { return json.RawMessage(`{"hash":5}`) }, "cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			g := chaintest.Behind(t, s.HTTP)
			full := func(raw json.RawMessage) json.RawMessage {
				if !strings.Contains(string(raw), `"transactionIndex"`) {
					return raw // of the header alone nothing is said
				}
				return c.lie(raw)
			}
			g.Set(chaintest.LiesOn("eth_getBlockByHash", full))
			p := client(t, chain.Endpoint{HTTP: g.HTTP, Timeout: 20 * time.Second})
			readings, logs, err := p.ReadBlock(t.Context(), at(head), []ops.Read{toVault, fee}, chain.Filter{Addresses: []common.Address{vault}})
			if err != nil || len(logs) != 1 || readings[1].Status != ops.ReadOK {
				t.Fatalf("the rest of the block: %d logs, %+v, %v", len(logs), readings[1:], err)
			}
			if r := readings[0]; r.Status == ops.ReadOK || !strings.Contains(r.Err, c.want) {
				t.Errorf("status %d with %d bytes: %q, want %q", r.Status, len(r.Data), r.Err, c.want)
			}
		})
	}
}

// A provider that leaves a transaction out, and counts the rest anew, is found out by
// another one: calls are not known, and all else of the block is.
func TestProvidersThatDifferOnTransactionsMakeCallsUnknown(t *testing.T) {
	k := gather(t, 2, 2, time.Second)
	head := sending(k.Chain)
	k.gates[1].Set(chaintest.LiesOn("eth_getBlockByHash", func(raw json.RawMessage) json.RawMessage {
		var f struct {
			chaintest.Header
			Transactions []chaintest.Transaction `json:"transactions"`
		}
		if json.Unmarshal(raw, &f) != nil || len(f.Transactions) == 0 {
			return raw
		}
		f.Transactions = f.Transactions[:2]
		out, err := json.Marshal(f)
		if err != nil {
			t.Error(err)
		}
		return out
	}))
	readings, logs, err := k.pool.ReadBlock(t.Context(), at(head), []ops.Read{toVault, fee}, chain.Filter{Addresses: []common.Address{vault}})
	if err != nil || len(logs) != 1 || readings[1].Status != ops.ReadOK {
		t.Fatalf("the rest of the block: %d logs, %+v, %v", len(logs), readings, err)
	}
	if r := readings[0]; r.Status != ops.ReadNotRun || !strings.Contains(r.Err, "2 transactions") || !strings.Contains(r.Err, "1 transactions") {
		t.Errorf("status %d: %s", r.Status, r.Err)
	}
	k.gates[1].Heal()
	readings, _, err = k.pool.ReadBlock(t.Context(), at(head), []ops.Read{toVault}, chain.Filter{})
	if err != nil || len(invocations(t, readings[0])) != 2 {
		t.Errorf("once they agree: %+v, %v", readings, err)
	}
}

func TestAHistoryWithTransactionsIsReadWholeOrNotAtAll(t *testing.T) {
	k := gather(t, 2, 2, time.Second)
	for range 40 {
		sending(k.Chain)
	}
	blocks, err := k.pool.Sent(t.Context(), 3, 40, []ops.Read{toVault})
	if err != nil || len(blocks) != 38 {
		t.Fatalf("%d blocks, %v", len(blocks), err)
	}
	for i, b := range blocks {
		if want := k.At(3 + i); b[0].At.Hash != want.Hash || b[0].At.Number != uint64(3+i) || len(invocations(t, b[0])) != 2 {
			t.Errorf("block %d: %+v", 3+i, b[0])
		}
	}
	c := k.clients[0]
	if none, err := c.Sent(t.Context(), 3, 40, nil); err != nil || none != nil {
		t.Errorf("nothing was asked for: %v, %v", none, err)
	}
	if _, err := c.Sent(t.Context(), 30, 41, []ops.Read{toVault}); err == nil || !strings.Contains(err.Error(), "no such block") {
		t.Errorf("a block that is not there: %v", err)
	}
	if _, err := c.Sent(t.Context(), 1, 5_000, []ops.Read{toVault}); err == nil || !strings.Contains(err.Error(), "at most 3600") {
		t.Errorf("more than is read back: %v", err)
	}
	k.gates[0].Set(chaintest.LiesOn("eth_getBlockByNumber", func(raw json.RawMessage) json.RawMessage {
		return json.RawMessage(strings.Replace(string(raw), `"transactionIndex":"0x2"`, `"transactionIndex":"0x3"`, 1))
	}))
	blocks, err = c.Sent(t.Context(), 3, 4, []ops.Read{toVault})
	if err != nil || blocks[0][0].Status != ops.ReadNotRun || !strings.Contains(blocks[0][0].Err, "stands at 3") {
		t.Errorf("a block that cannot be read is not known: %+v, %v", blocks, err)
	}
	if _, err := k.pool.Sent(t.Context(), 3, 4, []ops.Read{toVault}); err == nil {
		t.Error("two providers differ, and one of them was believed")
	}
}

// Whatever a provider sends for a block's transactions, they are known or the reason
// is, and nothing panics.
func FuzzSent(f *testing.F) {
	f.Add([]byte(`[{"blockHash":"0x0000000000000000000000000000000000000000000000000000000000000001","transactionIndex":"0x0","hash":"0x0000000000000000000000000000000000000000000000000000000000000001","from":"0x0000000000000000000000000000000000000001","to":"0x0000000000000000000000000000000000000009","value":"0x0","input":"0x01"}]`))
	f.Add([]byte(`[`))
	f.Add([]byte(`{"a":[]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sent, why := chain.SentOf(raw, common.Address{19: 9})
		if why == nil && len(sent) > len(raw)/100 {
			t.Fatalf("%d transactions in %d bytes", len(sent), len(raw))
		}
		for n, i := range sent {
			if i.Value == nil || n > 0 && i.Index <= sent[n-1].Index {
				t.Fatalf("transaction %d: %+v", n, i)
			}
		}
	})
}
