package contracts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
)

type record struct {
	Compiler  string            `json:"compiler"`
	Sources   map[string]string `json:"sources"`
	Published map[string]string `json:"published"`
	Artifacts map[string]struct {
		Source   string `json:"source"`
		Bytecode string `json:"bytecode"`
		ABI      string `json:"abi"`
	} `json:"artifacts"`
}

func readRecord(t *testing.T) record {
	t.Helper()
	raw, err := os.ReadFile("out/record.json")
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func TestTheCommittedSolidityIsWhatTheArtifactsWereMadeFrom(t *testing.T) {
	r := readRecord(t)
	files, err := filepath.Glob("*.sol")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(r.Sources) {
		t.Errorf("%d Solidity files, the record knows %d: run go generate", len(files), len(r.Sources))
	}
	for _, f := range files {
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := sum(source); got != r.Sources[f] {
			t.Errorf("%s is %s, the record says %q: run go generate", f, got, r.Sources[f])
		}
	}
}

func TestTheCommittedArtifactsAreWhatTheCompilerWrote(t *testing.T) {
	r := readRecord(t)
	all := []Artifact{
		Token(), Vault(), VaultV2(), Timelock(), Proxy(),
		Breaker(), Treasury(), Till(), Bridge(), Pool(), Router(), Savings(), SavingsV2(),
	}
	if len(all) != len(r.Artifacts) {
		t.Errorf("%d artifacts, the record knows %d: run go generate", len(all), len(r.Artifacts))
	}
	for _, a := range all {
		if got := sum(a.Bytecode); got != r.Artifacts[a.Name].Bytecode {
			t.Errorf("the bytecode of %s is %s, the record says %q: run go generate", a.Name, got, r.Artifacts[a.Name].Bytecode)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, a.JSON); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
		if got := sum(compact.Bytes()); got != r.Artifacts[a.Name].ABI {
			t.Errorf("the ABI of %s is %s, the record says %q: run go generate", a.Name, got, r.Artifacts[a.Name].ABI)
		}
	}
	if !strings.HasPrefix(r.Compiler, "0.8.37+") {
		t.Errorf("made by solc %s, package.json pins 0.8.37", r.Compiler)
	}
}

func TestOnlyTheRoundingOfWithdrawalsWasUpgraded(t *testing.T) {
	v1, v2 := Vault().ABI, VaultV2().ABI
	for name, m := range v1.Methods {
		if v2.Methods[name].Sig != m.Sig {
			t.Errorf("V2 lost %s", m.Sig)
		}
	}
	for name, e := range v1.Events {
		if v2.Events[name].ID != e.ID {
			t.Errorf("V2 changed the event %s", e.Sig)
		}
	}
}

func TestTheVaultSpeaksERC4626(t *testing.T) {
	for signature, name := range map[string]string{
		"Deposit(address,address,uint256,uint256)":          "Deposit",
		"Withdraw(address,address,address,uint256,uint256)": "Withdraw",
	} {
		if got, want := Vault().ABI.Events[name].ID, crypto.Keccak256Hash([]byte(signature)); got != want {
			t.Errorf("%s has topic %s, want %s", name, got, want)
		}
	}
}

func TestAWrongCallIsAMistakeOfTheProgram(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("packing a function that does not exist went through")
		}
	}()
	Vault().Call("selfDestruct")
}
