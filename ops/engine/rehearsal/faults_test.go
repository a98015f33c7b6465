package rehearsal_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	ethereum "github.com/ethereum/go-ethereum"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

func allUnknown(s ops.Snapshot) bool {
	for _, f := range s.Findings {
		if f.Verdict != ops.Unknown {
			return false
		}
	}
	for _, w := range s.Canary {
		if w.Budget != ops.Unknown || w.Segment != ops.Unknown {
			return false
		}
	}
	for _, o := range s.Queue {
		if o.Approved != ops.Unknown {
			return false
		}
	}
	for _, b := range s.Board {
		if b.State != ops.ReadyUnknown {
			return false
		}
	}
	return s.Blind != ""
}

// Never green when blind: the chain's sockets are killed, and every line turns
// UNKNOWN with the last block at which it was known. When they are back, so are
// the verdicts, and no block in between was skipped.
func TestAKilledSocketTurnsEveryLineUnknownAndHealsByItself(t *testing.T) {
	s := newStage(t, 1)
	http := chaintest.Before(t, "ws"+strings.TrimPrefix(s.HTTP(), "http"))
	ws := chaintest.Before(t, s.WS())
	w := s.console(t, "http"+strings.TrimPrefix(http.WS, "ws"), ws.WS)
	for range 5 {
		s.step(t, w)
	}
	known := w.last.Head.Number
	killed := time.Now()
	for _, p := range []*chaintest.Proxy{http, ws} {
		p.Refuse(true)
		p.Cut()
	}
	dark := w.until("every line is unknown", allUnknown)
	t.Logf("dark after %s: %s", time.Since(killed), dark.Blind)
	for _, f := range dark.Findings {
		if f.Known.Number != known || f.Last.Shown == "" {
			t.Errorf("%s was last known at #%d as %q, and it was #%d", f.Detector, f.Known.Number, f.Last.Shown, known)
		}
	}
	missed := make([]uint64, 0, 3)
	for range 3 { // while nobody looks
		sealed, err := s.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		missed = append(missed, sealed.Block.Number)
	}
	http.Refuse(false)
	ws.Refuse(false)
	light := w.until("the chain is seen again", func(s ops.Snapshot) bool { return s.Blind == "" && s.Head.Number >= missed[2] })
	if f := finding(light, "A1"); f.Verdict != ops.OK || f.At.Number != missed[2] {
		t.Errorf("A1 is %s at #%d", f.Verdict, f.At.Number)
	}
	if got := light.Canary[0].Judged; got < uint64(5+len(missed)) {
		t.Errorf("%d blocks were judged, and %d were sealed", got, 5+len(missed))
	}
}

