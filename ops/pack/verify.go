package pack

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Verify holds the pack as it was read against the lock and the signatures as they
// lie on the disk now.
func (p *Pack) Verify() ops.Signing {
	s := ops.Signing{Pack: p.Name, Root: p.Root(), Owned: p.Owners != nil}
	problem := func(format string, args ...any) { s.Problems = append(s.Problems, fmt.Sprintf(format, args...)) }
	if p.Owners == nil {
		problem("there is no %s: write who owns what, then bulkhead pack lock, sign and verify", OwnersFile)
	}
	s.Problems = append(s.Problems, p.missing...)
	locked, why := p.locked()
	if why != "" {
		problem("%s", why)
	}
	signatures, why := p.signatures()
	if why != "" {
		problem("%s", why)
	}
	for _, a := range p.everybody() {
		if p.Public != nil && p.Public(a) {
			problem("%s is the address of a drill's key, which everybody knows: a real pack is signed with keys of your own", a.Hex())
		}
	}
	for _, d := range p.Documents {
		s.Documents = append(s.Documents, p.verify(d, locked, signatures))
	}
	for _, l := range locked.Documents {
		if !slices.ContainsFunc(p.Documents, func(d Document) bool { return d.Name == l.Name }) {
			problem("%s is locked, and there is no such document", l.Name)
		}
	}
	if whole, err := p.Lock(); len(s.Why()) == 0 && (err != nil || !bytes.Equal(whole, p.now(LockFile))) {
		problem("%s says the same in other bytes: let bulkhead pack lock write it", LockFile)
	}
	return s
}

// everybody lists who may sign or arm.
func (p *Pack) everybody() []common.Address {
	if p.Owners == nil {
		return p.Approvals.Signers
	}
	all := append(p.Owners.addresses(), p.Approvals.Signers...)
	slices.SortFunc(all, common.Address.Cmp)
	return slices.Compact(all)
}

// now reads a file as it is on the disk; nil where there is none, or none that can
// be read.
func (p *Pack) now(name string) []byte {
	k, err := read(p.reading.from, name)
	if err != nil {
		return nil
	}
	return k.data
}

func (p *Pack) locked() (lockFile, string) {
	source := p.now(LockFile)
	if source == nil {
		return lockFile{}, fmt.Sprintf("there is no %s: bulkhead pack lock writes it", LockFile)
	}
	f, faults := decodeLock(source)
	if faults.Err() != nil {
		return lockFile{}, "the lock cannot be read: " + faults[0].String()
	}
	return f, ""
}

func (p *Pack) signatures() ([]Signature, string) {
	source := p.now(SignaturesFile)
	if source == nil {
		return nil, fmt.Sprintf("there is no %s: bulkhead pack sign writes it", SignaturesFile)
	}
	all, faults := DecodeSignatures(p.Name, source)
	if faults.Err() != nil {
		return nil, "the signatures cannot be read: " + faults[0].String()
	}
	return all, ""
}

func (p *Pack) verify(d Document, locked lockFile, signatures []Signature) ops.SignedDocument {
	out := ops.SignedDocument{Name: d.Name, Owner: d.Owner, SHA256: common.HexToHash(d.SHA256), Locked: d.Locked()}
	i := slices.IndexFunc(locked.Documents, func(l Document) bool { return l.Name == d.Name })
	if i < 0 {
		out.Problems = append(out.Problems, "it is not in the lock: bulkhead pack lock")
	} else if why := d.differs(locked.Documents[i]); why != "" {
		out.Problems = append(out.Problems, why+": put it back, or lock and sign it anew")
	}
	for _, role := range d.Roles() {
		if n, why := p.count(&out, role, signatures); n == 0 {
			out.Problems = append(out.Problems, fmt.Sprintf("%s has not signed it%s: bulkhead pack sign --as %s", role, why, role))
		}
	}
	if d.Owner != Release || p.Approvals.Release == "" {
		return out
	}
	switch n, why := p.count(&out, Approver, signatures); {
	case p.Approvals.Threshold == 0:
		out.Problems = append(out.Problems, fmt.Sprintf("policy.yaml does not say who approves %s: add it under approvals", p.Approvals.Release))
	case n < p.Approvals.Threshold:
		out.Problems = append(out.Problems, fmt.Sprintf("%d of %d approvals%s: bulkhead pack sign --as %s", n, p.Approvals.Threshold, why, Approver))
	}
	return out
}

// count counts who signed the document as it is, in the role, and may; and says
// what was signed that does not count.
func (p *Pack) count(out *ops.SignedDocument, role string, signatures []Signature) (n int, why string) {
	var other []string
	for _, s := range signatures {
		switch {
		case s.Document != out.Name || s.Role != role:
		case !p.May(role, s.By):
			other = append(other, fmt.Sprintf("%s has, and may not", s.By.Hex()))
		case s.SHA256 != out.SHA256 || s.Locked != out.Locked:
			other = append(other, fmt.Sprintf("%s signed other bytes", s.By.Hex()))
		default:
			signer := ops.Signer{Role: role, Address: s.By}
			if p.Owners != nil {
				person, _ := p.Owners.Person(s.By)
				signer.Person = person.Name
			}
			out.Signers = append(out.Signers, signer)
			n++
		}
	}
	if len(other) > 0 {
		why = " (" + strings.Join(other, ", ") + ")"
	}
	return n, why
}

// Signatures reads those that lie on the disk, so that more can be joined to them;
// none where there is no file.
func (p *Pack) Signatures() ([]Signature, error) {
	source := p.now(SignaturesFile)
	if source == nil {
		return nil, nil
	}
	all, faults := DecodeSignatures(p.Name, source)
	return all, faults.Err()
}
