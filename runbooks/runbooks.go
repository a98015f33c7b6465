// Package runbooks holds the pre-committed action trees as YAML and reads them:
// one runbook for each breach class, its steps, lanes, phrase and the condition
// under which an incident counts as contained.
//
// It must never run anything, and never accept a runbook that leaves open what
// is sent: targets and functions are literal, and the only arguments that the
// night may fill in are typed parameters that come from the finding.
package runbooks

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// Embedded are the runbooks of the drill, and the templates to start from.
//
//go:embed *.yaml
var Embedded embed.FS

// Runbook is one checked action tree. Hash is SHA-256 of its file: the
// commitment that every plan names.
type Runbook struct {
	Version  uint64           `yaml:"version" need:"version: 1"`
	ID       ops.RunbookID    `yaml:"id" need:"id: R1, short enough to be spoken"`
	Name     string           `yaml:"name" need:"name: freeze-vault"`
	Owner    string           `yaml:"owner" need:"owner: incident-command"`
	Class    ops.BreachClass  `yaml:"class" need:"class: asset"`
	Key      string           `yaml:"key" need:"key: one capital letter, as in F"`
	Phrase   string           `yaml:"phrase" need:"phrase: what has to be typed, as in freeze vault"`
	People   uint64           `yaml:"people"`
	Cooldown time.Duration    `yaml:"cooldown"`
	Params   map[string]Param `yaml:"params"`
	Lanes    map[string]Lane  `yaml:"lanes" need:"lanes: {guardian: {kind: keystore, from: …}}"`
	Steps    []Step           `yaml:"steps" need:"steps: at least one"`
	Until    ContainedWhen    `yaml:"contained_when" need:"contained_when: {holds: …, blocks: 3, steps: [R1.1]}"`
	Hash     common.Hash      `yaml:"-"`
	File     string           `yaml:"-"`
	At       document.Text
}

// Param is an argument that only the finding knows.
type Param struct {
	Type document.Text `yaml:"type" need:"type: bytes32 or address"`
	From document.Text `yaml:"from" need:"from: finding"`
}

// Lane is the signer path that a step can take. From is its account.
type Lane struct {
	Kind document.Text `yaml:"kind" need:"kind: keystore"`
	From document.Text `yaml:"from" need:"from: the account, as a quoted address"`
}

// Step is one action: a call on chain, or a control of the console itself.
type Step struct {
	ID         string                   `yaml:"id" need:"id: R1.1"`
	Title      string                   `yaml:"title" need:"title: what it does, in a few words"`
	Call       document.Text            `yaml:"call"`
	Control    document.Text            `yaml:"control"`
	Effect     document.Text            `yaml:"effect" need:"effect: restricts or loosens"`
	WrittenFor map[string]document.Text `yaml:"written_for"`
	Lanes      []document.Text          `yaml:"lanes"`
	Within     time.Duration            `yaml:"within"`
	Blast      Blast                    `yaml:"blast_radius" need:"blast_radius: {scope: global, stops: what users can no longer do}"`
	Expect     document.Text            `yaml:"expect" need:"expect: what holds once it took effect"`
	OnFailure  document.Text            `yaml:"on_failure"`
	At         document.Text
}

// Blast says whom a step hurts.
type Blast struct {
	Scope string `yaml:"scope" need:"scope: global, market, function or internal"`
	Stops string `yaml:"stops" need:"stops: what users can no longer do"`
}

// ContainedWhen is the condition that ends an incident's clock.
type ContainedWhen struct {
	Holds  document.Text `yaml:"holds" need:"holds: the condition"`
	Blocks uint64        `yaml:"blocks" need:"blocks: for how many blocks"`
	Steps  []string      `yaml:"steps" need:"steps: which steps must be in effect"`
}

// Load reads every runbook of a folder, in the order of their ids.
func Load(folder fs.FS) ([]Runbook, ops.Faults) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil || len(names) == 0 {
		return nil, ops.Faults{{File: "runbooks", Message: "there is no runbook", Hint: "an invariant's action is the name of a runbook in runbooks/*.yaml"}}
	}
	var books []Runbook
	var faults ops.Faults
	for _, name := range names {
		source, err := fs.ReadFile(folder, name)
		if err != nil {
			faults = append(faults, ops.Fault{File: "runbooks/" + name, Message: "it cannot be read: " + err.Error()})
			continue
		}
		book := Runbook{Hash: sha256.Sum256(source), File: "runbooks/" + name}
		found := document.Decode(book.File, source, &book)
		faults = append(append(faults, found...), book.check()...)
		books = append(books, book)
	}
	slices.SortFunc(books, func(a, b Runbook) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return books, append(faults, clashes(books)...)
}

