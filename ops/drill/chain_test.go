package drill

import (
	"encoding/json"
	"math/big"
	"net"
	"net/url"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/drill/sealer"
)

// The sealer is tested here and not beside it, so that only one test binary
// links a node.

func TestTheChainIsADrillAndListensOnlyHere(t *testing.T) {
	d := start(t, Options{Genesis: genesis})
	for _, endpoint := range []string{d.HTTP(), d.WS()} {
		u, err := url.Parse(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		if ip := net.ParseIP(u.Hostname()); !ip.IsLoopback() || u.Port() == "0" {
			t.Errorf("the chain listens on %s", endpoint)
		}
		id, err := outside(t, endpoint).ChainID(t.Context())
		if err != nil || !ops.ChainID(id.Uint64()).Drill() {
			t.Errorf("%s answers chain id %s (%v)", endpoint, id, err)
		}
	}
}

func TestHeadsArriveOverTheWebSocketOneSecondApart(t *testing.T) {
	d := start(t, Options{Genesis: genesis})
	heads := make(chan *types.Header, 8)
	sub, err := outside(t, d.WS()).SubscribeNewHead(t.Context(), heads)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	parent := d.Head()
	for range 4 {
		s := d.mustStep(t)
		h := <-heads
		if h.Hash() != s.Block.Hash || s.Block.Parent != parent.Hash || s.Block.Time.Sub(parent.Time).Seconds() != 1 {
			t.Fatalf("sealed %+v on %+v, the subscription says %s", s.Block, parent, h.Hash())
		}
		parent = s.Block
	}
}

func TestEveryBlockOfTheDrillCanBeReadBack(t *testing.T) {
	d := start(t, Options{Genesis: genesis})
	first := d.Head()
	for range 140 { // more than a node keeps that prunes
		d.mustStep(t)
	}
	if _, err := d.number(t.Context(), "totalAssets", first); err != nil {
		t.Error(err)
	}
}

func TestATransactionCanBeTraced(t *testing.T) {
	d := start(t, Options{Seed: 4, Genesis: genesis})
	d.until(t, EventAttack)
	var trace struct{ To, Type string }
	var raw json.RawMessage
	err := outside(t, d.HTTP()).Client.Client().CallContext(t.Context(), &raw,
		"debug_traceTransaction", d.Score().LastAttack, map[string]string{"tracer": "callTracer"})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &trace); err != nil || trace.Type != "CALL" {
		t.Errorf("the trace is %s (%v)", raw, err)
	}
}

// A transaction of the pool that spoils the block must hold up neither the
// scenario nor what others sent.
func TestAPooledTransactionThatCannotBeMinedHoldsNobodyUp(t *testing.T) {
	d := start(t, Options{Seed: 9, Genesis: genesis})
	o := outside(t, d.HTTP())
	// Whoever has an account's key can take the nonce that its next transaction
	// in the scenario needs.
	for i := range accounts {
		o.send(Account(i), world.Vault, deposit(Account(i), lots(1)))
	}
	tx := o.send(Guardian, world.Vault, contracts.Vault().Call("pause"))
	d.mustStep(t)
	if r := o.included(tx); r.Status != 1 {
		t.Error("the pause was held up")
	}
}

func TestAnEmptyBlockLeavesThePoolAlone(t *testing.T) {
	chain, err := sealer.Start(sealer.Config{Chain: ops.FirstDrillChain, Genesis: genesis, Alloc: genesisAlloc("")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := chain.Close(); err != nil {
			t.Error(err)
		}
	}()
	block, err := chain.Seal(t.Context(), sealer.Order{})
	if err != nil {
		t.Fatal(err)
	}
	if len(block.Transactions()) != 0 || !chain.Ref(block).Time.After(genesis) {
		t.Errorf("block %d at %s has %d transactions", block.NumberU64(), chain.Ref(block).Time, len(block.Transactions()))
	}
	if _, err := chain.Seal(t.Context(), sealer.Order{Last: types.Transactions{unpayable(t)}}); err == nil {
		t.Error("a scenario's transaction that cannot be mined was dropped in silence")
	}
}

// unpayable is a transaction of an account that has nothing.
func unpayable(t *testing.T) *types.Transaction {
	t.Helper()
	id := new(big.Int).SetUint64(uint64(ops.FirstDrillChain))
	return types.MustSignNewTx(Key("nobody"), types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, GasTipCap: fee.tip, GasFeeCap: fee.limit, Gas: callGas, To: &world.Vault,
	})
}

func TestAClosedChainAnswersNobody(t *testing.T) {
	d, err := Start(t.Context(), Options{Genesis: genesis})
	if err != nil {
		t.Fatal(err)
	}
	address := d.HTTP()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := ethclient.DialContext(t.Context(), address)
	if err != nil {
		return
	}
	defer c.Close()
	if _, err := c.BlockNumber(t.Context()); err == nil {
		t.Error("the closed chain still answers")
	}
}
