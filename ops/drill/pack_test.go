package drill

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"go.yaml.in/yaml/v3"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// document is what the tests read of the pack, whichever file it is in.
type document struct {
	Contracts map[string]struct{ Address, ABI string }
	Constants map[string]string
	Approvals map[string]struct{ Signers []string }
	Canary    []struct{ Segment struct{ Allow []string } }

	Operations []struct {
		ID, Operation, Predecessor, Salt string
		Calls                            []struct {
			To, Call string
			Args     []string
		}
	}
	Implementations []struct{ Artifact, CodeHash, Previous string }

	Lanes map[string]struct{ From string }
	Steps []struct {
		WrittenFor map[string]string `yaml:"written_for"`
	}
}

func readDocument(t *testing.T, path ...string) document {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := yaml.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// says compares a literal of the pack with the chain and prints what to write.
func says(t *testing.T, where, got string, want fmt.Stringer) {
	t.Helper()
	if got != want.String() {
		t.Errorf("%s is %q; write %q", where, got, want)
	}
}

func (d *Drill) codeHash(t *testing.T, a common.Address) common.Hash {
	t.Helper()
	code, err := d.chain.Client().CodeAt(t.Context(), a, nil)
	if err != nil || len(code) == 0 {
		t.Fatalf("there is no code at %s (%v)", a, err)
	}
	return crypto.Keccak256Hash(code)
}

func TestEveryLiteralOfThePackIsWhatTheChainHas(t *testing.T) {
	d := start(t, Options{Genesis: genesis})
	dir := t.TempDir()
	if err := d.WritePack(dir, os.DirFS("../../runbooks")); err != nil {
		t.Fatal(err)
	}
	policy, release := readDocument(t, dir, "policy.yaml"), readDocument(t, dir, "release.yaml")

	says(t, "policy: vault", policy.Contracts["vault"].Address, world.Vault)
	says(t, "policy: timelock", policy.Contracts["timelock"].Address, world.Timelock)
	says(t, "policy: token", policy.Contracts["token"].Address, world.Token)
	says(t, "policy: guardian", policy.Constants["guardian"], Address(Guardian))
	for i, name := range []string{Security, Release} {
		says(t, "policy: approval by "+name, policy.Approvals["vault-v2"].Signers[i], Address(name))
	}
	var owners struct {
		Owners map[string][]string
		People []struct{ Address string }
	}
	if raw, err := os.ReadFile(filepath.Join(dir, "owners.yaml")); err != nil || yaml.Unmarshal(raw, &owners) != nil {
		t.Fatalf("the owners cannot be read (%v)", err)
	}
	for role, name := range map[string]string{"security": Security, "release": Release, "incident-command": Command} {
		says(t, "owners: "+role, owners.Owners[role][0], Address(name))
	}
	says(t, "owners: the operator", owners.People[0].Address, Address(Operator))
	for i := range accounts {
		says(t, "policy: C1 allows "+Account(i), policy.Canary[0].Segment.Allow[i], Address(Account(i)))
	}
	for _, a := range []common.Address{world.Vault, world.Timelock, world.Token} {
		d.codeHash(t, a) // fails without code
	}

	for i, o := range []operation{upgrade(), promote()} {
		where, got := fmt.Sprintf("release: O%d ", i+1), release.Operations[i]
		says(t, where+"operation", got.Operation, d.hashOperation(t, o))
		says(t, where+"predecessor", got.Predecessor, o.predecessor)
		says(t, where+"salt", got.Salt, o.salt)
		if d.timelockNumber(t, "getTimestamp", o.id()).Sign() == 0 {
			t.Errorf("the timelock does not know O%d", i+1)
		}
	}
	says(t, "release: O1 upgrades to", release.Operations[0].Calls[0].Args[0], world.VaultV2)
	says(t, "release: O2 sets the cap to", release.Operations[1].Calls[0].Args[0], units(1000))
	says(t, "release: codehash", release.Implementations[0].CodeHash, d.codeHash(t, world.VaultV2))
	says(t, "release: previous", release.Implementations[0].Previous, d.codeHash(t, world.VaultV1))

	freeze, cancel := readDocument(t, dir, "runbooks/freeze-vault.yaml"), readDocument(t, dir, "runbooks/cancel-operation.yaml")
	says(t, "freeze-vault: R1.1 written for the vault", freeze.Steps[0].WrittenFor["vault"], d.codeHash(t, world.VaultV2))
	says(t, "freeze-vault: lane guardian", freeze.Lanes["guardian"].From, Address(Guardian))
	says(t, "cancel-operation: R2.1 written for the timelock", cancel.Steps[0].WrittenFor["timelock"], d.codeHash(t, world.Timelock))
	says(t, "cancel-operation: lane guardian", cancel.Lanes["guardian"].From, Address(Guardian))
}

// The estate's documents too: addresses, constants, and the code that each step was
// written for.
func TestEveryLiteralOfTheEstateIsWhatTheChainHas(t *testing.T) {
	d := start(t, Options{Genesis: genesis})
	dir := t.TempDir()
	if err := d.WritePack(dir, os.DirFS("../../runbooks")); err != nil {
		t.Fatal(err)
	}
	policy := readDocument(t, dir, "policy.yaml")
	code := map[string]common.Address{ // what runs behind each name
		"breaker": estate.Breaker, "treasury": estate.Treasury, "till": estate.Till, "bridge": estate.BridgeCode, "router": estate.Router, "savings": estate.SavingsV2,
	}
	for name, at := range map[string]common.Address{
		"breaker": estate.Breaker, "treasury": estate.Treasury, "till": estate.Till, "bridge": estate.Bridge, "router": estate.Router, "savings": estate.Savings,
	} {
		says(t, "policy: "+name, policy.Contracts[name].Address, at)
	}
	for constant, want := range map[string]fmt.Stringer{
		"operations": Address(Operations), "saver": Address(Account(0)), "payers": payerRole, "spenders": crypto.Keccak256Hash([]byte("SPENDER_ROLE")),
	} {
		says(t, "policy: "+constant, policy.Constants[constant], want)
	}
	for _, name := range []string{"revoke-payer", "tighten-swaps", "roll-back-savings", "close-lane", "empty-till"} {
		book := readDocument(t, dir, "runbooks", name+".yaml")
		says(t, name+": lane guardian", book.Lanes["guardian"].From, Address(Guardian))
		says(t, name+": lane backup", book.Lanes["backup"].From, Address(Backup))
		for i, s := range book.Steps {
			for contract, hash := range s.WrittenFor {
				says(t, fmt.Sprintf("%s: step %d written for %s", name, i+1, contract), hash, d.codeHash(t, code[contract]))
			}
		}
	}
	marker, err := reader{d, d.Head()}.number(t.Context(), estate.Savings, contracts.SavingsV2(), "storageMarker")
	if err != nil {
		t.Fatal(err)
	}
	pay := common.RightPadBytes(contracts.Treasury().ABI.Methods["pay"].ID, 32)
	for file, want := range map[string]string{
		"roll-back-savings.yaml": common.BigToHash(marker).Hex(), "revoke-payer.yaml": common.BytesToHash(pay).Hex(), "empty-till.yaml": "till.sweep(\"" + estate.Treasury.Hex() + "\")",
	} {
		if raw, err := os.ReadFile(filepath.Join(dir, "runbooks", file)); err != nil || !bytes.Contains(raw, []byte(want)) {
			t.Errorf("%s does not say %s (%v)", file, want, err)
		}
	}
}

// hashOperation asks the timelock itself, and compares with our own reckoning.
func (d *Drill) hashOperation(t *testing.T, o operation) common.Hash {
	t.Helper()
	data := contracts.Timelock().Call("hashOperation", o.to, common.Big0, o.data, o.predecessor, o.salt)
	word, err := d.chain.Call(t.Context(), ops.Message{To: world.Timelock, Data: data}, d.Head().Hash)
	if err != nil {
		t.Fatal(err)
	}
	if id := common.BytesToHash(word); id != o.id() {
		t.Errorf("the timelock calls the operation %s, the drill %s", id, o.id())
	}
	return o.id()
}

func TestThePackHasEveryFileThatItsDocumentsName(t *testing.T) {
	dir := t.TempDir()
	d := &Drill{} // the pack is the same in every run
	if err := d.WritePack(dir, os.DirFS("../../runbooks")); err != nil {
		t.Fatal(err)
	}
	for name, c := range readDocument(t, dir, "policy.yaml").Contracts {
		raw, err := os.ReadFile(filepath.Join(dir, c.ABI))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !json.Valid(raw) || !bytes.HasPrefix(raw, []byte("[")) {
			t.Errorf("%s is no ABI: %.40s", c.ABI, raw)
		}
	}
	for _, i := range readDocument(t, dir, "release.yaml").Implementations {
		if raw, err := os.ReadFile(filepath.Join(dir, i.Artifact)); err != nil || !json.Valid(raw) {
			t.Errorf("the artifact %s: %v", i.Artifact, err)
		}
	}
}

// Viper and YAML read an unquoted address or hash as a number.
func TestEveryHexOfThePackIsQuotedAndWhole(t *testing.T) {
	files, err := filepath.Glob("pack/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hex := regexp.MustCompile(`.?0x[0-9a-fA-F]*.?`)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range hex.FindAllString(string(raw), -1) {
			inner := found[1 : len(found)-1]
			if found[0] != '"' || found[len(found)-1] != '"' || !slices.Contains([]int{2, 42, 66}, len(inner)) {
				t.Errorf("%s: %s", f, found)
				continue
			}
			if b := hexutil.Bytes(common.FromHex(inner)); len(b) == 20 && common.BytesToAddress(b).Hex() != inner {
				t.Errorf("%s: %s has a wrong checksum; write %q", f, inner, common.BytesToAddress(b))
			}
		}
	}
}

func TestAPackThatCannotBeWrittenSaysWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := (&Drill{}).WritePack(filepath.Join(file, "pack"), os.DirFS("../../runbooks"))
	if err == nil || !regexp.MustCompile("choose a folder").MatchString(err.Error()) {
		t.Errorf("got %v", err)
	}
}
