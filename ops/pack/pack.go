// Package pack is about a pack as bytes and about who says so: which documents it
// has, who owns each, what the lock fixes, and whether what lies on the disk is what
// its owners signed.
//
// It stands beside ops/policy and not in it because it is about all documents
// alike, runbooks too, and asks of none what it means. It must never sign, never
// write to a pack, and never call a document signed of which one byte, or one byte
// of what it names, differs from what its owner put the signature under.
package pack

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// ErrUnsigned means that a document is not what its owners signed.
var ErrUnsigned = errors.New("the pack is not what its owners signed")

// ErrFile means that a file which a document names cannot be locked.
var ErrFile = errors.New("it cannot be locked")

// Approvals is who must approve the release, and how many of them. Without a
// Release there is nothing to approve; a release of which the policy says nothing
// has a Threshold of 0, and is approved by nobody.
type Approvals struct {
	Release   string
	Signers   []common.Address
	Threshold int
}

// Pack is a pack as it was read: its documents as the lock fixes them, in the order
// of the lock.
type Pack struct {
	Name      string
	Owners    *Owners // nil where there are none
	Documents []Document
	Approvals Approvals
	Public    func(common.Address) bool // keys that everybody knows, and nobody may sign with; nil for none
	reading   *Reading
	missing   []string // why a document is not among them
}

// New makes a pack of what was read. Documents are added in the order in which the
// lock lists them.
func New(name string, reading *Reading, owners *Owners) *Pack {
	return &Pack{Name: name, reading: reading, Owners: owners}
}

// Add fixes a document: its bytes, those of the files that it names, and what its
// steps send. ErrFile names a file that cannot be read: then the pack is never
// whole.
func (p *Pack) Add(name, owner string, files []string, steps []Step) error {
	err := p.add(name, owner, files, steps)
	if err != nil {
		p.missing = append(p.missing, fmt.Sprintf("%s: %s", name, err))
	}
	return err
}

func (p *Pack) add(name, owner string, files []string, steps []Step) error {
	hash, err := p.hash(name)
	if err != nil {
		return err
	}
	d := Document{Name: name, Owner: owner, SHA256: hash.Hex(), Steps: steps}
	files = slices.Clone(files)
	slices.Sort(files)
	for _, f := range slices.Compact(files) {
		hash, err := p.hash(f)
		if err != nil {
			return err
		}
		d.Files = append(d.Files, File{f, hash.Hex()})
	}
	p.Documents = append(p.Documents, d)
	return nil
}

func (p *Pack) hash(name string) (common.Hash, error) {
	f, err := p.reading.Open(name)
	if err != nil {
		return common.Hash{}, fmt.Errorf("%w: %s: %w", ErrFile, name, err)
	}
	defer func() { _ = f.Close() }()
	return sha256.Sum256(p.reading.bytes(name)), nil
}

// Changed compares the files on the disk with what was read: ErrChanged.
func (p *Pack) Changed() error { return p.reading.Changed() }

// Due lists the documents that are signed in a role.
func (p *Pack) Due(role string) []Document {
	var due []Document
	for _, d := range p.Documents {
		if slices.Contains(d.Roles(), role) || role == Approver && d.Owner == Release {
			due = append(due, d)
		}
	}
	return due
}

// May reports whether an address's signature in the role counts.
func (p *Pack) May(role string, a common.Address) bool {
	if role == Approver {
		return slices.Contains(p.Approvals.Signers, a)
	}
	return p.Owners != nil && p.Owners.Owns(role, a)
}

// Statement is what is signed for a document of this pack in a role.
func (p *Pack) Statement(d Document, role string) statement.Statement {
	return p.unsigned(d, role).Statement(p.Name)
}

func (p *Pack) unsigned(d Document, role string) Signature {
	return Signature{Document: d.Name, Role: role, SHA256: common.HexToHash(d.SHA256), Locked: d.Locked()}
}

// Signed turns the bytes of a signature into one that counts, or says why it does
// not: it must be the role's, over this document as it is now.
func (p *Pack) Signed(d Document, role string, raw []byte) (Signature, error) {
	s := p.unsigned(d, role)
	who, err := s.Statement(p.Name).Signer(raw)
	if err != nil {
		return s, err
	}
	if !p.May(role, who) {
		return s, fmt.Errorf("%w: this signature of %s as %s is that of %s, who is not named as that: was it made for these bytes, and with the right key?", ErrUnsigned, d.Name, role, who.Hex())
	}
	s.By, s.Bytes = who, raw
	return s, nil
}

func sorted[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), cmp.Compare[string])
}
