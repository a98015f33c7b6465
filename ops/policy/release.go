package policy

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// ReleaseFile is the name of the release in its pack.
const ReleaseFile = "release.yaml"

// Release is the checked release.yaml.
type Release struct {
	Name       string
	Hash       common.Hash // SHA-256 of the file
	Timelock   string
	Operations []Operation
	Code       []Code
	Files      []document.Text // artifacts and layouts that it names
}

// Code is what a release may put behind a proxy: EXTCODEHASHes of the new code and, for
// a rollback, of what was there before.
type Code struct {
	Proxy  common.Address
	Hashes []common.Hash
}

// Operation is one committed timelock operation. ID is as written; whoever reads
// the queue recomputes it from the calls.
type Operation struct {
	ID          string // O1
	Purpose     string // upgrade, promote, rollback or other
	Operation   common.Hash
	Form        string // single; batch of kind oz, signature of compound, delegatecall of delay
	Predecessor common.Hash
	Salt        common.Hash
	ETA         *big.Int       // of kind compound, in seconds since 1970
	Caller      common.Address // of kind access-manager
	Delay       time.Duration
	From        time.Time // when it should wait in the timelock, or be done; zero where the release does not say
	Calls       []ops.Call
	Impact      []Held // who will hold what when it was executed
	At          document.Text
}

type releaseFile struct {
	Version    document.Text   `yaml:"version" need:"version: 1"`
	Name       string          `yaml:"name" need:"name: what policy.yaml calls the release"`
	Owner      string          `yaml:"owner" need:"owner: release"`
	Timelock   document.Text   `yaml:"timelock" need:"timelock: the id of a timelock in policy.yaml"`
	Operations []operationFile `yaml:"operations" need:"operations: at least one"`
	Implements []struct {
		Proxy    document.Text `yaml:"proxy" need:"proxy: the contract upgraded"`
		Artifact document.Text `yaml:"artifact" need:"artifact: VaultV2.json"`
		CodeHash document.Text `yaml:"codehash" need:"codehash: of the deployed code"`
		Layout   document.Text `yaml:"layout"`
		Previous document.Text `yaml:"previous"`
	} `yaml:"implementations"`
	Audits []struct {
		Auditor  string        `yaml:"auditor" need:"auditor: a name"`
		Report   string        `yaml:"report" need:"report: sha256:…"`
		CodeHash document.Text `yaml:"codehash"`
	} `yaml:"audits"`
	Narrative struct {
		Changed []string `yaml:"changed"`
	} `yaml:"narrative"`
}

type operationFile struct {
	ID          string          `yaml:"id" need:"id: O1"`
	Purpose     document.Text   `yaml:"purpose" need:"purpose: upgrade, promote, rollback or other"`
	Operation   document.Text   `yaml:"operation" need:"operation: the id that the timelock gives it"`
	Form        document.Text   `yaml:"form" need:"form: single or batch"`
	Predecessor document.Text   `yaml:"predecessor"`
	Salt        document.Text   `yaml:"salt"`
	ETA         document.Text   `yaml:"eta"`
	Caller      document.Text   `yaml:"caller"`
	Delay       time.Duration   `yaml:"delay" need:"delay: 48h"`
	From        document.Text   `yaml:"from"`
	Calls       []callFile      `yaml:"calls" need:"calls: what it does"`
	RoleImpact  []document.Text `yaml:"role_impact"`
	At          document.Text
	Keys        document.Places
}

type callFile struct {
	To    document.Text   `yaml:"to" need:"to: the name of a contract"`
	Value uint64          `yaml:"value"`
	Call  document.Text   `yaml:"call" need:"call: upgradeToAndCall(address,bytes)"`
	Args  []document.Text `yaml:"args"`
}

// LoadRelease reads and checks the release of a pack against its policy. A pack
// without a release has none: then nothing that waits is approved.
func LoadRelease(pack fs.FS, p *Policy) (*Release, ops.Faults) {
	source, err := document.ReadDocument(pack, ReleaseFile)
	if err != nil {
		return &Release{}, ops.Faults{{File: ReleaseFile, Message: "no release can be read: nothing that waits counts as approved", Warning: true}}
	}
	var f releaseFile
	c := &checker{file: ReleaseFile, pack: pack, ids: map[string]bool{}, faults: document.Decode(ReleaseFile, source, &f)}
	if !slices.ContainsFunc(p.Timelocks, func(t Timelock) bool { return t.ID == f.Timelock.Value }) && f.Timelock.Line > 0 {
		c.fault(f.Timelock, "name it in policy.yaml", "no timelock has the id %q", f.Timelock.Value)
	}
	r := &Release{Name: f.Name, Hash: sha256.Sum256(source), Timelock: f.Timelock.Value}
	kind := "oz"
	for _, t := range p.Timelocks {
		if t.ID == f.Timelock.Value && forms[t.Kind] != nil {
			kind = t.Kind
		}
	}
	for _, o := range f.Operations {
		r.Operations = append(r.Operations, c.operation(o, p, kind))
	}
	for _, i := range f.Implements {
		for _, file := range []document.Text{i.Artifact, i.Layout} {
			if file.Value != "" {
				r.Files = append(r.Files, file)
			}
		}
	}
	c.version(f.Version)
	c.evidence(f, p, r)
	return r, c.inOrder()
}

