// Package settings reads config.yaml: how this console runs. Endpoints, keys, the
// journal's folder, theme and keys of the keyboard; never what must hold or what
// may be sent, which is the pack's business.
//
// It is the only package that knows Viper. It must never hold a secret: secrets
// are references (env:NAME, file:path), resolved when they are needed.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/viper"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// Settings is the checked config.yaml. Paths are absolute.
type Settings struct {
	File     string
	Pack     string // folder of policy.yaml, release.yaml, runbooks/
	Journal  string // folder
	Operator ops.Operator
	OwnKey   string      // the name of the operator's own key; empty where none is named
	Owners   common.Hash // SHA-256 of the owners.yaml that this console trusts; zero for any
	ArmFor   time.Duration
	Theme    string // auto, dark or light
	Coach    bool
	Chains   []Chain // by their names
	Keys     []Key
	Bindings map[string][]string // action of the console to its keys
}

// Chain is one chain as the policy calls it. BlockTime is the usual distance of two
// blocks on the wall clock; Quorum how many endpoints have to say the same, 0 for
// two where there are two.
type Chain struct {
	Name      string
	BlockTime time.Duration
	Quorum    int
	Endpoints []Endpoint
	Relay     Relay
}

// Relay is a private way into blocks: what is sent goes there first, and to the
// endpoints after PublicAfter blocks, 0 for two. An empty Name is none.
type Relay struct {
	Endpoint
	PublicAfter uint64
}

// Endpoint is one provider. The addresses may hold a provider's key.
type Endpoint struct {
	Name    string
	HTTP    string
	WS      string
	Timeout time.Duration
}

// file is config.yaml as written.
type file struct {
	Version  uint64                     `yaml:"version" need:"version: 1"`
	Pack     string                     `yaml:"pack" need:"pack: the folder of policy.yaml"`
	Journal  string                     `yaml:"journal" need:"journal: a folder for the record"`
	Operator operatorFile               `yaml:"operator" need:"operator: {name: Ada, role: commander}"`
	Owners   document.Text              `yaml:"owners"`
	ArmFor   time.Duration              `yaml:"arm_for"`
	Theme    document.Text              `yaml:"theme"`
	Coach    *bool                      `yaml:"coach"`
	Chains   map[string]chainFile       `yaml:"chains" need:"chains: {mainnet: {endpoints: [{name: own, http: …, ws: …}]}}"`
	Keys     []keyFile                  `yaml:"keys"`
	Bindings map[string][]document.Text `yaml:"bindings"`
	At       document.Text
}

type operatorFile struct {
	Name string        `yaml:"name" need:"name: who sits here"`
	Role string        `yaml:"role"`
	Key  document.Text `yaml:"key"`
}

type chainFile struct {
	Endpoints []endpointFile `yaml:"endpoints" need:"endpoints: [{name: own, http: …, ws: …}]"`
	Quorum    int            `yaml:"quorum"`
	BlockTime time.Duration  `yaml:"block_time"`
	Relay     *relayFile     `yaml:"relay"`
	At        document.Text
}

type relayFile struct {
	Name        string        `yaml:"name" need:"name: a short name for the relay"`
	HTTP        document.Text `yaml:"http" need:"http: https://…, or env:NAME"`
	Timeout     time.Duration `yaml:"timeout"`
	PublicAfter uint64        `yaml:"public_after"`
	Keys        document.Places
}

// longestHidden bounds for how many blocks a containment may be kept from everybody.
const longestHidden = 10

type endpointFile struct {
	Name    string        `yaml:"name" need:"name: a short name for the provider"`
	HTTP    document.Text `yaml:"http" need:"http: https://…, or env:NAME"`
	WS      document.Text `yaml:"ws"`
	Timeout time.Duration `yaml:"timeout"`
}

// Load reads config.yaml. All faults are returned at once; with one that stops,
// the settings must not be used.
func Load(path string) (Settings, ops.Faults) {
	source, err := os.ReadFile(path)
	if err != nil {
		hint := "name it with -c; config.example.yaml shows every setting"
		if !errors.Is(err, fs.ErrNotExist) {
			hint = ""
		}
		return Settings{}, ops.Faults{{File: path, Message: "the settings cannot be read: " + err.Error(), Hint: hint}}
	}
	var f file
	faults := document.Decode(path, source, &f)
	home, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Settings{}, append(faults, ops.Fault{File: path, Message: err.Error()})
	}
	over, err := overlay(source)
	if err != nil {
		return Settings{}, append(faults, ops.Fault{File: path, Message: "the settings cannot be read: " + err.Error()})
	}
	c := &checker{file: path, home: home, faults: faults}
	return c.settings(f, over), c.faults
}

// overlay lets the environment speak over the file, for what differs between
// machines: BULKHEAD_JOURNAL, BULKHEAD_PACK, BULKHEAD_THEME, BULKHEAD_COACH,
// BULKHEAD_ARM_FOR, BULKHEAD_OPERATOR_NAME, BULKHEAD_OPERATOR_ROLE.
func overlay(source []byte) (*viper.Viper, error) {
	v := viper.New()
	v.SetConfigType("yaml")
	v.SetDefault("theme", "auto")
	v.SetDefault("coach", true)
	v.SetDefault("arm_for", "30m")
	v.SetDefault("operator.role", "commander")
	v.SetEnvPrefix("BULKHEAD")
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	for _, key := range []string{"journal", "pack", "theme", "coach", "arm_for", "operator.name", "operator.role"} {
		if err := v.BindEnv(key); err != nil {
			return nil, err
		}
	}
	if err := v.ReadConfig(strings.NewReader(string(source))); err != nil {
		return nil, err
	}
	return v, nil
}

