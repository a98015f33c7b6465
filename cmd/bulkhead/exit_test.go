package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

func codeOf(err error) int {
	var code exitCode
	if errors.As(err, &code) {
		return code.code
	}
	return exitOK
}

// dying is a provider that answers so many requests and then none.
func dying(t *testing.T, target string, answers int64) string {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > answers {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Wherever in the start the provider dies, nothing is known: that is no fault of
// the settings.
func TestAProviderThatDiesDuringTheStartIsUnknown(t *testing.T) {
	s := serveForTest(t)
	from := s.Drill.HTTP()
	for answers := range int64(3) {
		to := dying(t, s.Drill.HTTP(), answers)
		s.change(t, "config.yaml", from, to)
		from = to
		for _, command := range [][]string{{"check"}, {"console", "--plain"}} {
			code, _, talk := program(t, append(command, "-c", s.config)...)
			if code != exitUnknown || talk == "" {
				t.Errorf("%v after %d answers: exit %d, %s", command, answers, code, talk)
			}
		}
	}
}

// A drill that cannot be started is an error, and nothing that a guard refused.
func TestADrillThatCannotBeWrittenIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, talk := program(t, "drill", "--headless", "--folder", filepath.Join(file, "drill"))
	if code != exitError || !strings.Contains(talk, "choose another folder with --folder") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

// A transaction that failed is told from a breach that nobody answered.
func TestAnAnswerThatFailedHasItsOwnExit(t *testing.T) {
	receipt := func(id ops.RunbookID, stage ops.Stage) ops.Receipt { return ops.Receipt{Runbook: id, Stage: stage} }
	s := serveForTest(t)
	for name, c := range map[string]struct {
		receipts    []ops.Receipt
		drill, live int
	}{
		"nobody answered":         {nil, exitBreach, exitOK},
		"failed":                  {[]ops.Receipt{receipt("R1", ops.StageFailed)}, exitFailed, exitFailed},
		"failed, then contained":  {[]ops.Receipt{receipt("R1", ops.StageFailed), receipt("R1", ops.StageContained)}, exitOK, exitOK},
		"contained, then failed":  {[]ops.Receipt{receipt("R1", ops.StageContained), receipt("R1", ops.StageFailed)}, exitOK, exitOK},
		"another failed":          {[]ops.Receipt{receipt("R2", ops.StageFailed)}, exitFailed, exitFailed},
		"under way at the end":    {[]ops.Receipt{receipt("R1", ops.StageFailed), receipt("R1", ops.StageSent)}, exitBreach, exitOK},
		"only another contained":  {[]ops.Receipt{receipt("R2", ops.StageContained), receipt("R1", ops.StageFailed)}, exitFailed, exitOK},
		"the other way around":    {[]ops.Receipt{receipt("R1", ops.StageContained), receipt("R2", ops.StageFailed)}, exitOK, exitOK},
		"the answer never failed": {[]ops.Receipt{receipt("R1", ops.StageMined)}, exitBreach, exitOK},
	} {
		last := ops.Snapshot{Receipts: c.receipts}
		if got := codeOf(conclude(io.Discard, s.Hotwash(last, "quit"), true)); got != c.drill {
			t.Errorf("%s: a drill exits %d, want %d", name, got, c.drill)
		}
		if got := codeOf(left(last)); got != c.live {
			t.Errorf("%s: a console exits %d, want %d", name, got, c.live)
		}
	}
}
