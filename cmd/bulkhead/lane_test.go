package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

// What check says of a lane is what both chains say together. One that is far behind, or
// dead, proves nothing about what was executed on the other.
func TestCheckHoldsTheChainsOfALaneAgainstEachOther(t *testing.T) {
	w := twinsForTest(t, `"decimals()"`)
	const rest = "class: cross-domain, severity: critical, owner: security,\n     of: "
	w.change(t, "policy.yaml", "\ndetectors:\n", "\ndetectors:\n  - {id: Y8, title: What arrives was withdrawn, kind: lane, action: close-mirror, "+rest+"{sent: vault.Withdraw.assets, executed: mirror.Transfer.value, sent_from: 0, executed_from: 0}}\n"+
		"  - {id: Y9, title: What is withdrawn was sent, kind: lane, action: freeze-vault, "+rest+"{sent: mirror.Transfer.value, executed: vault.Withdraw.assets, sent_from: 0, executed_from: 0}}\n")
	code, out, talk := program(t, "check", "-c", w.config)
	if code != exitUnknown || !strings.Contains(out, "Y8 OK What arrives was withdrawn") || !strings.Contains(out, "Y9 UNKNOWN") || !strings.Contains(out, "older than that of drill") {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	w.proxy.Refuse(true)
	w.proxy.Cut()
	code, out, talk = program(t, "check", "-c", w.config)
	if code != exitUnknown || strings.Contains(out, "Y9 OK") || !strings.Contains(out, "Y9 UNKNOWN") || strings.Contains(out, "older than") || !strings.Contains(out, "side: ") || strings.Contains(out, "Y8 OK") {
		t.Errorf("one is dead: exit %d: %s%s", code, out, talk)
	}
}

// The loops of watch hear each other: a lane is judged by its chain's, and written there.
func TestTheLoopsOfWatchHearEachOther(t *testing.T) {
	w := twinsForTest(t, `"decimals()"`)
	w.change(t, "policy.yaml", "\ndetectors:\n", "\ndetectors:\n  - {id: Y8, title: What arrives was withdrawn, kind: lane, action: close-mirror, class: cross-domain, severity: critical, owner: security,\n     of: {sent: vault.Withdraw.assets, executed: mirror.Transfer.value, sent_from: 0, executed_from: 0}}\n")
	l, err := load(w.config, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	book := newLedger()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, len(l.chains))
	both := &between{across: l.across()}
	out := &lines{out: book}
	for _, c := range l.chains {
		go func() { ended <- l.watch(ctx, c, both, out, os.Stderr) }()
	}
	if _, err := w.Drill.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	book.until(t, "the lane is seen from both ends", 0, func(r recordLine) bool {
		return r.Chain == "side" && r.Kind == "finding" && r.Data.ID == "Y8" && r.Data.Verdict == "ok"
	})
	stop()
	for range l.chains {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
