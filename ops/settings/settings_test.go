package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/settings"
)

const whole = `version: 1
pack: pack
journal: journal
operator: {name: Ada}
chains:
  mainnet:
    block_time: 12s
    endpoints: [{name: own, http: "http://127.0.0.1:8545", ws: "ws://127.0.0.1:8546", timeout: 3s}]
keys:
  - {name: guardian, keystore: guardian.json, password: "file:secret"}
bindings: {quit: [q, Q]}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPathsCountFromTheFile(t *testing.T) {
	path := write(t, whole)
	s, faults := settings.Load(path)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	home := filepath.Dir(path)
	for name, c := range map[string][2]string{
		"pack": {s.Pack, filepath.Join(home, "pack")}, "journal": {s.Journal, filepath.Join(home, "journal")},
		"keystore": {s.Keys[0].Keystore, filepath.Join(home, "guardian.json")}, "password": {s.Keys[0].Password, "file:" + filepath.Join(home, "secret")},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is %q, want %q", name, c[0], c[1])
		}
	}
	if s.Operator.Role != "commander" || s.ArmFor != 30*time.Minute || s.Theme != "auto" || !s.Coach || s.Chains[0].Endpoints[0].Timeout != 3*time.Second || s.Chains[0].BlockTime != 12*time.Second {
		t.Errorf("defaults: %+v", s)
	}
	if len(s.Bindings["quit"]) != 2 {
		t.Errorf("bindings: %v", s.Bindings)
	}
}

func TestARemoteSignerIsReadWithItsAccount(t *testing.T) {
	t.Setenv("BULKHEAD_TEST_SIGNER", "https://user:pass@kms.example:9000")
	for address, want := range map[string]string{
		"env:BULKHEAD_TEST_SIGNER": "https://user:pass@kms.example:9000", "http://127.0.0.1:8550": "http://127.0.0.1:8550", "http://[::1]:8550": "http://[::1]:8550", "http://localhost:8550": "http://localhost:8550",
	} {
		s, faults := settings.Load(write(t, strings.Replace(whole, `keystore: guardian.json, password: "file:secret"`,
			`remote: "`+address+`", address: "0x00000000000000000000000000000000000000cc", method: account_signTransaction, timeout: 20s`, 1)))
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		k := s.Keys[0]
		if k.Remote != want || k.Address[19] != 0xcc || k.Method != "account_signTransaction" || k.Timeout != 20*time.Second || k.Keystore != "" {
			t.Errorf("%+v", k)
		}
	}
}

func TestTheEnvironmentSpeaksOverTheFile(t *testing.T) {
	t.Setenv("BULKHEAD_JOURNAL", "/var/lib/bulkhead")
	t.Setenv("BULKHEAD_OPERATOR_NAME", "Grace")
	t.Setenv("BULKHEAD_ARM_FOR", "5m")
	t.Setenv("BULKHEAD_COACH", "false")
	s, faults := settings.Load(write(t, whole))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if s.Journal != "/var/lib/bulkhead" || s.Operator.Name != "Grace" || s.ArmFor != 5*time.Minute || s.Coach {
		t.Errorf("%+v", s)
	}
}

func TestEachMistakeIsSaid(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"a typo":              {"journal: journal", "jurnal: journal", `has no key "jurnal"`},
		"no operator":         {"operator: {name: Ada}\n", "", `lacks "operator"`},
		"another theme":       {"pack: pack", "pack: pack\ntheme: pink", `the theme "pink" is not known`},
		"another time":        {"pack: pack", "pack: pack\narm_for: soon", "arm_for"},
		"no scheme":           {`"http://127.0.0.1:8545"`, `"127.0.0.1:8545"`, "no address of an endpoint"},
		"http for a socket":   {`"ws://127.0.0.1:8546"`, `"http://127.0.0.1:8546"`, "it begins with ws:// or wss://"},
		"a password":          {`"file:secret"`, `"hunter2"`, "secrets are references"},
		"a missing reference": {`"http://127.0.0.1:8545"`, `"env:BULKHEAD_NO_SUCH_VARIABLE"`, "the environment has no BULKHEAD_NO_SUCH_VARIABLE"},
		"an open way":         {`keystore: guardian.json, password: "file:secret"`, `remote: "http://kms.example", address: "0x00000000000000000000000000000000000000cc"`, "would travel in the clear"},
		"no account":          {`keystore: guardian.json, password: "file:secret"`, `remote: "https://kms.example"`, "key guardian: "},
		"another method":      {`keystore: guardian.json, password: "file:secret"`, `remote: "https://kms.example", address: "0x00000000000000000000000000000000000000cc", method: eth_sign`, `the method "eth_sign" is not known`},
		"a long wait":         {`keystore: guardian.json, password: "file:secret"`, `remote: "https://kms.example", address: "0x00000000000000000000000000000000000000cc", timeout: 1h`, "is not waited for 1h"},
		"two ways to sign":    {`keystore: guardian.json,`, `keystore: guardian.json, presigned: ladder.json,`, "needs one of keystore, remote and presigned"},
		"no way to sign":      {`, keystore: guardian.json, password: "file:secret"`, ``, "needs one of keystore, remote and presigned"},
		"a stray timeout":     {`keystore: guardian.json,`, `keystore: guardian.json, timeout: 3s,`, "timeout belongs to a remote signer"},
		"a newer version":     {"version: 1", "version: 9", "newer than this program"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(whole, c.from) {
				t.Fatalf("the settings do not hold %q", c.from)
			}
			_, faults := settings.Load(write(t, strings.Replace(whole, c.from, c.to, 1)))
			if faults.Err() == nil || !strings.Contains(faults.Error(), c.want) {
				t.Errorf("%q is not said in: %v", c.want, faults)
			}
		})
	}
	if _, faults := settings.Load(filepath.Join(t.TempDir(), "none.yaml")); faults.Err() == nil || !strings.Contains(faults.Error(), "config.example.yaml") {
		t.Errorf("a missing file: %v", faults)
	}
}

// A password is never repeated in a message.
func TestASecretInTheOpenIsNotRepeated(t *testing.T) {
	_, faults := settings.Load(write(t, strings.Replace(whole, `"file:secret"`, `"hunter2"`, 1)))
	if strings.Contains(faults.Error(), "hunter2") {
		t.Errorf("the message holds it: %v", faults)
	}
}

func TestSecretsAreReadByReference(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "secret")
	if err := os.WriteFile(path, []byte("swordfish\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BULKHEAD_TEST_SECRET", "swordfish")
	for _, ref := range []string{"file:" + path, "env:BULKHEAD_TEST_SECRET"} {
		if got, err := settings.Secret(ref); err != nil || got != "swordfish" {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Secret("file:" + path); !errors.Is(err, settings.ErrSecret) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by others: %v", err)
	}
	big := filepath.Join(folder, "big")
	if err := os.WriteFile(big, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"file:" + big, "file:" + filepath.Join(folder, "none"), "env:BULKHEAD_NO_SUCH_VARIABLE", "swordfish", ""} {
		if _, err := settings.Secret(ref); !errors.Is(err, settings.ErrSecret) {
			t.Errorf("%q: %v", ref, err)
		}
	}
}
