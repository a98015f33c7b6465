package engine

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/canary"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/lane"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// Rules are the documents of a pack, compiled and checked against each other.
type Rules struct {
	Policy      string
	PolicyHash  common.Hash
	ReleaseHash common.Hash
	Chain       string
	ChainID     ops.ChainID

	pack       *pack.Pack
	policy     *policy.Policy
	scope      measure.Scope
	invariants []detect.Invariant
	events     []measure.Event // that the invariants sum up
	traced     []measure.Event // that tell of rights, of messages, and of who got what
	longest    time.Duration   // over which they do
	called     []time.Duration // over which they look at transactions
	remembers  time.Duration   // over which they compare numbers of one block with those of another
	queues     []detect.Queue
	sentinels  []sentinel
	timelocks  []timelock.Timelock
	minDelay   map[string]policy.Timelock
	canaries   []canary.Canary
	windows    []policy.Canary
	books      []book
	traits     []trait // of contracts here that others must have too
	exposures  []exposure
	alike      []detect.Alike    // the groups that lie here alone
	sending    []lane.End        // of the lanes whose messages are sent here
	errors     map[string]string // the names of the contracts' custom errors
	given      []ops.Read        // what breaches give to their runbooks
	across     []detect.Alike    // those that span chains, the same for all of them
	from       uint64            // the first block whose logs matter
	steady     []ops.Read        // what every block is judged by, each once
	among      map[ops.Read]bool // they are

	names map[common.Address]string   // of the contracts
	abis  map[common.Address]*abi.ABI // of the contracts
}

// LoadRules reads the pack, compiles every expression and checks the documents
// against each other: the rules of each chain, by the chains' names. All faults are
// returned at once; with one that stops, the rules are nil.
func LoadRules(from fs.FS) ([]*Rules, ops.Faults) {
	reading := pack.Read(from)
	p, faults := policy.Load(reading)
	if p == nil {
		return nil, faults
	}
	release, found := policy.LoadRelease(reading, p)
	faults = append(faults, found...)
	folder, err := fs.Sub(reading, "runbooks")
	if err != nil {
		return nil, append(faults, ops.Fault{File: "runbooks", Message: err.Error()})
	}
	books, found := runbooks.Load(folder)
	faults = append(faults, found...)
	owners, found := pack.LoadOwners(reading)
	faults = append(faults, found...)
	var all []*Rules
	chains := slices.Sorted(maps.Keys(p.Chains))
	if len(chains) == 0 {
		chains = []string{""} // that there is none was said; so is the rest
	}
	for _, b := range books {
		faults = append(faults, spans(p, b)...)
	}
	for n, chain := range chains {
		a := &arranger{policy: p.On(chain), release: release, faults: slices.Clone(faults)}
		here := books
		if len(p.Chains) > 1 {
			here = slices.DeleteFunc(slices.Clone(books), func(b runbooks.Runbook) bool { return !acts(p, b, chain, n == 0) })
		}
		r := a.arrange(here)
		a.alikes(r, p)
		a.sides(r, p)
		r.steady = r.collect()
		all = append(all, r)
		faults = a.faults
	}
	said := map[ops.Fault]bool{} // a constant's fault is one, on however many chains
	faults = slices.DeleteFunc(faults, func(f ops.Fault) bool {
		was := said[f]
		said[f] = true
		return was
	})
	if faults.Err() != nil {
		return nil, faults
	}
	s := &sealing{reading: reading, owners: owners, policy: p, release: release, books: books, rules: all}
	sealed := s.pack()
	for _, r := range all {
		r.pack = sealed
	}
	if faults = append(faults, s.faults...); faults.Err() != nil {
		return nil, faults
	}
	return all, faults
}

// spans finds calls of a runbook that are of another chain than its first: one console
// follows one chain's effects, and each chain has its runbook.
func spans(p *policy.Policy, b runbooks.Runbook) (faults ops.Faults) {
	first := ""
	for _, s := range b.Steps {
		name, ok := contractOf(p, s)
		contract := p.Contracts[name]
		switch {
		case !ok:
		case first == "":
			first = contract.Chain
		case contract.Chain != first:
			faults = append(faults, s.Call.Fault(b.File, fmt.Sprintf("step %s: %s is on chain %s, and the runbook's first call on %s", s.ID, name, contract.Chain, first), "give each chain a runbook of its own"))
		}
	}
	return faults
}

