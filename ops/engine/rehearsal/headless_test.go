package rehearsal_test

import (
	"context"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

func start(t *testing.T, seed uint64) *rehearsal.Run {
	t.Helper()
	r, err := rehearsal.Start(t.Context(), rehearsal.Options{
		Seed: seed, Folder: t.TempDir(), Runbooks: runbooks.Embedded, Operator: ops.Operator{Name: "Ada", Role: "commander"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func play(t *testing.T, seed uint64, who rehearsal.Responder) ops.Hotwash {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	h, err := start(t, seed).Headless(ctx, who)
	if err != nil {
		t.Fatalf("seed %d, %s: %v", seed, who, err)
	}
	return h
}

func TestTheResponderContainsAndNobodyDoesNot(t *testing.T) {
	h := play(t, 1, rehearsal.Auto)
	t.Logf("%+v", h)
	h = play(t, 1, rehearsal.None)
	t.Logf("%+v", h)
}
