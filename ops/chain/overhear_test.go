package chain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

var (
	watched   = common.Address{19: 1}
	thief, _  = crypto.ToECDSA(crypto.Keccak256([]byte("thief")))
	thieves   = crypto.PubkeyToAddress(thief.PublicKey)
	unpausing = common.FromHex("0x3f4ba83a")
)

// waiting is a signed transaction as a node tells it.
func waiting(t testing.TB, data types.TxData) map[string]any {
	t.Helper()
	tx, err := types.SignNewTx(thief, types.LatestSignerForChainID(big.NewInt(drill)), data)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := tx.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	out["from"], out["blockHash"], out["blockNumber"], out["transactionIndex"] = thieves, nil, nil, nil
	return out
}

func asTold(t testing.TB, doc map[string]any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func unpauses(nonce uint64) types.TxData {
	return &types.DynamicFeeTx{ChainID: big.NewInt(drill), Nonce: nonce, To: &watched, Value: big.NewInt(5), Data: unpausing, Gas: 90_000, GasFeeCap: big.NewInt(2), GasTipCap: big.NewInt(1)}
}

// overhear listens to a provider and gives what it says.
func overhear(t *testing.T, c *chain.Client, beat, pause time.Duration) func(what string, is func(ops.Rumour) bool) ops.Rumour {
	t.Helper()
	rumours := make(chan ops.Rumour, 1<<16)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- c.OverhearPaced(ctx, beat, pause, []common.Address{watched}, func(r ops.Rumour) { rumours <- r })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
	return func(what string, is func(ops.Rumour) bool) ops.Rumour {
		t.Helper()
		late := time.NewTimer(30 * time.Second)
		defer late.Stop()
		for {
			select {
			case r := <-rumours:
				if is(r) {
					return r
				}
			case <-late.C:
				t.Fatalf("never: %s", what)
			}
		}
	}
}

// begins waits for a subscription, and has somebody's transaction to somebody told: by it a
// provider shows that it tells.
func begins(t testing.TB, s *chaintest.Server, said func(string, func(ops.Rumour) bool) ops.Rumour) {
	t.Helper()
	said("it took the subscription", dark("has told nobody's transaction yet"))
	s.Mempool.Tell(json.RawMessage(`{"to":"0x00000000000000000000000000000000000000ff"}`))
	said("it tells", tells)
}

func tells(r ops.Rumour) bool { return r.Pending == nil && r.Dark == "" && r.Lost == 0 }

func dark(words string) func(ops.Rumour) bool {
	return func(r ops.Rumour) bool { return r.Dark != "" && strings.Contains(r.Dark, words) }
}

func waits(r ops.Rumour) bool { return r.Pending != nil }

// Every kind of transaction is read, and its sender is who signed it.
func TestWhatWaitsIsToldWithWhoSignedIt(t *testing.T) {
	to := map[string]types.TxData{
		"legacy":   &types.LegacyTx{Nonce: 7, To: &watched, Value: big.NewInt(5), Data: unpausing, Gas: 90_000, GasPrice: big.NewInt(2)},
		"EIP-2930": &types.AccessListTx{ChainID: big.NewInt(drill), Nonce: 7, To: &watched, Value: big.NewInt(5), Data: unpausing, Gas: 90_000, GasPrice: big.NewInt(2), AccessList: types.AccessList{{Address: watched, StorageKeys: []common.Hash{{1}}}}},
		"EIP-1559": unpauses(7),
	}
	s := chaintest.Serve(t, chaintest.New(drill))
	said := overhear(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), time.Hour, time.Hour)
	begins(t, s, said)
	for name, data := range to {
		s.Mempool.Tell(asTold(t, waiting(t, data)))
		p := said(name, waits).Pending
		if p.From != thieves || p.To != watched || p.Nonce != 7 || p.Value.Int64() != 5 || p.Gas != 90_000 || string(p.Data) != string(unpausing) || !p.Signed {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// stored is a transaction of the thief's as geth tells it.
func stored(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// EIP-4844 and EIP-7702 name what others do not, and a chain may have kinds of its own: those
// that cannot be verified are told as the node's word.
func TestUnusualTransactionsAreTolerated(t *testing.T) {
	deposit := waiting(t, unpauses(1))
	deposit["type"], deposit["sourceHash"] = "0x7e", common.Hash{3}
	unsigned := waiting(t, unpauses(1))
	for _, key := range []string{"r", "s", "v", "yParity"} {
		delete(unsigned, key)
	}
	for name, tt := range map[string]struct {
		raw    []byte
		signed bool
	}{
		"EIP-7702": {stored(t, "pending-eip7702.json"), true},
		"EIP-4844": {stored(t, "pending-eip4844.json"), true},
		"deposit":  {asTold(t, deposit), false},
		"unsigned": {asTold(t, unsigned), false},
	} {
		p, err := chain.PendingOf(tt.raw, drill)
		if err != nil || p.Signed != tt.signed || p.From != thieves || p.To != watched {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// What is not what its hash says, or not signed by whom the node names, is nobody's.
func TestWhatDoesNotFitItsSignatureIsNotTakenIn(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(doc map[string]any)
		want string
	}{
		"another sender": {func(d map[string]any) { d["from"] = common.Address{9} }, thieves.Hex() + " signed it"},
		"other calldata": {func(d map[string]any) { d["input"] = "0x8456cb59" }, "has the hash"},
		"another hash":   {func(d map[string]any) { d["hash"] = common.Hash{1} }, "has the hash"},
		"no signature":   {func(d map[string]any) { d["s"] = "0x0" }, "invalid"},
		"no sender":      {func(d map[string]any) { delete(d, "from") }, "who sent it"},
		"no nonce":       {func(d map[string]any) { d["nonce"] = nil }, "its nonce"},
		"no input":       {func(d map[string]any) { delete(d, "input") }, "its input"},
		"half a byte":    {func(d map[string]any) { d["input"] = "0x123" }, "its input"},
		"another chain":  {func(d map[string]any) { d["chainId"] = "0x1" }, "has the hash"},
		"a huge value":   {func(d map[string]any) { d["value"] = "0x1" + strings.Repeat("0", 64) }, "hex"},
	} {
		doc := waiting(t, unpauses(3))
		tt.edit(doc)
		if p, err := chain.PendingOf(asTold(t, doc), drill); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	s := chaintest.Serve(t, chaintest.New(drill))
	said := overhear(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), time.Hour, time.Hour)
	forged := waiting(t, unpauses(3))
	forged["from"] = common.Address{9}
	s.Mempool.Tell(asTold(t, forged), json.RawMessage(`[]`), json.RawMessage(`{"to":"nobody"}`), asTold(t, waiting(t, unpauses(4))))
	for _, want := range []string{"signed it, and it is said to be from", "it is no transaction", "to"} {
		said(want, func(r ops.Rumour) bool { return r.Lost == 1 && strings.Contains(r.Why, want) })
	}
	if p := said("the good one", waits).Pending; p.Nonce != 4 {
		t.Errorf("%+v", p)
	}
}

// A provider that refuses, or tells hashes alone, does not tell; it is asked again.
func TestAProviderThatDoesNotTellIsSaidToAndAskedAgain(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Mempool.Refuse(true)
	said := overhear(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), time.Hour, 50*time.Millisecond)
	said("refused", dark("it does not tell what waits: no such subscription"))
	s.Mempool.Refuse(false)
	begins(t, s, said)
	s.Mempool.Tell(json.RawMessage(`"` + common.Hash{1}.Hex() + `"`))
	said("hashes", dark("it tells hashes alone"))
	begins(t, s, said)

	nowhere := overhear(t, client(t, chain.Endpoint{HTTP: s.HTTP}), time.Hour, time.Hour)
	nowhere("no socket", dark("it has no ws: address"))
}

// The doctor's question: whether it tells, and how.
func TestAProbeSaysHowAProviderTellsWhatWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		first json.RawMessage
		want  string
	}{
		"whole":   {asTold(t, waiting(t, unpauses(1))), "told, whole transactions"},
		"hashes":  {json.RawMessage(`"` + common.Hash{1}.Hex() + `"`), "not told: hashes alone"},
		"refused": {nil, "not told: it does not tell what waits: no such subscription"},
	} {
		s := chaintest.Serve(t, chaintest.New(drill))
		done := make(chan struct{})
		go func() { // ends with the probe, which subscribes
			defer close(done)
			if tt.first != nil {
				s.Mempool.Tell(tt.first)
			}
		}()
		s.Mempool.Refuse(tt.first == nil)
		r := client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}).Probe(t.Context())
		if <-done; r.Mempool != tt.want {
			t.Errorf("%s: %q", name, r.Mempool)
		}
	}
	s := chaintest.Serve(t, chaintest.New(drill))
	if r := client(t, chain.Endpoint{HTTP: s.HTTP}).Probe(t.Context()); r.Mempool != "not told: no ws: address" {
		t.Errorf("%q", r.Mempool)
	}
}

// A socket that dies, and one that only falls silent, end it; how long it was silent is said.
func TestASocketThatDiesOrFallsSilentTellsNothing(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	p := chaintest.Before(t, s.WS)
	said := overhear(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: p.WS, Timeout: 500 * time.Millisecond}), 200*time.Millisecond, time.Hour)
	begins(t, s, said)
	p.Cut()
	said("it died", dark("the subscription to what waits ended"))
	begins(t, s, said)
	p.Swallow(true)
	if r := said("it is silent", dark("the socket is silent")); r.Silent < 200*time.Millisecond {
		t.Errorf("it was silent for %s", r.Silent)
	}
	p.Swallow(false)
	begins(t, s, said)
	s.Mempool.Tell(asTold(t, waiting(t, unpauses(1))))
	said("and it is heard", waits)
}

