package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Kinds of journal records that keep the incident's clock.
const (
	kindOpened    = "incident-opened"
	kindContained = "incident-contained"
	kindOver      = "incident-over"
)

// verdictRecord is what the journal keeps of a change of verdict.
type verdictRecord struct {
	ID        ops.DetectorID `json:"id"`
	Was       ops.Verdict    `json:"was"`
	Verdict   ops.Verdict    `json:"verdict"`
	Severity  ops.Severity   `json:"severity"`
	Block     ops.BlockRef   `json:"block"`
	Observed  string         `json:"observed,omitempty"`
	Threshold string         `json:"threshold,omitempty"`
	Why       string         `json:"why,omitempty"`
	Source    string         `json:"source"`
	Action    ops.RunbookID  `json:"action"`
}

// transitions writes down every finding whose verdict changed. When all of them
// went dark or came back for one reason the screen says it in one line; the
// journal keeps each.
func (e *Engine) transitions(past, now []ops.Finding) {
	var entries []ops.Entry
	for i := range now {
		f := &now[i]
		was := verdictOf(past, f.Detector, i)
		if was == f.Verdict {
			continue
		}
		record := verdictRecord{
			ID: f.Detector, Was: was, Verdict: f.Verdict, Severity: f.Severity, Block: f.At,
			Observed: f.Observed.Exact, Threshold: f.Threshold.Exact, Why: f.Why, Source: f.Source, Action: f.Action,
		}
		entry := ops.Entry{Time: e.Now().UTC(), Block: f.At.Number, Alarm: true, Verdict: f.Verdict, Text: sentence(*f)}
		if err := e.Journal.Write("finding", record); err != nil {
			entry.Text += " (NOT IN THE JOURNAL)"
		}
		entries = append(entries, entry)
	}
	for _, entry := range gathered(entries) {
		e.log.add(entry)
	}
}

// verdictOf is what a detector said before. Findings keep their places, but for
// those of a window that opens: at is where to look first.
func verdictOf(past []ops.Finding, id ops.DetectorID, at int) ops.Verdict {
	if at < len(past) && past[at].Detector == id {
		return past[at].Verdict
	}
	for i := range past {
		if past[i].Detector == id {
			return past[i].Verdict
		}
	}
	return ops.Unknown
}

// retract takes back what was said of blocks that are no more, from the number
// on: in the journal and on the screen it stays readable that it was said. Those
// blocks are judged anew, and until then the findings are not known. What waits in a mempool
// is in none of them.
func (e *Engine) retract(from uint64) {
	s := &e.state
	const why = "its block was dropped by a reorg"
	past := s.findings
	s.findings = slices.Clone(past)
	for i, f := range past {
		if f.Verdict == ops.Unknown || f.Since.Number < from || s.overhears(i) {
			continue
		}
		f.Why, f.Verdict, f.Observed, f.Trend = why, ops.Unknown, ops.Quantity{}, ""
		s.findings[i] = f
		if past[i].Verdict != ops.Breach { // that all was well is withdrawn by what follows
			continue
		}
		record := verdictRecord{
			ID: f.Detector, Was: past[i].Verdict, Verdict: f.Verdict, Severity: f.Severity, Block: past[i].Since, Observed: past[i].Observed.Exact,
			Threshold: past[i].Threshold.Exact, Why: why, Source: f.Source, Action: f.Action,
		}
		e.record("retracted", record, ops.Entry{Block: past[i].Since.Number, Alarm: true, Verdict: ops.Unknown,
			Text: fmt.Sprintf("%s breach since #%d is retracted: %s", f.Detector, past[i].Since.Number, why)})
	}
}

// gathered joins lines of one verdict other than breach into one.
func gathered(entries []ops.Entry) []ops.Entry {
	var out []ops.Entry
	for _, v := range []ops.Verdict{ops.OK, ops.Unknown} {
		same := slices.DeleteFunc(slices.Clone(entries), func(en ops.Entry) bool { return en.Verdict != v })
		if len(same) < 3 {
			out = append(out, same...)
			continue
		}
		one := same[0]
		var ids []string
		for _, en := range same {
			id, rest, _ := strings.Cut(en.Text, " ")
			ids = append(ids, id)
			one.Text = rest
		}
		one.Text = strings.Join(ids, " ") + ": " + one.Text
		if v == ops.OK {
			one.Text = strings.Join(ids, " ") + " ok"
		}
		out = append(out, one)
	}
	return append(out, slices.DeleteFunc(slices.Clone(entries), func(en ops.Entry) bool { return en.Verdict != ops.Breach })...)
}

// sentence is a finding in one line.
func sentence(f ops.Finding) string {
	switch f.Verdict {
	case ops.OK:
		return fmt.Sprintf("%s ok %s", f.Detector, f.Observed.Shown)
	case ops.Breach:
		if f.Why != "" {
			return fmt.Sprintf("%s breach: %s", f.Detector, f.Why)
		}
		return fmt.Sprintf("%s breach: %s, must be %s %s", f.Detector, f.Observed.Shown, f.Relation, f.Threshold.Shown)
	default:
		return fmt.Sprintf("%s unknown: %s", f.Detector, f.Why)
	}
}

