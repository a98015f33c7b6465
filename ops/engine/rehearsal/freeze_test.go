package rehearsal_test

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// A freeze that comes before every call is asked for by whoever confirms, and done by
// the loop that owns the window (the race detector watches).
func TestAFreezeThatComesFirstIsDoneByTheLoop(t *testing.T) {
	s := newStage(t, 1)
	s.edit(t, "runbooks/freeze-vault.yaml", "steps:\n", `steps:
  - id: R1.0
    title: Freeze promotion first
    control: freeze-promotion(C1)
    effect: restricts
    blast_radius: {scope: internal, stops: promotion of vault-v2}
    expect: frozen(C1) == true
    on_failure: continue
`)
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	if _, err := w.Do(t.Context(), ops.Arm{Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	plan, err := w.Prepare(t.Context(), "R1")
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := w.Do(t.Context(), ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: plan.Phrase})
	if err != nil || receipt.Steps[0].Stage != "DONE" {
		t.Fatalf("%v: %+v", err, receipt.Steps)
	}
	w.until("it is frozen, before another block", func(s ops.Snapshot) bool { return len(s.Canary) == 1 && s.Canary[0].Frozen })
	s.step(t, w)
	w.until("the vault is paused", func(s ops.Snapshot) bool { return len(s.Receipts) == 1 && s.Receipts[0].Stage >= ops.StageInEffect })
}