// acts reports whether a runbook acts on a chain: its call's contract is there. One
// that names no contract is the first chain's to complain of.
func acts(p *policy.Policy, b runbooks.Runbook, chain string, first bool) bool {
	for _, s := range b.Steps {
		if name, ok := contractOf(p, s); ok {
			return p.Contracts[name].Chain == chain
		}
	}
	return first
}

// arranger compiles what the documents say and collects what does not fit.
type arranger struct {
	policy  *policy.Policy
	release *policy.Release
	scope   measure.Scope
	faults  ops.Faults
}

func (a *arranger) arrange(books []runbooks.Runbook) *Rules {
	p := a.policy
	a.scope = measure.Scope{Contracts: map[string]measure.Contract{}, Names: map[string]measure.Value{}}
	names, abis := map[common.Address]string{}, map[common.Address]*abi.ABI{}
	for name, c := range p.Contracts {
		a.scope.Contracts[name] = measure.Contract{Address: c.Address, ABI: c.ABI}
		names[c.Address], abis[c.Address] = name, &c.ABI
	}
	for _, name := range slices.Sorted(maps.Keys(p.Constants)) {
		a.constant(name, p.Constants[name])
	}
	a.measures()
	r := &Rules{
		Policy: p.Name, PolicyHash: p.Hash, ReleaseHash: a.release.Hash, policy: p, scope: a.scope, windows: p.Canaries,
		names: names, abis: abis,
		minDelay: map[string]policy.Timelock{}, from: math.MaxUint64, // without a timelock no history matters
	}
	for name, id := range p.Chains {
		r.Chain, r.ChainID = name, id
	}
	r.errors = errorNames(p.Contracts)
	byName := map[string]ops.RunbookID{}
	for _, b := range books {
		byName[b.Name] = b.ID
		r.books = append(r.books, a.book(b))
	}
	used := map[string]bool{}
	answer := func(at document.Text, who string) ops.RunbookID {
		used[at.Value] = true
		id, ok := byName[at.Value]
		if !ok && at.Value != "" {
			a.fault(policy.File, at, "runbooks: "+listed(byName), "%s is answered by %q, and no runbook has that name", who, at.Value)
		}
		return id
	}
	for _, e := range p.Exposures {
		var stops []ops.RunbookID
		for _, by := range e.StoppedBy {
			stops = append(stops, answer(by, e.ID))
		}
		a.exposure(r, e, stops)
	}
	for _, i := range p.Invariants {
		a.invariant(r, i, answer(i.Action, string(i.ID)))
	}
	for _, d := range p.Detectors {
		a.detector(r, d, answer(d.Action, string(d.ID)))
	}
	accounts := senders(books)
	for _, t := range p.Timelocks {
		r.minDelay[t.ID] = t
		r.from = min(r.from, t.FromBlock)
		lock := timelock.Timelock{
			ID: t.ID, Kind: t.Kind, Address: p.Contracts[t.Contract.Value].Address, Contracts: abis, Names: names, Accounts: accounts, Least: t.MinDelay, Baseline: t.Baseline,
			Approved: map[common.Hash]string{}, Code: map[common.Address][]common.Hash{},
		}
		if g, ok := p.Contracts[t.Governor.Value]; ok {
			lock.Governor = g.Address
		}
		if t.ID == a.release.Timelock { // what is approved for one timelock is not for another
			lock.Planned = a.approved(t.Kind)
			for _, o := range lock.Planned {
				lock.Approved[o.ID] = o.Name
			}
			for _, c := range a.release.Code {
				lock.Code[c.Proxy] = append(lock.Code[c.Proxy], c.Hashes...)
			}
		}
		r.timelocks = append(r.timelocks, lock)
	}
	for _, c := range p.Canaries {
		a.canary(r, c, answer(c.Freeze.Action, c.ID))
	}
	a.orders(r)
	for _, b := range books {
		if !used[b.Name] {
			a.faults = append(a.faults, ops.Fault{File: b.File, Line: b.At.Line, Column: b.At.Column, Warning: true,
				Message: "no invariant, detector or canary is answered by " + b.Name, Hint: "it is loaded, and shown on the board"})
		}
	}
	return r
}