// evidence checks what the release says about code.
func (c *checker) evidence(f releaseFile, p *Policy, r *Release) {
	for _, i := range f.Implements {
		if _, ok := p.Contracts[i.Proxy.Value]; !ok && i.Proxy.Line > 0 {
			c.fault(i.Proxy, "name it in policy.yaml under contracts", "no contract is called %q", i.Proxy.Value)
		}
		code := Code{Proxy: p.Contracts[i.Proxy.Value].Address}
		for _, hash := range []common.Hash{c.hash(i.CodeHash), c.hash(i.Previous)} {
			if hash != (common.Hash{}) {
				code.Hashes = append(code.Hashes, hash)
			}
		}
		r.Code = append(r.Code, code)
	}
	for _, a := range f.Audits {
		c.hash(a.CodeHash)
	}
}

func (c *checker) operation(f operationFile, p *Policy, kind string) Operation {
	c.spoken(f.ID, f.At)
	c.form(f, kind)
	if !slices.Contains([]string{"upgrade", "promote", "rollback", "other"}, f.Purpose.Value) && f.Purpose.Line > 0 {
		c.fault(f.Purpose, "upgrade, promote, rollback or other", "operation %s: the purpose %q is not known", f.ID, f.Purpose.Value)
	}
	o := Operation{
		ID: f.ID, Purpose: f.Purpose.Value, Form: f.Form.Value, Delay: f.Delay, At: f.Operation,
		Operation: c.hash(f.Operation), Predecessor: c.hash(f.Predecessor), Salt: c.hash(f.Salt), ETA: c.moment(f.ID, f.ETA), Caller: c.caller(f.ID, f.Caller),
	}
	if f.From.Line > 0 {
		from, err := time.Parse(time.RFC3339, f.From.Value)
		if err != nil {
			c.fault(f.From, "from: 2026-11-21T12:00:00Z, the time at which it should wait", "operation %s: %q is no time", f.ID, f.From.Value)
		}
		o.From = from
	}
	for _, text := range f.RoleImpact {
		if held, ok := c.impact(f.ID, text, p); ok {
			o.Impact = append(o.Impact, held)
		}
	}
	for _, call := range f.Calls {
		o.Calls = append(o.Calls, c.call(f.ID, call, p))
	}
	return o
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

// call packs one committed call: the function need not be in the contract's ABI
// (an upgrade often is not), its signature says all.
func (c *checker) call(id string, f callFile, p *Policy) ops.Call {
	contract, ok := p.Contracts[f.To.Value]
	if !ok && f.To.Line > 0 {
		c.fault(f.To, "name it in policy.yaml under contracts", "operation %s: no contract is called %q", id, f.To.Value)
	}
	out := ops.Call{To: contract.Address, Name: f.To.Value, Function: f.Call.Value, Value: fmt.Sprint(f.Value)}
	inputs, err := parameters(f.Call.Value)
	if err != nil {
		c.fault(f.Call, "as in upgradeToAndCall(address,bytes)", "operation %s: %s", id, err)
		return out
	}
	if len(inputs) != len(f.Args) {
		c.fault(f.Call, "", "operation %s: %s wants %d arguments, not %d", id, f.Call.Value, len(inputs), len(f.Args))
		return out
	}
	values := make([]any, len(inputs))
	for i, in := range inputs {
		if values[i], err = literal(in.Type, f.Args[i].Value); err != nil {
			c.fault(f.Args[i], "", "operation %s: argument %d: %s", id, i+1, err)
			return out
		}
	}
	words, err := inputs.Pack(values...)
	if err != nil {
		c.fault(f.Call, "", "operation %s: %s", id, err)
		return out
	}
	out.Data = append(crypto.Keccak256([]byte(f.Call.Value))[:4], words...)
	return out
}
