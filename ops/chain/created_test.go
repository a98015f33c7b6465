package chain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

var withVault = ops.Read{Kind: ops.ReadCreated, To: vault, Name: "the contracts created with the address of vault"}

// holding is code with the vault's address in it.
func holding() hexutil.Bytes { return slices.Concat([]byte{0x60, 0x73}, vault[:], []byte{0xff}) }

// creating is a chain whose head has creations of each sort, at their places: the address in
// both codes, in what stands there, in what leaves nothing, in what failed, and in none; and a
// call that carries it.
func creating(c *chaintest.Chain) chaintest.Header {
	c.Mine(1)
	for n, tx := range []chaintest.Transaction{
		{Input: holding(), Leaves: holding()}, {Input: hexutil.Bytes{1}, Leaves: holding()}, {Input: holding()}, {Input: holding(), Failed: true},
		{Input: hexutil.Bytes{1}, Leaves: hexutil.Bytes{1}}, {Input: holding(), To: &nobody},
	} {
		tx.From, tx.Nonce = nobody, hexutil.Uint64(n+7)
		c.Carry(c.Head(), tx)
	}
	return c.Head()
}

// made says in a word for each creation where it stands and where the address stands in it.
func made(t *testing.T, r ops.Reading) string {
	t.Helper()
	if r.Status != ops.ReadOK {
		t.Fatalf("%s is not known: %s", r.Read.Name, r.Err)
	}
	creations, err := calldata.Creations(r.Data)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range creations {
		if c.From != nobody || c.By != nobody || c.Contract != crypto.CreateAddress(nobody, c.Index+7) || c.Tx != (common.Hash{0: 0xaa, 31: byte(c.Index)}) {
			t.Errorf("got %+v", c)
		}
		out = append(out, fmt.Sprintf("%d:%s", c.Index, []string{"", "init", "code", "both"}[c.Where]))
	}
	return strings.Join(out, " ")
}

func TestContractsThatHoldAnAddressAreReadInOneRequestMoreWhereSomethingWasCreated(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	head := creating(s.Chain)
	c, before := client(t, chain.Endpoint{HTTP: s.HTTP}), s.Requests()
	readings, err := c.Read(t.Context(), at(head), []ops.Read{toVault, withVault, {Kind: ops.ReadCreated, To: common.Address{0: 9}}, fee})
	if err != nil {
		t.Fatal(err)
	}
	if got, other := made(t, readings[1]), made(t, readings[2]); got != "0:both 1:code 2:init" || other != "" {
		t.Errorf("got %q, and %q of another address", got, other)
	}
	if n := s.Requests() - before; n != 2 || len(invocations(t, readings[0])) != 0 || readings[3].Status != ops.ReadOK {
		t.Errorf("%d requests, and the rest is %+v", n, readings)
	}
	s.Mine(1)
	s.Carry(s.Head(), chaintest.Transaction{To: &vault, From: nobody, Input: holding()})
	before = s.Requests()
	readings, err = c.Read(t.Context(), at(s.Head()), []ops.Read{withVault, toVault})
	if n := s.Requests() - before; err != nil || n != 1 || made(t, readings[0]) != "" {
		t.Errorf("nothing was created: %d requests, %+v, %v", n, readings, err)
	}
}

// Whatever a provider says of creations, they are not known or what they are, and what was
// sent is known all the same.
func TestCreationsThatCannotBeReadSpoilNothingElse(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	head := creating(s.Chain)
	tx := func(n int, key string, value any) func(json.RawMessage) json.RawMessage {
		return func(raw json.RawMessage) json.RawMessage {
			var block map[string]any
			if json.Unmarshal(raw, &block) != nil {
				return raw
			}
			block["transactions"].([]any)[n].(map[string]any)[key] = value
			out, _ := json.Marshal(block)
			return out
		}
	}
	receipt := func(key string, value any) func(json.RawMessage) json.RawMessage {
		return func(raw json.RawMessage) json.RawMessage {
			var r map[string]any
			if json.Unmarshal(raw, &r) != nil || r == nil {
				return raw
			}
			r[key] = value
			out, _ := json.Marshal(r)
			return out
		}
	}
	always := func(text string) func(json.RawMessage) json.RawMessage {
		return func(json.RawMessage) json.RawMessage { return json.RawMessage(text) }
	}
	for name, c := range map[string]struct {
		method string
		lie    func(json.RawMessage) json.RawMessage
		want   string
	}{
		"no nonce":               {"eth_getBlockByHash", tx(1, "nonce", nil), "transaction 1 creates, and does not say"},
		"no sender":              {"eth_getBlockByHash", tx(4, "from", nil), "transaction 4 creates, and does not say"},
		"odd init code":          {"eth_getBlockByHash", tx(4, "input", "0xabc"), "its init code cannot be read"},
		"no receipt":             {"eth_getTransactionReceipt", always("null"), "whether transaction 0x"},
		"of another block":       {"eth_getTransactionReceipt", receipt("blockHash", common.Hash{5}), "its receipt does not tell"},
		"of another transaction": {"eth_getTransactionReceipt", receipt("transactionHash", common.Hash{5}), "its receipt does not tell"},
		"no status":              {"eth_getTransactionReceipt", receipt("status", nil), "its receipt does not tell"},
		"another contract":       {"eth_getTransactionReceipt", receipt("contractAddress", common.Address{5}), "as its sender and nonce say"},
		"odd code":               {"eth_getCode", always(`"0xabc"`), "the contract that transaction 0 creates"},
		"more than a body":       {"eth_getCode", always(`"0x` + strings.Repeat("00", 17<<20) + `"`), "oversized answer"},
	} {
		t.Run(name, func(t *testing.T) {
			g := chaintest.Behind(t, s.HTTP)
			g.Set(chaintest.LiesOn(c.method, c.lie))
			readings, err := client(t, chain.Endpoint{HTTP: g.HTTP, Timeout: 20 * time.Second}).Read(t.Context(), at(head), []ops.Read{withVault, toVault, fee})
			if err != nil || readings[1].Status != ops.ReadOK || readings[2].Status != ops.ReadOK {
				t.Fatalf("the rest of the block: %+v, %v", readings, err)
			}
			if r := readings[0]; r.Status != ops.ReadNotRun || !strings.Contains(r.Err, c.want) {
				t.Errorf("status %d with %d bytes: %q, want %q", r.Status, len(r.Data), r.Err, c.want)
			}
		})
	}
}

