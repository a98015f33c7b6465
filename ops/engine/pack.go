package engine

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/ops/sign"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// Pack is the pack that the rules were compiled from, as its lock fixes it.
func (r *Rules) Pack() *pack.Pack { return r.pack }

// sealing fixes what was compiled: every document with what it names and what it
// sends. A file that a document names and that cannot be read is a warning: such a
// pack can be watched, and is neither locked nor armed.
type sealing struct {
	reading *pack.Reading
	owners  *pack.Owners
	policy  *policy.Policy
	release *policy.Release
	books   []runbooks.Runbook
	rules   []*Rules
	faults  ops.Faults
}

func (s *sealing) pack() *pack.Pack {
	p := pack.New(s.policy.Name, s.reading, s.owners)
	add := func(name, owner string, files []string, steps []pack.Step) {
		if err := p.Add(name, owner, files, steps); err != nil {
			s.faults = append(s.faults, ops.Fault{File: name, Message: err.Error(), Hint: "paths count from the pack's folder", Warning: true})
		}
	}
	if s.owners != nil {
		add(pack.OwnersFile, pack.All, nil, nil)
	}
	var files []string
	for _, c := range s.policy.Contracts {
		files = append(files, c.File)
	}
	for _, d := range s.policy.Detectors {
		if d.Baseline.Value != "" {
			files = append(files, d.Baseline.Value)
		}
	}
	add(policy.File, pack.Security, files, nil)
	if s.release.Name != "" {
		var files []string
		for _, f := range s.release.Files {
			files = append(files, f.Value)
		}
		add(policy.ReleaseFile, pack.Release, files, nil)
		needed := s.policy.Approvals[s.release.Name]
		p.Approvals = pack.Approvals{Release: s.release.Name, Signers: needed.Signers, Threshold: needed.Threshold}
	}
	for _, b := range s.books {
		steps, err := s.steps(b)
		if err != nil { // it compiled, so this is a mistake of ours; it must not pass for locked
			s.faults = append(s.faults, ops.Fault{File: b.File, Message: "its steps cannot be locked: " + err.Error()})
		}
		add(b.File, pack.IncidentCommand, nil, steps)
	}
	if slices.ContainsFunc(slices.Collect(maps.Values(s.policy.Chains)), func(c ops.ChainID) bool { return !c.Drill() }) {
		p.Public = sign.IsDrillKey
	}
	return p
}

// steps say what each step of a runbook sends, and where.
func (s *sealing) steps(doc runbooks.Runbook) ([]pack.Step, error) {
	var out []pack.Step
	for _, step := range doc.Steps {
		if step.Call.Value == "" {
			out = append(out, pack.Step{ID: step.ID, Control: step.Control.Value})
			continue
		}
		for _, r := range s.rules {
			b, ok := r.book(doc.ID)
			if !ok {
				continue
			}
			locked, err := b.locked(step)
			if err != nil {
				return nil, err
			}
			locked.Chain, locked.ChainID = r.Chain, uint64(r.ChainID)
			out = append(out, locked)
		}
	}
	return out, nil
}

// locked compiles the call with a mark in the place of each parameter, and finds the
// marks again in what would be sent.
func (b book) locked(s runbooks.Step) (pack.Step, error) {
	if d, ok := disposalOf(s.Call.Value); ok {
		return b.fixed(s, d)
	}
	marks, words := map[string]string{}, map[string]string{}
	for name, p := range b.doc.Params {
		mark := crypto.Keccak256Hash([]byte("bulkhead parameter: " + name))
		marks[name] = mark.Hex()
		if p.Type.Value == "address" {
			address := common.BytesToAddress(mark[:])
			marks[name], mark = address.Hex(), common.BytesToHash(address[:])
		}
		words[name] = hex.EncodeToString(mark[:])
	}
	scope, err := b.scope(marks)
	if err != nil {
		return pack.Step{}, err
	}
	call, err := measure.CompileCall(s.Call.Value, scope)
	if err != nil {
		return pack.Step{}, err
	}
	contract := b.rules.policy.Contracts[call.Name]
	method, err := contract.ABI.MethodById(call.Data)
	if err != nil {
		return pack.Step{}, fmt.Errorf("%s: %w", s.ID, err)
	}
	out := pack.Step{
		ID: s.ID, Contract: call.Name, Target: call.To.Hex(), Function: method.Sig, Selector: hexutil.Encode(call.Data[:4]), Calldata: hexutil.Encode(call.Data),
	}
	out.Safes = b.safes(s)
	for name, word := range words {
		if !strings.Contains(out.Calldata, word) {
			continue // this step does not take it
		}
		if out.Parameters == nil {
			out.Parameters = map[string]string{}
		}
		out.Calldata = strings.ReplaceAll(out.Calldata, word, "{"+name+"}")
		out.Parameters[name] = b.doc.Params[name].Type.Value
	}
	return out, nil
}

// safes are the Safes' lanes of a step, as the lock fixes them; nil for none.
func (b book) safes(s runbooks.Step) map[string]pack.Safe {
	var out map[string]pack.Safe
	for _, name := range s.Lanes {
		if lane := b.doc.Lanes[name.Value]; lane.Kind.Value == runbooks.KindSafe {
			if out == nil {
				out = map[string]pack.Safe{}
			}
			out[name.Value] = pack.Safe{Address: lane.From.Value, Executor: b.doc.Lanes[lane.Executor.Value].From.Value, Singleton: lane.Singleton.Value}
		}
	}
	return out
}

// Orders reports whether a standing order is signed by the account.
func (r *Rules) Orders(a common.Address) bool {
	return slices.ContainsFunc(r.books, func(b book) bool {
		if b.doc.Standing == nil {
			return false
		}
		from, err := document.ParseAddress(b.doc.Lanes[b.doc.Standing.Lane.Value].From.Value)
		return err == nil && from == a
	})
}

// safes are those in whose name a lane of a runbook calls, once each.
func (r *Rules) safes() (out []common.Address) {
	for _, b := range r.books {
		for _, name := range slices.Sorted(maps.Keys(b.doc.Lanes)) {
			lane := b.doc.Lanes[name]
			a, err := document.ParseAddress(lane.From.Value)
			if err == nil && lane.Kind.Value == runbooks.KindSafe && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out
}

// prints reports whether somebody else sends what a lane of a runbook shows.
func (r *Rules) prints() bool {
	return slices.ContainsFunc(r.books, func(b book) bool {
		for _, lane := range b.doc.Lanes {
			if lane.Kind.Value == "print" {
				return true
			}
		}
		return false
	})
}

// Signs reports whether a lane of a runbook that a person uses is signed by the
// account in this way.
func (r *Rules) Signs(kind string, a common.Address) bool {
	return slices.ContainsFunc(r.books, func(b book) bool {
		for name, lane := range b.doc.Lanes {
			if b.doc.Standing != nil && name == b.doc.Standing.Lane.Value {
				continue
			}
			if from, err := document.ParseAddress(lane.From.Value); err == nil && from == a && lane.Kind.Value == kind {
				return true
			}
		}
		return false
	})
}
