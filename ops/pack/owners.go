package pack

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// OwnersFile is the name of the owners in their pack: the root of trust.
const OwnersFile = "owners.yaml"

// The owners of the documents. Approver is no owner: policy.yaml says who approves
// a release, and every approval is a signature in that role.
const (
	Security        = "security"         // policy.yaml: the bounds
	Release         = "release"          // release.yaml
	IncidentCommand = "incident-command" // runbooks/*.yaml: the stop button
	Approver        = "approver"
)

// Owning are the three that sign owners.yaml together.
var Owning = []string{Security, Release, IncidentCommand}

// Roles that a person can have. Commander and Operator may arm a console.
const (
	Commander = "commander"
	Operator  = "operator"
)

var playing = []string{Commander, "deputy", "scribe", Operator, "communications"}

// Person is somebody whose key is known.
type Person struct {
	Name    string
	Address common.Address
	Roles   []string
}

// Arms reports whether the person may arm a console.
func (p Person) Arms() bool {
	return slices.Contains(p.Roles, Commander) || slices.Contains(p.Roles, Operator)
}

// Owners is the checked owners.yaml.
type Owners struct {
	SHA256 common.Hash                 // of its bytes
	Of     map[string][]common.Address // by Security, Release and IncidentCommand
	People []Person
}

// Owns reports whether an address is an owner in the role.
func (o *Owners) Owns(role string, a common.Address) bool { return slices.Contains(o.Of[role], a) }

// Person finds whose key an address is.
func (o *Owners) Person(a common.Address) (Person, bool) {
	i := slices.IndexFunc(o.People, func(p Person) bool { return p.Address == a })
	if i < 0 {
		return Person{}, false
	}
	return o.People[i], true
}

// addresses lists everybody once.
func (o *Owners) addresses() []common.Address {
	var all []common.Address
	for _, role := range Owning {
		all = append(all, o.Of[role]...)
	}
	for _, p := range o.People {
		all = append(all, p.Address)
	}
	slices.SortFunc(all, common.Address.Cmp)
	return slices.Compact(all)
}

type ownersFile struct {
	Version document.Text `yaml:"version" need:"version: 1"`
	Owners  struct {
		Security        []document.Text `yaml:"security" need:"security: the addresses that sign policy.yaml"`
		Release         []document.Text `yaml:"release" need:"release: the addresses that sign release.yaml"`
		IncidentCommand []document.Text `yaml:"incident-command" need:"incident-command: the addresses that sign the runbooks"`
	} `yaml:"owners" need:"owners: {security: […], release: […], incident-command: […]}"`
	People []personFile `yaml:"people" need:"people: who may arm a console, with address and roles"`
	Keys   document.Places
}

type personFile struct {
	Name    document.Text   `yaml:"name" need:"name: Ada"`
	Address document.Text   `yaml:"address" need:"address: a quoted address with its checksum"`
	Roles   []document.Text `yaml:"roles" need:"roles: [commander, operator]"`
}

// LoadOwners reads and checks the owners of a pack. A pack without the file has
// none, and no live console can be armed on it.
func LoadOwners(pack fs.FS) (*Owners, ops.Faults) {
	source, err := document.ReadDocument(pack, OwnersFile)
	if err != nil {
		return nil, ops.Faults{{File: OwnersFile, Message: "the owners cannot be read: it can be watched and checked, and no live console arms", Hint: "write who owns what, then bulkhead pack lock, sign and verify", Warning: true}}
	}
	return decodeOwners(source)
}

func decodeOwners(source []byte) (*Owners, ops.Faults) {
	var f ownersFile
	c := &checker{file: OwnersFile, faults: document.Decode(OwnersFile, source, &f)}
	c.version(f.Version)
	o := &Owners{SHA256: sha256.Sum256(source), Of: map[string][]common.Address{
		Security: c.owners(Security, f.Owners.Security), Release: c.owners(Release, f.Owners.Release), IncidentCommand: c.owners(IncidentCommand, f.Owners.IncidentCommand),
	}}
	for i, a := range o.Of[Release] {
		if a == (common.Address{}) {
			continue // it could not be read, and that was said
		}
		if o.Owns(Security, a) {
			c.fault(f.Owners.Release[i], "give policy.yaml another owner", "%s owns the release and the bounds it is judged by", a.Hex())
		}
		if o.Owns(IncidentCommand, a) {
			c.fault(f.Owners.Release[i], "give the runbooks another owner", "%s owns the release and the stop button", a.Hex())
		}
	}
	commanders := 0
	for _, p := range f.People {
		person := c.person(p)
		if other, ok := o.Person(person.Address); ok && person.Address != (common.Address{}) {
			c.fault(p.Address, "one key is one person's", "%s and %s have one address", other.Name, person.Name)
		}
		if slices.ContainsFunc(o.People, func(other Person) bool { return other.Name == person.Name && person.Name != "" }) {
			c.fault(p.Name, "tell them apart", "two people are called %s", person.Name)
		}
		if slices.Contains(person.Roles, Commander) {
			commanders++
		}
		o.People = append(o.People, person)
	}
	if at := f.Keys["people"]; commanders == 0 && len(f.People) > 0 {
		c.fault(at, "roles: [commander, operator]", "nobody is commander")
	}
	return o, c.inOrder()
}

func (c *checker) owners(role string, texts []document.Text) []common.Address {
	var out []common.Address
	for _, t := range texts {
		a := c.address(t, role)
		if slices.Contains(out, a) && a != (common.Address{}) {
			c.fault(t, "name each owner once", "%s: %s stands twice", role, a.Hex())
		}
		out = append(out, a)
	}
	return out
}

func (c *checker) person(p personFile) Person {
	out := Person{Name: p.Name.Value, Address: c.address(p.Address, p.Name.Value)}
	for _, r := range p.Roles {
		if !slices.Contains(playing, r.Value) {
			c.fault(r, "commander, deputy, scribe, operator or communications", "%s: the role %q is not known", p.Name.Value, r.Value)
		}
		if slices.Contains(out.Roles, r.Value) {
			c.fault(r, "keep one", "%s has the role %s twice", p.Name.Value, r.Value)
		}
		out.Roles = append(out.Roles, r.Value)
	}
	return out
}

// checker collects the faults of one document.
type checker struct {
	file   string
	faults ops.Faults
}

func (c *checker) fault(at document.Text, hint, format string, args ...any) {
	c.faults = append(c.faults, at.Fault(c.file, fmt.Sprintf(format, args...), hint))
}

// version refuses what another program wrote.
func (c *checker) version(at document.Text) {
	if at.Value != "1" && at.Line > 0 {
		c.fault(at, "write version: 1", "version %q is not known: this program reads version 1", at.Value)
	}
}

// address reads an address; the zero address is nobody's.
func (c *checker) address(t document.Text, whose string) common.Address {
	if t.Line == 0 {
		return common.Address{} // missing, and said so already
	}
	a, err := document.ParseAddress(t.Value)
	if err != nil {
		c.fault(t, "compare it with its source, digit by digit", "%s: %s", whose, err)
	} else if a == (common.Address{}) {
		c.fault(t, "write the address of a key", "%s: the zero address is nobody's", whose)
	}
	return a
}

// inOrder lists the faults as they stand in the file.
func (c *checker) inOrder() ops.Faults {
	slices.SortStableFunc(c.faults, func(a, b ops.Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return c.faults
}
