package rehearsal_test

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
)

// facetCut is a cut of the test's diamond.
type facetCut struct {
	Facet     common.Address
	Action    uint8
	Selectors [][4]byte
}

// cut adds a facet with one function.
func (f *field) cut(diamond common.Address, facet common.Address, selector []byte) {
	f.t.Helper()
	c := fieldtest.Read(f.t, "Diamond")
	f.send(drill.Deployer, diamond, c.Call("diamondCut", []facetCut{{facet, 0, [][4]byte{[4]byte(selector)}}}, common.Address{}, []byte{}))
}

// LI.FI, 16 July 2024: a facet is added that calls what it is told to. The diamond's loupe
// names it in the block of the cut, and its code is held against the list in the next.
func TestLiFisNewFacetIsShownABlockAfterTheCut(t *testing.T) {
	f := onField(t, ourGround(t))
	swaps, zip := fieldtest.Read(t, "Swaps"), fieldtest.Read(t, "GasZip")
	diamond := f.put("diamond", fieldtest.Read(t, "Diamond"), ", proxy: diamond")
	facet, other := f.deploy(swaps.Deploy()), f.deploy(zip.Deploy())
	f.cut(diamond, facet, swaps.Call("swap"))
	f.detects("Z1", fmt.Sprintf("kind: code, watch: [diamond], approved: [%q]", f.codehash(facet)))
	f.quiet()
	f.send(drill.Proposer, diamond, swaps.Call("swap"))
	f.cut(diamond, other, zip.Call("deposit", common.Address{}, []byte{}))
	f.mine(1)
	shown := f.head()
	f.send(drill.Mallory, diamond, zip.Call("deposit", facet, swaps.Call("swap")))
	f.shows("Z1", shown, "has the facet "+other.Hex())
}

// tornado deploys the proposal that was voted on, and watches its code.
func tornado(t *testing.T, g *ground) (f *field, maker, payload common.Address) {
	t.Helper()
	f = onField(t, g)
	c, reviewed := fieldtest.Read(t, "Maker"), fieldtest.Read(t, "Payload")
	maker = f.deploy(c.Deploy())
	tx := f.pooled(drill.Mallory, &maker, c.Call("make", reviewed.Deploy()))
	f.mine(1)
	logs := f.receipt(tx).Logs
	payload = common.BytesToAddress(logs[len(logs)-1].Data)
	f.named("payload", reviewed, payload, "")
	f.detects("Z1", fmt.Sprintf("kind: code, watch: [payload], approved: [%q]", f.codehash(payload)))
	f.quiet()
	f.mine(3 * 24 * 3600)
	return f, maker, payload
}

// Tornado's governance, 20 May 2023, as it was, on a node with the rules of then: the
// proposal's contract destroys itself after the vote, and another stands at its address. The
// first is shown in its block, before the second is there.
func TestTornadosProposalIsShownWhenItDestroysItself(t *testing.T) {
	f, maker, payload := tornado(t, anvilGroundOf(t, "--hardfork", "shanghai"))
	c, reviewed, other := fieldtest.Read(t, "Maker"), fieldtest.Read(t, "Payload"), fieldtest.Read(t, "OtherPayload")
	f.send(drill.Mallory, payload, reviewed.Call("end"))
	gone := f.head()
	f.send(drill.Mallory, maker, c.Call("make", other.Deploy()))
	if f.codehash(payload) == f.codehash(f.deploy(reviewed.Deploy())) {
		t.Fatal("the same code stands there: nothing was played")
	}
	f.shows("Z1", gone, "has no code any more")
	said := f.said("Z1")
	if last := said[len(said)-1].Finding; last.Verdict != ops.Breach {
		t.Errorf("with other code it is %s", last.Verdict)
	}
}

// Since Cancun a contract is only gone where it was made in the same transaction: what was
// voted on stays, and the attempt changes nothing.
func TestTornadosTrickIsNoneSinceCancun(t *testing.T) {
	f, maker, payload := tornado(t, ourGround(t))
	before := f.codehash(payload)
	f.send(drill.Mallory, payload, fieldtest.Read(t, "Payload").Call("end"))
	if f.sent(drill.Mallory, maker, fieldtest.Read(t, "Maker").Call("make", fieldtest.Read(t, "OtherPayload").Deploy()), f.now.Add(1e9)) {
		t.Fatal("another stands there")
	}
	if f.codehash(payload) != before {
		t.Fatal("it is gone")
	}
	f.calm("Z1")
}
