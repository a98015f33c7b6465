package rehearsal_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/ops/drill/safetest"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// Audius, 23 July 2022: the proxy's admin lies where its code keeps whether it was
// initialised, so it can be again. A new guardian and a second initialisation are shown in
// the block of the first of the three transactions.
func TestAudiusIsInitialisedAgainAndItIsShown(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Governance")
	admin := common.HexToAddress("0x4deca517D6817B6510798b7328f2314d30030101") // neither of its two lowest bytes is zero
	governance := f.deploy(fieldtest.Read(t, "AdminProxy").Deploy(f.deploy(c.Deploy()), admin))
	f.named("governance", c, governance, "")
	f.send(drill.Deployer, governance, c.Call("initialize", drill.Address(drill.Guardian)))
	f.baselined("Z1", "governance")
	f.quiet()
	f.mine(5)
	f.send(drill.Mallory, governance, c.Call("initialize", drill.Address(drill.Mallory)))
	f.shows("Z1", f.head(), "2 times")
}

// council deploys a Safe of two of three, which acts by what through is given.
func (f *field) council() (at common.Address, through func(to common.Address, data []byte)) {
	f.t.Helper()
	published := safetest.Read(f.t, "1.4.1")
	at = f.deploy(published.ProxyOf(f.deploy(published.Singleton)))
	f.send(drill.Deployer, at, safetest.SetUp(f.t))
	signed := uint64(0)
	return at, func(to common.Address, data []byte) {
		f.t.Helper()
		tx := safe.Transaction{Chain: ops.FirstDrillChain, Safe: at, To: to, Data: data, Nonce: signed}
		f.send(drill.Deployer, at, safetest.Carried(f.t, tx, drill.Security, drill.Release))
		signed++
	}
}

// Radiant, 16 October 2024: three owners of a Safe sign what they do not see, and the
// provider has another owner. That is a block before the pool's code is another one.
func TestRadiantsNewOwnerIsShownBeforeThePoolsCode(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Provider")
	council, through := f.council()
	provider := f.put("provider", c, "", council)
	f.baselined("Z1", "provider")
	f.quiet()
	through(provider, c.Call("setLendingPoolImpl", common.Address{1}))
	through(provider, c.Call("transferOwnership", drill.Address(drill.Mallory)))
	owned := f.head()
	f.send(drill.Mallory, provider, c.Call("setLendingPoolImpl", common.Address{6}))
	f.shows("Z1", owned, drill.Address(drill.Mallory).Hex()+" has owner of provider")
}

// UwU Lend, 10 to 13 June 2024: after the first theft it was declared resolved and opened
// again, and the same account came back. Who he is was known by then: a condition on his
// name is in breach in the block in which he touches it again.
func TestUwUsThiefIsShownWhenHeComesBack(t *testing.T) {
	f := onField(t, ourGround(t))
	c := fieldtest.Read(t, "Pool")
	pool := f.put("pool", c, "", drill.Address(drill.Guardian), big.NewInt(1_000_000))
	f.holds("V1", `count(pool.Swapped, 1h, by == "`+drill.Address(drill.Mallory).Hex()+`") == 0`)
	f.send(drill.Mallory, pool, c.Call("swap", big.NewInt(1))) // the first theft
	f.mine(24 * 3600)
	f.quiet()
	f.send(drill.Proposer, pool, c.Call("swap", big.NewInt(10)))
	f.mine(24 * 3600)
	f.send(drill.Mallory, pool, c.Call("swap", big.NewInt(1)))
	f.shows("V1", f.head(), "1")
}
