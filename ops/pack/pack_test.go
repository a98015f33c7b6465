package pack_test

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/pack"
)

func key(t testing.TB, name string) *ecdsa.PrivateKey {
	t.Helper()
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// files are a whole pack, as far as this package looks into it.
func files() fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range map[string]string{
		pack.OwnersFile: owners(), "policy.yaml": "name: vault\n", "abi/Vault.json": "[]", "release.yaml": "name: vault-v2\n", "VaultV2.json": "{}",
		"runbooks/freeze.yaml": "name: freeze\n", "runbooks/cancel.yaml": "name: cancel\n",
	} {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// steps are what the runbook of the tests sends.
func steps(target string) []pack.Step {
	return []pack.Step{
		{ID: "R1.1", Chain: "main", ChainID: 1, Contract: "vault", Target: target, Function: "cancel(bytes32)", Selector: "0xc4d252f5", Calldata: "0xc4d252f5{operation}", Parameters: map[string]string{"operation": "bytes32"}},
		{ID: "R1.2", Control: "freeze-promotion(C1)"},
	}
}

// load reads a pack as the engine does.
func load(t testing.TB, from fstest.MapFS) *pack.Pack {
	t.Helper()
	return loadAt(t, from, "0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa")
}

func loadAt(t testing.TB, from fstest.MapFS, target string) *pack.Pack {
	t.Helper()
	reading := pack.Read(from)
	o, _ := pack.LoadOwners(reading)
	p := pack.New("vault", reading, o)
	for _, err := range []error{
		p.Add(pack.OwnersFile, pack.All, nil, nil), p.Add("policy.yaml", pack.Security, []string{"abi/Vault.json", "abi/Vault.json"}, nil),
		p.Add("release.yaml", pack.Release, []string{"VaultV2.json"}, nil),
		p.Add("runbooks/cancel.yaml", pack.IncidentCommand, nil, nil), p.Add("runbooks/freeze.yaml", pack.IncidentCommand, nil, steps(target)),
	} {
		if err != nil {
			t.Log(err) // a test may have taken a file away: the pack says so itself
		}
	}
	p.Approvals = pack.Approvals{Release: "vault-v2", Signers: []common.Address{common.HexToAddress(address("ada")), common.HexToAddress(address("bob")), common.HexToAddress(address("eve"))}, Threshold: 2}
	return p
}

var owning = map[string][]string{pack.Security: {"security"}, pack.Release: {"release"}, pack.IncidentCommand: {"command"}, pack.Approver: {"ada", "bob"}}

// signatureOf is a key's signature of a document.
func signatureOf(t testing.TB, p *pack.Pack, d pack.Document, role, name string) pack.Signature {
	t.Helper()
	statement := p.Statement(d, role)
	digest := statement.Digest()
	raw, err := crypto.Sign(digest[:], key(t, name))
	if err != nil {
		t.Fatal(err)
	}
	raw[64] += 27
	return pack.Signature{Document: d.Name, Role: role, SHA256: common.HexToHash(d.SHA256), Locked: d.Locked(), By: common.HexToAddress(address(name)), Bytes: raw}
}

func all(t testing.TB, p *pack.Pack) []pack.Signature {
	t.Helper()
	var out []pack.Signature
	for role, names := range owning {
		for _, d := range p.Due(role) {
			for _, name := range names {
				out = pack.Joined(out, signatureOf(t, p, d, role, name))
			}
		}
	}
	return out
}

// signed is a pack that everybody has signed.
func signed(t testing.TB) fstest.MapFS {
	t.Helper()
	from := files()
	p := load(t, from)
	lock, err := p.Lock()
	if err != nil {
		t.Fatal(err)
	}
	from[pack.LockFile] = &fstest.MapFile{Data: lock}
	from[pack.SignaturesFile] = &fstest.MapFile{Data: pack.EncodeSignatures(all(t, p))}
	return from
}

func TestAPackThatEverybodySignedIsWhole(t *testing.T) {
	s := load(t, signed(t)).Verify()
	if !s.Whole() || !s.Owned || len(s.Documents) != 5 {
		t.Fatal(s.Why())
	}
	if got := s.Documents[2].Signers; len(got) != 3 || got[0].Role != pack.Release || got[1].Role != pack.Approver || got[1].Person == "" {
		t.Errorf("the release is signed by %+v", got)
	}
}

func TestTheSamePackHasTheSameLock(t *testing.T) {
	first, err := load(t, files()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, err := load(t, files()).Lock(); err != nil || !bytes.Equal(first, again) {
			t.Fatalf("%s\n%v\n%s", first, err, again)
		}
	}
	for _, want := range []string{`target: "0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa"`, `calldata: "0xc4d252f5{operation}"`, `operation: "bytes32"`, "chain_id: 1", `file: "abi/Vault.json"`, "freeze-promotion(C1)"} {
		if strings.Count(string(first), want) != 1 {
			t.Errorf("the lock does not say %s once:\n%s", want, first)
		}
	}
}

// One byte, anywhere in anything that is signed: refused, with the document's name.
func TestEveryByteIsSigned(t *testing.T) {
	whole := signed(t)
	belongs := map[string]string{"abi/Vault.json": "policy.yaml", "VaultV2.json": "release.yaml"}
	for name := range files() {
		for at := range whole[name].Data {
			changed := maps.Clone(whole)
			data := bytes.Clone(whole[name].Data)
			data[at] ^= 1
			changed[name] = &fstest.MapFile{Data: data}
			document := name
			if d, ok := belongs[name]; ok {
				document = d
			}
			s := load(t, changed).Verify()
			named := slices.ContainsFunc(s.Why(), func(why string) bool { return strings.HasPrefix(why, document+": ") })
			if s.Whole() || !named {
				t.Fatalf("%s, byte %d: whole %v, %q", name, at, s.Whole(), s.Why())
			}
		}
	}
}

// A byte in the lock or in the signatures makes nothing pass that was not signed.
func TestEveryByteOfLockAndSignaturesCounts(t *testing.T) {
	whole := signed(t)
	random := rand.New(rand.NewPCG(1, 2))
	for name, rounds := range map[string]int{pack.LockFile: 300, pack.SignaturesFile: 300} {
		for range rounds {
			at, bit := random.IntN(len(whole[name].Data)), byte(1)<<random.IntN(7)
			data := bytes.Clone(whole[name].Data)
			data[at] ^= bit
			if strings.HasPrefix(line(data, at), "#") {
				continue // a comment says nothing
			}
			changed := maps.Clone(whole)
			changed[name] = &fstest.MapFile{Data: data}
			s := load(t, changed).Verify()
			if name == pack.SignaturesFile && s.Whole() { // 0xAb and 0xaB are one hash, and blanks are blanks: who signed what must be the same
				if got := load(t, changed); fmt.Sprint(got.Verify()) == fmt.Sprint(load(t, whole).Verify()) {
					continue
				}
			}
			if s.Whole() {
				t.Fatalf("%s, byte %d (%q): it passes", name, at, line(data, at))
			}
		}
	}
}

func line(data []byte, at int) string {
	from, to := bytes.LastIndexByte(data[:at], '\n')+1, bytes.IndexByte(data[at:], '\n')
	if to < 0 {
		return string(data[from:])
	}
	return string(data[from : at+to])
}

// What a runbook sends is signed with it: the policy's owner cannot turn the stop
// button against another contract alone.
func TestAnotherTargetIsAnotherDocument(t *testing.T) {
	p := loadAt(t, signed(t), address("mallory"))
	why := strings.Join(p.Verify().Why(), "\n")
	for _, want := range []string{"runbooks/freeze.yaml: what step R1.1 sends differs from the lock", "runbooks/freeze.yaml: incident-command has not signed it"} {
		if !strings.Contains(why, want) {
			t.Errorf("%q is not said in\n%s", want, why)
		}
	}
}

// In whose name a Safe calls, who sends for it and on which code, is signed with what it
// sends; a step without a Safe is locked as it always was.
func TestASafesLaneIsLocked(t *testing.T) {
	lane := pack.Safe{Address: "0x945185C01fb641bA3E63a9bdF66575e35a407837", Executor: "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B", Singleton: "0xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552"}
	of := func(change func(*pack.Safe)) pack.Document {
		l := lane
		change(&l)
		all := steps("0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa")
		all[0].Safes = map[string]pack.Safe{"council": l}
		return pack.Document{Name: "runbooks/freeze.yaml", Owner: pack.IncidentCommand, Steps: all}
	}
	seen := map[common.Hash]bool{(pack.Document{Name: "runbooks/freeze.yaml", Owner: pack.IncidentCommand, Steps: steps("0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa")}).Locked(): true}
	for _, change := range []func(*pack.Safe){
		func(*pack.Safe) {}, func(s *pack.Safe) { s.Address = s.Executor }, func(s *pack.Safe) { s.Executor = s.Address }, func(s *pack.Safe) { s.Singleton = "" },
	} {
		seen[of(change).Locked()] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d different locks of 5", len(seen))
	}
}

func TestADocumentThatCameOrWentIsNamed(t *testing.T) {
	whole := signed(t)
	for name, want := range map[string]string{
		"VaultV2.json": "VaultV2.json", "policy.yaml": "policy.yaml is locked, and there is no such document",
		pack.OwnersFile: "there is no owners.yaml", pack.LockFile: "there is no pack.lock.yaml", pack.SignaturesFile: "there is no pack.signatures.yaml",
	} {
		less := maps.Clone(whole)
		delete(less, name)
		p := load(t, less)
		if s := p.Verify(); s.Whole() || !strings.Contains(strings.Join(s.Why(), "\n"), want) {
			t.Errorf("without %s: %q", name, s.Why())
		}
		if _, err := p.Lock(); name == "VaultV2.json" && !errors.Is(err, pack.ErrFile) {
			t.Errorf("a lock without %s: %v", name, err)
		}
	}
	p := load(t, whole)
	if err := p.Add("runbooks/new.yaml", pack.IncidentCommand, nil, nil); err == nil {
		t.Fatal("a file that is not there was added")
	}
	whole["runbooks/new.yaml"] = &fstest.MapFile{Data: []byte("name: new\n")}
	p = load(t, whole)
	if err := p.Add("runbooks/new.yaml", pack.IncidentCommand, nil, nil); err != nil {
		t.Fatal(err)
	}
	if s := p.Verify(); s.Whole() || !strings.Contains(strings.Join(s.Why(), "\n"), "runbooks/new.yaml: it is not in the lock") {
		t.Errorf("%q", s.Why())
	}
}

func TestADrillsKeySignsNothingReal(t *testing.T) {
	p := load(t, signed(t))
	p.Public = func(a common.Address) bool { return a == common.HexToAddress(address("bob")) }
	if s := p.Verify(); s.Whole() || !strings.Contains(s.Why()[0], "which everybody knows") {
		t.Errorf("%q", s.Why())
	}
}

func TestAPackThatDoesNotCompileStillSaysWhichFilesDiffer(t *testing.T) {
	from := signed(t)
	if got := pack.Differing(from); len(got) > 0 {
		t.Errorf("%q", got)
	}
	from["policy.yaml"] = &fstest.MapFile{Data: []byte("::")}
	from["runbooks/x.yaml"] = &fstest.MapFile{}
	delete(from, "VaultV2.json")
	want := []string{"policy.yaml: its bytes differ from the lock", "VaultV2.json: it is locked, and there is no such file", "runbooks/x.yaml: it is not in the lock"}
	if got := pack.Differing(from); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