// follow keeps the incident's clock: it starts with the first breach that pages,
// and stops when every such breach is answered by a containment that has held,
// or when nothing is in breach any more. A breach after that is a new incident.
// What waits in a timelock has done no harm yet and does not start the clock.
func (e *Engine) follow(at ops.BlockRef) {
	s := &e.state
	i := slices.IndexFunc(s.findings, clocked)
	running := s.incident != nil && s.incident.StoppedAt.IsZero()
	if i < 0 && !running && !slices.ContainsFunc(s.findings, func(f ops.Finding) bool { return f.Verdict == ops.Unknown }) {
		s.calm = true // a spell of blindness is not: what was in breach before it still is
	}
	switch {
	case i >= 0 && running:
		s.involve()
	case i >= 0 && !running && (s.incident == nil || s.calm):
		s.calm, s.involved = false, map[ops.DetectorID]bool{}
		s.incident = &ops.Incident{First: s.findings[i].Detector, Opened: at, OpenedAt: e.Now()}
		e.record(kindOpened, s.incident, ops.Entry{Block: at.Number, Alarm: true, Verdict: ops.Breach, Text: "incident opened by " + string(s.incident.First)})
		s.involve()
	case running && !slices.ContainsFunc(s.findings, s.mayHarm):
		e.stop(kindOver, "incident over: nothing is in breach any more")
	}
}

// recall takes up the incident of an earlier process: its clock goes on, and one
// that was contained is not opened anew by the breach that it left behind.
func (e *Engine) recall() error {
	for _, r := range e.Journal.Records() {
		switch r.Kind {
		case kindOpened, kindContained, kindOver:
			var i ops.Incident
			if err := json.Unmarshal(r.Data, &i); err != nil {
				return fmt.Errorf("an incident in the journal cannot be read: %w", err)
			}
			if i.Opened.Chain == e.Rules.ChainID {
				e.state.incident, e.state.involved = &i, map[ops.DetectorID]bool{i.First: true}
			}
		}
	}
	if i := e.state.incident; i != nil && i.StoppedAt.IsZero() {
		e.state.broke(*i)
	}
	return nil
}

// stop ends the incident's clock at the block.
func (e *Engine) stop(kind, text string) {
	stopped := *e.state.incident
	stopped.Contained, stopped.StoppedAt = e.state.head, e.Now()
	e.state.incident = &stopped
	e.record(kind, stopped, ops.Entry{Block: stopped.Contained.Number, Verdict: ops.OK, Text: text})
}

// clocked reports whether a finding is harm that an incident's clock counts.
func clocked(f ops.Finding) bool {
	return f.Verdict == ops.Breach && f.Severity != ops.Warning && f.Class != ops.ClassQueue
}

// involve remembers whatever is in breach during an incident.
func (s *state) involve() {
	if s.involved == nil {
		s.involved = map[ops.DetectorID]bool{}
	}
	for _, f := range s.findings {
		if clocked(f) {
			s.involved[f.Detector] = true
		}
	}
}

// mayHarm reports whether a finding is harm, or may be: it was in breach during the
// incident, or was never known since this process started, and is not known now.
// That its block was dropped, or that it cannot be read, does not end an incident.
func (s *state) mayHarm(f ops.Finding) bool {
	if f.Verdict == ops.Unknown && (s.involved[f.Detector] || !f.Broke.Zero() || f.Known.Zero()) {
		f.Verdict = ops.Breach
	}
	return clocked(f)
}

// settle stops the incident's clock once everything clocked is contained.
func (e *Engine) settle() {
	s := &e.state
	for _, r := range e.contain.Receipts() {
		if e.tookBack(r) {
			e.resumeClock(r)
		}
		e.progress(r)
	}
	if s.incident == nil || !s.incident.StoppedAt.IsZero() || !e.contained(e.answer(s.incident.First)) {
		return
	}
	for _, f := range s.findings {
		if clocked(f) && !e.contained(f.Action) {
			return
		}
	}
	e.stop(kindContained, "incident CONTAINED")
}

// tookBack reports whether a run that was contained is not any more.
func (e *Engine) tookBack(r ops.Receipt) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return r.Stage != ops.StageContained && e.told[r.ID].stage == ops.StageContained
}

// resumeClock says that a containment was taken back by a reorg, and has the clock of the
// incident that it had stopped go on.
func (e *Engine) resumeClock(r ops.Receipt) {
	s := &e.state
	e.log.add(ops.Entry{Time: e.Now().UTC(), Block: s.head.Number, Alarm: true, Verdict: ops.Breach,
		Text: fmt.Sprintf("%s %s is NOT CONTAINED any more: a reorg dropped its block", r.Runbook, r.Name)})
	if i := s.incident; i == nil || i.StoppedAt.IsZero() || r.Prepared.Number < i.Opened.Number {
		return
	}
	open := *s.incident
	open.Contained, open.StoppedAt = ops.BlockRef{}, time.Time{}
	s.incident, s.calm = &open, false
	e.record(kindOpened, open, ops.Entry{Block: s.head.Number, Alarm: true, Verdict: ops.Breach, Text: "incident NOT CONTAINED any more: its clock goes on"})
}

// contained reports whether the runbook was run in this incident and has held.
func (e *Engine) contained(id ops.RunbookID) bool {
	return slices.ContainsFunc(e.contain.Receipts(), func(r ops.Receipt) bool {
		return r.Runbook == id && r.Stage == ops.StageContained && r.Prepared.Number >= e.state.incident.Opened.Number
	})
}

// answer is the runbook that answers a detector.
func (e *Engine) answer(id ops.DetectorID) ops.RunbookID {
	for _, f := range e.state.findings {
		if f.Detector == id {
			return f.Action
		}
	}
	return ""
}
