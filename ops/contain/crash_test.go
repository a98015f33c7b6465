package contain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// The crash test runs this test binary again as a console that is killed at one
// point, and then again without being killed. The chain, in a file, survives.
const (
	crashFolder = "BULKHEAD_CRASH_FOLDER"
	crashPoint  = "BULKHEAD_CRASH_POINT"
	crashWay    = "BULKHEAD_CRASH_WAY" // how the calls go out: keystore, presigned, print, relay, safe, two, parallel, asked, witness or executed
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(crashFolder); folder != "" {
		point, err := strconv.Atoi(os.Getenv(crashPoint))
		if err != nil {
			panic(err)
		}
		if err := child(folder, os.Getenv(crashWay), point); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// executioner kills the process at its n-th point, whoever comes to it.
type executioner struct {
	mu   sync.Mutex
	left int
}

func (e *executioner) at(string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left--; e.left == 0 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			return err
		}
		select {} // the signal is on its way
	}
	return nil
}

// killedFile is the journal's file with points before, inside and after a write.
type killedFile struct {
	*os.File
	kill *executioner
}

func (f killedFile) Write(b []byte) (int, error) {
	_ = f.kill.at("before write")
	half, err := f.File.Write(b[:len(b)/2])
	if err != nil {
		return half, err
	}
	_ = f.kill.at("half written")
	rest, err := f.File.Write(b[len(b)/2:])
	_ = f.kill.at("written")
	return half + rest, err
}

func (f killedFile) Sync() error {
	err := f.File.Sync()
	_ = f.kill.at("synced")
	return err
}

// child is a console: it takes up what the journal holds; if that holds no
// containment yet it confirms one, and confirms it again if the console was killed
// between two of its calls; then it follows until it is contained.
func child(folder, way string, point int) error {
	kill := &executioner{left: point}
	j, err := journal.Open(folder, journal.Options{Append: func(path string) (journal.File, error) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		return killedFile{f, kill}, err
	}})
	if err != nil {
		return err
	}
	chain := &ledger{folder: folder, fault: kill.at}
	k := newKey(&testing.T{})
	k.fault = kill.at
	action := func() contain.Action { return by(way, k) }
	if way == "two" || way == "parallel" {
		action = func() contain.Action {
			a := tree(&bench{chain: chain, key: k}, "a", "b")
			a.Steps[1].Parallel = way == "parallel"
			return a
		}
	}
	if way == "asked" { // a control and a question come before the first call
		action = func() contain.Action {
			a := by("keystore", k)
			a.Steps = append([]contain.Step{{ID: "R1.a", Control: "freeze"}, {ID: "R1.b", Ask: &contain.Question{Challenge: "is the lane closed?", Expected: "closed"}}}, a.Steps...)
			return a
		}
	}
	if way == "witness" || way == "executed" {
		action = func() contain.Action {
			a := pause(k)
			a.Steps[0].Witness = witness{from: 13, executed: way == "executed"}
			return a
		}
	}
	c := contain.New(contain.Config{Chain: chain, ChainID: testChain, ChainName: "drill", Journal: j, Control: func(string) error { return nil }, Relay: deafRelay(way, kill)})
	var entries []contain.Entry
	for _, r := range j.Records() {
		entries = append(entries, contain.Entry{Kind: r.Kind, Time: r.Time, Data: r.Data})
	}
	if err := c.Resume(entries, func(ops.RunbookID, map[string]string) (contain.Action, error) { return action(), nil }); err != nil {
		return err
	}
	ctx := context.Background()
	press := func() error {
		plan, err := c.Prepare(ctx, action(), ref(10), nil)
		if err != nil {
			return err
		}
		confirmed, err := contain.Confirm(plan, ops.Operator{Name: "Ada"}, plan.View.Phrase, time.Now())
		if err != nil {
			return err
		}
		_, err = c.Execute(ctx, confirmed)
		return err
	}
	if len(c.Receipts()) == 0 && !contained(entries) && (way != "executed" || !failed(entries)) {
		if err := press(); err != nil {
			return err
		}
	}
	for range 30 {
		receipts := c.Receipts()
		if len(receipts) == 0 || receipts[len(receipts)-1].Stage == ops.StageContained {
			return nil
		}
		if asks := receipts[len(receipts)-1].Asks; asks != nil {
			if _, err := c.Answer(ctx, receipts[len(receipts)-1].ID, asks.Step, "closed", ops.Operator{Name: "Bob"}, ref(10)); err != nil {
				return err
			}
		}
		if last := receipts[len(receipts)-1]; last.Stage == ops.StageFailed {
			if way == "executed" {
				return nil
			}
			if !strings.Contains(last.Why, "press the key again") {
				return errors.New(last.Why)
			}
			if err := press(); err != nil {
				return err
			}
		}
		at := (&ledger{folder: folder}).mine()
		if way == "print" && at.Number > 12 {
			at = (&ledger{folder: folder}).other()
		}
		follow(c, at, ops.Readings{pausedRead: word(true)})
	}
	return errors.New("it was never contained")
}

