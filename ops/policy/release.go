package policy

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
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
}

// Operation is one committed timelock operation. ID is as written; whoever reads
// the queue recomputes it from the calls.
type Operation struct {
	ID          string // O1
	Purpose     string // upgrade, promote, rollback or other
	Operation   common.Hash
	Batch       bool
	Predecessor common.Hash
	Salt        common.Hash
	Delay       time.Duration
	Calls       []ops.Call
	At          document.Text
}

type releaseFile struct {
	Version    uint64          `yaml:"version" need:"version: 1"`
	Name       string          `yaml:"name" need:"name: what policy.yaml calls the release"`
	Owner      string          `yaml:"owner" need:"owner: release"`
	Timelock   document.Text   `yaml:"timelock" need:"timelock: the id of a timelock in policy.yaml"`
	Operations []operationFile `yaml:"operations" need:"operations: at least one"`
	Implements []struct {
		Proxy    string        `yaml:"proxy" need:"proxy: the contract upgraded"`
		Artifact string        `yaml:"artifact" need:"artifact: VaultV2.json"`
		CodeHash document.Text `yaml:"codehash" need:"codehash: of the deployed code"`
		Layout   string        `yaml:"layout"`
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
	ID          string        `yaml:"id" need:"id: O1"`
	Purpose     document.Text `yaml:"purpose" need:"purpose: upgrade, promote, rollback or other"`
	Operation   document.Text `yaml:"operation" need:"operation: the id that the timelock gives it"`
	Form        document.Text `yaml:"form" need:"form: single or batch"`
	Predecessor document.Text `yaml:"predecessor" need:"predecessor: bytes32, zero for none"`
	Salt        document.Text `yaml:"salt" need:"salt: bytes32"`
	Delay       time.Duration `yaml:"delay" need:"delay: 48h"`
	Calls       []callFile    `yaml:"calls" need:"calls: what it does"`
	RoleImpact  []string      `yaml:"role_impact"`
	At          document.Text
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
	source, err := fs.ReadFile(pack, ReleaseFile)
	if err != nil {
		return &Release{}, ops.Faults{{File: ReleaseFile, Message: "no release can be read: nothing that waits counts as approved", Warning: true}}
	}
	var f releaseFile
	c := &checker{file: ReleaseFile, pack: pack, ids: map[string]bool{}, faults: document.Decode(ReleaseFile, source, &f)}
	if !slices.ContainsFunc(p.Timelocks, func(t Timelock) bool { return t.ID == f.Timelock.Value }) && f.Timelock.Line > 0 {
		c.fault(f.Timelock, "name it in policy.yaml", "no timelock has the id %q", f.Timelock.Value)
	}
	r := &Release{Name: f.Name, Hash: sha256.Sum256(source), Timelock: f.Timelock.Value}
	for _, o := range f.Operations {
		r.Operations = append(r.Operations, c.operation(o, p))
	}
	return r, c.faults
}

func (c *checker) operation(f operationFile, p *Policy) Operation {
	c.spoken(f.ID, f.At)
	if !slices.Contains([]string{"upgrade", "promote", "rollback", "other"}, f.Purpose.Value) && f.Purpose.Line > 0 {
		c.fault(f.Purpose, "upgrade, promote, rollback or other", "operation %s: the purpose %q is not known", f.ID, f.Purpose.Value)
	}
	if form := f.Form.Value; form != "single" && form != "batch" && f.Form.Line > 0 {
		c.fault(f.Form, "single or batch", "operation %s: the form %q is not known", f.ID, form)
	}
	o := Operation{
		ID: f.ID, Purpose: f.Purpose.Value, Batch: f.Form.Value == "batch", Delay: f.Delay, At: f.Operation,
		Operation: c.hash(f.Operation), Predecessor: c.hash(f.Predecessor), Salt: c.hash(f.Salt),
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

// parameters reads the types out of a signature such as f(address,bytes).
func parameters(signature string) (abi.Arguments, error) {
	name, rest, ok := strings.Cut(signature, "(")
	if !ok || name == "" || !strings.HasSuffix(rest, ")") || strings.ContainsAny(rest, "( ") {
		return nil, fmt.Errorf("%q is not a function's signature", signature)
	}
	var out abi.Arguments
	for _, t := range strings.FieldsFunc(strings.TrimSuffix(rest, ")"), func(r rune) bool { return r == ',' }) {
		parsed, err := abi.NewType(t, "", nil)
		if err != nil {
			return nil, fmt.Errorf("%q in %s is not a type", t, signature)
		}
		out = append(out, abi.Argument{Type: parsed})
	}
	return out, nil
}

// literal reads one committed argument by the type that the signature asks for.
func literal(t abi.Type, s string) (any, error) {
	switch t.T {
	case abi.AddressTy:
		return document.ParseAddress(s)
	case abi.BoolTy:
		return s == "true", nil
	case abi.FixedBytesTy:
		h, err := document.ParseHash(s)
		return [32]byte(h), err
	case abi.BytesTy:
		return hexutil.Decode(s)
	case abi.StringTy:
		return s, nil
	case abi.UintTy:
		n, ok := new(big.Int).SetString(s, 10)
		if !ok || n.Sign() < 0 || n.BitLen() > t.Size || t.Size <= 64 {
			return nil, fmt.Errorf("%q is no %s that can be written here", s, t)
		}
		return n, nil
	default:
		return nil, fmt.Errorf("%s cannot be written here", t)
	}
}