// A provider that does not have the block when it is asked what stands there has the block
// asked again: it is not one in which nothing is known.
func TestABlockThatIsGoneMeanwhileIsAskedAgain(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	head := creating(s.Chain)
	s.NoCode = errors.New("header not found")
	if _, err := client(t, chain.Endpoint{HTTP: s.HTTP}).Read(t.Context(), at(head), []ops.Read{withVault}); err == nil || !strings.Contains(err.Error(), chain.ErrNoBlock.Error()) {
		t.Errorf("got %v", err)
	}
}

// A block may be full of creations: they are asked about in parts; of more than there can be
// nothing is known.
func TestABlockFullOfCreationsIsReadInPartsAndWithinBounds(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Mine(1)
	for n := range 120 {
		s.Carry(s.Head(), chaintest.Transaction{From: nobody, Nonce: hexutil.Uint64(n + 7), Leaves: holding()})
	}
	c, before := client(t, chain.Endpoint{HTTP: s.HTTP, Timeout: 20 * time.Second}), s.Requests()
	readings, err := c.Read(t.Context(), at(s.Head()), []ops.Read{withVault})
	if err != nil || strings.Count(made(t, readings[0]), "code") != 120 || s.Requests()-before != 4 {
		t.Errorf("%d requests, %v", s.Requests()-before, err)
	}
	for n := range 1_881 {
		s.Carry(s.Head(), chaintest.Transaction{From: nobody, Nonce: hexutil.Uint64(n + 127)})
	}
	readings, err = c.Read(t.Context(), at(s.Head()), []ops.Read{withVault, toVault})
	if err != nil || readings[0].Status != ops.ReadNotRun || !strings.Contains(readings[0].Err, "more than 2000") || readings[1].Status != ops.ReadOK {
		t.Errorf("%+v, %v", readings, err)
	}
}

