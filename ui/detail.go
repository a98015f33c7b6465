package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// detail is the line under the cursor in full.
func (m *Model) detail() *textDialog {
	at := m.cursor[m.pane]
	switch m.pane {
	case paneDetectors:
		if list := m.findings(); at < len(list) {
			return m.findingDetail(list[at])
		}
	case paneTimelock:
		if list := m.queue(); at < len(list) {
			return operationDetail(list[at], m.chainFact(list[at].Chain), m.snap.On(list[at].Chain).Head)
		}
	case paneJournal:
		if list := m.entries(); at < len(list) {
			e := list[at]
			return shown("Journal", fact{"at", fmt.Sprintf("%s UTC, block %s", e.Time.UTC().Format(day), block(e.Block))}, m.chainFact(e.Chain), fact{"what", e.Text}, fact{"file", m.snap.On(e.Chain).Journal})
		}
	case paneCanary:
		if at < len(m.snap.Canary) {
			return canaryDetail(m.snap.Canary[at], m.chainFact(m.snap.Canary[at].Chain))
		}
	}
	return nil
}

// fact is a labelled line; without a text it is left out, without a label it goes
// on under the line before it.
type fact struct{ label, text string }

func shown(title string, facts ...fact) *textDialog {
	d := &textDialog{name: title, sign: accent, label: 11}
	for _, f := range facts {
		if f.text != "" {
			d.text = append(d.text, fmt.Sprintf("%-10s %s", f.label, f.text))
		}
	}
	return d
}

// chainFact is the chain of a line and where it stands; empty where one is shown
// alone.
func (m *Model) chainFact(chain string) fact {
	if chain == "" {
		return fact{}
	}
	c := m.snap.On(chain)
	text := fmt.Sprintf("%s %d, now at %s", c.Name, c.ID, block(c.Head.Number))
	if c.Blind != "" {
		text = fmt.Sprintf("%s %d, BLIND since %s, last block %s: %s", c.Name, c.ID, utc(c.BlindSince), lastBlock(c.Head, m.shown), c.Blind)
	}
	return fact{"chain", text}
}

// term is until when somebody may do something, in the chain's time.
func term(until time.Time, at ops.BlockRef) string {
	if left := until.Sub(at.Time); left > 0 {
		return fmt.Sprintf("its authority ends at %s, in %s", until.UTC().Format(time.DateTime+"Z"), ops.Duration(left.Truncate(time.Second)))
	}
	return "its authority ended at " + until.UTC().Format(time.DateTime+"Z")
}

// findingDetail begins with what is measured and what answers it; how it is known
// comes after.
func (m *Model) findingDetail(f ops.Finding) *textDialog {
	word, _ := mark(f.Verdict)
	measured := fmt.Sprintf("%s (exact %s)", f.Observed.Shown, f.Observed.Exact)
	if f.Verdict == ops.Unknown {
		measured = "not known; " + lastKnown(f)
	}
	bound := ""
	if f.Threshold.Exact != "" { // it was judged once
		bound = fmt.Sprintf("%s %s (exact %s)", f.Relation, f.Threshold.Shown, f.Threshold.Exact)
	}
	facts := []fact{
		m.chainFact(f.Chain),
		{"verdict", fmt.Sprintf("%s since %s, judged at %s", word, block(f.Since.Number), block(f.At.Number))},
		{"why", f.Why},
		{"measured", measured},
		{"bound", bound},
		{"trend", f.Trend},
	}
	if b, ok := m.board(f.Action); ok {
		ready, _ := readiness(b)
		facts = append(facts, fact{"answer", fmt.Sprintf("%s: %s", keyed(b), ready)})
		for _, why := range b.Why {
			facts = append(facts, fact{"", why})
		}
		switch len(b.Lanes) {
		case 0:
		case 1:
			facts = append(facts, fact{"lanes", b.Lanes[0] + ", and no second lane"})
		default:
			facts = append(facts, fact{"lanes", strings.Join(b.Lanes, ", then ")})
		}
		if !b.Until.IsZero() {
			facts = append(facts, fact{"until", term(b.Until, b.At)})
		}
	}
	facts = append(facts,
		fact{"holds", f.Source},
		fact{"class", fmt.Sprintf("%s, severity %s, owner %s", f.Class, f.Severity, f.Owner)},
		fact{"before", lastKnown(f)},
		fact{"block", f.At.Hash.Hex()})
	for _, r := range f.Evidence() {
		value := bytesText(r.Data)
		if r.Status != ops.ReadOK {
			value = r.Err
		}
		facts = append(facts, fact{"read", r.Read.Name + " = " + value})
	}
	return shown(fmt.Sprintf("%s %s", f.Detector, f.Title), facts...)
}

func canaryDetail(c ops.Window, chain fact) *textDialog {
	title, release := "Canary "+c.ID, fact{"release", c.Release}
	if !c.Open {
		return shown(title, chain, release, fact{"window", "not open: the upgrade was not executed"})
	}
	budget, _ := mark(c.Budget)
	segment, _ := mark(c.Segment)
	facts := []fact{
		chain,
		release,
		{"window", stands(c)},
		{"opened", dated(c.OpenedAt)},
		{"ends", date(c.Ends)},
		{"expires", date(c.Expires)},
		{"budget", fmt.Sprintf("%s, %s of %s in %s (exact %s of %s)", budget, c.Spent.Shown, c.Limit.Shown, span(c.Interval), c.Spent.Exact, c.Limit.Exact)},
		{"", c.BudgetWhy},
		{"segment", fmt.Sprintf("%s, %d used it, %d allowed", segment, c.Seen, c.Allowed)},
		{"", c.SegmentWhy},
	}
	for _, a := range c.Outsiders {
		facts = append(facts, fact{"outside", a.Hex()})
	}
	return shown(title, facts...)
}

// day is how a date and a time are written.
const day = "2006-01-02 15:04:05"

// date is a moment of chain time; empty where there is none.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(day) + " (chain time)"
}

// dated is a block with its time; empty where there is none.
func dated(b ops.BlockRef) string {
	if b.Zero() {
		return ""
	}
	return block(b.Number) + ", " + date(b.Time)
}

// bytesText is a value as it was read, its beginning where it is long.
func bytesText(b []byte) string {
	const most = 96 // three words
	if len(b) > most {
		return fmt.Sprintf("0x%x… %d bytes", b[:most], len(b))
	}
	return fmt.Sprintf("0x%x", b)
}
