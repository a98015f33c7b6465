package rehearsal_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
)

// onBoth plays a story on our own chain and on a node that is not ours.
func onBoth(t *testing.T, story func(t *testing.T, f *field)) {
	t.Helper()
	for name, ground := range map[string]func(*testing.T) *ground{"sealed": ourGround, "anvil": anvilGround} {
		t.Run(name, func(t *testing.T) { story(t, onField(t, ground(t))) })
	}
}

// swapped is what an Echo says when it lies about a swap; indexed says in which shape.
func swapped(t *testing.T, indexed bool, by string, received int64) []byte {
	t.Helper()
	topic := fieldtest.Read(t, "Pool").ABI.Events["Swapped"].ID
	who := common.BytesToHash(drill.Address(by).Bytes())
	data := append(common.Hash{31: 1}.Bytes(), common.BigToHash(big.NewInt(received)).Bytes()...)
	topics := []common.Hash{topic, who}
	if !indexed {
		topics, data = topics[:1], append(who.Bytes(), data...)
	}
	return fieldtest.Read(t, "Echo").Call("say", topics, data)
}

const swaps10s = "kind: liquidity, of: {outflow: %s.Swapped.received, over: 5s, usual: 20s, times: 3, least: 100}, warmup: known"

// The right event of the wrong contract is nobody's. Its twin, with the same first topic
// and nothing indexed, is no event of the ABI: what sums it up is not known.
func TestAnEventCountsOfItsContractAndInItsShapeAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, f *field) {
		c := fieldtest.Read(t, "Pool")
		pool := f.put("pool", c, "", drill.Address(drill.Guardian), big.NewInt(1_000_000))
		stranger, echo := f.deploy(fieldtest.Read(t, "Echo").Deploy()), f.deploy(fieldtest.Read(t, "Echo").Deploy())
		f.named("echo", c, echo, "") // it says what a pool would
		f.detects("Z1", fmt.Sprintf(swaps10s, "pool"))
		f.detects("Z2", fmt.Sprintf(swaps10s, "echo"))
		f.quiet()
		f.send(drill.Proposer, pool, c.Call("swap", big.NewInt(1)))
		f.send(drill.Mallory, stranger, swapped(t, true, drill.Mallory, 1_000_000))
		f.send(drill.Mallory, stranger, swapped(t, false, drill.Mallory, 1_000_000))
		f.send(drill.Mallory, echo, swapped(t, false, drill.Mallory, 1_000_000))
		twin := f.head()
		for range 5 {
			f.mine(10)
		}
		f.send(drill.Mallory, echo, swapped(t, true, drill.Mallory, 1_000_000))
		real := f.head()
		f.calm("Z1")
		said := f.said("Z2")
		if len(said) != 4 || said[1].Finding.Verdict != ops.Unknown || said[1].Finding.At.Number != twin || said[2].Finding.Verdict != ops.OK ||
			said[3].Finding.Verdict != ops.Breach || said[3].Finding.At.Number != real {
			for _, x := range said {
				t.Errorf("%s at #%d: %s", x.Finding.Verdict, x.Finding.At.Number, x.Finding.Why)
			}
		}
	})
}

// What runs is read from the slot: what a proxy answers is nothing.
func TestAProxyThatLiesAboutItsCodeIsShown(t *testing.T) {
	onBoth(t, func(t *testing.T, f *field) {
		c := fieldtest.Read(t, "Liar")
		liar := f.put("liar", c, ", proxy: erc1967")
		good, bad := f.deploy(fieldtest.Read(t, "Swaps").Deploy()), f.deploy(fieldtest.Read(t, "GasZip").Deploy())
		f.detects("Z1", fmt.Sprintf("kind: code, watch: [liar], approved: [%q]", f.codehash(good)))
		f.send(drill.Deployer, liar, c.Call("point", good, good))
		f.quiet()
		f.mine(1)
		f.send(drill.Mallory, liar, c.Call("point", bad, good))
		f.shows("Z1", f.head(), "at "+bad.Hex())
	})
}

// A beacon that is turned between two blocks is shown in its block, though no event of the
// proxy tells, and turned back it is over. Turned and turned back in one block nobody sees.
func TestABeaconThatIsTurnedIsShownInItsBlock(t *testing.T) {
	onBoth(t, func(t *testing.T, f *field) {
		c := fieldtest.Read(t, "Beacon")
		beacon := f.deploy(c.Deploy())
		f.named("lamp", c, f.deploy(fieldtest.Read(t, "BeaconProxy").Deploy(beacon)), ", proxy: erc1967")
		good, bad := f.deploy(fieldtest.Read(t, "Swaps").Deploy()), f.deploy(fieldtest.Read(t, "GasZip").Deploy())
		f.detects("Z1", fmt.Sprintf("kind: code, watch: [lamp], approved: [%q]", f.codehash(good)))
		f.send(drill.Deployer, beacon, c.Call("turn", good))
		f.quiet()
		f.pooled(drill.Mallory, &beacon, c.Call("turn", bad))
		f.pooled(drill.Mallory, &beacon, c.Call("turn", good))
		f.mine(1)
		f.mine(1)
		f.send(drill.Mallory, beacon, c.Call("turn", bad))
		turned := f.head()
		f.send(drill.Mallory, beacon, c.Call("turn", good))
		f.shows("Z1", turned, "which nobody approved")
		if said := f.said("Z1"); len(said) != 3 || said[2].Finding.Verdict != ops.OK || said[2].Finding.At.Number != turned+1 {
			t.Errorf("%d changes", len(said))
		}
	})
}

