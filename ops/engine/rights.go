package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/authorization"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// authorization compiles a detector of rights: the baseline is what somebody reviewed, and
// the release says what its operations change.
func (a *arranger) authorization(r *Rules, d policy.Detector, action ops.RunbookID) {
	a.only(d, "watch", "baseline", "calls", "from_block")
	for _, key := range []string{"watch", "baseline"} {
		if _, ok := d.Keys[key]; !ok {
			a.fault(policy.File, d.At, map[string]string{"watch": "watch: [vault]", "baseline": "baseline: roles.yaml; it begins with version: 1, holds: {a contract: {}}, and bulkhead roles prints what to put there"}[key], "detector %s lacks %q", d.ID, key)
		}
	}
	of := &authorization.Detector{Baseline: map[authorization.Fact]bool{}, Impact: map[common.Hash][]authorization.Fact{}, From: d.FromBlock}
	var baseline []authorization.Fact
	for _, h := range d.Held {
		if !slices.ContainsFunc(d.Watch, func(name document.Text) bool { return name.Value == h.Contract }) && !slices.ContainsFunc(d.Calls, func(call document.Text) bool { return strings.HasPrefix(call.Value, h.Contract+".") }) {
			continue // of another detector
		}
		f := authorization.Fact(h)
		of.Baseline[f], baseline = true, append(baseline, f)
	}
	for _, name := range d.Watch {
		c, ok := a.policy.Contracts[name.Value]
		if !ok {
			continue // said by the policy
		}
		w := authorization.Watch(name.Value, c.Address, c.ABI, c.Proxy == "erc1967", baseline)
		if !w.Ways() {
			a.fault(policy.File, name, "an ABI with hasRole, owner, authority or a Safe's functions", "detector %s: %s keeps no rights in a way that is known", d.ID, name.Value)
		}
		of.Watched = append(of.Watched, w)
		for _, topic := range w.Topics() {
			r.traced = append(r.traced, measure.Event{Address: w.Address, Topic: topic})
		}
	}
	for _, text := range d.Calls {
		call, err := measure.CompileCall(text.Value, a.scope)
		if err != nil {
			a.expression(policy.File, text, string(d.ID), err)
			continue
		}
		of.Probes = append(of.Probes, authorization.Probe{Contract: call.Name, Name: text.Value, To: call.To, Data: call.Data})
	}
	for _, o := range a.release.Operations {
		for _, h := range o.Impact {
			of.Impact[o.Operation] = append(of.Impact[o.Operation], authorization.Fact(h))
		}
	}
	i := a.detects(r, d, of, action, authorization.Gives...)
	i.Unit.Symbol = "beyond the baseline"
	i.Remember = func() detect.Memory { return of.NewMemory() }
	r.invariants = append(r.invariants, i)
}

// historian is a memory that needs the events of all blocks from one on.
type historian interface {
	Book(at ops.BlockRef, logs []ops.Log)
	From() uint64
	Known(from, to uint64)
}

// relate reads back what memories must know of all blocks before the first that is judged.
// What cannot be had leaves them UNKNOWN, and nothing else suffers.
func (e *Engine) relate(ctx context.Context, at ops.BlockRef) {
	if at.Number == 0 {
		return
	}
	first := at.Number
	historians := func(do func(historian)) {
		e.state.remembering(func(m detect.Memory) {
			if h, ok := m.(historian); ok {
				do(h)
			}
		})
	}
	historians(func(h historian) { first = min(first, h.From()) })
	filter := e.Rules.tracing()
	for from := first; from < at.Number && len(e.Rules.traced) > 0; { // else there is nothing to be read, and that is known
		to := min(at.Number-1, from+historyStep-1)
		var logs []ops.Log
		err := e.again(ctx, func() (failed error) {
			logs, failed = e.Chain.Logs(ctx, from, to, filter)
			return failed
		})
		if err != nil {
			e.unread(ctx, "changes of rights, recipients and messages", at, err)
			for n, i := range e.state.invariants {
				if _, ok := i.Memory.(historian); ok && (e.state.refilling == nil || e.state.refilling[n]) {
					e.state.lose(n, at.Number) // nothing else would ever make it known
				}
			}
			return
		}
		eachBlock(logs, func(block ops.BlockRef, logs []ops.Log) {
			historians(func(h historian) {
				if block.Number >= h.From() {
					h.Book(block, logs)
				}
			})
		})
		from = to + 1
	}
	historians(func(h historian) { h.Known(min(h.From(), at.Number), at.Number-1) })
}

// tracing selects the events that tell of rights.
func (r *Rules) tracing() chain.Filter { return selecting(r.traced) }

// Rights are those that the authorization detectors find at the newest block, and what of
// them could not be known: a baseline to be reviewed.
func Rights(ctx context.Context, rules *Rules, c Chain) (at ops.BlockRef, facts []authorization.Fact, doubts []string, err error) {
	e := once(rules, c)
	if err := e.judgeNewest(ctx); err != nil {
		return at, nil, nil, err
	}
	s := &e.state
	for n, i := range e.Rules.invariants {
		if _, ok := i.Condition.(*authorization.Detector); !ok {
			continue
		}
		m, ok := s.invariants[n].Memory.(*authorization.Memory)
		if !ok {
			doubts = append(doubts, string(i.ID)+": "+s.invariants[n].Finding.Why)
			continue
		}
		found, unclear := m.Facts()
		facts, doubts = append(facts, found...), append(doubts, unclear...)
	}
	slices.SortFunc(facts, authorization.Compare)
	return s.head, slices.Compact(facts), doubts, nil
}