// clashes finds ids, names and keys that two runbooks share.
func clashes(books []Runbook) ops.Faults {
	var faults ops.Faults
	seen := map[string]string{}
	for _, b := range books {
		for kind, value := range map[string]string{"id": string(b.ID), "name": b.Name, "key": b.Key} {
			if first, ok := seen[kind+value]; ok && value != "" {
				faults = append(faults, b.At.Fault(b.File, fmt.Sprintf("the %s %q is also that of %s", kind, value, first), "give one of them another"))
			}
			seen[kind+value] = b.File
		}
	}
	return faults
}

var keyShape = regexp.MustCompile(`^[A-Z]$`)

// check finds what the shape of the document does not rule out.
func (b Runbook) check() ops.Faults {
	var faults ops.Faults
	fault := func(at document.Text, hint, format string, args ...any) {
		faults = append(faults, at.Fault(b.File, fmt.Sprintf(format, args...), hint))
	}
	if b.Version > 1 {
		fault(b.At, "this program reads version 1", "version %d is newer than this program", b.Version)
	}
	if b.Key != "" && (!keyShape.MatchString(b.Key) || b.Key == "L" || b.Key == "G") {
		fault(b.At, "one capital letter; L and G are taken", "the key %q cannot start a runbook", b.Key)
	}
	if b.People > 1 {
		fault(b.At, "write people: 1", "a second person's confirmation is not supported yet, and %d people are asked for", b.People)
	}
	for name, lane := range b.Lanes {
		if lane.Kind.Line > 0 && lane.Kind.Value != "keystore" {
			fault(lane.Kind, "write kind: keystore", "lane %s: the kind %q is not known", name, lane.Kind.Value)
		}
		if _, err := document.ParseAddress(lane.From.Value); err != nil && lane.From.Line > 0 {
			fault(lane.From, "compare it with its source, digit by digit", "lane %s: %s", name, err)
		}
	}
	for name, param := range b.Params {
		if t := param.Type.Value; t != "bytes32" && t != "address" && param.Type.Line > 0 {
			fault(param.Type, "bytes32 or address", "parameter %s: the type %q is not known", name, t)
		}
		if param.From.Value != "finding" && param.From.Line > 0 {
			fault(param.From, "write from: finding", "parameter %s: only the finding can give it", name)
		}
	}
	return append(faults, b.checkSteps()...)
}

func (b Runbook) checkSteps() ops.Faults {
	var faults ops.Faults
	ids := map[string]bool{}
	calls := 0
	for _, s := range b.Steps {
		fault := func(at document.Text, hint, format string, args ...any) {
			faults = append(faults, at.Fault(b.File, "step "+s.ID+": "+fmt.Sprintf(format, args...), hint))
		}
		if ids[s.ID] {
			fault(s.At, "ids are unique", "the id is used twice")
		}
		ids[s.ID] = true
		if (s.Call.Value == "") == (s.Control.Value == "") {
			fault(s.At, "call: vault.pause(), or control: freeze-promotion(C1)", "it needs either a call or a control")
		}
		if s.Call.Value != "" {
			calls++
			if len(s.Lanes) == 0 {
				fault(s.At, "lanes: [guardian]", "no lane can send it")
			}
		}
		for _, lane := range s.Lanes {
			if _, ok := b.Lanes[lane.Value]; !ok {
				fault(lane, "name it under lanes", "no lane is called %q", lane.Value)
			}
		}
		if e := s.Effect.Value; e != "restricts" && s.Effect.Line > 0 {
			fault(s.Effect, "write effect: restricts", "only steps that restrict can be run so far, not %q", e)
		}
	}
	if calls != 1 && len(b.Steps) > 0 {
		faults = append(faults, b.At.Fault(b.File, fmt.Sprintf("a runbook sends exactly one call so far, not %d", calls), "split it into several runbooks"))
	}
	for _, id := range b.Until.Steps {
		if !ids[id] {
			faults = append(faults, b.At.Fault(b.File, fmt.Sprintf("contained_when names the step %q, which there is not", id), "name steps of this runbook"))
		}
	}
	return faults
}
