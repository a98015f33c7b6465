package main

import (
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// packForTest is a served drill: a signed pack, with the keystores of its owners.
func packForTest(t *testing.T) served {
	t.Helper()
	s := serveForTest(t)
	if code, _, talk := program(t, "pack", "verify", "-c", s.config); code != exitOK {
		t.Fatalf("the drill's own pack: exit %d: %s", code, talk)
	}
	return s
}

func (s served) sign(t *testing.T, role, key string) {
	t.Helper()
	code, out, talk := program(t, "pack", "sign", "--pack", s.Folder, "--as", role, "--keystore", filepath.Join(s.Folder, key+".json"), "--password", "file:"+filepath.Join(s.Folder, "password"))
	if code != exitOK || !strings.Contains(out, drill.Address(key).Hex()) {
		t.Fatalf("%s as %s: exit %d: %s", key, role, code, talk)
	}
}

// The four commands, in the order in which a team uses them.
func TestFromADraftToASignedPack(t *testing.T) {
	s := packForTest(t)
	for _, file := range []string{pack.LockFile, pack.SignaturesFile} {
		if err := os.Remove(filepath.Join(s.Folder, file)); err != nil {
			t.Fatal(err)
		}
	}
	s.change(t, "policy.yaml", "0.999", "0.9991")
	if code, out, talk := program(t, "pack", "check", "-c", s.config); code != exitOK || strings.Count(out, "\n") != 10 {
		t.Fatalf("check: exit %d: %s%s", code, out, talk)
	}
	if code, _, talk := program(t, "pack", "verify", "-c", s.config); code != exitRefused || !strings.Contains(talk, "there is no pack.lock.yaml") {
		t.Fatalf("before: exit %d: %s", code, talk)
	}
	if code, _, talk := program(t, "pack", "sign", "--pack", s.Folder, "--as", "security", "--keystore", filepath.Join(s.Folder, "security.json")); code != exitRefused || !strings.Contains(talk, "pack lock") {
		t.Fatalf("what is not locked was signed: exit %d: %s", code, talk)
	}
	code, root, talk := program(t, "pack", "lock", "-c", s.config)
	if code != exitOK {
		t.Fatalf("lock: exit %d: %s", code, talk)
	}
	for role, names := range map[string][]string{pack.Security: {drill.Security}, pack.Release: {drill.Release}, pack.IncidentCommand: {drill.Command}, pack.Approver: {drill.Security, drill.Release}} {
		for _, name := range names {
			if code, _, _ := program(t, "pack", "verify", "-c", s.config); code != exitRefused {
				t.Fatalf("before %s has signed as %s: exit %d", name, role, code)
			}
			s.sign(t, role, name)
		}
	}
	code, out, talk := program(t, "pack", "verify", "-c", s.config, "--json")
	var doc signingJSON
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitOK || !doc.Signed || doc.Root.Hex() != strings.TrimSpace(root) || len(doc.Documents) != 10 {
		t.Errorf("exit %d, %v: %s%s", code, err, out, talk)
	}
	if code, again, _ := program(t, "pack", "lock", "-c", s.config); code != exitOK || again != root {
		t.Errorf("locked again: %s, not %s", again, root)
	}
}

// One byte, of any document, also where it spoils the document: the file is named and
// the exit is 5.
func TestAByteThatWasNotSignedNamesItsDocument(t *testing.T) {
	s := packForTest(t)
	for file, pair := range map[string][2]string{
		"policy.yaml": {"0.999", "0.998"}, "release.yaml": {"settled in whole", "settled in Whole"}, "runbooks/freeze-vault.yaml": {"all deposits and withdrawals", "all deposits and withdrawalz"},
		"owners.yaml": {"0x2331784dCBB9942F1479B70ABdEcb1D2423e0f0E", "0x2331784dCBB9942F1479B70ABdEcb1D2423e0f0F"}, "abi/Token.json": {"balanceOf", "balanceof"},
	} {
		s.change(t, file, pair[0], pair[1])
		code, _, talk := program(t, "pack", "verify", "-c", s.config)
		if code != exitRefused || !strings.Contains(talk, file) {
			t.Errorf("%s: exit %d: %s", file, code, talk)
		}
		s.change(t, file, pair[1], pair[0])
	}
	if code, _, talk := program(t, "pack", "verify", "-c", s.config); code != exitOK {
		t.Errorf("put back: exit %d: %s", code, talk)
	}
}

// Another wallet signs what --hash prints, and --signature takes it in.
func TestAnotherWalletSigns(t *testing.T) {
	s := packForTest(t)
	s.change(t, "runbooks/freeze-vault.yaml", "cooldown: 1h", "cooldown: 2h")
	if code, _, talk := program(t, "pack", "lock", "-c", s.config); code != exitOK {
		t.Fatal(talk)
	}
	sign := []string{"pack", "sign", "-c", s.config, "--as", pack.IncidentCommand, "--document", "runbooks/freeze-vault.yaml"}
	code, out, talk := program(t, append(sign, "--hash")...)
	var printed struct {
		Digest common.Hash
		Typed  struct{ Message map[string]string } `json:"typed_data"`
	}
	if err := json.Unmarshal([]byte(out), &printed); err != nil || code != exitOK {
		t.Fatalf("exit %d: %s%s", code, out, talk)
	}
	m := printed.Typed.Message
	said := statement.Document(m["pack"], m["document"], m["role"], common.HexToHash(m["sha256"]), common.HexToHash(m["locked"]))
	if said.Digest() != printed.Digest {
		t.Errorf("the digest is not that of the typed data: %s", out)
	}
	by := func(key *ecdsa.PrivateKey) string {
		raw, err := crypto.Sign(printed.Digest[:], key)
		if err != nil {
			t.Fatal(err)
		}
		raw[64] += 27
		return "0x" + hex.EncodeToString(raw)
	}
	if code, _, talk := program(t, append(sign, "--signature", by(drill.Key(drill.Release)))...); code != exitRefused || !strings.Contains(talk, drill.Address(drill.Release).Hex()) {
		t.Errorf("the wrong owner's: exit %d: %s", code, talk)
	}
	if code, _, talk := program(t, append(sign, "--signature", by(drill.Key(drill.Command)))...); code != exitOK {
		t.Errorf("the owner's: exit %d: %s", code, talk)
	}
	if code, _, talk := program(t, "pack", "verify", "-c", s.config); code != exitOK {
		t.Errorf("exit %d: %s", code, talk)
	}
}

func TestWhoMayNotSignDoesNot(t *testing.T) {
	s := packForTest(t)
	before, err := os.ReadFile(filepath.Join(s.Folder, pack.SignaturesFile))
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(s.Folder, name) }
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"the release's owner, the bounds": {[]string{"--as", "security", "--keystore", file("release.json")}, exitRefused, "is not named as security"},
		"the console's guardian":          {[]string{"--as", "security", "--key", "guardian", "-c", s.config}, exitRefused, "is not named as security"},
		"a key that is not there":         {[]string{"--as", "security", "--key", "mine", "-c", s.config}, exitConfig, "no key \"mine\""},
		"no role":                         {[]string{"--keystore", "x"}, exitUsage, "--as is the role"},
		"an unknown role":                 {[]string{"--as", "cook", "--hash"}, exitUsage, "cook"},
		"two ways":                        {[]string{"--as", "security", "--hash", "--key", "guardian"}, exitUsage, "name one of"},
		"no document":                     {[]string{"--as", "security", "--hash", "--document", "release.yaml"}, exitUsage, "security owns no document release.yaml"},
		"no password":                     {[]string{"--as", "security", "--keystore", file("security.json")}, exitConfig, "--password env:NAME or file:path"},
		"a password in the open":          {[]string{"--as", "security", "--keystore", file("security.json"), "--password", "drill"}, exitConfig, "neither env:NAME nor file:path"},
		"half a signature":                {[]string{"--as", "security", "--document", "policy.yaml", "--signature", "0x12"}, exitRefused, "nothing was kept"},
		"a signature of nothing":          {[]string{"--as", "security", "--signature", "0x12"}, exitUsage, "--document"},
	} {
		args := append([]string{"pack", "sign", "--pack", s.Folder}, c.args...)
		if code, _, talk := program(t, args...); code != c.code || !strings.Contains(talk, c.want) {
			t.Errorf("%s: exit %d, want %d with %q: %s", name, code, c.code, c.want, talk)
		}
	}
	after, err := os.ReadFile(filepath.Join(s.Folder, pack.SignaturesFile))
	if err != nil || string(after) != string(before) {
		t.Errorf("the signatures changed: %v", err)
	}
}

