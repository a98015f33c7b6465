package pack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// SignaturesFile is the name of the signatures in their pack.
const SignaturesFile = "pack.signatures.yaml"

// Signature says that By stands, in a role, for a document with these two hashes.
// It was checked: whoever holds one knows that By made it.
type Signature struct {
	Document string
	Role     string
	SHA256   common.Hash
	Locked   common.Hash
	By       common.Address
	Bytes    []byte // r, s, v
}

// Statement is what was signed.
func (s Signature) Statement(pack string) statement.Statement {
	return statement.Document(pack, s.Document, s.Role, s.SHA256, s.Locked)
}

type signatureFile struct {
	Document  document.Text `yaml:"document" need:"document: policy.yaml"`
	Role      document.Text `yaml:"role" need:"role: security"`
	SHA256    document.Text `yaml:"sha256" need:"sha256: of the file"`
	Locked    document.Text `yaml:"locked" need:"locked: of its entry in the lock"`
	By        document.Text `yaml:"by" need:"by: the signer's address"`
	Signature document.Text `yaml:"signature" need:"signature: 65 bytes"`
}

type signaturesFile struct {
	Version    document.Text   `yaml:"version" need:"version: 1"`
	Signatures []signatureFile `yaml:"signatures" need:"signatures: at least one"`
}

// DecodeSignatures reads the signatures of a pack of the given name. One that its
// signer did not make, or that stands twice, is a fault.
func DecodeSignatures(pack string, source []byte) ([]Signature, ops.Faults) {
	var f signaturesFile
	c := &checker{file: SignaturesFile, faults: document.Decode(SignaturesFile, source, &f)}
	c.version(f.Version)
	var all []Signature
	for _, s := range f.Signatures {
		got, ok := c.signature(pack, s)
		if !ok {
			continue
		}
		if slices.ContainsFunc(all, got.replaces) {
			c.fault(s.By, "keep the newer one", "%s has signed %s as %s twice", got.By.Hex(), got.Document, got.Role)
		}
		all = append(all, got)
	}
	return all, c.inOrder()
}

func (c *checker) signature(pack string, f signatureFile) (Signature, bool) {
	before := len(c.faults)
	out := Signature{Document: f.Document.Value, Role: f.Role.Value, SHA256: c.hash(f.SHA256), Locked: c.hash(f.Locked), By: c.address(f.By, "signature of "+f.Document.Value)}
	if f.Role.Line > 0 && !slices.Contains(append([]string{Approver}, Owning...), f.Role.Value) {
		c.fault(f.Role, strings.Join(Owning, ", ")+" or "+Approver, "the role %q is not known", f.Role.Value)
	}
	if f.Document.Line == 0 || f.Role.Line == 0 || f.SHA256.Line == 0 || f.Locked.Line == 0 || f.By.Line == 0 || f.Signature.Line == 0 || len(c.faults) > before {
		return out, false // what is missing was said
	}
	raw, err := hexutil.Decode(f.Signature.Value)
	if err != nil {
		c.fault(f.Signature, "0x and 130 hexadecimal digits", "the signature of %s by %s cannot be read: %v", out.Document, out.By.Hex(), err)
		return out, false
	}
	out.Bytes = raw
	if who, err := out.Statement(pack).Signer(raw); err != nil || who != out.By {
		c.fault(f.Signature, "sign it again: bulkhead pack sign", "%s did not make this signature of %s as %s of the pack %s", out.By.Hex(), out.Document, out.Role, pack)
		return out, false
	}
	return out, true
}

func (c *checker) hash(t document.Text) common.Hash {
	if t.Line == 0 {
		return common.Hash{} // missing, and said so already
	}
	h, err := document.ParseHash(t.Value)
	if err != nil {
		c.fault(t, "", "%s", err)
	}
	return h
}

// replaces reports whether both are one signer's word on one document.
func (s Signature) replaces(other Signature) bool {
	return s.Document == other.Document && s.Role == other.Role && s.By == other.By
}

// Joined adds a signature to others. A signer's older word on the same document
// goes: it is about bytes that are no longer there.
func Joined(all []Signature, more Signature) []Signature {
	all = append(slices.DeleteFunc(slices.Clone(all), more.replaces), more)
	slices.SortFunc(all, func(a, b Signature) int {
		return cmp.Or(cmp.Compare(a.Document, b.Document), cmp.Compare(a.Role, b.Role), a.By.Cmp(b.By))
	})
	return all
}

// EncodeSignatures writes them as DecodeSignatures reads them.
func EncodeSignatures(all []Signature) []byte {
	var b strings.Builder
	b.WriteString("# Written by bulkhead pack sign: who stands for which bytes.\nversion: 1\nsignatures:\n")
	for _, s := range all {
		fmt.Fprintf(&b, "  - document: %q\n    role: %q\n    sha256: %q\n    locked: %q\n    by: %q\n    signature: %q\n",
			s.Document, s.Role, s.SHA256.Hex(), s.Locked.Hex(), s.By.Hex(), hexutil.Encode(s.Bytes))
	}
	return []byte(b.String())
}
