package contain_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

func record(t *testing.T, kind string, data any) contain.Entry {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return contain.Entry{Kind: kind, Data: raw, Time: time.Unix(1_000_000, 0)}
}

// A journal that holds what cannot be read, or not be followed, does not start a console:
// something may be on its way.
func TestAJournalThatCannotBeTakenUpStartsNothing(t *testing.T) {
	intent := contain.Intent{ID: "R1-0-1", Run: "R1-0-1", Runbook: "R1", Step: "R1.1", Chain: testChain}
	broken := func(kind string) contain.Entry { return contain.Entry{Kind: kind, Data: []byte(`{"id":7}`)} }
	for name, c := range map[string]struct {
		entries []contain.Entry
		gone    bool // the runbook
		says    string
	}{
		"an intent":           {[]contain.Entry{broken(contain.KindIntent)}, false, "an intent in the journal cannot be read"},
		"signed bytes":        {[]contain.Entry{broken(contain.KindSigned)}, false, "signed bytes in the journal cannot be read"},
		"another record":      {[]contain.Entry{broken(contain.KindMined)}, false, "a record in the journal cannot be read"},
		"bytes of nobody":     {[]contain.Entry{record(t, contain.KindIntent, intent), record(t, contain.KindSigned, contain.Signed{ID: intent.ID, Tx: common.Hash{1}, Raw: []byte{1}})}, false, "are damaged"},
		"a runbook that left": {[]contain.Entry{record(t, contain.KindIntent, intent), record(t, contain.KindSigned, contain.Signed{ID: intent.ID, Tx: common.Hash{1}, Raw: []byte{1}})}, true, "start with the pack that it was confirmed on"},
	} {
		c0 := contain.New(contain.Config{Chain: &ledger{folder: t.TempDir()}, ChainID: testChain, Journal: &notes{}})
		err := c0.Resume(c.entries, func(ops.RunbookID, map[string]string) (contain.Action, error) {
			if c.gone {
				return contain.Action{}, errors.New("no runbook has the id R1")
			}
			return pause(newKey(t)), nil
		})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := &notes{full: func(string) error { return errors.New("disk full") }}
	c := contain.New(contain.Config{Chain: &ledger{folder: t.TempDir()}, ChainID: testChain, Journal: full})
	if err := c.Resume([]contain.Entry{record(t, contain.KindIntent, intent)}, nil); !errors.Is(err, contain.ErrJournal) {
		t.Errorf("an intent whose end cannot be written down: %v", err)
	}
}

// What is of another chain is that console's; bytes and records that belong to nothing
// are nobody's.
func TestWhatIsOfAnotherChainIsLeftToItsConsole(t *testing.T) {
	n := &notes{}
	c := contain.New(contain.Config{Chain: &ledger{folder: t.TempDir()}, ChainID: testChain, Journal: n})
	err := c.Resume([]contain.Entry{
		record(t, contain.KindIntent, contain.Intent{ID: "R1-0-1", Run: "R1-0-1", Runbook: "R1", Step: "R1.1", Chain: testChain + 1}),
		record(t, contain.KindSigned, contain.Signed{ID: "R9-0-1"}),
		record(t, contain.KindStep, contain.Progress{ID: "R9-0-1", Step: "R9.1"}),
	}, nil)
	if err != nil || len(c.Receipts()) != 0 || len(n.kinds) != 0 {
		t.Errorf("%v: %+v, %v", err, c.Receipts(), n.kinds)
	}
}

// A runbook that was changed since is said to be; of a run of several calls each is taken
// up as far as it came.
func TestEachCallIsTakenUpAsFarAsItCame(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "b", "d")
	a.Steps[0].OnFailure, a.Needs = contain.Continue, []string{"b"}
	a.Steps[0].Expect = is{ops.Breach, "never"}
	a.Steps[1].Expect, a.Steps[2].Expect = minedNonce{b.chain, 2}, minedNonce{b.chain, 3}
	a.Steps = slices.Insert(a.Steps, 2, contain.Step{ID: "c", Control: "freeze", OnFailure: contain.Continue, Parallel: true})
	b.Control = func(string) error { return errors.New("no canary") }
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	b.block(t)
	b.wants(t, "a FAILED, b SENT, c FAILED, d WAITS")
	a.Hash[1] = 1
	ran := 0
	b.next(t, a, &ran, nil)
	b.wants(t, "a FAILED, b SIGNED, c FAILED, d NOT RUN")
	if why := b.last().Why; !strings.Contains(why, "the runbook was changed since this was confirmed") {
		t.Errorf("%q", why)
	}
	b.block(t)
	if b.block(t); b.last().Stage != ops.StageContained || b.key.signed() != 2 || ran != 0 {
		t.Errorf("%s, %d signed, the control ran %d times: %s", b.last().Stage, b.key.signed(), ran, b.stages())
	}
}

// What was taken up once is taken up again by the process after: it is as old as it was.
func TestWhatWasTakenUpIsTakenUpAgain(t *testing.T) {
	for later, want := range map[time.Duration]string{20 * time.Minute: "a DONE, b DONE, c SENT", 50 * time.Minute: "a DONE, b ASKED, c WAITS"} {
		b := newBench(t)
		a := asking(b)
		r, err := b.run(t, a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Answer(t.Context(), r.ID, "b", "closed", ada, ref(10)); err != nil {
			t.Fatal(err)
		}
		b.notes.whole = b.notes.whole[:3] // killed before the intent: frozen, asked, answered
		ran, now := 0, time.Unix(1_000_000, 0).Add(20*time.Minute)
		b.next(t, a, &ran, func() time.Time { return now })
		b.notes.full = func(kind string) error {
			if kind == contain.KindIntent {
				return errors.New("killed")
			}
			return nil
		}
		if _, err := b.run(t, a); !errors.Is(err, contain.ErrJournal) {
			t.Fatal(err)
		}
		b.notes.full = nil
		for i, e := range b.notes.whole { // and that one was killed there too
			if e.Kind == contain.KindVoid || e.Kind == contain.KindEnded {
				b.notes.whole = b.notes.whole[:i]
				break
			}
			if i > 2 { // what it wrote is of its time
				b.notes.whole[i].Time = now
			}
		}
		if len(b.notes.whole) != 5 {
			t.Fatalf("%v", b.notes.kinds)
		}
		now = now.Add(later)
		b.next(t, a, &ran, func() time.Time { return now })
		if _, err := b.run(t, a); err != nil {
			t.Fatal(err)
		}
		b.wants(t, want)
	}
}