func TestAPackIsNotLockedWithFaultsOrWithoutOwners(t *testing.T) {
	s := packForTest(t)
	s.change(t, "release.yaml", "artifact: VaultV2.json", "artifact: VaultV3.json")
	if code, _, talk := program(t, "pack", "lock", "-c", s.config); code != exitConfig || !strings.Contains(talk, "VaultV3.json") {
		t.Errorf("without an artifact: exit %d: %s", code, talk)
	}
	s.change(t, "release.yaml", "artifact: VaultV3.json", "artifact: VaultV2.json")
	s.change(t, "owners.yaml", drill.Address(drill.Release).Hex(), drill.Address(drill.Security).Hex())
	for _, command := range []string{"check", "lock"} {
		if code, _, talk := program(t, "pack", command, "-c", s.config); code != exitConfig || !strings.Contains(talk, "owns the release and the bounds it is judged by") {
			t.Errorf("%s: exit %d: %s", command, code, talk)
		}
	}
	if err := os.Remove(filepath.Join(s.Folder, pack.OwnersFile)); err != nil {
		t.Fatal(err)
	}
	if code, _, talk := program(t, "pack", "lock", "-c", s.config); code != exitConfig || !strings.Contains(talk, "owners.yaml is missing") {
		t.Errorf("without owners: exit %d: %s", code, talk)
	}
	if code, _, talk := program(t, "pack", "check", "-c", s.config); code != exitOK || !strings.Contains(talk, "warning") {
		t.Errorf("it can be checked all the same: exit %d: %s", code, talk)
	}
}

// The console that drill --serve makes ready arms as it stands, and not after a byte
// of its pack has changed.
func TestTheServedConsoleArmsOnWhatWasSigned(t *testing.T) {
	s := packForTest(t)
	for _, want := range []string{"", "owners.yaml: its bytes differ"} {
		if want != "" {
			s.change(t, "owners.yaml", "name: Ada", "name: Eva")
		}
		l, err := load(s.config, os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		live, err := l.start(t.Context(), l.chains[0], os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		_, err = live.engine.Do(t.Context(), ops.Arm{Reason: "test"})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("arming: %v, want %q", err, want)
		}
		if err := live.close(); err != nil {
			t.Error(err)
		}
	}
}
