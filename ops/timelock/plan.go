package timelock

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Planned is one operation as an approved release says it should be.
type Planned struct {
	ID          common.Hash
	Name        string // release and operation: vault-v2 O2
	Calls       []ops.Call
	Predecessor common.Hash
	Delay       time.Duration // from its scheduling
	From        time.Time     // when it should wait or be done; zero where the release does not say
	Rollback    bool          // it is only scheduled if things go wrong
}

// fingerprint is the same for operations that make the same calls, under whatever id.
func fingerprint(calls []ops.Call) common.Hash {
	var all []byte
	for _, c := range calls {
		each := crypto.Keccak256(c.To[:], common.BigToHash(wei(c.Value)).Bytes(), crypto.Keccak256(c.Data))
		all = append(all, each...)
	}
	return crypto.Keccak256Hash(all)
}

// planned is what a release says of an operation, by its id.
func (l *Ledger) planned(id common.Hash) (Planned, bool) {
	for _, p := range l.lock.Planned {
		if p.ID == id {
			return p, true
		}
	}
	return Planned{}, false
}
