package policy

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

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
		Name: f.Name, Hash: hash, Chains: map[string]ops.ChainID{}, Contracts: map[string]Contract{}, Constants: f.Constants, Measures: f.Measures,
		Timelocks: f.Timelocks, Invariants: f.Invars, Detectors: f.Detectors, Canaries: f.Canary, Alike: f.Alike, Exposures: f.Exposures, Approvals: map[string]Approvals{},
	}
	c.version(f.Version)
	for _, name := range slices.Sorted(maps.Keys(f.Chains)) {
		chain := f.Chains[name]
		p.Chains[name] = ops.ChainID(chain.ID)
		if at := chain.Keys["id"]; chain.ID == 0 && at.Line > 0 && at.Value == "0" {
			c.fault(at, "1 is Ethereum", "chain %s: no chain has the id 0", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Contracts)) {
		p.Contracts[name] = c.contract(name, f.Contracts[name], f.Chains)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Constants)) {
		text := f.Constants[name]
		if _, ok := f.Contracts[name]; ok {
			c.fault(text, "give one of them another name", "%q is a contract and a constant", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Measures)) {
		text := f.Measures[name]
		_, contract := f.Contracts[name]
		_, constant := f.Constants[name]
		switch {
		case contract || constant:
			c.fault(text, "give one of them another name", "%q is a measure, and a contract or a constant", name)
		case !nameShape.MatchString(name):
			c.fault(text, "letters, digits and _, beginning with a letter", "no expression can name a measure %q", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Approvals)) {
		p.Approvals[name] = c.approvals(name, f.Approvals[name])
	}
	for _, t := range p.Timelocks {
		c.timelock(t, p)
	}
	for i := range p.Invariants {
		c.invariant(&p.Invariants[i])
	}
	for i := range p.Detectors {
		c.detector(&p.Detectors[i], p)
	}
	c.place(p)
	for _, canary := range p.Canaries {
		c.canary(canary)
	}
	for _, a := range p.Alike {
		c.alike(a, p)
	}
	for _, e := range p.Exposures {
		c.exposure(e, p)
	}
	return p
}

// version refuses what another program wrote.
func (c *checker) version(at document.Text) {
	if at.Value != "1" && at.Line > 0 {
		c.fault(at, "write version: 1", "version %q is not known: this program reads version 1", at.Value)
	}
}

// inOrder lists the faults as they stand in the file.
func (c *checker) inOrder() ops.Faults {
	slices.SortStableFunc(c.faults, func(a, b ops.Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return c.faults
}

// approvals checks who must approve a release: as many different people as the
// threshold asks for.
func (c *checker) approvals(name string, a approvalsRequired) Approvals {
	out := Approvals{Threshold: int(a.Threshold)} // bounded below by the number of signers
	seen := map[string]bool{}
	for _, s := range a.Signers {
		address, err := document.ParseAddress(s.Value)
		if err != nil {
			c.fault(s, "compare it with its source, digit by digit", "approvals of %s: %s", name, err)
		}
		if seen[s.Value] {
			c.fault(s, "name each signer once", "approvals of %s: %s stands twice", name, s.Value)
		}
		seen[s.Value] = true
		out.Signers = append(out.Signers, address)
	}
	if at := a.Keys["threshold"]; at.Line > 0 && len(a.Signers) > 0 && (a.Threshold < 1 || a.Threshold > uint64(len(seen))) {
		c.fault(at, fmt.Sprintf("a number from 1 to %d", len(seen)), "approvals of %s: the threshold %d cannot be met by %d signers", name, a.Threshold, len(seen))
	}
	return out
}

// shape is what an expression or a screen can name.
var (
	nameShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	idShape   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,7}$`)
)

// spoken refuses a second use of an id that is spoken on a call.
func (c *checker) spoken(id string, at document.Text) {
	switch {
	case id == "": // missing, and said so already
		return
	case c.ids[id]:
		c.fault(at, "ids are unique on the screen", "the id %q is used twice", id)
	case !idShape.MatchString(id):
		c.fault(at, "as in A1: up to eight letters and digits", "the id %q cannot be spoken on a call", id)
	}
	c.ids[id] = true
}

// TimelockKinds are the kinds of queue contract that a policy can name, and governed
// those of them that a governor can schedule in.
var TimelockKinds = []string{"access-manager", "compound", "delay", "oz"}

var governed = []string{"compound", "oz"}

func (c *checker) timelock(t Timelock, p *Policy) {
	c.spoken(t.ID, t.Keys["id"])
	if t.Kind != "" && !slices.Contains(TimelockKinds, t.Kind) {
		c.fault(t.Keys["kind"], strings.Join(TimelockKinds, ", "), "timelock %s: the kind %q is not known", t.ID, t.Kind)
	}
	if _, ok := p.Contracts[t.Contract.Value]; !ok && t.Contract.Line > 0 {
		c.fault(t.Contract, "name it under contracts", "timelock %s: no contract is called %q", t.ID, t.Contract.Value)
	}
	if t.Governor.Line == 0 {
		return
	}
	switch governor, ok := p.Contracts[t.Governor.Value]; {
	case !ok:
		c.fault(t.Governor, "name it under contracts", "timelock %s: no contract is called %q", t.ID, t.Governor.Value)
	case governor.Chain != p.Contracts[t.Contract.Value].Chain:
		c.fault(t.Governor, "a governor schedules on its own chain", "timelock %s: its governor %q is on another chain", t.ID, t.Governor.Value)
	case t.Governor.Value == t.Contract.Value:
		c.fault(t.Governor, "leave it out where nobody votes", "timelock %s cannot be its own governor", t.ID)
	case !slices.Contains(governed, t.Kind):
		c.fault(t.Governor, "leave it out", "timelock %s: what a governor does with the kind %q cannot be read", t.ID, t.Kind)
	}
}

// mostConfirmations bounds how late a breach may be said, in blocks, and mostClear how long
// after it is over it may be said still.
const (
	mostConfirmations = 256
	mostClear         = 100_000
)

func (c *checker) invariant(i *Invariant) {
	c.spoken(string(i.ID), i.Keys["id"])
	c.judged(string(i.ID), i.Class, i.Severity, i.Keys)
	c.show(string(i.ID), i.Show)
	i.For = max(i.For, 1)
	c.patience("invariant "+string(i.ID), i.Warmup, i.Confirmations, i.Clear, i.Keys)
	if i.Action.Value == "" {
		c.fault(i.At, "add action: the runbook that answers it", "invariant %s has no action: that is documentation, not a control", i.ID)
	}
}

func (c *checker) judged(id string, class ops.BreachClass, severity ops.Severity, keys document.Places) {
	if class != "" && !slices.Contains(classes, class) {
		c.fault(keys["class"], "asset, authorization, pricing, queue, liveness or cross-domain", "%s: the class %q is not known", id, class)
	}
	if severity != "" && !slices.Contains(severities, severity) {
		c.fault(keys["severity"], "critical, high or warning", "%s: the severity %q is not known", id, severity)
	}
}

// mostDecimals is more than any token has: 10^77 is the largest power in a uint256.
const mostDecimals = 77

func (c *checker) show(id string, s Show) {
	if s.Decimals > mostDecimals {
		c.fault(s.Keys["decimals"], "18 for most tokens", "%s: %d decimals are more than a number of 256 bits has", id, s.Decimals)
	}
}

func (c *checker) canary(k Canary) {
	c.spoken(k.ID, k.Keys["id"])
	c.show(k.ID, k.Budget.Show)
	positive := func(d time.Duration, at document.Text, what string) {
		if d == 0 && at.Value != "" && strings.Trim(at.Value, "0smhdw") == "" {
			c.fault(at, "a time above zero", "canary %s: the %s is zero, and nothing would ever count", k.ID, what)
		}
	}
	positive(k.Budget.Interval, k.Budget.Keys["interval"], "interval")
	positive(k.Clock.Observe, k.Clock.Keys["observe"], "observation")
	if k.Clock.Expires < k.Clock.Observe && k.Clock.Expires > 0 {
		c.fault(k.Clock.Keys["expires"], "later than the end of the observation", "canary %s: it expires after %s, before it was observed for %s", k.ID, k.Clock.Expires, k.Clock.Observe)
	}
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
