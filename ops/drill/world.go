package drill

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// World is where the drill's contracts lie. The addresses follow from the
// deployer's key and the order of deployment, so they are the same in every run.
type World struct {
	Token    common.Address
	Timelock common.Address
	VaultV1  common.Address // an implementation
	Vault    common.Address // the proxy: the vault everybody means
	VaultV2  common.Address // an implementation
}

var world = Addresses()

// Addresses tells where the contracts of every drill lie.
func Addresses() World {
	at := func(nonce uint64) common.Address { return crypto.CreateAddress(Address(Deployer), nonce) }
	return World{Token: at(0), Timelock: at(1), VaultV1: at(2), Vault: at(3), VaultV2: at(4)}
}

var (
	cancellerRole = crypto.Keccak256Hash([]byte("CANCELLER_ROLE"))
	executorRole  = crypto.Keccak256Hash([]byte("EXECUTOR_ROLE"))
	adminRole     = common.Hash{} // OpenZeppelin's DEFAULT_ADMIN_ROLE
)

// ether is 10^18: one ether in wei, one dUSD in its smallest units.
var ether = big.NewInt(1e18)

func units(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), ether) }

// deploy creates the contracts in the order that Addresses relies on, hands the
// timelock over to itself and lets the guardian cancel.
func deploy(b *batch) {
	b.create(Deployer, contracts.Token().Deploy(Address(Deployer)), nil)
	b.create(Deployer, contracts.Timelock().Deploy(
		big.NewInt(int64(delay.Seconds())),
		[]common.Address{Address(Proposer)}, []common.Address{Address(Executor)},
		Address(Deployer),
	), nil)
	b.create(Deployer, contracts.Vault().Deploy(), nil)
	b.create(Deployer, contracts.Proxy().Deploy(world.VaultV1, contracts.Vault().Call(
		"initialize", world.Token, world.Timelock, Address(Guardian), units(500),
	)), nil)
	b.create(Deployer, contracts.VaultV2().Deploy(), nil)
	timelock := contracts.Timelock()
	b.send(Deployer, world.Timelock, timelock.Call("grantRole", cancellerRole, Address(Guardian)))
	b.send(Deployer, world.Timelock, timelock.Call("renounceRole", adminRole, Address(Deployer)))
}

// genesisAlloc gives every name enough ether for gas, but for whom a broken answer
// leaves without.
func genesisAlloc(broken Broken) types.GenesisAlloc {
	alloc := types.GenesisAlloc{}
	for _, name := range []string{Deployer, Proposer, Executor, Guardian, Backup, Mallory, Treasurer, Payroll, Operations, Relayer} {
		alloc[Address(name)] = types.Account{Balance: units(10)}
	}
	for i := range accounts {
		alloc[Address(Account(i))] = types.Account{Balance: units(10)}
	}
	if broken == Dust {
		alloc[Address(Guardian)] = types.Account{Balance: dust}
	}
	return alloc
}
