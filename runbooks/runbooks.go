// Package runbooks holds the pre-committed action trees as YAML and reads them:
// one runbook for each breach class, its steps, lanes, phrase and the condition
// under which an incident counts as contained.
//
// It must never run anything, and never accept a runbook that leaves open what
// is sent: targets and functions are literal, and the only arguments that the
// night may fill in are typed parameters that come from the finding.
package runbooks

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
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
	Version  document.Text    `yaml:"version" need:"version: 1"`
	ID       ops.RunbookID    `yaml:"id" need:"id: R1, short enough to be spoken"`
	Name     string           `yaml:"name" need:"name: freeze-vault"`
	Owner    string           `yaml:"owner" need:"owner: incident-command"`
	Class    ops.BreachClass  `yaml:"class" need:"class: asset"`
	Key      string           `yaml:"key" need:"key: one capital letter, as in F"`
	Phrase   string           `yaml:"phrase" need:"phrase: what has to be typed, as in freeze vault"`
	People   uint64           `yaml:"people"`
	Cooldown time.Duration    `yaml:"cooldown"`
	Shots    uint64           `yaml:"shots"` // how often people may run it, ever; 0 where it is not written: as often as needed
	Params   map[string]Param `yaml:"params"`
	Lanes    map[string]Lane  `yaml:"lanes" need:"lanes: {guardian: {kind: keystore, from: …}}"`
	Steps    []Step           `yaml:"steps" need:"steps: at least one"`
	Standing *StandingOrder   `yaml:"standing_order"`
	Until    ContainedWhen    `yaml:"contained_when" need:"contained_when: {holds: …, blocks: 3, steps: [R1.1]}"`
	Hash     common.Hash      `yaml:"-"`
	File     string           `yaml:"-"`
	At       document.Text
	Keys     document.Places
}

// StandingOrder is what the owners order beforehand: one step that only restricts,
// sent once and by itself when one of the findings is in breach. Lane is a signer of
// its own, which no step of any person's uses.
type StandingOrder struct {
	Findings []document.Text `yaml:"findings" need:"findings: [A1], those that it answers"`
	Step     document.Text   `yaml:"step" need:"step: R1.1, the one that it sends"`
	Lane     document.Text   `yaml:"lane" need:"lane: auto, a lane of its own"`
	Shots    uint64          `yaml:"shots" need:"shots: 1"`
	Keys     document.Places
}

// Param is an argument that only the finding knows.
type Param struct {
	Type document.Text `yaml:"type" need:"type: bytes32 or address"`
	From document.Text `yaml:"from" need:"from: finding"`
}

// Lane is the signer path that a step can take: a keystore or a remote signer of this
// console, a ladder that was signed beforehand, print, where the call is shown and
// somebody else sends it, or safe. From is its account: for a Safe the Safe, and
// Executor names the lane whose account sends and pays.
type Lane struct {
	Kind     document.Text `yaml:"kind" need:"kind: keystore"`
	From     document.Text `yaml:"from" need:"from: the account, as a quoted address"`
	Executor document.Text `yaml:"executor"`
	MaxFee   document.Text `yaml:"max_fee"` // the most that a gas may cost, in wei, as an expression

	// Of the Safe, as the runbook was written for it: its code, and what acts in it beside
	// its owners. What else is found there is a doubt.
	Singleton   document.Text   `yaml:"singleton"`
	Modules     []document.Text `yaml:"modules"`
	Guard       document.Text   `yaml:"guard"`
	ModuleGuard document.Text   `yaml:"module_guard"`
	Keys        document.Places
}

// Step is one action: a call on chain, a control of the console itself, or a
// question to a person, whose expected answer Expect is then. Where When does not
// hold it is left out, and the step that Otherwise names is run in its place.
// Takes holds when the chain lets it take effect Within.
type Step struct {
	ID         string                   `yaml:"id" need:"id: R1.1"`
	Title      string                   `yaml:"title" need:"title: what it does, in a few words"`
	Call       document.Text            `yaml:"call"`
	Control    document.Text            `yaml:"control"`
	Ask        string                   `yaml:"ask"`
	When       document.Text            `yaml:"when"`
	Otherwise  document.Text            `yaml:"otherwise"`
	Parallel   bool                     `yaml:"parallel"`
	Effect     document.Text            `yaml:"effect" need:"effect: restricts or loosens"`
	WrittenFor map[string]document.Text `yaml:"written_for"`
	Lanes      []document.Text          `yaml:"lanes"`
	Within     time.Duration            `yaml:"within"`
	Takes      document.Text            `yaml:"takes"`
	Authority  *Authority               `yaml:"authority"`
	Blast      Blast                    `yaml:"blast_radius" need:"blast_radius: {scope: global, stops: what users can no longer do}"`
	Expect     document.Text            `yaml:"expect" need:"expect: what holds once it took effect"`
	OnFailure  document.Text            `yaml:"on_failure"`
	At         document.Text
	Keys       document.Places
}

// Authority says until when the caller may do this at all, in seconds since 1970: a
// pause window, a term of office, the end of a heartbeat. Warn is how long before it
// the board says so.
type Authority struct {
	Until document.Text `yaml:"until" need:"until: breaker.pauserUntil(guardian), in seconds since 1970"`
	Warn  time.Duration `yaml:"warn"`
}

// Blast says whom a step hurts.
type Blast struct {
	Scope document.Text `yaml:"scope" need:"scope: global, market, asset, function or internal"`
	Stops string        `yaml:"stops" need:"stops: what users can no longer do"`
}

// ContainedWhen is the condition that ends an incident's clock.
type ContainedWhen struct {
	Holds  document.Text `yaml:"holds" need:"holds: the condition"`
	Blocks uint64        `yaml:"blocks" need:"blocks: for how many blocks"`
	Steps  []string      `yaml:"steps" need:"steps: which steps must be in effect"`
	Keys   document.Places
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
		source, err := document.ReadDocument(folder, name)
		if err != nil {
			faults = append(faults, ops.Fault{File: "runbooks/" + name, Message: "it cannot be read: " + err.Error()})
			continue
		}
		book := Runbook{Hash: sha256.Sum256(source), File: "runbooks/" + name}
		found := document.Decode(book.File, source, &book)
		found = append(found, book.check()...)
		slices.SortStableFunc(found, func(a, b ops.Fault) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
		faults = append(faults, found...)
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
		for _, kind := range []string{"id", "name", "key"} {
			value := map[string]string{"id": string(b.ID), "name": b.Name, "key": b.Key}[kind]
			if first, ok := seen[kind+value]; ok && value != "" {
				faults = append(faults, b.Keys[kind].Fault(b.File, fmt.Sprintf("the %s %q is also that of %s", kind, value, first), "give one of them another"))
			}
			seen[kind+value] = b.File
		}
	}
	for _, b := range books {
		if b.Standing == nil {
			continue
		}
		own := b.Lanes[b.Standing.Lane.Value].From.Value
		for _, other := range books {
			for name, lane := range other.Lanes {
				if other.ID != b.ID && own != "" && lane.From.Value == own {
					faults = append(faults, b.Standing.Lane.Fault(b.File, fmt.Sprintf("standing order: its account is also that of the lane %s of %s", name, other.Name), "give it a key of its own"))
				}
			}
		}
	}
	return faults
}
