package engine

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/drift"
	"github.com/bulkhead-console/bulkhead/ops/detect/liquidity"
	"github.com/bulkhead-console/bulkhead/ops/detect/liveness"
	"github.com/bulkhead-console/bulkhead/ops/detect/telemetry"
	"github.com/bulkhead-console/bulkhead/ops/detect/timegate"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// patterns are the kinds of detector that are made of conditions in the language.
var patterns = []ops.Pattern{drift.Pattern, liquidity.Pattern, liveness.Pattern, telemetry.Pattern, timegate.Pattern}

// placeholder is where a clause names a part.
var placeholder = regexp.MustCompile(`\{,?\w+\}`)

// stretch is what somebody wrote, and where it stands in the condition made of it.
type stretch struct {
	from int
	text document.Text
}

// written is a clause with the parts in their places.
type written struct {
	source    string
	stretches []stretch
}

// write fills in a clause. It is not for a policy that leaves out what it needs.
func write(c ops.Clause, parts map[string]document.Text) (w written, ok bool) {
	rest := 0
	var b strings.Builder
	for _, hole := range placeholder.FindAllStringIndex(c.Holds, -1) {
		b.WriteString(c.Holds[rest:hole[0]])
		rest = hole[1]
		name, comma := strings.CutPrefix(c.Holds[hole[0]+1:hole[1]-1], ",")
		text, given := parts[name]
		switch {
		case !given && comma:
			continue
		case !given:
			return written{}, false
		case comma:
			b.WriteString(", ")
		}
		b.WriteString("(") // as one thing, whatever is written; the language sees through it
		w.stretches = append(w.stretches, stretch{b.Len(), text})
		b.WriteString(strings.ReplaceAll(text.Value, "\n", " "))
		b.WriteString(")")
	}
	b.WriteString(c.Holds[rest:])
	w.source = b.String()
	return w, true
}

// pattern compiles a detector that is made of conditions.
func (a *arranger) pattern(r *Rules, d policy.Detector, p ops.Pattern, action ops.RunbookID) {
	parts, whole := a.parts(d, p)
	if !whole {
		return
	}
	var clauses detect.Clauses
	var measures []*measure.Measure
	back := false
	for _, c := range p.Clauses {
		w, given := write(c, parts)
		if !given {
			continue
		}
		m, err := measure.CompileCondition(w.source, a.lookingBack())
		if err != nil {
			a.unfit(d, c, w, err)
			return
		}
		measures, back = append(measures, m), back || m.LooksBack()
		unit := detect.Unit{Decimals: d.Show.Decimals, Symbol: d.Show.Symbol}
		if c.Unit != "" {
			unit = detect.Unit{Symbol: c.Unit}
		}
		clauses = append(clauses, detect.Clause{Name: c.Name, Condition: m, Unit: unit})
	}
	switch {
	case len(clauses) == 0:
		a.fault(policy.File, d.Kind, "it takes: "+meanings(p), "detector %s has nothing to judge", d.ID)
		return
	case !a.judged(d, p, parts), !a.bounded(d, p, parts):
		return
	case d.Warmup.Line > 0 && !back:
		a.fault(policy.File, d.Warmup, "leave it out", "%s: it looks back at nothing, and needs no warmup", d.ID)
	}
	for i, m := range measures {
		r.looksAt(m)
		if back {
			clauses[i].Remember = memory(m, d.Warmup.Value == policy.WarmupKnown)
		}
	}
	i := a.detects(r, d, clauses.Condition(), action)
	i.Units, i.Remember = clauses.Units(), clauses.Remember()
	r.invariants = append(r.invariants, i)
}

// judged refuses a part that no clause judges, for want of another one: who wrote it relies
// on it.
func (a *arranger) judged(d policy.Detector, p ops.Pattern, parts map[string]document.Text) bool {
	whole := true
	for _, name := range sortedKeys(d.Of) {
		used, want := false, []string(nil)
		for _, c := range p.Clauses {
			named, lacks := false, []string(nil)
			for _, hole := range placeholder.FindAllString(c.Holds, -1) {
				part, comma := strings.CutPrefix(strings.Trim(hole, "{}"), ",")
				named = named || part == name
				if _, given := parts[part]; !given && !comma && !slices.Contains(lacks, strconv.Quote(part)) {
					lacks = append(lacks, strconv.Quote(part))
				}
			}
			used = used || named && len(lacks) == 0
			if named && len(lacks) > 0 && (want == nil || len(lacks) < len(want)) {
				want = lacks
			}
		}
		if !used && want != nil {
			a.fault(policy.File, d.Of[name], "it takes: "+meanings(p), "detector %s: %q is judged by nothing without %s", d.ID, name, strings.Join(want, ", "))
			whole = false
		}
	}
	return whole
}

// parts are what the detector is made of, with what stands for what it does not say.
func (a *arranger) parts(d policy.Detector, p ops.Pattern) (map[string]document.Text, bool) {
	parts, whole := map[string]document.Text{}, true
	a.only(d, "of", "warmup")
	for _, name := range sortedKeys(d.Of) {
		text := d.Of[name]
		if !slices.ContainsFunc(p.Parts, func(x ops.Part) bool { return x.Name == name }) {
			a.fault(policy.File, text, "it takes: "+meanings(p), "detector %s: a detector of kind %s takes no %q", d.ID, p.Kind, name)
			whole = false
			continue
		}
		if err := measure.Whole(text.Value); err != nil && strings.TrimSpace(text.Value) != "" {
			a.expression(policy.File, text, string(d.ID)+" "+name, err)
			whole = false
		}
		parts[name] = text
	}
	for _, part := range p.Parts {
		text, said := parts[part.Name]
		switch {
		case said && strings.TrimSpace(text.Value) == "":
			if text.Line > 0 {
				a.fault(policy.File, text, part.Means, "detector %s: %q is empty", d.ID, part.Name)
			}
			whole = false
		case said:
		case part.Needed:
			a.fault(policy.File, d.At, "of: {"+part.Name+": …}: "+part.Means, "detector %s lacks %q", d.ID, part.Name)
			whole = false
		case part.Default != "":
			parts[part.Name] = document.Text{Value: part.Default}
		}
	}
	return parts, whole
}

// unfit says what is wrong with a clause where it was written.
func (a *arranger) unfit(d policy.Detector, c ops.Clause, w written, err error) {
	var e *measure.Error
	if errors.Is(err, measure.ErrElsewhere) || !errors.As(err, &e) {
		return // the fault of a measure was said where it stands
	}
	at := e.Column - 1
	for _, s := range w.stretches {
		if s.text.Line == 0 || at < s.from || at > s.from+len(s.text.Value) {
			continue
		}
		own := *e
		own.Column = at - s.from + 1
		own.Snippet = s.text.Value + "\n" + strings.Repeat(" ", own.Column-1) + "^"
		if strings.Contains(s.text.Value, "\n") {
			own.Column, own.Snippet = 1, ""
		}
		a.expression(policy.File, s.text, string(d.ID)+" "+c.Name, &own)
		return
	}
	a.fault(policy.File, d.Kind, strings.TrimSpace(e.Snippet+"\n"+e.Hint), "%s %s: %s", d.ID, c.Name, e.Message)
}

// meanings says what a kind of detector is made of.
func meanings(p ops.Pattern) string {
	words := make([]string, len(p.Parts))
	for i, part := range p.Parts {
		words[i] = part.Name + " (" + part.Means + ")"
	}
	return strings.Join(words, "; ")
}
