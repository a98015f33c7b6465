package chain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

var vaultInner = ops.Read{Kind: ops.ReadInner, To: vault, Name: "the calls of vault inside transactions"}

func inside(t *testing.T, calls []ops.Invocation) string {
	t.Helper()
	var out []string
	for _, i := range calls {
		out = append(out, fmt.Sprintf("%d:%x>%x %s %c", i.Index, i.From[19:], i.To[19:], i.Value, "?.x"[i.Fate]))
	}
	return strings.Join(out, ", ")
}

// a is an address by its last byte; the vault's own is v.
func a(b byte) string { return common.Address{19: b}.Hex() }

// nestedTrace and flatTrace are the same two transactions as two kinds of nodes tell them.
func nestedTrace(txs ...common.Hash) string {
	v := vault.Hex()
	return fmt.Sprintf(`[{"txHash":"%s","result":{"type":"CALL","from":"%s","to":"%s","value":"0x9","calls":[
		{"type":"CALL","from":"%[3]s","to":"%[4]s","value":"0x0","input":"0x01"},
		{"type":"DELEGATECALL","from":"%[4]s","to":"%[3]s","value":"0x5"},
		{"type":"CALL","from":"%[4]s","to":"%[5]s","value":"0x7"},
		{"type":"STATICCALL","from":"%[4]s","to":"%[5]s"},
		{"type":"CALL","from":"%[3]s","to":"%[5]s","error":"execution reverted","calls":[{"type":"CALL","from":"%[5]s","to":"%[4]s","value":"0x3"}]}]}},
		{"txHash":"%[6]s","result":{"type":"CALL","from":"%[2]s","to":"%[4]s","error":"out of gas","calls":[
		{"type":"CREATE","from":"%[4]s","value":"0x2","error":"x"},{"type":"SELFDESTRUCT","from":"%[3]s","to":"%[4]s","value":"0x1"}]}}]`,
		txs[0], a(1), a(2), v, a(3), txs[1])
}

func flatTrace(block common.Hash, txs ...common.Hash) string {
	var out []string
	add := func(tx common.Hash, path, kind, action, more string) {
		out = append(out, fmt.Sprintf(`{"type":"%s","action":%s,"blockHash":"%s","transactionHash":"%s","traceAddress":[%s]%s}`, kind, action, block, tx, path, more))
	}
	call := func(kind, from, to, value string) string {
		return fmt.Sprintf(`{"callType":"%s","from":"%s","to":"%s","value":"%s"}`, kind, from, to, value)
	}
	v := vault.Hex()
	add(txs[0], "", "call", call("call", a(1), a(2), "0x9"), "")
	add(txs[0], "0", "call", call("call", a(2), v, "0x0"), "")
	add(txs[0], "1", "call", call("delegatecall", v, a(2), "0x5"), "")
	add(txs[0], "2", "call", call("call", v, a(3), "0x7"), "")
	add(txs[0], "3", "call", call("call", a(2), a(3), "0x0"), `,"error":"Reverted"`)
	add(txs[0], "3,0", "call", call("call", a(3), v, "0x3"), "")
	add(txs[1], "", "call", call("call", a(1), v, "0x0"), `,"error":"Out of gas"`)
	add(txs[1], "0", "create", fmt.Sprintf(`{"from":"%s","value":"0x2","init":"0x"}`, v), `,"error":"x"`)
	add(txs[1], "1", "suicide", fmt.Sprintf(`{"address":"%s","refundAddress":"%s","balance":"0x1"}`, a(2), v), "")
	out = append(out, fmt.Sprintf(`{"type":"reward","action":{"author":"%s","value":"0x1"},"blockHash":"%s","traceAddress":[]}`, a(9), block))
	return "[" + strings.Join(out, ",") + "]"
}

func wanted() string {
	v := fmt.Sprintf("%x", vault[19:])
	return strings.NewReplacer("V", v).Replace("0:02>V 0 ., 0:V>03 7 ., 0:03>V 3 x, 1:V>00 2 x, 1:02>V 1 x")
}

func TestBothKindsOfTracesTellTheSame(t *testing.T) {
	block, one, two := common.Hash{1}, common.Hash{2}, common.Hash{3}
	for parity, raw := range map[bool]string{false: nestedTrace(one, two), true: flatTrace(block, one, two)} {
		calls, err := chain.InnerOf([]byte(raw), parity, block, vault, one, two)
		if got := inside(t, calls); err != nil || got != wanted() {
			t.Errorf("parity %v: %s, %v; want %s", parity, got, err, wanted())
		}
	}
}

