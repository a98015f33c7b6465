package pack_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/pack"
)

// address is that of a test's key with the name.
func address(name string) string {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		panic(err) // a hash outside of the curve's order: nobody will meet one
	}
	return crypto.PubkeyToAddress(key.PublicKey).Hex()
}

func owners() string {
	return fmt.Sprintf(`version: 1
owners:
  security: [%q]
  release: [%q]
  incident-command: [%q]
people:
  - {name: Ada, address: %q, roles: [commander, operator]}
  - {name: Bob, address: %q, roles: [scribe]}
`, address("security"), address("release"), address("command"), address("ada"), address("bob"))
}

func loadOwners(source string) (*pack.Owners, ops.Faults) {
	return pack.LoadOwners(fstest.MapFS{pack.OwnersFile: {Data: []byte(source)}})
}

func TestTheOwnersAreWhoTheFileSays(t *testing.T) {
	o, faults := loadOwners(owners())
	if faults.Err() != nil {
		t.Fatal(faults)
	}
	for role, key := range map[string]string{pack.Security: "security", pack.Release: "release", pack.IncidentCommand: "command"} {
		for _, other := range pack.Owning {
			if got := o.Owns(other, common.HexToAddress(address(key))); got != (other == role) {
				t.Errorf("%s owns as %s: %v", key, other, got)
			}
		}
	}
	ada, ok := o.Person(common.HexToAddress(address("ada")))
	bob, also := o.Person(common.HexToAddress(address("bob")))
	if !ok || !also || ada.Name != "Ada" || !ada.Arms() || bob.Arms() {
		t.Errorf("%+v, %+v", ada, bob)
	}
	if _, ok := o.Person(common.HexToAddress(address("security"))); ok {
		t.Error("an owner is no person by itself")
	}
}

// Every rule is said with its place and what to write instead.
func TestEachRuleOfOwnership(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{address("release"), address("security"), "owners.yaml:4:14: " + address("security") + " owns the release and the bounds it is judged by"},
		{address("release"), address("command"), "owners.yaml:4:14: " + address("command") + " owns the release and the stop button"},
		{fmt.Sprintf("security: [%q]", address("security")), "security: []", `"security" is empty`},
		{fmt.Sprintf("  incident-command: [%q]\n", address("command")), "", `lacks "incident-command"`},
		{address("bob"), address("ada"), "Ada and Bob have one address"},
		{"name: Bob", "name: Ada", "two people are called Ada"},
		{"[commander, operator]", "[operator]", "nobody is commander"},
		{"[scribe]", "[scrib]", `the role "scrib" is not known`},
		{"[scribe]", "[scribe, scribe]", "Bob has the role scribe twice"},
		{"[scribe]", "[]", `"roles" is empty`},
		{"version: 1", "version: 2", `version "2" is not known`},
		{address("ada"), strings.ToLower(address("ada")), "the checksum of"},
		{`"` + address("ada") + `"`, address("ada"), "unquoted 0x"},
		{address("security"), common.Address{}.Hex(), "the zero address is nobody's"},
		{fmt.Sprintf("security: [%q]", address("security")), fmt.Sprintf("security: [%q, %q]", address("security"), address("security")), "stands twice"},
		{"people:", "poeple:", `"people" is meant?`},
	} {
		if !strings.Contains(owners(), c.old) {
			t.Fatalf("%q is not in the file", c.old)
		}
		_, faults := loadOwners(strings.Replace(owners(), c.old, c.new, 1))
		if !slices.ContainsFunc(faults, func(f ops.Fault) bool {
			return strings.Contains(f.String(), c.want) && !f.Warning && f.Line > 0 && f.Hint != ""
		}) {
			t.Errorf("%q for %q: want %q, got\n%v", c.new, c.old, c.want, faults)
		}
	}
}

func TestAllFaultsOfTheOwnersAreSaidAtOnce(t *testing.T) {
	broken := strings.NewReplacer("[scribe]", "[cook]", "[commander, operator]", "[operator]", "version: 1", "version: 3", address("release"), address("security")).Replace(owners())
	if _, faults := loadOwners(broken); len(faults) != 4 {
		t.Errorf("%d faults:\n%v", len(faults), faults)
	}
}

func TestAPackWithoutOwnersIsNoMistake(t *testing.T) {
	o, faults := pack.LoadOwners(fstest.MapFS{})
	if o != nil || faults.Err() != nil || len(faults) != 1 || !strings.Contains(faults.Error(), "pack lock") {
		t.Errorf("%+v, %v", o, faults)
	}
}

func FuzzOwners(f *testing.F) {
	f.Add([]byte(owners()))
	f.Add([]byte("version: 1\nowners: {security: [\"0x\"]}\npeople: [{name: }]\n"))
	f.Add([]byte("owners: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		o, faults := loadOwners(string(source))
		if faults.Err() != nil {
			return
		}
		for _, role := range pack.Owning {
			if len(o.Of[role]) == 0 {
				t.Fatalf("nobody owns as %s", role)
			}
		}
		for _, a := range o.Of[pack.Release] {
			if o.Owns(pack.Security, a) || o.Owns(pack.IncidentCommand, a) || a == (common.Address{}) {
				t.Fatalf("%s owns too much", a)
			}
		}
		if !slices.ContainsFunc(o.People, func(p pack.Person) bool { return slices.Contains(p.Roles, pack.Commander) }) {
			t.Fatal("nobody is commander")
		}
	})
}