// Fault 17: two operators at two consoles confirm at once. Whichever transaction
// is mined, there is one nonce and one effect.
func TestTwoConsolesOneEffect(t *testing.T) {
	s := newStage(t, 2)
	a, b := s.console(t, s.HTTP(), s.WS()), s.console(t, s.HTTP(), s.WS())
	s.breach(t, a, b)
	a.arm()
	b.arm()
	plans := []ops.Plan{a.plan("R1")}
	s.step(t, a, b) // the second prepares a block later: other fees, another transaction
	plans = append(plans, b.plan("R1"))
	if plans[0].Nonce != plans[1].Nonce || plans[0].Digest != plans[1].Digest {
		t.Fatalf("nonces %d and %d, digests %s and %s", plans[0].Nonce, plans[1].Nonce, plans[0].Digest, plans[1].Digest)
	}
	var hands sync.WaitGroup
	for i, w := range []*watcher{a, b} {
		for range 2 { // and each presses twice
			hands.Go(func() {
				if _, err := w.Do(t.Context(), ops.Contain{Digest: plans[i].Digest, Prepared: plans[i].Prepared, Phrase: plans[i].Phrase}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	hands.Wait()
	for range 6 {
		s.step(t, a, b)
	}
	if n := pauses(t, s); n != 1 {
		t.Errorf("the vault was paused %d times", n)
	}
	stages := map[ops.Stage]int{receipt(a.last, "R1").Stage: 1}
	stages[receipt(b.last, "R1").Stage]++
	if stages[ops.StageContained] == 0 || stages[ops.StageContained]+stages[ops.StageFailed] != 2 {
		t.Errorf("the consoles say %v: %s / %s", stages, receipt(a.last, "R1").Why, receipt(b.last, "R1").Why)
	}
}

// pauses counts the Paused events on the chain, and checks that the guardian used
// one nonce.
func pauses(t *testing.T, s *stage) int {
	t.Helper()
	client, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	nonce, err := client.NonceAt(t.Context(), drill.Address(drill.Guardian), nil)
	if err != nil || nonce != 1 {
		t.Errorf("the guardian's nonce is %d, %v", nonce, err)
	}
	logs, err := client.FilterLogs(t.Context(), ethereum.FilterQuery{
		Addresses: []common.Address{drill.Addresses().Vault}, Topics: [][]common.Hash{{crypto.Keccak256Hash([]byte("Paused(address)"))}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return len(logs)
}

func TestLockedNothingIsSent(t *testing.T) {
	s := newStage(t, 1)
	w := s.console(t, s.HTTP(), s.WS())
	s.breach(t, w)
	plan := w.plan("R1") // looking is free
	if _, err := w.Do(t.Context(), ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: plan.Phrase}); !errors.Is(err, engine.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if _, err := w.Do(t.Context(), ops.Arm{Reason: "  "}); !errors.Is(err, engine.ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	w.arm()
	if _, err := w.Do(t.Context(), ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: "freeze vault"}); err == nil {
		t.Error("the live phrase confirmed a drill")
	}
	if _, err := w.Do(t.Context(), ops.Contain{Digest: common.Hash{1}, Phrase: plan.Phrase}); !errors.Is(err, engine.ErrNoPlan) {
		t.Errorf("a plan that nobody prepared: %v", err)
	}
	if _, err := w.Do(t.Context(), ops.Lock{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Do(t.Context(), ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: plan.Phrase}); !errors.Is(err, engine.ErrLocked) {
		t.Errorf("locked again: %v", err)
	}
	s.step(t, w)
	if len(w.last.Receipts) != 0 {
		t.Errorf("something is in flight: %+v", w.last.Receipts)
	}
}

// Fault 14: a chain of another id is refused before anything is read or signed.
func TestAnotherChainIsRefused(t *testing.T) {
	s := newStage(t, 1)
	_, err := chain.Dial(t.Context(), chain.Endpoint{Name: "drill", Chain: 1, HTTP: s.HTTP(), WS: s.WS()})
	if !errors.Is(err, chain.ErrWrongChain) {
		t.Errorf("got %v", err)
	}
}

// The rogue operation is flagged, cancelled by its own runbook with the id that
// the finding gives, and nothing else is.
func TestWhatNobodyApprovedIsCancelled(t *testing.T) {
	s := newStage(t, 1)
	w := s.console(t, s.HTTP(), s.WS())
	for range 30 {
		if s.step(t, w); finding(w.last, "Q1").Verdict == ops.Breach {
			break
		}
	}
	q := finding(w.last, "Q1")
	if q.Verdict != ops.Breach || q.Args["operation"] == "" {
		t.Fatalf("Q1 is %+v", q)
	}
	w.arm()
	plan := w.plan("R2")
	if !strings.Contains(plan.About, "timelock.grantRole(EXECUTOR_ROLE") {
		t.Errorf("the plan is about %q", plan.About)
	}
	w.confirm(plan)
	s.step(t, w)
	s.step(t, w)
	if r := receipt(w.last, "R2"); r.Stage != ops.StageContained {
		t.Errorf("R2 is %s: %s", r.Stage, r.Why)
	}
	if f := finding(w.last, "Q1"); f.Verdict != ops.OK {
		t.Errorf("Q1 is %s", f.Verdict)
	}
	waiting := 0
	for _, o := range w.last.Queue {
		if o.State == ops.OperationWaiting {
			waiting++
		}
		if o.ID.Hex() == q.Args["operation"] && o.State != ops.OperationCancelled {
			t.Errorf("the rogue operation is %s", o.State)
		}
	}
	if waiting != 1 {
		t.Errorf("%d operations wait, and one was approved", waiting)
	}
}

// A disk that fills up while the console runs refuses arming, and says so on the
// screen before anybody tries.
func TestAFullDiskRefusesToArm(t *testing.T) {
	s := newStage(t, 1)
	disk := &disk{}
	w := s.consoleOn(t, s.HTTP(), s.WS(), journal.Options{Append: disk.open})
	s.step(t, w)
	disk.full.Store(true)
	for range 20 { // until something had to be written: the operation that nobody approved
		s.step(t, w)
	}
	if !strings.Contains(w.last.Arming.Refused, "the journal cannot be written") {
		t.Errorf("the screen says %q", w.last.Arming.Refused)
	}
	if _, err := w.Do(t.Context(), ops.Arm{Reason: "test"}); !errors.Is(err, journal.ErrUnwritable) {
		t.Errorf("armed: %v", err)
	}
	if !strings.Contains(w.last.Log[0].Text+w.last.Log[1].Text, "NOT IN THE JOURNAL") {
		t.Errorf("the log says %q", w.last.Log[0].Text)
	}
}

// disk is a disk that can fill up.
type disk struct{ full atomic.Bool }

func (d *disk) open(path string) (journal.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return diskFile{f, d}, err
}

type diskFile struct {
	*os.File
	disk *disk
}

func (f diskFile) Write(b []byte) (int, error) {
	if f.disk.full.Load() {
		return 0, syscall.ENOSPC
	}
	return f.File.Write(b)
}
