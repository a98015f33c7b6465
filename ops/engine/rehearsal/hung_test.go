package rehearsal_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// hung is a key that signs once, and then hangs until nobody asks any more.
type hung struct {
	engine.Store
	signs atomic.Int32
	asked chan struct{}
}

func (h *hung) Sign(ctx context.Context, tx *types.Transaction) (*types.Transaction, error) {
	if h.signs.Add(1) == 1 {
		return h.Store.Sign(ctx, tx)
	}
	h.asked <- struct{}{}
	<-ctx.Done()
	if !h.Unlocked() {
		panic("the key was locked while it was asked")
	}
	return nil, ctx.Err()
}

func (h *hung) Attest(s statement.Statement) ([]byte, error) {
	return h.Store.(interface {
		Attest(s statement.Statement) ([]byte, error)
	}).Attest(s)
}

// While a signer hangs at the second step, every block is judged and shown. Quitting then
// fails nothing: the next console follows what is out, and the key pressed again sends
// the rest, each call once.
func TestASignerThatHangsAtTheSecondStepHoldsUpNoPicture(t *testing.T) {
	s := newStageOf(t, drill.Options{Seed: 1, Scenario: "bent-price"}, edited(t, "    parallel: true\n", ""))
	far := &hung{asked: make(chan struct{}, 8)}
	s.signer = func(k engine.Store) engine.Store { far.Store = k; return far }
	folder := t.TempDir()
	w := s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	s.step(t, w)
	w.arm()
	w.confirm(w.plan("R4"))
	s.step(t, w)
	<-far.asked
	for range 5 {
		sealed := s.step(t, w)
		if w.last.Head.Number < sealed.Block.Number {
			t.Fatalf("#%d is shown, and #%d was sealed", w.last.Head.Number, sealed.Block.Number)
		}
	}
	r := receipt(w.last, "R4")
	if r.Steps[0].Stage != "IN EFFECT" || r.Steps[1].Stage != "CONFIRMED" || !strings.Contains(r.Steps[1].Why, "asked for its signature") || far.signs.Load() != 2 {
		t.Fatalf("%+v after %d questions", r.Steps, far.signs.Load())
	}
	w.quit()
	records, _, err := journal.Read(filepath.Join(folder, journal.Name))
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		switch record.Kind {
		case contain.KindFailed, contain.KindVoid, contain.KindEnded:
			t.Errorf("quitting left a %s: %s", record.Kind, record.Data)
		}
	}

	s.signer = nil
	w = s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	s.step(t, w)
	w.until("it says what is to be done", func(n ops.Snapshot) bool { return strings.Contains(receipt(n, "R4").Why, "press the key again") })
	w.arm()
	w.confirm(w.plan("R4"))
	for range 10 {
		s.step(t, w)
	}
	newest := w.last.Receipts[len(w.last.Receipts)-1]
	if newest.Stage != ops.StageContained {
		t.Fatalf("%s: %s %+v", newest.Stage, newest.Why, newest.Steps)
	}
	if records, _, err = journal.Read(filepath.Join(folder, journal.Name)); err != nil {
		t.Fatal(err)
	}
	sent := map[string]map[common.Hash]bool{}
	for _, record := range records {
		var p contain.Progress
		if record.Kind != contain.KindInEffect {
			continue
		}
		if err := json.Unmarshal(record.Data, &p); err != nil {
			t.Fatal(err)
		}
		if sent[p.Step] == nil {
			sent[p.Step] = map[common.Hash]bool{}
		}
		sent[p.Step][p.Tx] = true
	}
	if len(sent) != 4 || len(sent["R4.1"])+len(sent["R4.2"])+len(sent["R4.3"])+len(sent["R4.4"]) != 4 {
		t.Errorf("in effect: %v", sent)
	}
}
