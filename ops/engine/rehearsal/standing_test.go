package rehearsal_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

const guardianLane = `guardian: {kind: keystore, from: "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"}`

// ordered gives the stage a standing order that pauses the vault on findings, signed
// by the guardian's key, which no person's lane uses any more.
func (s *stage) ordered(t *testing.T, findings string) {
	t.Helper()
	person := strings.Replace(guardianLane, "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B", drill.Address(drill.Operator).Hex(), 1)
	s.edit(t, "runbooks/freeze-vault.yaml", "lanes:\n  "+guardianLane,
		"standing_order: {findings: ["+findings+"], step: R1.1, lane: auto, shots: 1}\nlanes:\n  "+person+"\n  "+strings.Replace(guardianLane, "guardian", "auto", 1))
	books, err := filepath.Glob(filepath.Join(s.folder, "runbooks", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range books {
		if name := filepath.Base(path); name != "freeze-vault.yaml" {
			s.edit(t, filepath.Join("runbooks", name), guardianLane, person)
		}
	}
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	s.auto = []engine.Key{s.key(t, "guardian.json")}
}

func (w *watcher) stands(t *testing.T, fires string) {
	t.Helper()
	w.until("its standing order is on the screen", func(n ops.Snapshot) bool {
		return len(n.Standing) == 1 && n.Standing[0].Step == "R1.1" && !n.Standing[0].Fired && strings.Contains(n.Standing[0].Why, fires)
	})
}

// It fires in the block of the breach, without a key pressed, once: not again for the
// same breach, and not after a restart.
func TestAStandingOrderFiresOnce(t *testing.T) {
	s := newStage(t, 1)
	s.ordered(t, "A1, C1.budget")
	folder := t.TempDir()
	w := s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	w.stands(t, "")
	s.breach(t, w)
	fired := w.until("it fired", func(n ops.Snapshot) bool { return len(n.Receipts) == 1 && n.Standing[0].Fired })
	if r := fired.Receipts[0]; r.By.Role != contain.AutoRole || r.Prepared.Number != fired.Head.Number || fired.Arming.Armed {
		t.Fatalf("%+v", r)
	}
	for range 5 {
		s.step(t, w)
	}
	w.until("it is contained", func(n ops.Snapshot) bool {
		return n.Receipts[0].Stage == ops.StageContained && n.Incident != nil && !n.Incident.StoppedAt.IsZero()
	})
	if s.auto[0].Store.Unlocked() != true || w.Keys[0].Store.Unlocked() {
		t.Error("the order's key is open while it runs, and no other")
	}
	w.quit()
	if s.auto[0].Store.Unlocked() {
		t.Error("the order's key stays open")
	}
	again := s.consoleIn(t, folder, s.HTTP(), s.WS(), journal.Options{})
	again.until("the shot is spent", func(n ops.Snapshot) bool { return len(n.Standing) == 1 && n.Standing[0].Fired })
	for range 3 {
		s.step(t, again)
	}
	if n := len(again.Last().Receipts); n != 1 {
		t.Errorf("%d receipts", n)
	}
}

// balky is a key that hangs when it is asked first, and signs when it is asked again.
type balky struct {
	engine.Store
	calls atomic.Int32
	asked chan struct{}
	fails chan error
}

func (b *balky) Sign(ctx context.Context, tx *types.Transaction) (*types.Transaction, error) {
	if b.calls.Add(1) > 1 {
		return b.Store.Sign(ctx, tx)
	}
	close(b.asked)
	return nil, <-b.fails
}

// A standing order whose signer hangs holds up no picture, and is asked once; when nothing
// was signed after all it fires anew.
func TestAStandingOrderWhoseSignerHangsHoldsUpNoPicture(t *testing.T) {
	s := newStage(t, 1)
	s.ordered(t, "A1")
	far := &balky{Store: s.auto[0].Store, asked: make(chan struct{}), fails: make(chan error)}
	s.auto[0].Store = far
	w := s.console(t, s.HTTP(), s.WS())
	w.stands(t, "")
	s.breach(t, w)
	<-far.asked
	for range 3 {
		s.step(t, w)
	}
	w.until("it is under way", func(n ops.Snapshot) bool {
		return n.Standing[0].Fired && len(n.Receipts) == 1 && n.Receipts[0].Stage == ops.StageConfirmed
	})
	far.fails <- errors.New("the signer does not answer")
	w.until("nothing came of it", func(n ops.Snapshot) bool { return n.Receipts[0].Stage == ops.StageFailed })
	for range 6 {
		s.step(t, w)
	}
	w.until("it fired anew", func(n ops.Snapshot) bool { return len(n.Receipts) == 2 && n.Receipts[1].Stage == ops.StageContained })
	if n := far.calls.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

// What must not fire it: a breach that it does not name, a pack that nobody signed.
func TestAStandingOrderThatMustNotFire(t *testing.T) {
	t.Run("another breach", func(t *testing.T) {
		s := newStage(t, 1)
		s.ordered(t, "G1")
		w := s.console(t, s.HTTP(), s.WS())
		w.stands(t, "")
		s.breach(t, w)
		s.step(t, w)
		w.stands(t, "")
		if n := len(w.Last().Receipts); n != 0 {
			t.Errorf("%d receipts", n)
		}
	})
	t.Run("an unsigned pack", func(t *testing.T) {
		s := newStage(t, 1)
		s.ordered(t, "A1")
		s.edit(t, "runbooks/freeze-vault.yaml", "cooldown: 1h", "cooldown: 2h")
		w := s.console(t, s.HTTP(), s.WS())
		w.stands(t, "not signed")
		s.breach(t, w)
		s.step(t, w)
		w.stands(t, "not signed")
		if n := len(w.Last().Receipts); n != 0 || s.auto[0].Store.Unlocked() {
			t.Errorf("%d receipts", n)
		}
	})
}