// A quorum says the same to the byte, of the newest block and of past ones; one that hides
// what stands there is found out.
func TestCreationsAreBelievedByAQuorum(t *testing.T) {
	k := gather(t, 2, 2, time.Second)
	for range 20 {
		creating(k.Chain)
	}
	read := func() ops.Reading {
		t.Helper()
		readings, _, err := k.pool.ReadBlock(t.Context(), at(k.Head()), []ops.Read{withVault}, chain.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		return readings[0]
	}
	if got := made(t, read()); got != "0:both 1:code 2:init" {
		t.Error(got)
	}
	past, err := k.pool.Sent(t.Context(), 20, 20, []ops.Read{withVault, toVault})
	if err != nil || len(past) != 1 || made(t, past[0][0]) != "0:both 1:code 2:init" {
		t.Errorf("%+v, %v", past, err)
	}
	k.gates[1].Set(chaintest.LiesOn("eth_getCode", func(json.RawMessage) json.RawMessage { return json.RawMessage(`"0x"`) }))
	if r := read(); r.Status != ops.ReadNotRun || !strings.Contains(r.Err, "3 contracts that were created") || !strings.Contains(r.Err, "2 contracts") {
		t.Errorf("they differ: %+v", r)
	}
	if _, err := k.pool.Sent(t.Context(), 20, 20, []ops.Read{withVault}); err == nil {
		t.Error("two providers differ on the past, and one of them was believed")
	}
}

// bornTrace is the same two transactions as two kinds of nodes tell them: a factory that makes
// contracts of each sort, and one that fails as a whole.
func bornTrace(parity bool, block common.Hash, txs ...common.Hash) string {
	held := holding().String()
	type birth struct{ to, init, code, fail string }
	births := []birth{{a(5), held, held, ""}, {a(6), "0x01", held, ""}, {a(7), held, "0x", ""}, {a(8), held, "0x", "reverted"}, {a(9), "0x01", "0x01", ""}}
	var out []string
	for n, tx := range txs {
		fail := ""
		if n == 1 {
			fail = `,"error":"out of gas"`
		}
		root := fmt.Sprintf(`"from":"%s","to":"%s","input":"%s"`, a(1), a(2), held)
		if parity {
			out = append(out, fmt.Sprintf(`{"type":"call","action":{"callType":"call",%s},"blockHash":"%s","transactionHash":"%s","traceAddress":[]%s}`, root, block, tx, fail))
		}
		var inside []string
		for i, b := range births {
			wrong := ""
			if b.fail != "" {
				wrong = `,"error":"` + b.fail + `"`
			}
			inside = append(inside, fmt.Sprintf(`{"type":"CREATE2","from":"%s","to":"%s","input":"%s","output":"%s"%s}`, a(2), b.to, b.init, b.code, wrong))
			if parity {
				out = append(out, fmt.Sprintf(`{"type":"create","action":{"from":"%s","init":"%s"},"result":{"address":"%s","code":"%s"},"blockHash":"%s","transactionHash":"%s","traceAddress":[%d]%s}`, a(2), b.init, b.to, b.code, block, tx, i, wrong))
			}
		}
		if !parity {
			out = append(out, fmt.Sprintf(`{"txHash":"%s","result":{"type":"CALL",%s%s,"calls":[%s]}}`, tx, root, fail, strings.Join(inside, ",")))
		}
	}
	return "[" + strings.Join(out, ",") + "]"
}

func TestBothKindsOfTracesTellOfTheSameContracts(t *testing.T) {
	block, one, two := common.Hash{1}, common.Hash{2}, common.Hash{3}
	for _, parity := range []bool{false, true} {
		got, err := chain.InnerCreatedOf([]byte(bornTrace(parity, block, one, two)), parity, block, vault, one, two)
		var out []string
		for _, c := range got {
			out = append(out, fmt.Sprintf("%d:%x>%x>%x %d", c.Index, c.From[19:], c.By[19:], c.Contract[19:], c.Where))
		}
		if s := strings.Join(out, ", "); err != nil || s != "0:01>02>05 3, 0:01>02>06 2, 0:01>02>07 1" {
			t.Errorf("parity %v: %s, %v", parity, s, err)
		}
	}
}

// Traces of which a contract's code cannot be read tell of no contracts, and of the calls all
// the same.
func TestAnUnreadableCreationInATraceSpoilsNoCalls(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Mine(1)
	s.Carry(s.Head(), chaintest.Transaction{From: nobody, To: &vault})
	tx := common.Hash{0: 0xaa}
	born := ops.Read{Kind: ops.ReadInnerCreated, To: vault, Name: "the contracts created with the address of vault inside transactions"}
	for name, change := range map[string][2]string{
		"odd init code": {`"input":"0x01"`, `"input":"0x1"`}, "no init code": {`"input":"0x01",`, ""}, "odd code": {`"output":"0x01"`, `"output":7`}, "no sender": {`"CALL","from"`, `"CALL","form"`},
	} {
		s.TraceBlock = func(string) (any, error) {
			return json.RawMessage(strings.Replace(bornTrace(false, common.Hash{}, tx), change[0], change[1], 1)), nil
		}
		readings, err := client(t, chain.Endpoint{HTTP: s.HTTP}).Read(t.Context(), at(s.Head()), []ops.Read{born, vaultInner})
		if err != nil || readings[0].Status != ops.ReadNotRun || readings[0].Err == "" || readings[1].Status != ops.ReadOK {
			t.Errorf("%s: %+v, %v", name, readings, err)
		}
	}
}

// Whatever a provider sends for transactions or traces, nothing panics, and a contract that
// is said to hold an address does.
func FuzzCreated(f *testing.F) {
	block, one, two := common.Hash{1}, common.Hash{2}, common.Hash{3}
	f.Add([]byte(bornTrace(false, block, one, two)), byte(0))
	f.Add([]byte(bornTrace(true, block, one, two)), byte(1))
	f.Add([]byte(`[{"blockHash":"0x0000000000000000000000000000000000000000000000000000000000000001","transactionIndex":"0x0","hash":"0x0000000000000000000000000000000000000000000000000000000000000001","from":"0x0000000000000000000000000000000000000001","nonce":"0x1","input":"`+holding().String()+`"}]`), byte(2))
	f.Fuzz(func(t *testing.T, raw []byte, as byte) {
		var got []ops.Creation
		if as == 2 {
			got, _ = chain.CreatedOf(raw, vault)
		} else {
			got, _ = chain.InnerCreatedOf(raw, as == 1, block, vault, one, two)
		}
		if len(got) > 0 && !strings.Contains(strings.ToLower(string(raw)), strings.ToLower(vault.Hex()[2:])) && !strings.Contains(string(raw), `\u`) {
			t.Fatalf("%+v", got)
		}
		if again, err := calldata.Creations(calldata.RecordCreations(got)); err != nil || !slices.Equal(again, got) {
			t.Fatalf("%+v is read as %+v, %v", got, again, err)
		}
	})
}
