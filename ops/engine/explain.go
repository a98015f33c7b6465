package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

const (
	// explainedEach is how many failed transactions are tried again after one block, in
	// one request: whoever wants to fail often must not make the console busy.
	explainedEach = 3
	// mostReasons bounds what is remembered, and how many of a window are looked at.
	mostReasons = 1_000
	// toldReasons is how many different reasons a finding names.
	toldReasons = 3
)

// reasonUnknown is said of an attempt that nobody could explain. It counts all the same.
const reasonUnknown = "reason unknown"

// reasons are why transactions failed, as far as trying them again says, of the newest that
// were tried. An empty one is that nobody could tell.
type reasons struct {
	of    map[common.Hash]string
	order []common.Hash
}

func (r *reasons) learn(tx common.Hash, why string) {
	if r.of == nil {
		r.of = map[common.Hash]string{}
	}
	if _, known := r.of[tx]; !known {
		if r.order = append(r.order, tx); len(r.order) > mostReasons {
			delete(r.of, r.order[0])
			r.order = r.order[1:]
		}
	}
	r.of[tx] = why
}

// tell says why so many failed, the most frequent reason first, by the newest of them.
func (r *reasons) tell(all int, newest []common.Hash) string {
	if all == 0 {
		return ""
	}
	counts := map[string]int{}
	for _, tx := range newest {
		why := r.of[tx]
		if why == "" {
			why = reasonUnknown
		}
		counts[why]++
	}
	counts[reasonUnknown] += all - len(newest)
	if counts[reasonUnknown] == 0 {
		delete(counts, reasonUnknown)
	}
	words := sortedKeys(counts)
	slices.SortStableFunc(words, func(a, b string) int {
		if (a == reasonUnknown) != (b == reasonUnknown) { // what is known first
			return map[bool]int{true: 1, false: -1}[a == reasonUnknown]
		}
		return counts[b] - counts[a]
	})
	rest := 0
	for _, w := range words[min(len(words), toldReasons):] {
		rest += counts[w]
	}
	words = words[:min(len(words), toldReasons)]
	for i, w := range words {
		words[i] = fmt.Sprintf("%d %s", counts[w], w)
	}
	if rest > 0 {
		words = append(words, fmt.Sprintf("%d otherwise", rest))
	}
	return fmt.Sprintf("%d failed: %s", all, strings.Join(words, ", "))
}

// failing is a memory that knows which transactions failed: those that it counts, or those
// by which it is in breach; how many, and the newest.
type failing interface {
	Failures(most int, breached bool) (all int, newest []common.Hash)
}

// explained is why a detector's finding is what it is; one that is in breach by calls that
// failed says why they did.
func (e *Engine) explained(n int) string {
	f := &e.state.invariants[n].Finding
	why := f.Why
	if f.Verdict == ops.Unknown && e.state.awaits(n) {
		return strings.TrimPrefix(why+"; it is being read back", "; ")
	}
	if f.Verdict != ops.Breach {
		return why
	}
	if m, ok := e.state.invariants[n].Memory.(failing); ok {
		e.state.guarded(n, func() {
			why = strings.Trim(f.Why+"; "+e.Rules.named(e.state.reasons.tell(m.Failures(mostReasons, true))), "; ")
		})
	}
	return why
}

// explain tries some of the block's failed transactions again on top of the block before,
// to learn why they failed: those that a detector counts. Nothing that is judged waits for
// it. What came before them in their own block is not there, so one that succeeds now is
// not explained.
func (e *Engine) explain(ctx context.Context, at ops.BlockRef, now ops.Readings) {
	failed := e.unexplained(now)
	if len(failed) == 0 || at.Number == 0 {
		return
	}
	messages := make([]ops.Message, len(failed))
	for i, f := range failed {
		messages[i] = ops.Message{From: f.From, To: f.To, Data: f.Data, Value: f.Value, Gas: f.Gas}
	}
	ctx, cancel := context.WithTimeout(ctx, e.boardPatience())
	defer cancel()
	outcomes, err := e.Chain.Repeat(ctx, ops.BlockRef{Chain: at.Chain, Number: at.Number - 1, Hash: at.Parent}, messages)
	if err != nil || len(outcomes) != len(failed) {
		return // their reasons stay unknown
	}
	for i, f := range failed {
		e.state.reasons.learn(f.Tx, outcomes[i].Reason)
	}
	e.state.findings = slices.Clone(e.state.findings)
	for i := range e.state.invariants {
		e.state.findings[i].Why = e.explained(i)
	}
	e.publish()
}

// unexplained are the failed transactions of a block that detectors count and that nobody
// tried again yet, at most explainedEach.
func (e *Engine) unexplained(now ops.Readings) []ops.Invocation {
	var out []ops.Invocation
	var counted map[common.Hash]bool
	for _, r := range e.Rules.sent() {
		if r.Data != ops.WithFates || now[r].Status != ops.ReadOK {
			continue
		}
		invocations, err := calldata.Invocations(now[r].Data)
		if err != nil {
			continue // who judges by it says so
		}
		for _, i := range invocations {
			if i.Fate != ops.FateFailed {
				continue
			}
			if counted == nil {
				counted = e.countedFailures()
			}
			if _, known := e.state.reasons.of[i.Tx]; known || !counted[i.Tx] {
				continue
			}
			if out = append(out, i); len(out) == explainedEach {
				return out
			}
		}
	}
	return out
}

func (e *Engine) countedFailures() map[common.Hash]bool {
	out := map[common.Hash]bool{}
	e.state.recalling(func(m detect.Memory) {
		if f, ok := m.(failing); ok {
			_, newest := f.Failures(mostReasons, false)
			for _, tx := range newest {
				out[tx] = true
			}
		}
	})
	return out
}