type checker struct {
	file   string
	home   string
	faults ops.Faults
}

func (c *checker) fault(at document.Text, hint, format string, args ...any) {
	c.faults = append(c.faults, at.Fault(c.file, fmt.Sprintf(format, args...), hint))
}

func (c *checker) settings(f file, over *viper.Viper) Settings {
	s := Settings{
		File: c.file, Pack: c.path(over.GetString("pack")), Journal: c.path(over.GetString("journal")),
		Operator: ops.Operator{Name: over.GetString("operator.name"), Role: over.GetString("operator.role")},
		Theme:    over.GetString("theme"), Coach: over.GetBool("coach"), Bindings: map[string][]string{},
	}
	if f.Version > 1 {
		c.fault(f.At, "this program reads version 1", "version %d is newer than this program", f.Version)
	}
	armFor, err := document.ParseDuration(over.GetString("arm_for"))
	if err != nil {
		c.fault(f.At, "as in arm_for: 30m", "arm_for: %s", err)
	}
	s.ArmFor = armFor
	if s.Theme != "auto" && s.Theme != "dark" && s.Theme != "light" {
		c.fault(f.Theme, "auto, dark or light", "the theme %q is not known", s.Theme)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Chains)) {
		s.Chains = append(s.Chains, c.chain(name, f.Chains[name]))
	}
	for _, k := range f.Keys {
		s.Keys = append(s.Keys, c.key(k))
	}
	if f.Owners.Value != "" {
		if s.Owners, err = document.ParseHash(f.Owners.Value); err != nil {
			c.fault(f.Owners, "the SHA-256 of owners.yaml, as bulkhead pack verify prints it", "owners: %s", err)
		}
	}
	if k := f.Operator.Key; k.Value != "" {
		s.OwnKey = k.Value
		if _, ok := s.Key(k.Value); !ok {
			c.fault(k, "name one of keys", "the operator's key %q does not stand under keys", k.Value)
		}
	}
	for action, keys := range f.Bindings {
		for _, key := range keys {
			s.Bindings[action] = append(s.Bindings[action], key.Value)
		}
	}
	return s
}

func (c *checker) chain(name string, chain chainFile) Chain {
	out := Chain{Name: name, BlockTime: chain.BlockTime, Quorum: chain.Quorum}
	if chain.Quorum < 0 || chain.Quorum > max(len(chain.Endpoints), 1) {
		c.fault(chain.At, "how many of them have to say the same", "chain %s wants %d of its %d endpoints to agree", name, chain.Quorum, len(chain.Endpoints))
	}
	if n := len(chain.Endpoints); chain.Quorum > 0 && n > 1 && 2*chain.Quorum <= n {
		f := chain.At.Fault(c.file, fmt.Sprintf("chain %s: %d of %d endpoints are no more than half: after a split of the network both halves have a quorum", name, chain.Quorum, n), "ask for more than half, or leave quorum out")
		f.Warning = true
		c.faults = append(c.faults, f)
	}
	names := map[string]bool{}
	for _, e := range chain.Endpoints {
		if names[e.Name] && e.Name != "" {
			c.fault(e.HTTP, "they are told apart by it", "two endpoints of chain %s are called %s", name, e.Name)
		}
		names[e.Name] = true
		out.Endpoints = append(out.Endpoints, Endpoint{Name: e.Name, HTTP: c.address(e.HTTP, "http://", "https://"), WS: c.address(e.WS, "ws://", "wss://"), Timeout: e.Timeout})
	}
	if r := chain.Relay; r != nil {
		if r.PublicAfter > longestHidden {
			c.fault(r.Keys["public_after"], fmt.Sprintf("at most %d blocks", longestHidden), "a relay that includes nothing would hold up a containment for %d blocks", r.PublicAfter)
		}
		out.Relay = Relay{Endpoint: Endpoint{Name: r.Name, HTTP: c.address(r.HTTP, "http://", "https://"), Timeout: r.Timeout}, PublicAfter: r.PublicAfter}
	}
	return out
}

// address reads an endpoint's address, which may be a reference because it often
// holds a provider's key.
func (c *checker) address(t document.Text, schemes ...string) string {
	value := t.Value
	if value == "" {
		return ""
	}
	if reference(value) {
		resolved, err := Secret(c.secret(value))
		if err != nil {
			c.fault(t, "", "%s", err)
			return ""
		}
		value = resolved
	}
	for _, s := range schemes {
		if strings.HasPrefix(value, s) {
			return value
		}
	}
	c.fault(t, "it begins with "+strings.Join(schemes, " or ")+", or is env:NAME or file:path", "this is no address of an endpoint")
	return ""
}

// path makes a path absolute, counting from the file's folder.
func (c *checker) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.home, p)
}

// secret makes the path in a file: reference absolute.
func (c *checker) secret(ref string) string {
	if p, ok := strings.CutPrefix(ref, "file:"); ok {
		return "file:" + c.path(p)
	}
	return ref
}
