package ops

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
)

// Signing says whether the pack that a console goes by is what its owners signed.
type Signing struct {
	Pack      string
	Root      common.Hash // of the lock over all documents
	Owned     bool        // there is an owners.yaml
	Documents []SignedDocument
	Problems  []string // of the pack as a whole
}

// SignedDocument is one document: the hash of its bytes, the hash of what the lock
// says of it, and who signed both. Problems is empty when everybody has who must.
type SignedDocument struct {
	Name     string
	Owner    string
	SHA256   common.Hash
	Locked   common.Hash
	Signers  []Signer
	Problems []string
}

// Signer is one signature that counts. Person is empty where the owners name nobody
// of this address.
type Signer struct {
	Role    string
	Address common.Address
	Person  string
}

// Whole reports whether every document is locked and signed by all who must.
func (s Signing) Whole() bool { return len(s.Documents) > 0 && len(s.Why()) == 0 }

// Why lists what is missing, each with the document that it is about.
func (s Signing) Why() []string {
	out := append([]string{}, s.Problems...)
	for _, d := range s.Documents {
		for _, p := range d.Problems {
			out = append(out, fmt.Sprintf("%s: %s", d.Name, p))
		}
	}
	return out
}
