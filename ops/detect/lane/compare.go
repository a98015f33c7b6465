package lane

import (
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// The parts of a finding, gravest first.
const (
	unsent = iota
	again
	beyond
	failed
	late
	parts
)

var partNames = [parts]string{"executed without its origin", "executed twice", "more released than locked", "delivery failed", "not executed"}

// mostTold is how many messages of a kind are named; more are counted, for whoever floods a
// lane must not have every block say it all.
const mostTold = 3

// told is some of what was found, and how much there is.
type told struct {
	words []string
	count int
}

func (t *told) add(format string, args ...any) {
	if t.count++; t.count <= mostTold {
		t.words = append(t.words, fmt.Sprintf(format, args...))
	}
}

// joined is what is told, in one line.
func (t *told) joined(by string) string {
	out := strings.Join(t.words, by)
	if n := t.count - len(t.words); n > 0 {
		out += fmt.Sprintf("%sand %d more", by, n)
	}
	return out
}

// tally is what was found wrong, by its kind, and what could not be known.
type tally struct {
	found  [parts]told
	first  [parts]*ops.Passage
	doubts told
}

func (t *tally) find(part int, p *ops.Passage, format string, args ...any) {
	if t.first[part] == nil {
		t.first[part] = p
	}
	t.found[part].add("%s "+format, append([]any{p.ID.Hex()}, args...)...)
}

// compare holds what was executed against what was sent, and gives the first message that
// is out of order. The indices are those of the two sides so far.
func (l *Lane) compare(sent, executed ops.Side, origins, done *index) (ops.Assessment, *ops.Passage) {
	origins.take(sent.Passages)
	done.take(executed.Passages)
	t := &tally{}
	switch behind := executed.At.Time.Sub(sent.At.Time); {
	case sent.Why != "":
		t.doubts.add("%s: %s", sent.Chain, sent.Why)
	case behind > l.Grace:
		sent.Why = fmt.Sprintf("its newest block is %s older than that of %s", ops.Duration(behind.Round(time.Second)), executed.Chain)
		t.doubts.add("%s: %s", sent.Chain, sent.Why)
	}
	if executed.Why != "" {
		t.doubts.add("%s: %s", executed.Chain, executed.Why)
	}
	broke := l.executions(t, origins, done, sent, executed)
	if executed.Why == "" {
		l.waiting(t, done, broke, sent, executed)
	}
	return t.assessment()
}

// executions looks for what was executed and should not have been, or failed; it gives what
// failed, with its last attempt.
func (l *Lane) executions(t *tally, origins, done *index, sent, executed ops.Side) map[common.Hash]*ops.Passage {
	broke := map[common.Hash]*ops.Passage{}
	var order []common.Hash
	for i := range executed.Passages {
		p := &executed.Passages[i]
		first := done.of(p.ID)
		switch {
		case p.Failed:
			if broke[p.ID] == nil {
				order = append(order, p.ID)
			}
			broke[p.ID] = p
		case first != p:
			t.find(again, p, "at #%d and at #%d of %s", first.Block.Number, p.Block.Number, executed.Chain)
		default:
			l.origin(t, p, origins.of(p.ID), sent, executed.Chain)
		}
	}
	for _, id := range order {
		if last := broke[id]; done.of(id) == nil && executed.At.Time.Sub(last.Block.Time) < l.Over {
			t.find(failed, last, "at #%d of %s", last.Block.Number, executed.Chain)
		}
	}
	return broke
}

// origin holds an execution against what was sent.
func (l *Lane) origin(t *tally, p, origin *ops.Passage, sent ops.Side, chain string) {
	switch {
	case origin == nil && sent.Why != "": // said already, and it may be there
	case origin == nil && sent.At.Time.Before(p.Block.Time.Add(l.Grace)):
		t.doubts.add("%s was executed at #%d of %s, and %s is not seen far enough to tell whether it was sent", p.ID.Hex(), p.Block.Number, chain, sent.Chain)
	case origin == nil:
		t.find(unsent, p, "at #%d of %s was never sent on %s", p.Block.Number, chain, sent.Chain)
	case origin.Block.Time.After(p.Block.Time.Add(l.Grace)):
		t.find(unsent, p, "at #%d of %s was sent after it, at #%d of %s", p.Block.Number, chain, origin.Block.Number, sent.Chain)
	case p.Amount != nil && origin.Amount != nil && p.Amount.Cmp(origin.Amount) > 0:
		t.find(beyond, p, "released %s of %s at #%d of %s", p.Amount, origin.Amount, p.Block.Number, chain)
	}
}

// waiting looks for what was sent and is not executed in time. What failed is told by
// itself.
func (l *Lane) waiting(t *tally, done *index, broke map[common.Hash]*ops.Passage, sent, executed ops.Side) {
	if l.Within == 0 {
		return
	}
	for i := range sent.Passages {
		p := &sent.Passages[i]
		if over := executed.At.Time.Sub(p.Block.Time.Add(l.Within)); over > 0 && over < l.Over && done.of(p.ID) == nil && broke[p.ID] == nil {
			t.find(late, p, "was sent at #%d of %s and is not executed after %s", p.Block.Number, sent.Chain, l.Within)
		}
	}
}

func (t *tally) assessment() (ops.Assessment, *ops.Passage) {
	found, worst := 0, -1
	var said []string
	for part := range t.found {
		x := &t.found[part]
		if found += x.count; x.count == 0 {
			continue
		}
		if worst < 0 {
			worst = part
		}
		said = append(said, partNames[part]+": "+x.joined(", "))
	}
	a := ops.Assessment{Observed: fmt.Sprint(found), Relation: "=", Threshold: "0", Why: strings.Join(said, "; ")}
	doubts := t.doubts.joined("; ")
	switch {
	case found > 0:
		a.Verdict, a.Doubt = ops.Breach, doubts
		if doubts != "" {
			a.Why += "; not known: " + doubts
		}
		return a, t.first[worst]
	case doubts != "":
		return ops.Assessment{Verdict: ops.Unknown, Why: doubts}, nil
	default:
		a.Verdict = ops.OK
		return a, nil
	}
}