// deafRelay accepts everything and includes nothing, where the calls go out through one.
func deafRelay(way string, kill *executioner) contain.Relay {
	if way != "relay" {
		return nil
	}
	return &relay{kill: kill}
}

func failed(entries []contain.Entry) bool {
	return slices.ContainsFunc(entries, func(e contain.Entry) bool { return e.Kind == contain.KindFailed })
}

func contained(entries []contain.Entry) bool {
	for _, e := range entries {
		if e.Kind == contain.KindContained {
			return true
		}
	}
	return false
}

// Killed at any point between the confirmation and the end, and killed again
// while it recovers, the console sends each call of a runbook exactly once; what was answered is not
// asked again, and a control that was recorded is not run again.
func TestKilledAtAnyPointEachCallIsSentExactlyOnce(t *testing.T) {
	for way, seconds := range map[string]int{"keystore": 6, "two": 4, "parallel": 3, "presigned": 2, "print": 2, "relay": 3, "safe": 3, "asked": 3, "witness": 3, "executed": 2} {
		t.Run(way, func(t *testing.T) { killAround(t, way, seconds) })
	}
}

func killAround(t *testing.T, way string, seconds int) {
	spawn := func(folder string, point int) (killed bool) {
		t.Helper()
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), crashFolder+"="+folder, fmt.Sprintf("%s=%d", crashPoint, point), crashWay+"="+way, "GORACE=atexit_sleep_ms=0")
		output, err := c.CombinedOutput()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				return true
			}
		}
		if err != nil {
			t.Fatalf("point %d: %v\n%s", point, err, output)
		}
		return false
	}
	cases, kills, calls := 0, 0, 1
	if way == "two" || way == "parallel" {
		calls = 2
	}
	for again := range seconds { // the point of the second kill, 0 for none
		for point := 1; ; point++ {
			folder := t.TempDir()
			if !spawn(folder, point) {
				break // there are no more points
			}
			kills++
			if again > 0 && spawn(folder, again*3) {
				kills++
			}
			spawn(folder, 0)
			cases++
			if way == "executed" {
				neverInEffect(t, folder, point)
				continue
			}
			check(t, folder, point, calls)
		}
	}
	if cases < 17*seconds {
		t.Errorf("only %d cases: the points are not reached", cases)
	}
	t.Logf("%d cases, %d kills", cases, kills)
}

// check holds the chain and the journal against each other: each call once, a nonce
// each, and every signed intent followed to its effect.
func check(t *testing.T, folder string, point, calls int) {
	t.Helper()
	b := (&ledger{folder: folder}).load()
	if len(b.Mined) != calls || b.Nonce != uint64(calls) || len(b.Pool) != 0 {
		t.Fatalf("killed at point %d: %d mined, nonce %d, %d in the pool", point, len(b.Mined), b.Nonce, len(b.Pool))
	}
	records, torn, err := journal.Read(filepath.Join(folder, journal.Name))
	if err != nil || torn != 0 {
		t.Fatalf("killed at point %d: the journal: %v, %d torn bytes", point, err, torn)
	}
	open, contained, told := map[string]bool{}, false, map[string]int{}
	for _, r := range records {
		var p contain.Progress
		if err := json.Unmarshal(r.Data, &p); err != nil && r.Kind != contain.KindIntent {
			t.Fatal(err)
		}
		switch r.Kind {
		case contain.KindAsked, contain.KindStep:
			if told[r.Kind+p.Step]++; p.From != "" {
				told[r.Kind+p.Step]-- // it is taken up, not done again
			}
		case contain.KindIntent:
			var i contain.Intent
			if err := json.Unmarshal(r.Data, &i); err != nil {
				t.Fatal(err)
			}
			open[i.ID] = true
		case contain.KindInEffect, contain.KindVoid:
			delete(open, p.ID)
		case contain.KindContained:
			contained = true
		}
	}
	for what, times := range told {
		if times != 1 {
			t.Fatalf("killed at point %d: %s %d times", point, what, times)
		}
	}
	if len(open) != 0 || !contained {
		t.Fatalf("killed at point %d: contained %v, and no end of %v", point, contained, open)
	}
}

// neverInEffect holds the journal of what was executed before it could be cancelled: it
// was sent once, and nothing says that it took effect.
func neverInEffect(t *testing.T, folder string, point int) {
	t.Helper()
	if b := (&ledger{folder: folder}).load(); len(b.Mined) != 1 || len(b.Pool) != 0 {
		t.Fatalf("killed at point %d: %d mined, %d in the pool", point, len(b.Mined), len(b.Pool))
	}
	records, _, err := journal.Read(filepath.Join(folder, journal.Name))
	if err != nil {
		t.Fatal(err)
	}
	lost := false
	for _, r := range records {
		if r.Kind == contain.KindInEffect || r.Kind == contain.KindContained {
			t.Fatalf("killed at point %d: the journal says %s", point, r.Kind)
		}
		lost = lost || r.Kind == contain.KindFailed && strings.Contains(string(r.Data), "it was EXECUTED")
	}
	if !lost {
		t.Fatalf("killed at point %d: that it was executed is not in the journal", point)
	}
}
