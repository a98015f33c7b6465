package rehearsal_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// edit changes a file of the pack by one word.
func (s *stage) edit(t testing.TB, file, old, new string) {
	t.Helper()
	path := filepath.Join(s.folder, file)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) remove(t testing.TB, file string) {
	t.Helper()
	if err := os.Remove(filepath.Join(s.folder, file)); err != nil {
		t.Fatal(err)
	}
}

func (w *watcher) armingFails(t *testing.T, want error, says string) {
	t.Helper()
	_, err := w.Do(w.ctx, ops.Arm{Reason: "test"})
	if !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
		t.Errorf("arming: %v; want %q", err, says)
	}
	if w.OperatorKey.Store.Unlocked() || w.Keys[0].Store.Unlocked() {
		t.Error("a key is open")
	}
}

// recorded is the newest record of a kind, as it lies on the disk.
func (w *watcher) recorded(t *testing.T, kind string) journal.Record {
	t.Helper()
	b, err := os.ReadFile(w.Journal.Path())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for _, text := range slices.Backward(lines[:len(lines)-1]) { // the last is being written
		var line struct{ Record journal.Record }
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line.Record.Kind == kind {
			return line.Record
		}
	}
	t.Fatalf("the journal has no %s", kind)
	return journal.Record{}
}

// What differs from what was signed by one byte is watched, and not armed; the reason
// is on the screen before a key is pressed.
func TestAConsoleArmsOnNothingElseThanWhatWasSigned(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *stage)
		says   string
	}{
		"a bound":          {func(s *stage) { s.edit(t, "policy.yaml", "0.999", "0.998") }, "policy.yaml: its bytes differ from the lock"},
		"a runbook":        {func(s *stage) { s.edit(t, "runbooks/freeze-vault.yaml", "cooldown: 1h", "cooldown: 2h") }, "runbooks/freeze-vault.yaml"},
		"an ABI":           {func(s *stage) { s.edit(t, "abi/Vault.json", "[", "[ ") }, "policy.yaml: abi/Vault.json differs from the lock"},
		"an artifact":      {func(s *stage) { s.edit(t, "VaultV2.json", "{", "{ ") }, "release.yaml: VaultV2.json differs from the lock"},
		"no artifact":      {func(s *stage) { s.remove(t, "VaultV2.json") }, "release.yaml: it cannot be locked"},
		"an owner":         {func(s *stage) { s.edit(t, "owners.yaml", "name: Ada", "name: Eve") }, "owners.yaml"},
		"no signatures":    {func(s *stage) { s.remove(t, pack.SignaturesFile) }, "bulkhead pack sign writes it"},
		"no lock":          {func(s *stage) { s.remove(t, pack.LockFile) }, "bulkhead pack lock writes it"},
		"a signature less": {func(s *stage) { s.edit(t, pack.SignaturesFile, `role: "approver"`, `role: "release"`) }, "did not make this signature"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 1)
			c.change(s)
			w := s.console(t, s.HTTP(), s.WS())
			w.until("it says why it cannot arm", func(n ops.Snapshot) bool { return strings.Contains(n.Arming.Refused, c.says) && !n.Signing.Whole() })
			w.armingFails(t, pack.ErrUnsigned, c.says)
			s.step(t, w) // it goes on watching
			if w.plan("R1").Digest == (common.Hash{}) {
				t.Error("nothing can be looked at")
			}
		})
	}
}

// The pack is read again when it is armed, and again when it is confirmed.
func TestADocumentThatChangesWhileArmedIsNotSent(t *testing.T) {
	s := newStage(t, 1)
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	w.arm()
	p := w.plan("R1")
	s.edit(t, "runbooks/freeze-vault.yaml", "title: Pause the vault", "title: Pause the Vault")
	_, err := w.Do(w.ctx, ops.Contain{Digest: p.Digest, Prepared: p.Prepared, Phrase: p.Phrase})
	if !errors.Is(err, pack.ErrChanged) || !strings.Contains(err.Error(), "runbooks/freeze-vault.yaml differs") {
		t.Fatalf("confirmed: %v", err)
	}
	if again := w.plan("R1"); len(again.Refusals) != 1 || !strings.Contains(again.Refusals[0], "runbooks/freeze-vault.yaml differs") {
		t.Errorf("the dialog says %q", again.Refusals)
	}
	if r := w.recorded(t, "refused"); !strings.Contains(string(r.Data), "freeze-vault.yaml") {
		t.Errorf("the journal says %s", r.Data)
	}
	if n := len(w.Last().Receipts); n > 0 {
		t.Errorf("%d containments are under way", n)
	}
	w.until("the screen says that it is not what was signed", func(n ops.Snapshot) bool { return !n.Signing.Whole() })
	w.until("the journal on the screen says it too", func(n ops.Snapshot) bool {
		return slices.ContainsFunc(n.Log, func(l ops.Entry) bool { return l.Alarm && strings.Contains(l.Text, pack.ErrUnsigned.Error()) })
	})
	if _, err := w.Do(w.ctx, ops.Lock{}); err != nil {
		t.Fatal(err)
	}
	w.armingFails(t, pack.ErrUnsigned, "runbooks/freeze-vault.yaml differs from what was read")

	s.edit(t, "runbooks/freeze-vault.yaml", "title: Pause the Vault", "title: Pause the vault")
	w.arm() // put back, it is what was signed
	if r := w.confirm(w.plan("R1")); r.Stage < ops.StageSent {
		t.Errorf("%+v", r)
	}
}

