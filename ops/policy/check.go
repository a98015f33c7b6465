package policy

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// maxABI bounds an ABI file, in bytes.
const maxABI = 4 << 20

var (
	classes    = []ops.BreachClass{ops.ClassAsset, ops.ClassAuthorization, ops.ClassPricing, ops.ClassQueue, ops.ClassLiveness, ops.ClassCrossDomain}
	severities = []ops.Severity{ops.Critical, ops.High, ops.Warning}
)

// checker turns what was written into what is meant, and collects the faults.
type checker struct {
	file   string
	pack   fs.FS
	faults ops.Faults
	ids    map[string]bool
}

func (c *checker) fault(at document.Text, hint, format string, args ...any) {
	c.faults = append(c.faults, at.Fault(c.file, fmt.Sprintf(format, args...), hint))
}

func (c *checker) policy(f file, hash common.Hash) *Policy {
	c.ids = map[string]bool{}
	p := &Policy{
		Name: f.Name, Hash: hash, Chains: map[string]ops.ChainID{}, Contracts: map[string]Contract{}, Constants: f.Constants,
		Timelocks: f.Timelocks, Invariants: f.Invars, Detectors: f.Detectors, Canaries: f.Canary,
	}
	if f.Version > 1 {
		c.fault(document.Text{Line: 1, Column: 1}, "this program reads version 1", "version %d is newer than this program", f.Version)
	}
	for name, chain := range f.Chains {
		p.Chains[name] = ops.ChainID(chain.ID)
	}
	if len(f.Chains) > 1 {
		c.fault(document.Text{Line: 1, Column: 1}, "write one policy for each chain", "the policy names %d chains, and one console watches one", len(f.Chains))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Contracts)) {
		p.Contracts[name] = c.contract(name, f.Contracts[name], f.Chains)
	}
	for name, text := range f.Constants {
		if _, ok := f.Contracts[name]; ok {
			c.fault(text, "give one of them another name", "%q is a contract and a constant", name)
		}
	}
	for _, t := range p.Timelocks {
		c.timelock(t, p)
	}
	for i := range p.Invariants {
		c.invariant(&p.Invariants[i])
	}
	for _, d := range p.Detectors {
		c.detector(d, p)
	}
	for _, canary := range p.Canaries {
		c.canary(canary)
	}
	return p
}

func (c *checker) contract(name string, f contractFile, chains map[string]chainFile) Contract {
	out := Contract{Chain: f.Chain.Value, Proxy: f.Proxy.Value, At: f.Address}
	if _, ok := chains[f.Chain.Value]; !ok && f.Chain.Line > 0 {
		c.fault(f.Chain, "chains: "+strings.Join(slices.Sorted(maps.Keys(chains)), ", "), "%s is on chain %q, which is not named under chains", name, f.Chain.Value)
	}
	if p := f.Proxy.Value; p != "" && p != "erc1967" {
		c.fault(f.Proxy, "write erc1967, or leave it out", "%s: proxies of kind %q are not known", name, p)
	}
	if f.Address.Line > 0 {
		a, err := document.ParseAddress(f.Address.Value)
		if err != nil {
			c.fault(f.Address, "compare it with its source, digit by digit", "%s: %s", name, err)
		}
		out.Address = a
	}
	if f.ABI.Line > 0 {
		out.ABI = c.abi(name, f.ABI)
	}
	return out
}

func (c *checker) abi(name string, at document.Text) abi.ABI {
	source, err := fs.ReadFile(c.pack, at.Value)
	if err != nil {
		c.fault(at, "the path counts from the pack's folder", "%s: its ABI cannot be read: %v", name, err)
		return abi.ABI{}
	}
	if len(source) > maxABI {
		c.fault(at, "", "%s: its ABI has %d bytes, more than %d", name, len(source), maxABI)
		return abi.ABI{}
	}
	parsed, err := abi.JSON(bytes.NewReader(source))
	if err != nil {
		c.fault(at, "it is the JSON list that the compiler writes", "%s: %s is no ABI: %v", name, at.Value, err)
	}
	return parsed
}

// spoken refuses a second use of an id that is spoken on a call.
func (c *checker) spoken(id string, at document.Text) {
	switch {
	case c.ids[id]:
		c.fault(at, "ids are unique on the screen", "the id %q is used twice", id)
	case len(id) > 8 || strings.ContainsAny(id, " \t\n"):
		c.fault(at, "as in A1", "the id %q cannot be spoken on a call", id)
	}
	c.ids[id] = true
}

func (c *checker) timelock(t Timelock, p *Policy) {
	c.spoken(t.ID, t.At)
	if t.Kind != "" && t.Kind != "oz" {
		c.fault(t.At, "write kind: oz", "timelock %s: the kind %q is not known", t.ID, t.Kind)
	}
	if _, ok := p.Contracts[t.Contract.Value]; !ok && t.Contract.Line > 0 {
		c.fault(t.Contract, "name it under contracts", "timelock %s: no contract is called %q", t.ID, t.Contract.Value)
	}
}

func (c *checker) invariant(i *Invariant) {
	c.spoken(string(i.ID), i.At)
	c.judged(string(i.ID), i.Class, i.Severity, i.At)
	i.For = max(i.For, 1)
	if i.Action.Value == "" {
		c.fault(i.At, "add action: the runbook that answers it", "invariant %s has no action: that is documentation, not a control", i.ID)
	}
}

func (c *checker) detector(d Detector, p *Policy) {
	c.spoken(string(d.ID), d.At)
	c.judged(string(d.ID), d.Class, d.Severity, d.At)
	if d.Kind.Value != "queue" && d.Kind.Line > 0 {
		c.fault(d.Kind, "known: queue", "detector %s: the kind %q is not known", d.ID, d.Kind.Value)
	}
	if !slices.ContainsFunc(p.Timelocks, func(t Timelock) bool { return t.ID == d.Timelock.Value }) && d.Timelock.Line > 0 {
		c.fault(d.Timelock, "name it under timelocks", "detector %s: no timelock has the id %q", d.ID, d.Timelock.Value)
	}
	if d.Action.Value == "" {
		c.fault(d.At, "add action: the runbook that answers it", "detector %s has no action: that is documentation, not a control", d.ID)
	}
}

func (c *checker) judged(id string, class ops.BreachClass, severity ops.Severity, at document.Text) {
	if class != "" && !slices.Contains(classes, class) {
		c.fault(at, "asset, authorization, pricing, queue, liveness or cross-domain", "%s: the class %q is not known", id, class)
	}
	if severity != "" && !slices.Contains(severities, severity) {
		c.fault(at, "critical, high or warning", "%s: the severity %q is not known", id, severity)
	}
}

func (c *checker) canary(k Canary) {
	c.spoken(k.ID, k.At)
	for _, on := range k.Freeze.On {
		if !slices.Contains([]string{"critical", "budget", "segment"}, on.Value) {
			c.fault(on, "critical, budget or segment", "canary %s: nothing freezes on %q", k.ID, on.Value)
		}
	}
	for _, a := range k.Segment.Allow {
		if _, err := document.ParseAddress(a.Value); err != nil {
			c.fault(a, "compare it with its source, digit by digit", "canary %s: %s", k.ID, err)
		}
	}
}
