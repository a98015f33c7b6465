package drill

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// Estate is what the protocol has beside the vault, one contract for each breach
// class. It lies in every drill and is calm in all but one scenario. The addresses
// follow from the treasurer's key and the order of deployment.
type Estate struct {
	Breaker    common.Address // locks functions
	Treasury   common.Address // pays by role
	Till       common.Address // the float of the operations wallet
	BridgeCode common.Address // an implementation
	Bridge     common.Address // a proxy
	Deep, Thin common.Address // pools of dUSD and ether
	Router     common.Address
	SavingsV1  common.Address // an implementation
	Savings    common.Address // a proxy
	SavingsV2  common.Address // an implementation
	Rebuilt    common.Address // the bridge's code of another build, where a scenario asks for it
}

var estate = estateOf(Address(Treasurer))

func estateOf(deployer common.Address) Estate {
	at := func(nonce uint64) common.Address { return crypto.CreateAddress(deployer, nonce) }
	return Estate{
		Breaker: at(0), Treasury: at(1), Till: at(2), BridgeCode: at(3), Bridge: at(4), Deep: at(5), Thin: at(6), Router: at(7),
		SavingsV1: at(8), Savings: at(9), SavingsV2: at(10), Rebuilt: at(11),
	}
}

// The amounts of the estate. No scenario takes as much as a contract holds.
const (
	lane     = 7    // the bridge's one lane
	thin     = 2    // the router's route by the thin pool
	endowed  = 1500 // dUSD in treasury, till and bridge each
	bridged  = 300  // dUSD that came over the bridge before the drill
	saved    = 120  // dUSD that each account saves
	thinDUSD = 100  // dUSD in the thin pool
)

// thinEther is what lies in the thin pool beside its dUSD, in wei: 2,000 dUSD an
// ether, the reference price.
var thinEther = big.NewInt(5e16)

// price is the reference price of the router: 2,000 dUSD an ether.
var price = units(2000)

// honestRoot is the one root that the relayer posts.
var honestRoot = crypto.Keccak256Hash([]byte("bulkhead drill: bridge root"))

// deployEstate creates the contracts in the order that Estate relies on.
func deployEstate(b *batch) {
	guards := []common.Address{Address(Guardian), Address(Backup)}
	admin := Address(Treasurer)
	create := func(code []byte, value *big.Int) { b.create(Treasurer, code, value) }
	create(contracts.Breaker().Deploy(admin, guards), nil)
	create(contracts.Treasury().Deploy(world.Token, estate.Breaker, admin, Address(Payroll), guards), nil)
	create(contracts.Till().Deploy(world.Token, estate.Treasury, admin, Address(Operations), units(endowed), guards), nil)
	create(contracts.Bridge().Deploy(big.NewInt(1)), nil)
	create(contracts.Proxy().Deploy(estate.BridgeCode, contracts.Bridge().Call(
		"initialize", world.Token, admin, Address(Relayer), units(bridged), guards)), nil)
	create(contracts.Pool().Deploy(world.Token), new(big.Int).Mul(thinEther, big.NewInt(80)))
	create(contracts.Pool().Deploy(world.Token), thinEther)
	create(contracts.Router().Deploy(world.Token, price, estate.Deep, estate.Thin, admin, guards), nil)
	create(contracts.Savings().Deploy(), nil)
	create(contracts.Proxy().Deploy(estate.SavingsV1, contracts.Savings().Call("initialize", world.Token, admin, guards)), nil)
	create(contracts.SavingsV2().Deploy(), nil)
}

// endow gives the estate its money.
func endow(b *batch) {
	mint := func(to common.Address, amount *big.Int) {
		b.send(Deployer, world.Token, contracts.Token().Call("mint", to, amount))
	}
	for _, to := range []common.Address{estate.Treasury, estate.Till, estate.Bridge} {
		mint(to, units(endowed))
	}
	mint(estate.Router, units(2*endowed))
	mint(estate.Deep, units(80*thinDUSD))
	mint(estate.Thin, units(thinDUSD))
	mint(Address(Mallory), units(thinDUSD))
	for i := range accounts {
		mint(Address(Account(i)), units(saved))
	}
}

// settleIn lets people use the estate: the accounts save, and what was locked on the
// other side of the bridge is released here.
func settleIn(b *batch) {
	for i := range accounts {
		b.send(Account(i), world.Token, contracts.Token().Call("approve", estate.Savings, math.MaxBig256))
		b.send(Account(i), estate.Savings, contracts.Savings().Call("save", units(saved)))
	}
	bridge := contracts.Bridge()
	b.send(Relayer, estate.Bridge, bridge.Call("report", big.NewInt(lane), units(bridged), honestRoot))
	b.send(Payroll, estate.Bridge, bridge.Call("release", big.NewInt(lane), Address(Payroll), units(bridged), honestRoot))
}

// upgradeSavings makes them V2. A guardian may put V1 back from a time on.
func upgradeSavings(b *batch, rollbackFrom time.Time) {
	from := new(big.Int)
	if !rollbackFrom.IsZero() {
		from.SetInt64(rollbackFrom.Unix())
	}
	b.send(Treasurer, estate.Savings, contracts.SavingsV2().Call(
		"upgradeToAndCall", estate.SavingsV2, contracts.SavingsV2().Call("initializeV2", estate.SavingsV1, from)))
}
