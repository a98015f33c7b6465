package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui"
)

// across is what the chains must have in common.
func (l loaded) across() *engine.Across {
	rules := make([]*engine.Rules, len(l.chains))
	for i, w := range l.chains {
		rules[i] = w.rules
	}
	return engine.NewAcross(rules...)
}

// acrossJSON is what `check --json` prints of groups that span chains: one more line.
type acrossJSON struct {
	Across   bool          `json:"across"`
	Findings []findingJSON `json:"findings"`
}

func reportAcross(out io.Writer, findings []ops.Finding, asJSON bool) error {
	if len(findings) == 0 {
		return nil
	}
	if asJSON {
		return json.NewEncoder(out).Encode(acrossJSON{Across: true, Findings: asFindings(findings)})
	}
	_, err := fmt.Fprint(out, ui.PlainFindings(findings))
	return err
}

func asFindings(findings []ops.Finding) []findingJSON {
	out := make([]findingJSON, len(findings))
	for i, f := range findings {
		out[i] = findingJSON{
			ID: f.Detector, Class: f.Class, Severity: f.Severity, Owner: f.Owner, Verdict: f.Verdict, Observed: f.Observed.Exact,
			Threshold: f.Threshold.Exact, Source: f.Source, Why: f.Why, Action: f.Action, Block: f.At.Number,
		}
	}
	return out
}

// between judges, for loops that know one chain each, what spans them. What changes is
// written down by the chain whose picture changed it.
type between struct {
	mu      sync.Mutex
	across  *engine.Across
	engines map[string]*engine.Engine // by their chains
	waiting []ops.Finding             // while no chain could be reached
}

func (b *between) see(s ops.Snapshot, e *engine.Engine) {
	b.mu.Lock()
	_, changed := b.across.See(s)
	changed = append(b.waiting, changed...)
	b.waiting = nil
	if b.engines == nil {
		b.engines = map[string]*engine.Engine{}
	}
	b.engines[s.Chain] = e
	b.tell()
	b.mu.Unlock()
	for _, f := range changed {
		e.Note(f)
	}
}

func (b *between) lose(chain, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, changed := b.across.Lose(chain, why)
	b.waiting = append(b.waiting, changed...)
	b.tell()
}

// tell has every loop hear what the others know. The caller holds mu.
func (b *between) tell() {
	for chain, e := range b.engines {
		e.Hear(b.across.Elsewhere(chain))
	}
}
