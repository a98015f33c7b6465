package rehearsal_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// edited is the embedded runbooks with one word changed wherever it stands.
func edited(t *testing.T, old, new string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	names, err := runbooks.Embedded.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range names {
		b, err := runbooks.Embedded.ReadFile(entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		out[entry.Name()] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(b), old, new))}
	}
	return out
}

// An answer whose transaction reverts is told from no answer: the guardian may
// not unpause.
func TestAnAnswerThatRevertsIsAFailedOne(t *testing.T) {
	pack := edited(t, "call: vault.pause()", "call: vault.unpause()")
	r, err := rehearsal.Start(t.Context(), rehearsal.Options{Seed: 1, Folder: t.TempDir(), Runbooks: pack, Operator: ada})
	if err != nil {
		t.Fatal(err)
	}
	h, err := r.Headless(t.Context(), rehearsal.Auto)
	if err != nil {
		t.Error(err)
	}
	if h.Contained || !h.Failed || h.ExitReason != "drained" {
		t.Errorf("%+v", h)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