func TestTracesThatDoNotFitTheBlockAreRefused(t *testing.T) {
	block, one, two := common.Hash{1}, common.Hash{2}, common.Hash{3}
	nested, flat := nestedTrace(one, two), flatTrace(block, one, two)
	deep := strings.Repeat(`{"type":"CALL","from":"`+a(1)+`","to":"`+a(2)+`","calls":[`, 1100) + strings.Repeat("]}", 1100)
	for name, c := range map[string]struct {
		parity bool
		raw    string
		want   string
	}{
		"none":                 {false, "[]", "2 transactions and 0 traces"},
		"null":                 {false, "null", "2 transactions and 0 traces"},
		"another transaction":  {false, strings.Replace(nested, two.Hex(), common.Hash{9}.Hex(), 1), "of another transaction"},
		"one that failed":      {false, `[{"error":"timeout"},{"error":"timeout"}]`, "was not traced: timeout"},
		"nothing in it":        {false, `[{},{}]`, "has no trace"},
		"an unknown kind":      {false, strings.Replace(nested, "STATICCALL", "TELEPORT", 1), `"teleport" is not known`},
		"nobody's":             {false, strings.Replace(nested, `"type":"STATICCALL","from"`, `"type":"STATICCALL","form"`, 1), "whose it is"},
		"to nobody":            {false, strings.Replace(nested, `"to":"`+vault.Hex()+`","value":"0x0"`, `"value":"0x0"`, 1), "to whom"},
		"more than there is":   {false, strings.Replace(nested, `"0x7"`, `"0x1`+strings.Repeat("0", 64)+`"`, 1), "cannot be read"},
		"too deep":             {false, `[{"result":` + deep + `},{"result":` + deep + `}]`, "calls deep"},
		"too many":             {false, `[{"result":{"type":"CALL","calls":[` + strings.Repeat(`{"type":"CALL","from":"`+a(1)+`","to":"`+a(2)+`"},`, 60_001) + `{}]}},{}]`, "more than 60000 calls"},
		"a flood of nothing":   {false, `[{"result":{"calls":[` + strings.Repeat("0,", 5<<20) + `0]}}]`, "more than 60000 calls"},
		"a flood of objects":   {true, "[" + strings.Repeat("{},", 300_000) + "{}]", "objects, more than"},
		"too long":             {true, `["` + strings.Repeat("0", 25<<20) + `"]`, "more than 25165824"},
		"flat of none":         {true, "[]", "2 transactions and traces of 0"},
		"flat of another":      {true, strings.ReplaceAll(flat, block.Hex(), common.Hash{8}.Hex()), "of another block"},
		"flat in other order":  {true, flatTrace(block, two, one), "does not stand there"},
		"flat with a hole":     {true, strings.Replace(flat, "[3,0]", "[3,0,0,0]", 1), "nothing is above it"},
		"flat of one left out": {true, flat[:strings.Index(flat, `{"type":"call","action":{"callType":"call","from":"`+a(1)+`","to":"`+vault.Hex())-1] + "]", "traces of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := chain.InnerOf([]byte(c.raw), c.parity, block, vault, one, two); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A provider that traces is asked in a request of its own; one that does it otherwise is
// asked otherwise; one that does not is not asked again at each block; what one says wrongly
// spoils nothing else.
func TestInnerCallsAreReadByWhatTheProviderCan(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Mine(1)
	s.Carry(s.Head(), chaintest.Transaction{From: nobody})
	s.Carry(s.Head(), chaintest.Transaction{From: nobody})
	head := s.Head()
	one, two := common.Hash{0: 0xaa}, common.Hash{0: 0xaa, 31: 1}
	asked := 0
	s.TraceBlock = func(method string) (any, error) {
		asked++
		switch method {
		case "trace_block":
			return json.RawMessage(flatTrace(head.Hash, one, two)), nil
		default:
			return json.RawMessage(nestedTrace(one, two)), nil
		}
	}
	g := chaintest.Behind(t, s.HTTP)
	for name, c := range map[string]struct {
		fault chaintest.Fault
		want  ops.ReadStatus
		says  string
	}{
		"callTracer":  {chaintest.Fault{}, ops.ReadOK, ""},
		"trace_block": {chaintest.Lacks("debug_traceBlockByHash"), ops.ReadOK, ""},
		"none":        {chaintest.Lacks("debug_traceBlockByHash", "trace_block"), ops.ReadUnable, "does not trace"},
		"a wrong one": {chaintest.LiesOn("debug_traceBlockByHash", func(json.RawMessage) json.RawMessage { return json.RawMessage("[]") }), ops.ReadNotRun, "2 transactions and 0 traces"},
	} {
		t.Run(name, func(t *testing.T) {
			g.Set(c.fault)
			p := client(t, chain.Endpoint{HTTP: g.HTTP})
			for round := range 2 {
				before, requests := asked, g.Requests()
				readings, err := p.Read(t.Context(), at(head), []ops.Read{vaultInner, toVault, fee})
				if err != nil || len(readings) != 3 {
					t.Fatal(readings, err)
				}
				got := ops.ReadingsOf(readings)
				if got[toVault].Status != ops.ReadOK || got[fee].Status != ops.ReadOK {
					t.Errorf("the rest of the block: %+v", readings)
				}
				r := got[vaultInner]
				if r.Status != c.want || !strings.Contains(r.Err, c.says) {
					t.Errorf("status %d: %s", r.Status, r.Err)
				}
				if r.Status == ops.ReadOK {
					calls, err := calldata.Invocations(r.Data)
					if err != nil || inside(t, calls) != wanted() {
						t.Errorf("%s, %v", inside(t, calls), err)
					}
				}
				if round == 1 && c.want == ops.ReadUnable && (asked != before || g.Requests() != requests+1) {
					t.Errorf("asked again: %d requests", g.Requests()-requests)
				}
				if round == 1 && c.want == ops.ReadOK && g.Requests() != requests+2 {
					t.Errorf("%d requests", g.Requests()-requests)
				}
			}
		})
	}
}

// Inside a block without transactions nothing happened, whatever a tracer says of it: nodes
// refuse to trace a genesis.
func TestInsideABlockWithoutTransactionsIsNothing(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Mine(2)
	empty := s.Head()
	s.Mine(1)
	s.Carry(s.Head(), chaintest.Transaction{From: nobody})
	s.TraceBlock = func(string) (any, error) { return nil, errors.New("genesis is not traceable") }
	p := client(t, chain.Endpoint{HTTP: s.HTTP})
	for ref, want := range map[ops.BlockRef]ops.ReadStatus{at(empty): ops.ReadOK, at(s.Head()): ops.ReadNotRun} {
		readings, err := p.Read(t.Context(), ref, []ops.Read{vaultInner})
		if err != nil || readings[0].Status != want || want == ops.ReadOK && len(readings[0].Data) > 0 {
			t.Errorf("#%d: %+v, %v", ref.Number, readings, err)
		}
	}
}

// A provider that cannot trace has no vote and tells no lie; of those who can, a quorum must
// agree.
func TestInnerCallsAreBelievedByAQuorum(t *testing.T) {
	k := gather(t, 3, 2, time.Second)
	k.Mine(1)
	k.Carry(k.Head(), chaintest.Transaction{From: nobody})
	k.Carry(k.Head(), chaintest.Transaction{From: nobody})
	one, two := common.Hash{0: 0xaa}, common.Hash{0: 0xaa, 31: 1}
	for _, s := range k.servers {
		s.TraceBlock = func(string) (any, error) { return json.RawMessage(nestedTrace(one, two)), nil }
	}
	read := func() ops.Reading {
		t.Helper()
		readings, _, err := k.pool.ReadBlock(t.Context(), at(k.Head()), []ops.Read{vaultInner}, chain.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		return readings[0]
	}
	blind := chaintest.Lacks("debug_traceBlockByHash", "trace_block")
	k.gates[2].Set(blind)
	if r := read(); r.Status != ops.ReadOK {
		t.Errorf("two of three can: %+v", r)
	}
	k.gates[1].Set(chaintest.LiesOn("debug_traceBlockByHash", func(raw json.RawMessage) json.RawMessage {
		return json.RawMessage(strings.Replace(string(raw), `"0x7"`, `"0x6"`, 1))
	}))
	if r := read(); r.Status != ops.ReadNotRun || !strings.Contains(r.Err, "disagree") {
		t.Errorf("they disagree: %+v", r)
	}
	k.gates[1].Set(blind)
	k.clients[1].Retrace()
	if r := read(); r.Status != ops.ReadUnable || !strings.Contains(r.Err, "of the 2 providers needed can") {
		t.Errorf("one of three can: %+v", r)
	}
}

// Whatever a provider sends for traces, nothing panics, and calls are of transactions that
// the block has.
func FuzzInner(f *testing.F) {
	block, one, two := common.Hash{1}, common.Hash{2}, common.Hash{3}
	f.Add([]byte(nestedTrace(one, two)), false)
	f.Add([]byte(flatTrace(block, one, two)), true)
	f.Add([]byte(`[{"result":{"type":"CALL","calls":[null,{"calls":[{}]}]}}]`), false)
	f.Fuzz(func(t *testing.T, raw []byte, parity bool) {
		calls, err := chain.InnerOf(raw, parity, block, vault, one, two)
		for _, i := range calls {
			if i.Value == nil || i.Value.Sign() < 0 || i.Value.BitLen() > 256 || i.Tx != one && i.Tx != two || i.Fate == ops.FateUnasked {
				t.Fatalf("%+v, %v", i, err)
			}
		}
	})
}