// A message of any length is refused by its length, and ends nothing but its connection.
func TestAMessageWithoutEndIsRefused(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	said := overhear(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), time.Hour, time.Hour)
	begins(t, s, said)
	s.Mempool.Tell(json.RawMessage(`{"to":"` + watched.Hex() + `","input":"0x` + strings.Repeat("00", 1<<20) + `"}`))
	said("refused", dark("ended"))
	begins(t, s, said)
}

// 20,000 transactions to others while heads go on: every head comes, what is for us is told,
// nothing is lost, and nothing of the others is kept.
func TestAFloodOfOthersHoldsUpNothing(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	c := client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS})
	w := follow(t, c, ops.BlockRef{}, nil)
	w.block()
	said := overhear(t, c, time.Hour, time.Hour)
	begins(t, s, said)
	other := waiting(t, unpauses(0))
	other["to"], other["input"] = common.Address{8}, hexutil.Bytes(make([]byte, 500))
	noise := make([]json.RawMessage, 1_000)
	for i := range noise {
		noise[i] = asTold(t, other)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for round := range 20 {
		s.Mempool.Tell(noise...)
		s.Mempool.Tell(asTold(t, waiting(t, unpauses(uint64(round)))))
		s.Mine(5)
		w.upTo(s.Head())
	}
	for round := range 20 {
		r := said(fmt.Sprint("ours of round ", round), func(r ops.Rumour) bool {
			if r.Lost > 0 || r.Dark != "" {
				t.Fatalf("%+v", r)
			}
			return waits(r)
		})
		if r.Pending.Nonce != uint64(round) {
			t.Fatalf("round %d: nonce %d", round, r.Pending.Nonce)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d bytes are kept", grown)
	}
	if w.last.Number != 100 {
		t.Errorf("the last head is #%d", w.last.Number)
	}
}

// A flood of transactions to us is bounded too, and what was not looked at is told as lost.
func TestAFloodToUsIsBoundedAndSaidToBe(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	said := overhear(t, client(t, chain.Endpoint{HTTP: s.HTTP, WS: s.WS}), time.Hour, time.Hour)
	begins(t, s, said)
	const all = 4 * chain.MostASecond
	flood := make([]json.RawMessage, all)
	for i := range flood {
		flood[i] = asTold(t, waiting(t, unpauses(uint64(i))))
	}
	s.Mempool.Tell(flood...)
	lost, taken := 0, 0
	said("all are accounted for", func(r ops.Rumour) bool {
		if lost += int(r.Lost); waits(r) {
			taken++
		}
		return lost+taken == all
	})
	if lost == 0 || taken < chain.MostKept {
		t.Errorf("%d were taken in and %d lost", taken, lost)
	}
}

// Whatever comes: an answer or an error, and what is signed is from who signed it.
func FuzzPending(f *testing.F) {
	f.Add(stored(f, "pending-eip7702.json"))
	f.Add(stored(f, "pending-eip4844.json"))
	f.Add([]byte(asTold(f, waiting(f, unpauses(1)))))
	f.Add([]byte(asTold(f, waiting(f, &types.LegacyTx{To: &watched, GasPrice: big.NewInt(1)}))))
	f.Add([]byte(`"0x01"`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"to":"0x0000000000000000000000000000000000000001","type":"0x3","blobs":[null],"r":"0x1"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := chain.PendingOf(raw, drill)
		if err == nil && (p.Value == nil || p.Value.Sign() < 0 || len(p.Data) > len(raw)) {
			t.Errorf("%+v of %s", p, raw)
		}
	})
}
