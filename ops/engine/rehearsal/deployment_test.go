package rehearsal_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// masked is init code in which an address does not stand, and that leaves it as the code.
func masked(a common.Address) []byte {
	var mask, hidden common.Address
	for i := range a {
		mask[i], hidden[i] = 0x5a, a[i]^0x5a
	}
	return slices.Concat([]byte{0x73}, hidden[:], []byte{0x73}, mask[:], common.FromHex("185f526014600cf3"))
}

// passing is init code that holds an address and leaves nothing.
func passing(a common.Address) []byte {
	return slices.Concat([]byte{0x73}, a[:], common.FromHex("505f5ff3"))
}

// undone is init code that holds an address and fails.
func undone(a common.Address) []byte {
	return slices.Concat([]byte{0x73}, a[:], common.FromHex("5f5ffd"))
}

// factory creates a contract of whatever it is called with, by CREATE2 with salt 0.
func factory() []byte {
	runtime := common.FromHex("365f5f375f365f5ff5005f5260205ff3")
	return slices.Concat([]byte{0x60, byte(len(runtime)), 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3}, runtime)
}

// created has somebody create a contract in the next block, whether that fails or not.
func (f *field) created(by string, init []byte) (at common.Address, ok bool) {
	f.t.Helper()
	hash := f.pooled(by, nil, init)
	f.mine(1)
	r := f.receipt(hash)
	return r.ContractAddress, r.Status == types.ReceiptStatusSuccessful
}

// deployments begins a story with a pool that is watched, and a factory.
func deployments(t *testing.T, g *ground) (f *field, pool, maker common.Address) {
	t.Helper()
	f = onField(t, g)
	pool = f.put("pool", fieldtest.Read(t, "Pool"), "", drill.Address(drill.Guardian), common.Big1)
	maker = f.deploy(factory())
	f.detects("Z1", fmt.Sprintf("kind: deployment, watch: [stop, pool], accounts: [%q], of: {over: 10m}, warmup: known", drill.Address(drill.Executor).Hex()))
	f.quiet()
	return f, pool, maker
}

var grounds = map[string]func(*testing.T) *ground{"sealed": ourGround, "anvil": anvilGround}

// A contract that holds a watched address is found in its block, wherever in it the address
// stands and whoever creates it.
func TestWhatHoldsAWatchedAddressIsFoundHoweverItWasCreated(t *testing.T) {
	mallory := drill.Address(drill.Mallory)
	for on, begin := range grounds {
		for name, init := range map[string]func(common.Address) []byte{"PUSH20": forwarder, "its code alone": masked, "nothing is left": passing} {
			t.Run(on+" "+name, func(t *testing.T) {
				t.Parallel()
				f, pool, _ := deployments(t, begin(t))
				at, ok := f.created(drill.Mallory, init(pool))
				if !ok {
					t.Fatal("it was not created")
				}
				where := "pool in its code"
				if name == "nothing is left" {
					where = "pool in its init code"
				}
				f.shows("Z1", f.head(), fmt.Sprintf("%s deployed %s, which holds %s, ", mallory.Hex(), at.Hex(), where))
				said := f.said("Z1")
				if args := said[len(said)-1].Finding.Args; args["account"] != mallory.Hex() || args["contract"] != at.Hex() {
					t.Errorf("it gives %v", args)
				}
			})
		}
		t.Run(on+" by a factory", func(t *testing.T) {
			t.Parallel()
			f, pool, maker := deployments(t, begin(t))
			init := masked(pool)
			f.send(drill.Mallory, maker, init)
			at := crypto.CreateAddress2(maker, common.Hash{}, crypto.Keccak256(init))
			f.shows("Z1", f.head(), fmt.Sprintf("%s deployed %s through %s, which holds pool in its code, ", mallory.Hex(), at.Hex(), maker.Hex()))
		})
	}
}

// What holds another address, what failed, calls and calldata, and what our own deployers do
// are no breach.
func TestOtherContractsAndCallsAreNoDeployment(t *testing.T) {
	for on, begin := range grounds {
		t.Run(on, func(t *testing.T) {
			t.Parallel()
			f, pool, maker := deployments(t, begin(t))
			f.created(drill.Mallory, forwarder(common.Address{0: 1, 19: 2}))
			if _, ok := f.created(drill.Mallory, undone(pool)); ok {
				t.Error("it was created: the test tests nothing")
			}
			f.send(drill.Mallory, maker, forwarder(maker))
			f.send(drill.Mallory, maker, undone(pool)) // CREATE2 gives zero, and the transaction succeeds
			f.send(drill.Mallory, pool, fieldtest.Read(t, "Pool").Call("swap", common.Big1))
			f.send(drill.Mallory, drill.Address(drill.Proposer), pool[:])
			f.created(drill.Executor, forwarder(pool))
			f.send(drill.Executor, maker, forwarder(pool))
			f.calm("Z1")
		})
	}
}

// Over is how long it is a breach.
func TestADeploymentIsABreachForATime(t *testing.T) {
	f, pool, _ := deployments(t, ourGround(t))
	f.created(drill.Mallory, forwarder(pool))
	at := f.head()
	f.mine(599)
	f.mine(1)
	said := f.said("Z1")
	if n := len(said); n != 3 || said[1].Finding.At.Number != at || said[2].Finding.At.Number != at+2 || said[2].Finding.Verdict != ops.OK {
		t.Errorf("%d changes, created at #%d: %+v", n, at, said)
	}
}

