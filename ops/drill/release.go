package drill

import (
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// delay is the timelock's minimum delay, and that of every operation here.
const delay = 48 * time.Hour

// operation is one single call in the timelock.
type operation struct {
	to          common.Address
	data        []byte
	predecessor common.Hash
	salt        common.Hash
}

// upgrade is O1 of the release: the vault becomes V2.
var upgrade = sync.OnceValue(func() operation {
	return operation{
		to:   world.Vault,
		data: contracts.VaultV2().Call("upgradeToAndCall", world.VaultV2, []byte{}),
		salt: salt("vault-v2 O1"),
	}
})

// promote is O2 of the release: once upgraded, accounts may hold twice as much.
var promote = sync.OnceValue(func() operation {
	return operation{
		to:          world.Vault,
		data:        contracts.VaultV2().Call("setDepositCap", units(1000)),
		predecessor: upgrade().id(),
		salt:        salt("vault-v2 O2"),
	}
})

// rogue is in no release: it would let the attacker execute operations.
var rogue = sync.OnceValue(func() operation {
	return operation{
		to:   world.Timelock,
		data: contracts.Timelock().Call("grantRole", executorRole, Address(Mallory)),
		salt: salt("routine maintenance"),
	}
})

func salt(text string) common.Hash { return crypto.Keccak256Hash([]byte("bulkhead drill: " + text)) }

// id is hashOperation: keccak256(abi.encode(target, value, data, predecessor, salt)).
func (o operation) id() common.Hash {
	kind := func(name string) abi.Argument {
		t, err := abi.NewType(name, "", nil)
		if err != nil {
			panic(err) // the three names below are types
		}
		return abi.Argument{Type: t}
	}
	types := abi.Arguments{kind("address"), kind("uint256"), kind("bytes"), kind("bytes32"), kind("bytes32")}
	encoded, err := types.Pack(o.to, new(big.Int), o.data, o.predecessor, o.salt)
	if err != nil {
		panic(err) // the fields have these types
	}
	return crypto.Keccak256Hash(encoded)
}

// schedule is the calldata that puts the operation into the queue.
func (o operation) schedule() []byte {
	return contracts.Timelock().Call("schedule",
		o.to, new(big.Int), o.data, o.predecessor, o.salt, big.NewInt(int64(delay.Seconds())))
}

// execute is the calldata that runs the operation once it is ready.
func (o operation) execute() []byte {
	return contracts.Timelock().Call("execute", o.to, new(big.Int), o.data, o.predecessor, o.salt)
}
