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
			return operationDetail(list[at])
		}
	case paneJournal:
		if list := m.entries(); at < len(list) {
			e := list[at]
			return shown("Journal", fmt.Sprintf("%s UTC, block %s", e.Time.UTC().Format("2006-01-02 15:04:05"), block(e.Block)), e.Text, "file       "+m.snap.Journal)
		}
	case paneCanary:
		if at < len(m.snap.Canary) {
			return canaryDetail(m.snap.Canary[at])
		}
	}
	return nil
}

func canaryDetail(c ops.Window) *textDialog {
	date := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }
	text := []string{
		"release    " + c.Release,
		"opened     " + block(c.OpenedAt.Number) + " " + date(c.OpenedAt.Time),
		"ends       " + date(c.Ends) + " (chain time)",
		"expires    " + date(c.Expires),
		"spent      " + c.Spent.Exact,
		"limit      " + c.Limit.Exact,
	}
	for _, a := range c.Outsiders {
		text = append(text, "outside    "+a.Hex())
	}
	return shown("Canary "+c.ID, text...)
}

func shown(title string, text ...string) *textDialog {
	return &textDialog{name: title, sign: accent, text: text, label: 11}
}

func (m *Model) findingDetail(f ops.Finding) *textDialog {
	word, _ := mark(f.Verdict)
	text := []string{
		f.Title,
		fmt.Sprintf("verdict    %s since %s, judged at %s", word, block(f.Since.Number), block(f.At.Number)),
		fmt.Sprintf("class      %s, severity %s, owner %s", f.Class, f.Severity, f.Owner),
		"holds      " + f.Source,
		fmt.Sprintf("measured   %s (exact %s)", f.Observed.Shown, f.Observed.Exact),
		fmt.Sprintf("bound      %s %s (exact %s)", f.Relation, f.Threshold.Shown, f.Threshold.Exact),
		"before     " + lastKnown(f),
		"block      " + f.At.Hash.Hex(),
	}
	if f.Why != "" {
		text = append(text, "why        "+f.Why)
	}
	if f.Trend != "" {
		text = append(text, "trend      "+f.Trend)
	}
	for _, r := range f.Evidence {
		value := fmt.Sprintf("0x%x", r.Data)
		if r.Status != ops.ReadOK {
			value = r.Err
		}
		text = append(text, "read       "+r.Read.Name+" = "+value)
	}
	if b, ok := m.board(f.Action); ok {
		ready, _ := readiness(b)
		text = append(text, fmt.Sprintf("answer     [%s] %s %s: %s", b.Key, b.Runbook, b.Name, ready))
		for _, why := range b.Why {
			text = append(text, "           "+why)
		}
	}
	return shown(string(f.Detector), text...)
}

func operationDetail(o ops.Operation) *textDialog {
	approved, _ := approval(o)
	form := "single"
	if o.Batch {
		form = "batch"
	}
	text := []string{
		fmt.Sprintf("state      %s, %s", o.State, form),
		"approved   " + approved,
		"id         " + o.ID.Hex(),
		"scheduled  " + block(o.Scheduled.Number) + " " + o.Scheduled.Time.UTC().Format("2006-01-02 15:04:05"),
		"runs from  " + o.ETA.UTC().Format("2006-01-02 15:04:05") + " (chain time)",
		"before it  " + o.Predecessor.Hex(),
		"salt       " + o.Salt.Hex(),
	}
	for i, c := range o.Calls {
		text = append(text, fmt.Sprintf("call %d     %s %s value %s", i+1, c.Name, c.To.Hex(), c.Value), "           "+c.Function)
	}
	for _, c := range o.Checks {
		word, _ := mark(c.Verdict)
		text = append(text, strings.TrimSpace(fmt.Sprintf("check      %s %s %s", word, c.Name, c.Why)))
	}
	return shown("Operation "+o.Short, text...)
}