// On a node that does not trace, what a factory creates is not seen and the source says so;
// what a transaction creates is.
func TestWithoutTracesDirectDeploymentsAreFoundAndTheSourceSaysSo(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
	s.detects(t, "kind: deployment, watch: [vault, router], of: {over: 1d}, warmup: known")
	g := chaintest.Behind(t, s.HTTP())
	g.Set(chaintest.Lacks("debug_traceBlockByHash", "trace_block"))
	w := s.console(t, g.HTTP, s.WS())
	says := func(when string, want ops.Verdict, why string) {
		t.Helper()
		s.step(t, w)
		if f := finding(w.last, "Z1"); f.Verdict != want || !strings.Contains(f.Why, why) || !strings.Contains(f.Source, "direct ones only: ") {
			t.Fatalf("%s it is %s: %q, by %s", when, f.Verdict, f.Why, f.Source)
		}
	}
	says("at first", ops.OK, "")
	vault := drill.Addresses().Vault
	maker := s.pools(t, drill.Relayer, nil, factory())
	says("with a factory", ops.OK, "")
	s.sends(t, drill.Relayer, maker, forwarder(vault))
	says("with what a factory made", ops.OK, "")
	s.sends(t, drill.Relayer, vault, contracts.Vault().Call("pause"))
	says("with a call", ops.OK, "")
	s.pools(t, drill.Relayer, nil, forwarder(vault))
	says("with a deployment", ops.Breach, "which holds vault in its code")
}

// On a foreign node that traces, by either kind of traces, what a factory creates in somebody's
// transaction is found; a reorg takes it back.
func TestADeploymentByAFactoryIsFoundOnAForeignNodeAndAReorgTakesItBack(t *testing.T) {
	for name, lacks := range map[string][]string{"callTracer": nil, "trace_block": {"debug_traceBlockByHash"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, s := theatre(t)
			vault := drill.Addresses().Vault
			maker := f.deploy(factory())
			s.detects(t, "kind: deployment, watch: [vault], of: {over: 1d}, warmup: known")
			g := chaintest.Behind(t, f.http)
			g.Set(chaintest.Lacks(lacks...))
			w := s.console(t, g.HTTP, f.ws)
			w.judged(f)
			if z := finding(w.last, "Z1"); z.Verdict != ops.OK {
				t.Fatalf("nothing was deployed, and it is %s: %s", z.Verdict, z.Why)
			}
			f.send(&maker, forwarder(vault))
			w.judged(f)
			at := crypto.CreateAddress2(maker, common.Hash{}, crypto.Keccak256(forwarder(vault)))
			if z := finding(w.last, "Z1"); z.Verdict != ops.Breach || z.Args["contract"] != at.Hex() || z.Args["account"] != f.accounts[0].Hex() {
				t.Fatalf("it is %s: %q, by %s, gives %v", z.Verdict, z.Why, z.Source, z.Args)
			}
			f.ask(nil, "anvil_reorg", 1, []any{})
			f.mine(1)
			w.judged(f)
			w.until("the deployment is taken back", func(s ops.Snapshot) bool { return finding(s, "Z1").Verdict == ops.OK })
		})
	}
}

// A console that starts later knows what was deployed within the window.
func TestADeploymentOfBeforeTheStartIsKnown(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
	s.detects(t, "kind: deployment, watch: [vault], of: {over: 1m}, warmup: known")
	at := s.pools(t, drill.Relayer, nil, masked(drill.Addresses().Vault))
	for range 5 {
		s.step(t)
	}
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	if f := finding(w.last, "Z1"); f.Verdict != ops.Breach || f.Args["contract"] != at.Hex() {
		t.Errorf("it is %s: %q gives %v", f.Verdict, f.Why, f.Args)
	}
}

// Blocks whose transactions or traces a provider does not tell are not such without
// deployments; what is not about them is judged all the same.
func TestWhereCreationsAreNotToldItIsUnknown(t *testing.T) {
	for name, fault := range map[string]chaintest.Fault{
		"transactions": chaintest.LiesOn("eth_getBlockByHash", func(raw json.RawMessage) json.RawMessage {
			return json.RawMessage(strings.Replace(string(raw), `"transactionIndex":"0x0"`, `"transactionIndex":"0x9"`, 1))
		}),
		"traces": chaintest.LiesOn("debug_traceBlockByHash", func(json.RawMessage) json.RawMessage { return json.RawMessage(`[]`) }),
		"code":   chaintest.LiesOn("eth_getCode", func(json.RawMessage) json.RawMessage { return json.RawMessage(`"0x1"`) }),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStageOf(t, drill.Options{Seed: 3, Scenario: "bent-price"}, runbooks.Embedded)
			s.detects(t, "kind: deployment, watch: [vault], of: {over: 2s}, warmup: known")
			g := chaintest.Behind(t, s.HTTP())
			w := s.console(t, g.HTTP, s.WS())
			s.step(t, w)
			if f := finding(w.last, "Z1"); f.Verdict != ops.OK {
				t.Fatalf("it is %s: %s", f.Verdict, f.Why)
			}
			g.Set(fault)
			s.pools(t, drill.Relayer, nil, forwarder(common.Address{1}))
			s.step(t, w)
			if f, other := finding(w.last, "Z1"), finding(w.last, "A1"); f.Verdict != ops.Unknown || f.Why == "" || other.Verdict != ops.OK {
				t.Errorf("it is %s: %q, and A1 is %s: %s", f.Verdict, f.Why, other.Verdict, other.Why)
			}
			g.Heal()
			for range 60 {
				if s.step(t, w); finding(w.last, "Z1").Verdict == ops.OK {
					return
				}
			}
			t.Errorf("it never was known again: %s", finding(w.last, "Z1").Why)
		})
	}
}
