package rehearsal_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

var ada = ops.Operator{Name: "Ada", Role: "commander"}

// stage is a drill's chain with its pack, and as many consoles on it as a test
// wants.
type stage struct {
	*drill.Drill
	folder string
	trusts common.Hash // the owners.yaml that the consoles trust
	auto   []engine.Key
	noise  uint64                          // transactions in the mempool that are nobody's business
	signer func(engine.Store) engine.Store // what stands in for the guardian's key; nil for itself
	with   func(*engine.Config)            // what else a console is made of; nil for nothing
}

func newStage(t testing.TB, seed uint64) *stage {
	t.Helper()
	return newStageOf(t, drill.Options{Seed: seed}, runbooks.Embedded)
}

// newStageOf is newStage for another scenario, or with other runbooks.
func newStageOf(t testing.TB, o drill.Options, books fs.FS) *stage {
	t.Helper()
	d, err := drill.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{Drill: d, folder: t.TempDir()}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := rehearsal.WriteFolder(s.folder, d, books); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) rules(t testing.TB) *engine.Rules {
	t.Helper()
	rules, faults := engine.LoadRules(os.DirFS(s.folder))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return rules[0]
}

// watcher is a console under test with the stream of its snapshots.
type watcher struct {
	*engine.Engine
	t         testing.TB
	ctx       context.Context
	snapshots <-chan ops.Snapshot
	last      ops.Snapshot
	quit      func() // ends the console and waits for it; done by itself at the test's end
}

func (s *stage) key(t testing.TB, file string) engine.Key {
	t.Helper()
	key, err := rehearsal.Key(filepath.Join(s.folder, file))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// console starts an engine of its own on the chain, with a journal of its own.
func (s *stage) console(t testing.TB, http, ws string) *watcher {
	t.Helper()
	return s.consoleOn(t, http, ws, journal.Options{})
}

// consoleOn is console with a journal that a test can spoil.
func (s *stage) consoleOn(t testing.TB, http, ws string, o journal.Options) *watcher {
	t.Helper()
	return s.consoleIn(t, t.TempDir(), http, ws, o)
}

// consoleIn is console with the journal that an earlier one left in the folder.
func (s *stage) consoleIn(t testing.TB, folder, http, ws string, o journal.Options) *watcher {
	t.Helper()
	// a test on a loaded machine is no chain that stands still: 9 seconds and not 3
	client, err := chain.Open(t.Context(), chain.Endpoint{Name: "drill", Chain: s.rules(t).ChainID, HTTP: http, WS: ws, BlockTime: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s.consoleBy(t, folder, chain.NewPool(1, client), o)
}

// consoleBy is consoleIn by several providers.
func (s *stage) consoleBy(t testing.TB, folder string, pool *chain.Pool, o journal.Options) *watcher {
	t.Helper()
	rules := s.rules(t)
	key, operator := s.key(t, "guardian.json"), s.key(t, "operator.json")
	if s.signer != nil {
		key.Store = s.signer(key.Store)
	}
	record, err := journal.Open(folder, o)
	if err != nil {
		t.Fatal(err)
	}
	c := engine.Config{
		Rules: rules, Chain: pool, Journal: record, Operator: ada, BlockTime: time.Second, ReadBack: 20 * time.Second,
		Keys: []engine.Key{key}, OperatorKey: operator, Auto: s.auto, Trusted: s.trusts,
	}
	if s.with != nil {
		s.with(&c)
	}
	e, err := engine.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	quit := sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		pool.Close()
		if err := record.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(quit)
	return &watcher{Engine: e, t: t, ctx: ctx, snapshots: e.Snapshots(ctx), quit: quit}
}

// until waits for a snapshot of which the story's next sentence is true.
func (w *watcher) until(what string, holds func(ops.Snapshot) bool) ops.Snapshot {
	w.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for !holds(w.last) {
		select {
		case s, open := <-w.snapshots:
			if !open {
				w.t.Fatalf("the console ended before %s", what)
			}
			w.last = s
		case <-late.C:
			w.t.Fatalf("never: %s; at #%d, blind %q, findings %v", what, w.last.Head.Number, w.last.Blind, verdicts(w.last))
		}
	}
	return w.last
}

func verdicts(s ops.Snapshot) map[ops.DetectorID]string {
	out := map[ops.DetectorID]string{}
	for _, f := range s.Findings {
		out[f.Detector] = f.Verdict.String()
	}
	return out
}

// step seals the next scenario block and waits until the consoles have judged it.
func (s *stage) step(t testing.TB, consoles ...*watcher) drill.Sealed {
	t.Helper()
	sealed, err := s.Step(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range consoles {
		w.until("the block is judged", func(s ops.Snapshot) bool { return s.Followed >= sealed.Block.Number && s.Blind == "" })
	}
	return sealed
}

// breach plays until A1 is in breach on every console.
func (s *stage) breach(t testing.TB, consoles ...*watcher) {
	t.Helper()
	for range 60 {
		s.step(t, consoles...)
		broken := true
		for _, w := range consoles {
			broken = broken && finding(w.last, "A1").Verdict == ops.Breach
		}
		if broken {
			return
		}
	}
	t.Fatal("the vault was never breached")
}

func finding(s ops.Snapshot, id ops.DetectorID) ops.Finding {
	for _, f := range s.Findings {
		if f.Detector == id {
			return f
		}
	}
	return ops.Finding{}
}

func receipt(s ops.Snapshot, id ops.RunbookID) ops.Receipt {
	for _, r := range s.Receipts {
		if r.Runbook == id {
			return r
		}
	}
	return ops.Receipt{}
}

func (w *watcher) arm() {
	w.t.Helper()
	if _, err := w.Do(w.ctx, ops.Arm{Reason: "test"}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watcher) plan(id ops.RunbookID) ops.Plan {
	w.t.Helper()
	p, err := w.Prepare(w.ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *watcher) confirm(p ops.Plan) ops.Receipt {
	w.t.Helper()
	r, err := w.Do(w.ctx, ops.Contain{Digest: p.Digest, Prepared: p.Prepared, Phrase: p.Phrase})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}