// senders are the accounts that lanes send from, by the first lane's name: who they may
// be to a timelock is asked of it.
func senders(books []runbooks.Runbook) map[common.Address]string {
	out := map[common.Address]string{}
	for _, b := range books {
		for _, name := range slices.Sorted(maps.Keys(b.Lanes)) {
			from, err := document.ParseAddress(b.Lanes[name].From.Value)
			if _, named := out[from]; err == nil && !named { // else it was said
				out[from] = name
			}
		}
	}
	return out
}

// Keys are the keys that start the runbooks.
func (r *Rules) Keys() []string {
	keys := make([]string, len(r.books))
	for i, b := range r.books {
		keys[i] = b.doc.Key
	}
	return keys
}

// windowed selects the logs that the invariants sum up.
func (r *Rules) windowed() chain.Filter { return selecting(r.events) }

// selecting is the filter of some events: of more than these, and of all of them.
func selecting(events []measure.Event) (f chain.Filter) {
	for _, e := range events {
		f.Addresses, f.Topics = append(f.Addresses, e.Address), append(f.Topics, e.Topic)
	}
	slices.SortFunc(f.Addresses, common.Address.Cmp)
	slices.SortFunc(f.Topics, common.Hash.Cmp)
	f.Addresses, f.Topics = slices.Compact(f.Addresses), slices.Compact(f.Topics)
	return f
}

// filter selects every log that the rules judge by.
func (r *Rules) filter() chain.Filter {
	var f chain.Filter
	add := func(address common.Address, topics ...common.Hash) {
		if !slices.Contains(f.Addresses, address) {
			f.Addresses = append(f.Addresses, address)
		}
		for _, t := range topics {
			if !slices.Contains(f.Topics, t) {
				f.Topics = append(f.Topics, t)
			}
		}
	}
	for _, t := range r.timelocks {
		for _, address := range t.Addresses() {
			add(address, t.Topics()...)
		}
	}
	for _, c := range r.canaries {
		add(c.Spends.Contract, c.Spends.Event.ID)
		add(c.User.Contract, c.User.Event.ID)
	}
	for _, e := range slices.Concat(r.events, r.traced) {
		add(e.Address, e.Topic)
	}
	return f
}

// sent lists, once each, the reads of transactions, which are read back of past blocks.
func (r *Rules) sent() []ops.Read {
	return slices.DeleteFunc(slices.Clone(r.steady), func(read ops.Read) bool { return !read.Kind.Sent() })
}

// reads lists, once each, what every block is judged by, and what only this one is.
func (r *Rules) reads(more ...[]ops.Read) []ops.Read {
	extra := unique(slices.Concat(more...))
	return append(slices.Clip(r.steady), slices.DeleteFunc(extra, func(read ops.Read) bool { return r.among[read] })...)
}

func (r *Rules) collect() []ops.Read {
	var all []ops.Read
	for _, i := range r.invariants {
		all = append(all, i.Condition.Reads()...)
	}
	for _, b := range r.books {
		all = append(all, b.steady...)
	}
	for _, x := range r.exposures {
		all = append(all, x.value.Reads()...)
	}
	for _, t := range r.traits {
		all = append(all, t.value.Reads()...)
	}
	all = append(all, r.given...)
	all = unique(all)
	r.among = make(map[ops.Read]bool, len(all))
	for _, read := range all {
		r.among[read] = true
	}
	return all
}

func unique(reads []ops.Read) []ops.Read {
	seen := make(map[ops.Read]bool, len(reads))
	return slices.DeleteFunc(slices.Clone(reads), func(r ops.Read) bool {
		was := seen[r]
		seen[r] = true
		return was
	})
}

func (r *Rules) book(id ops.RunbookID) (book, bool) {
	i := slices.IndexFunc(r.books, func(b book) bool { return b.doc.ID == id })
	if i < 0 {
		return book{}, false
	}
	return r.books[i], true
}