// A role that is given and taken in one block is nobody's; given, it is shown.
func TestARoleThatIsGivenAndTakenInOneBlockIsNobodys(t *testing.T) {
	onBoth(t, func(t *testing.T, f *field) {
		c := locktest.Read(t, "TimelockController-5.7.0")
		lock := f.deploy(c.TimelockController(day, drill.Address(drill.Executor)))
		f.named("lock", c, lock, "")
		f.baselined("Z1", "lock")
		f.quiet()
		role := crypto.Keccak256Hash([]byte("PROPOSER_ROLE"))
		f.pooled(drill.Deployer, &lock, c.Call("grantRole", role, drill.Address(drill.Mallory)))
		f.pooled(drill.Deployer, &lock, c.Call("revokeRole", role, drill.Address(drill.Mallory)))
		f.mine(1)
		f.mine(1)
		f.send(drill.Deployer, lock, c.Call("grantRole", role, drill.Address(drill.Mallory)))
		f.shows("Z1", f.head(), drill.Address(drill.Mallory).Hex()+" has PROPOSER_ROLE of lock")
	})
}

// A facet that is added is shown on any node.
func TestAFacetThatIsAddedIsShownOnAnyNode(t *testing.T) {
	onBoth(t, func(t *testing.T, f *field) {
		swaps, zip := fieldtest.Read(t, "Swaps"), fieldtest.Read(t, "GasZip")
		diamond := f.put("diamond", fieldtest.Read(t, "Diamond"), ", proxy: diamond")
		facet, other := f.deploy(swaps.Deploy()), f.deploy(zip.Deploy())
		f.cut(diamond, facet, swaps.Call("swap"))
		f.detects("Z1", fmt.Sprintf("kind: code, watch: [diamond], approved: [%q]", f.codehash(facet)))
		f.quiet()
		f.cut(diamond, other, zip.Call("deposit", common.Address{}, []byte{}))
		f.mine(1)
		f.shows("Z1", f.head(), other.Hex())
	})
}

// What appears at a watched address is held against the list: nothing there is a breach, as
// is other code; what was approved is not.
func TestWhatAppearsByCreate2AtAWatchedAddressIsJudged(t *testing.T) {
	onBoth(t, func(t *testing.T, f *field) {
		c, good := fieldtest.Read(t, "Nest"), fieldtest.Read(t, "Swaps")
		nest := f.deploy(c.Deploy())
		for n, code := range [][]byte{good.Deploy(), fieldtest.Read(t, "GasZip").Deploy()} {
			salt := common.Hash{byte(n + 1)}
			f.named(fmt.Sprint("egg", n), good, crypto.CreateAddress2(nest, salt, crypto.Keccak256(code)), "")
		}
		approved := f.codehash(f.deploy(good.Deploy()))
		f.detects("Z1", fmt.Sprintf("kind: code, watch: [egg0], approved: [%q]", approved))
		f.detects("Z2", fmt.Sprintf("kind: code, watch: [egg1], approved: [%q]", approved))
		f.quiet()
		f.send(drill.Mallory, nest, c.Call("lay", good.Deploy(), common.Hash{1}))
		laid := f.head()
		f.send(drill.Mallory, nest, c.Call("lay", fieldtest.Read(t, "GasZip").Deploy(), common.Hash{2}))
		f.mine(1)
		first, second := f.said("Z1"), f.said("Z2")
		if len(first) != 2 || first[0].Finding.Verdict != ops.Breach || first[1].Finding.Verdict != ops.OK || first[1].Finding.At.Number != laid {
			t.Errorf("%d changes of Z1", len(first))
		}
		if len(second) != 1 || second[0].Finding.Verdict != ops.Breach {
			t.Errorf("%d changes of Z2", len(second))
		}
	})
}

// An account that delegates to the approved code (EIP-7702) is not that code: whoever has
// its key points it elsewhere tomorrow.
func TestADelegatedAccountIsNotTheContractThatItDelegatesTo(t *testing.T) {
	onBoth(t, func(t *testing.T, f *field) {
		good := fieldtest.Read(t, "Swaps")
		at := f.deploy(good.Deploy())
		wallet := drill.Address(drill.Mallory)
		f.named("wallet", good, wallet, "")
		f.detects("Z1", fmt.Sprintf("kind: code, watch: [wallet], approved: [%q]", f.codehash(at)))
		f.quiet()
		f.delegates(drill.Mallory, at)
		f.mine(1)
		f.mine(1)
		code, err := f.eth.CodeAt(t.Context(), wallet, nil)
		if err != nil || len(code) != 23 || new(big.Int).SetBytes(f.ask(wallet, good.Call("swap"))).Int64() != 1 {
			t.Fatalf("it delegates nothing: %x, %v", code, err)
		}
		said := f.said("Z1")
		if len(said) != 1 || said[0].Finding.Verdict != ops.Breach {
			t.Errorf("%d changes", len(said))
		}
	})
}
