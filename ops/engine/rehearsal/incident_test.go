package rehearsal_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// contains answers the breach and plays until it is contained.
func (s *stage) contains(t *testing.T, w *watcher) {
	t.Helper()
	w.arm()
	w.confirm(w.plan("R1"))
	for range 8 {
		if s.step(t, w); receipt(w.last, "R1").Stage == ops.StageContained {
			return
		}
	}
	t.Fatalf("R1 is %s: %s", receipt(w.last, "R1").Stage, receipt(w.last, "R1").Why)
}

// opened counts the incidents that a journal tells of.
func opened(t *testing.T, path string) int {
	t.Helper()
	records, _, err := journal.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range records {
		if r.Kind == "incident-opened" {
			n++
		}
	}
	return n
}

// A spell of blindness is no end of a breach: what was contained stays so, and
// the breach began where it began.
func TestABlindSpellOpensNoSecondIncident(t *testing.T) {
	s := newStage(t, 1)
	http := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http"))
	ws := chaintest.Before(t, s.WS())
	w := s.console(t, "http"+strings.TrimPrefix(http.WS, "ws"), ws.WS)
	s.breach(t, w)
	broke := finding(w.last, "A1").Since
	s.contains(t, w)
	contained := *w.last.Incident
	if contained.StoppedAt.IsZero() || contained.Opened != broke {
		t.Fatalf("%+v, and A1 broke at #%d", contained, broke.Number)
	}
	for _, p := range []*chaintest.Proxy{http, ws} {
		p.Refuse(true)
		p.Cut()
	}
	dark := w.until("every line is unknown", allUnknown)
	if f := finding(dark, "A1"); f.Broke != broke {
		t.Errorf("while blind A1 is said to have broken at #%d, and it was #%d", f.Broke.Number, broke.Number)
	}
	for range 2 {
		if _, err := s.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	http.Refuse(false)
	ws.Refuse(false)
	light := w.until("the chain is seen again", func(s ops.Snapshot) bool { return s.Blind == "" && s.Followed == s.Head.Number })
	if f := finding(light, "A1"); f.Verdict != ops.Breach || f.Since != broke {
		t.Errorf("A1 is %s since #%d, and it broke at #%d", f.Verdict, f.Since.Number, broke.Number)
	}
	s.step(t, w)
	if *w.last.Incident != contained || opened(t, w.last.Journal) != 1 {
		t.Errorf("%d incidents were opened; the clock says %+v", opened(t, w.last.Journal), w.last.Incident)
	}
}

// The board that was measured before a spell of blindness proves nothing after
// it: each line is UNKNOWN until it was measured at a newer block.
func TestAfterBlindnessTheBoardIsMeasuredAnew(t *testing.T) {
	s := newStage(t, 1)
	http := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http"))
	ws := chaintest.Before(t, s.WS())
	w := s.console(t, "http"+strings.TrimPrefix(http.WS, "ws"), ws.WS)
	s.step(t, w)
	before := w.until("the board is measured", func(s ops.Snapshot) bool { return s.Board[0].State == ops.Ready }).Head.Number
	for _, p := range []*chaintest.Proxy{http, ws} {
		p.Refuse(true)
		p.Cut()
	}
	w.until("every line is unknown", allUnknown)
	if _, err := s.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	http.Refuse(false)
	ws.Refuse(false)
	w.until("the board is measured again", func(s ops.Snapshot) bool {
		if s.Board[0].State == ops.Ready && s.Board[0].At.Number <= before {
			t.Errorf("READY, as measured at #%d", s.Board[0].At.Number)
		}
		return s.Board[0].State == ops.Ready && s.Board[0].At.Number > before
	})
}

// The next console takes up the incident where the journal left it: contained
// stays contained, and T+ counts from the same moment.
func TestARestartKeepsTheIncident(t *testing.T) {
	s := newStage(t, 1)
	folder := t.TempDir()
	w := s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	s.breach(t, w)
	s.contains(t, w)
	before := *w.last.Incident
	w.quit()
	w = s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	for range 3 {
		s.step(t, w)
	}
	after := w.last.Incident
	if finding(w.last, "A1").Verdict != ops.Breach || after == nil || after.Opened.Hash != before.Opened.Hash || !after.StoppedAt.Equal(before.StoppedAt) {
		t.Errorf("A1 is %s; before %+v, after %+v", finding(w.last, "A1").Verdict, before, after)
	}
	if n := opened(t, w.last.Journal); n != 1 {
		t.Errorf("%d incidents were opened", n)
	}
	if r := receipt(w.last, "R1"); r.Stage != ops.StageContained {
		t.Errorf("R1 is %s", r.Stage)
	}
}

// A console that ends between sending and being mined leaves the rest to the
// next one: it follows the same transaction, and that stops the same clock.
func TestAResumedContainmentStopsTheClock(t *testing.T) {
	s := newStage(t, 1)
	folder := t.TempDir()
	w := s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	s.breach(t, w)
	w.arm()
	sent := w.confirm(w.plan("R1"))
	w.quit()
	w = s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	for range 8 {
		s.step(t, w)
	}
	if r := receipt(w.last, "R1"); r.Stage != ops.StageContained || r.Tx != sent.Tx {
		t.Errorf("R1 is %s with %s: %s", r.Stage, r.Tx, r.Why)
	}
	if w.last.Incident == nil || w.last.Incident.StoppedAt.IsZero() || opened(t, w.last.Journal) != 1 {
		t.Errorf("the clock says %+v", w.last.Incident)
	}
}

// Two dialogs opened before either was confirmed hold the same nonce: the second
// is told so, and nothing of it is sent.
func TestASecondPlanOfTheSameNonceIsRefused(t *testing.T) {
	s := newStage(t, 1)
	w := s.console(t, s.HTTP(), s.WS())
	s.breach(t, w)
	w.arm()
	freeze, cancel := w.plan("R1"), w.plan("R2")
	if freeze.Nonce != cancel.Nonce {
		t.Fatalf("nonces %d and %d", freeze.Nonce, cancel.Nonce)
	}
	w.confirm(freeze)
	if _, err := w.Do(t.Context(), ops.Contain{Digest: cancel.Digest, Prepared: cancel.Prepared, Phrase: cancel.Phrase}); !errors.Is(err, contain.ErrStale) {
		t.Fatalf("the same nonce twice: %v", err)
	}
	again := w.plan("R2")
	if again.Nonce != freeze.Nonce+1 || again.Digest != cancel.Digest {
		t.Errorf("prepared anew it takes nonce %d", again.Nonce)
	}
	w.confirm(again)
	for range 5 {
		s.step(t, w)
	}
	for _, id := range []ops.RunbookID{"R1", "R2"} {
		if r := receipt(w.last, id); r.Stage != ops.StageContained {
			t.Errorf("%s is %s: %s", id, r.Stage, r.Why)
		}
	}
}

// What is sent is the plan that was shown, not the newest of the same call.
func TestWhatWasShownIsWhatIsSent(t *testing.T) {
	s := newStage(t, 1)
	w := s.console(t, s.HTTP(), s.WS())
	s.breach(t, w)
	w.arm()
	shown := w.plan("R1")
	s.step(t, w)
	if newer := w.plan("R1"); newer.Digest != shown.Digest || newer.At == shown.At {
		t.Fatalf("%+v", newer)
	}
	if r := w.confirm(shown); r.Prepared != shown.At {
		t.Errorf("sent the plan of #%d, and shown was that of #%d", r.Prepared.Number, shown.At.Number)
	}
}
