package drill

import (
	"crypto/ecdsa"
	"fmt"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// The people of the drill, by the names of their keys.
const (
	Deployer = "deployer"
	Proposer = "proposer"         // schedules operations; phished during the drill
	Executor = "executor"         // executes what is ready
	Guardian = "guardian"         // may pause the vault and cancel operations
	Backup   = "backup"           // the guardian's second: may restrict what lies on the estate
	Mallory  = "mallory"          // the attacker
	Security = "security"         // owns policy.yaml, approves releases
	Release  = "release"          // owns release.yaml, approves releases
	Command  = "incident-command" // owns the runbooks
	Operator = "operator"         // arms the console

	Treasurer  = "treasurer"  // deploys and administers the estate
	Payroll    = "payroll"    // the one payer of the treasury
	Operations = "operations" // the wallet that spends from the till
	Relayer    = "relayer"    // reports what was locked on the bridge's other side
)

// accounts is the number of honest accounts, account-0 to account-13.
const accounts = 14

// Account is the key name of an honest account, 0 to 13.
func Account(i int) string { return fmt.Sprintf("account-%d", i) }

type identity struct {
	key     *ecdsa.PrivateKey
	address common.Address
}

var identities sync.Map // name → identity; deriving one costs a scalar multiplication

func who(name string) identity {
	if known, ok := identities.Load(name); ok {
		return known.(identity)
	}
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("bulkhead drill key: " + name)))
	if err != nil { // a hash outside of the curve's order: nobody will meet one
		panic(fmt.Sprintf("no drill key for %q: %v", name, err))
	}
	id := identity{key: key, address: crypto.PubkeyToAddress(key.PublicKey)}
	identities.Store(name, id)
	return id
}

// Key is the drill key of a name: keccak256("bulkhead drill key: " + name). It
// is public on purpose. Refuse it on any chain that is not a drill.
func Key(name string) *ecdsa.PrivateKey { return who(name).key }

// Address is the address of a name's drill key.
func Address(name string) common.Address { return who(name).address }