// The console that was started too early arms once the owners have signed.
func TestSignaturesThatComeLaterCount(t *testing.T) {
	s := newStage(t, 1)
	s.remove(t, pack.SignaturesFile)
	w := s.console(t, s.HTTP(), s.WS())
	w.armingFails(t, pack.ErrUnsigned, "pack sign")
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	w.arm()
}

// A drill may rehearse on a pack that names no owners; the screen does not call it
// signed.
// The dialog says who signed the runbook's bytes as they are, or that nobody did.
func TestThePlanSaysWhoSignedTheRunbook(t *testing.T) {
	s := newStage(t, 1)
	w := s.console(t, s.HTTP(), s.WS())
	s.step(t, w)
	if plan, err := w.Prepare(w.ctx, "R1"); err != nil || plan.SignedBy != "incident-command" {
		t.Errorf("signed by %q, %v", plan.SignedBy, err)
	}
	w.quit()
	s.edit(t, "runbooks/freeze-vault.yaml", "cooldown: 1h", "cooldown: 2h")
	changed := s.console(t, s.HTTP(), s.WS())
	s.step(t, changed)
	if plan, err := changed.Prepare(changed.ctx, "R1"); err != nil || plan.SignedBy != "" {
		t.Errorf("signed by %q, %v", plan.SignedBy, err)
	}
}

func TestADrillWithoutOwnersArmsAndIsNotSigned(t *testing.T) {
	s := newStage(t, 1)
	s.remove(t, pack.OwnersFile)
	w := s.console(t, s.HTTP(), s.WS())
	w.arm()
	w.until("it is armed", func(n ops.Snapshot) bool { return n.Arming.Armed && !n.Signing.Whole() && !n.Signing.Owned })
}

// Whoever can write the pack can sign it with owners of their own: a console that
// trusts one owners.yaml arms on no other.
func TestOtherOwnersAreNotTrusted(t *testing.T) {
	s := newStage(t, 1)
	s.trusts = common.HexToHash("0x01")
	w := s.console(t, s.HTTP(), s.WS())
	w.armingFails(t, pack.ErrUnsigned, "owners.yaml is not the one that config.yaml trusts")
	signing := w.until("it was looked at", func(n ops.Snapshot) bool { return len(n.Signing.Documents) > 0 }).Signing
	i := slices.IndexFunc(signing.Documents, func(d ops.SignedDocument) bool { return d.Name == pack.OwnersFile })
	s.trusts = signing.Documents[i].SHA256
	s.console(t, s.HTTP(), s.WS()).arm()

	s.remove(t, pack.OwnersFile) // a drill does not get out of it by having none
	s.console(t, s.HTTP(), s.WS()).armingFails(t, pack.ErrUnsigned, "owners.yaml")
}

// Armed is said by a key: whoever has the owners can recover from the journal who
// armed, why, until when and on which documents.
func TestTheJournalProvesWhoArmed(t *testing.T) {
	s := newStage(t, 1)
	w := s.console(t, s.HTTP(), s.WS())
	w.arm()
	if w.OperatorKey.Store.Unlocked() {
		t.Error("the operator's key stays open")
	}
	var r struct {
		Reason, Person string
		At, Until      time.Time
		Chain          ops.ChainID `json:"chain_id"`
		Root           common.Hash
		Address        common.Address
		Signature      hexutil.Bytes
	}
	last := w.recorded(t, "armed")
	if err := json.Unmarshal(last.Data, &r); err != nil {
		t.Fatal(err)
	}
	root := w.until("the pack was looked at", func(n ops.Snapshot) bool { return n.Signing.Root != (common.Hash{}) }).Signing.Root
	who, err := statement.Arming(r.Root, r.Chain, r.Address, r.Person, r.Reason, r.At, r.Until).Signer(r.Signature)
	if err != nil || who != r.Address || who != drill.Address(drill.Operator) || r.Person != "Ada" || r.Root != root || r.Reason != "test" {
		t.Errorf("%s, %v, %s", who, err, last.Data)
	}
	if forged, err := statement.Arming(r.Root, r.Chain, r.Address, r.Person, "another reason", r.At, r.Until).Signer(r.Signature); err == nil && forged == who {
		t.Error("another reason is proven too")
	}
}

func TestWhoIsNoOperatorDoesNotArm(t *testing.T) {
	s := newStage(t, 1)
	w := s.console(t, s.HTTP(), s.WS())
	guardian := s.key(t, "guardian.json")
	w.OperatorKey = guardian
	w.armingFails(t, engine.ErrOperator, "is nobody of owners.yaml")
	w.OperatorKey = s.key(t, "operator.json")
	w.OperatorKey.Password = func() (string, error) { return "wrong", nil }
	if _, err := w.Do(w.ctx, ops.Arm{Reason: "test"}); err == nil || w.Keys[0].Store.Unlocked() {
		t.Errorf("armed with a wrong password: %v", err)
	}
	w.OperatorKey = engine.Key{}
	if _, err := w.Do(w.ctx, ops.Arm{Reason: "test"}); !errors.Is(err, engine.ErrOperator) || !strings.Contains(err.Error(), "operator: {name: …, key: …}") {
		t.Errorf("armed without a key: %v", err)
	}

	s.edit(t, "owners.yaml", "name: Ada, address", "name: Bob, address: \"0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B\", roles: [scribe]}\n  - {name: Ada, address")
	if err := rehearsal.Sign(s.folder); err != nil {
		t.Fatal(err)
	}
	w = s.console(t, s.HTTP(), s.WS())
	w.OperatorKey = guardian
	w.armingFails(t, engine.ErrOperator, "Bob is neither commander nor operator")
}
