package sign

import (
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// DrillSigners are the roles whose drill keys a console may be given. Their keys
// are derived from their names by everybody alike.
var DrillSigners = []string{"guardian", "backup", "deployer", "proposer", "executor", "mallory", "security", "release", "incident-command", "operator", "treasurer", "payroll", "operations", "relayer"}

// drillSeed is what a drill key is derived from: keccak256(drillSeed + role).
const drillSeed = "bulkhead drill key: "

var drillAddresses = sync.OnceValue(func() map[common.Address]bool {
	out := map[common.Address]bool{}
	for _, role := range DrillSigners {
		key, err := crypto.ToECDSA(crypto.Keccak256([]byte(drillSeed + role)))
		if err != nil {
			panic(err) // the names stand above, and each gives a key
		}
		out[crypto.PubkeyToAddress(key.PublicKey)] = true
	}
	return out
})

// IsDrillKey reports whether the account's key is one that every drill uses and
// everybody can derive.
func IsDrillKey(a common.Address) bool { return drillAddresses()[a] }
