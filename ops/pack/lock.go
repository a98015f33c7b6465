package pack

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// LockFile is the name of the lock in its pack.
const LockFile = "pack.lock.yaml"

// Document is one document as the lock fixes it: the SHA-256 of its bytes and of the
// files that it names, and what its steps send. Owner is Security, Release,
// IncidentCommand, or All. Hashes and addresses are text, as they are written.
type Document struct {
	Name   string `yaml:"document" need:"document: policy.yaml"`
	Owner  string `yaml:"owner" need:"owner: security"`
	SHA256 string `yaml:"sha256" need:"sha256: of the file"`
	Files  []File `yaml:"files"`
	Steps  []Step `yaml:"steps"`
}

// All owns owners.yaml: the three sign it together.
const All = "all"

// File is one file that a document names.
type File struct {
	Name   string `yaml:"file" need:"file: abi/Vault.json"`
	SHA256 string `yaml:"sha256" need:"sha256: of the file"`
}

// Step is what one step of a runbook does. Calldata is what is sent, with {name}
// where a parameter's 32 bytes go. A step inside the console has a Control alone.
type Step struct {
	ID         string            `yaml:"step" need:"step: R1.1"`
	Control    string            `yaml:"control"`
	Chain      string            `yaml:"chain"`
	ChainID    uint64            `yaml:"chain_id"`
	Contract   string            `yaml:"contract"`
	Target     string            `yaml:"target"`
	Function   string            `yaml:"function"`
	Selector   string            `yaml:"selector"`
	Calldata   string            `yaml:"calldata"`
	Parameters map[string]string `yaml:"parameters"` // name to type
	Safes      map[string]Safe   `yaml:"safes"`      // by the lanes' names
}

// Safe is a lane in whose name a Safe calls, and who sends for it. Singleton is the code
// that the runbook was written for, where it says so.
type Safe struct {
	Address   string `yaml:"safe" need:"safe: its address"`
	Executor  string `yaml:"executor" need:"executor: the account that sends"`
	Singleton string `yaml:"singleton"`
}

// Roles are those in which the document is signed; an approver's is not among them.
func (d Document) Roles() []string {
	if d.Owner == All {
		return Owning
	}
	return []string{d.Owner}
}

// Locked is the SHA-256 of the document's entry in the lock. It covers the bytes of
// the document, of what it names, and of what its steps send.
func (d Document) Locked() common.Hash { return sha256.Sum256([]byte(d.entry())) }

// entry is the document as it stands in the lock. It is written by hand because
// every byte of it is signed: the same document makes the same bytes in every
// version of this program.
func (d Document) entry() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("  - document: %q", d.Name)
	line("    owner: %q", d.Owner)
	line("    sha256: %q", d.SHA256)
	if len(d.Files) > 0 {
		line("    files:")
	}
	for _, f := range d.Files {
		line("      - file: %q", f.Name)
		line("        sha256: %q", f.SHA256)
	}
	if len(d.Steps) > 0 {
		line("    steps:")
	}
	for _, s := range d.Steps {
		line("      - step: %q", s.ID)
		if s.Control != "" {
			line("        control: %q", s.Control)
			continue
		}
		line("        chain: %q", s.Chain)
		line("        chain_id: %d", s.ChainID)
		line("        contract: %q", s.Contract)
		line("        target: %q", s.Target)
		line("        function: %q", s.Function)
		line("        selector: %q", s.Selector)
		line("        calldata: %q", s.Calldata)
		if len(s.Parameters) > 0 {
			line("        parameters:")
		}
		for _, name := range sorted(s.Parameters) {
			line("          %s: %q", name, s.Parameters[name])
		}
		if len(s.Safes) > 0 {
			line("        safes:")
		}
		for _, name := range sorted(s.Safes) {
			line("          %q: {safe: %q, executor: %q, singleton: %q}", name, s.Safes[name].Address, s.Safes[name].Executor, s.Safes[name].Singleton)
		}
	}
	return b.String()
}

const lockHead = `# Written by bulkhead pack lock. What every document of the pack is, byte for byte,
# and what its steps send: {name} stands for 32 bytes that the finding gives,
# {of name …} for what comes of the operation that it names. The root is the SHA-256
# of everything below its line.
version: 1
`

// Lock is the lock of the pack as it was read. The same pack gives the same bytes.
// A pack of which something cannot be read has none: ErrFile.
func (p *Pack) Lock() ([]byte, error) {
	if len(p.missing) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrFile, strings.Join(p.missing, "; "))
	}
	return []byte(fmt.Sprintf("%sroot: %q\n%s", lockHead, p.Root().Hex(), p.lockBody())), nil
}

// Root is the SHA-256 of everything that the lock says.
func (p *Pack) Root() common.Hash { return sha256.Sum256([]byte(p.lockBody())) }

func (p *Pack) lockBody() string {
	body := fmt.Sprintf("pack: %q\ndocuments:\n", p.Name)
	for _, d := range p.Documents {
		body += d.entry()
	}
	return body
}

type lockFile struct {
	Version   document.Text `yaml:"version" need:"version: 1"`
	Root      string        `yaml:"root" need:"root: of all documents"`
	Pack      string        `yaml:"pack" need:"pack: the policy's name"`
	Documents []Document    `yaml:"documents" need:"documents: what is locked"`
}

func decodeLock(source []byte) (lockFile, ops.Faults) {
	var f lockFile
	c := &checker{file: LockFile, faults: document.Decode(LockFile, source, &f)}
	c.version(f.Version)
	return f, c.inOrder()
}

// differs says in words where a document is not what the lock says.
func (d Document) differs(locked Document) string {
	if d.SHA256 != locked.SHA256 {
		return "its bytes differ from the lock"
	}
	for _, f := range d.Files {
		i := slices.IndexFunc(locked.Files, func(l File) bool { return l.Name == f.Name })
		if i < 0 || locked.Files[i].SHA256 != f.SHA256 {
			return f.Name + " differs from the lock"
		}
	}
	for _, s := range d.Steps {
		i := slices.IndexFunc(locked.Steps, func(l Step) bool { return l.ID == s.ID })
		if i < 0 || (Document{Steps: []Step{locked.Steps[i]}}).entry() != (Document{Steps: []Step{s}}).entry() {
			return "what step " + s.ID + " sends differs from the lock"
		}
	}
	if d.Locked() != locked.Locked() {
		return "its entry in the lock was edited"
	}
	return ""
}
