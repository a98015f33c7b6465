package runbooks_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

const freeze = "freeze-vault.yaml"

// edited is the embedded folder with one runbook changed by replacing texts.
func edited(t testing.TB, pairs ...string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	names, _ := fs.Glob(runbooks.Embedded, "*.yaml")
	for _, name := range names {
		b, err := fs.ReadFile(runbooks.Embedded, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: b}
	}
	source := string(out[freeze].Data)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(source, pairs[i]) {
			t.Fatalf("%s has no %q", freeze, pairs[i])
		}
		source = strings.Replace(source, pairs[i], pairs[i+1], 1)
	}
	out[freeze] = &fstest.MapFile{Data: []byte(source)}
	return out
}

func TestTheEmbeddedRunbooksHaveNoFault(t *testing.T) {
	books, faults := runbooks.Load(runbooks.Embedded)
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	if len(books) != 7 || books[0].ID != "R1" || books[1].ID != "R2" || books[6].ID != "R7" {
		t.Fatalf("%+v", books)
	}
	b := books[0]
	if b.Name != "freeze-vault" || b.Key != "F" || b.Phrase != "freeze vault" || b.Class != ops.ClassAsset || b.Cooldown != time.Hour || b.File != "runbooks/freeze-vault.yaml" {
		t.Errorf("%+v", b)
	}
	if s := b.Steps[0]; s.Call.Value != "vault.pause()" || s.Lanes[0].Value != "guardian" || s.Blast.Stops == "" || b.Until.Blocks != 3 {
		t.Errorf("%+v", s)
	}
	if books[1].Params["operation"].Type.Value != "bytes32" {
		t.Errorf("%+v", books[1].Params)
	}
}

// Fault 21, as far as it is decided here.
func TestAnEditedByteChangesTheCommitment(t *testing.T) {
	seen := map[common.Hash]bool{}
	for _, pairs := range [][]string{nil, {"people: 1", "people: 0"}, {"# Answers", "# answers"}, {"within: 60s", "within: 61s"}} {
		books, _ := runbooks.Load(edited(t, pairs...))
		if seen[books[0].Hash] || books[0].Hash == (common.Hash{}) {
			t.Errorf("%v left the hash as it was", pairs)
		}
		seen[books[0].Hash] = true
	}
}

func TestEachRuleOfARunbookHasItsFault(t *testing.T) {
	for _, c := range []struct {
		name  string
		pairs []string
		at    string
		want  string
	}{
		{"a version of another program", []string{"version: 1", "version: 2"}, "4:10", `version "2" is not known`},
		{"an id nobody can say", []string{"id: R1\n", "id: R-1000000\n"}, "5:5", "cannot be spoken on a call"},
		{"an unknown key", []string{"cooldown: 1h", "cooldwn: 1h"}, "12:1", `"cooldown" is meant?`},
		{"an unknown class", []string{"class: asset", "class: assets"}, "9:8", `the class "assets" is not known`},
		{"a small key", []string{"key: F", "key: f"}, "7:6", `the key "f" cannot start a runbook`},
		{"a key that is taken", []string{"key: F", "key: L"}, "7:6", `the key "L" cannot start a runbook`},
		{"shots of nothing", []string{"cooldown: 1h", "shots: 0"}, "12:8", "shots: 0 allows nobody to run it"},
		{"three people", []string{"people: 1", "people: 3"}, "11:9", "3 people are asked for"},
		{"no phrase", []string{"phrase: freeze vault\n", ""}, "4:1", `lacks "phrase"`},
		{"an empty phrase", []string{"phrase: freeze vault", "phrase: \"\""}, "10:9", `"phrase" is empty`},
		{"a phrase in capitals", []string{"phrase: freeze vault", "phrase: Freeze Vault"}, "10:9", "cannot be typed without thinking"},
		{"a phrase with a space at its end", []string{"phrase: freeze vault", "phrase: \"freeze vault \""}, "10:10", "cannot be typed without thinking"},
		{"a phrase like that of a drill", []string{"phrase: freeze vault", "phrase: drill freeze vault"}, "10:9", "could be mistaken for a rehearsal"},
		{"an unknown lane", []string{"kind: keystore", "kind: telepathy"}, "14:20", `the kind "telepathy" is not known`},
		{"a lane with a wrong checksum", []string{"0x7C0d", "0x7c0d"}, "14:37", "the checksum of"},
		{"an unquoted address", []string{`"0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"`, "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"}, "14:36", "unquoted 0x"},
		{"no lanes", []string{"lanes:\n  guardian", "lanes: {}\nx:\n  guardian"}, "13:8", `"lanes" is empty`},
		{"a step in an unknown lane", []string{"lanes: [guardian]", "lanes: [admiral]"}, "21:13", `no lane is called "admiral"`},
		{"a step in no lane", []string{"    lanes: [guardian]\n", ""}, "16:5", "no lane can send it"},
		{"an effect that is unknown", []string{"effect: restricts", "effect: heals"}, "19:13", `the effect "heals" is not known`},
		{"one person who loosens", []string{"effect: restricts", "effect: loosens"}, "19:13", "what loosens takes two people"},
		{"loosening in passing", []string{"people: 1", "people: 2", "    effect: restricts\n    blast_radius: {scope: internal", "    effect: loosens\n    blast_radius: {scope: internal", "control: freeze-promotion(C1)", "call: vault.unpause()\n    lanes: [guardian]"}, "30:13", "is the only call of its runbook"},
		{"a step without effect", []string{"    effect: restricts\n", ""}, "16:5", `lacks "effect"`},
		{"a step without a blast radius", []string{"    blast_radius: {scope: global, stops: all deposits and withdrawals}\n", ""}, "16:5", `lacks "blast_radius"`},
		{"an unknown scope", []string{"scope: global", "scope: galaxy"}, "23:27", `the scope "galaxy" is not known`},
		{"a step without proof", []string{"    expect: vault.paused() == true\n", ""}, "16:5", `lacks "expect"`},
		{"a step that does nothing", []string{"    control: freeze-promotion(C1)\n", ""}, "26:5", "it needs one of a call, a control and a question"},
		{"a step that does two things", []string{"    call: vault.pause()\n", "    call: vault.pause()\n    control: freeze-promotion(C1)\n"}, "16:5", "it needs one of a call, a control and a question"},
		{"a next lane that there is not", []string{"on_failure: stop", "on_failure: next-lane"}, "25:17", "there is no next lane"},
		{"an unknown end", []string{"on_failure: stop", "on_failure: panic"}, "25:17", `on_failure "panic" is not known`},
		{"an otherwise without a condition", []string{"    within: 60s\n", "    otherwise: R1.2\n"}, "22:16", "it is always run, and has an otherwise"},
		{"a first step beside nothing", []string{"    within: 60s\n", "    parallel: true\n"}, "22:15", "it is the first, and has nothing beside it"},
		{"a control beside a call", []string{"    control: freeze-promotion(C1)\n", "    control: freeze-promotion(C1)\n    parallel: true\n"}, "29:15", "only calls are sent side by side"},
		{"authority without an end", []string{"    within: 60s\n", "    authority: {warn: 24h}\n"}, "22:16", `"until"`},
		{"authority of a control", []string{"    control: freeze-promotion(C1)\n", "    control: freeze-promotion(C1)\n    authority: {until: block.timestamp}\n"}, "29:24", "only a call needs authority on chain"},
		{"a warning afterwards", []string{"    within: 60s\n", "    authority: {until: block.timestamp, warn: -1h}\n"}, "22:47", `"-1h" is not a duration`},
		{"an otherwise that goes back", []string{"    control: freeze-promotion(C1)\n", "    control: freeze-promotion(C1)\n    when: vault.paused() == false\n    otherwise: R1.1\n"}, "30:16", `otherwise names "R1.1", which is no later step`},
		{"what it takes without a limit", []string{"    within: 60s\n", "    takes: 1 < 2\n"}, "22:12", "not within which time it must"},
		{"an id used twice", []string{"id: R1.2", "id: R1.1"}, "26:9", "the id is used twice"},
		{"containment without a step", []string{"steps: [R1.1]", "steps: []"}, "33:93", `"steps" is empty`},
		{"containment by an unknown step", []string{"steps: [R1.1]", "steps: [R1.1, R1.9]"}, "33:93", `names the step "R1.9", which there is not`},
		{"containment without the step that sends", []string{"steps: [R1.1]", "steps: [R1.2]"}, "33:93", "waits for no step that sends"},
		{"containment at once", []string{"blocks: 3", "blocks: 0"}, "33:83", "0 blocks, which is at once"},
		{"a name that is taken", []string{"name: freeze-vault", "name: cancel-operation"}, "5:7", `the name "cancel-operation" is also that of`},
		{"a parameter of an unknown type", []string{"lanes:\n", "params: {who: {type: uint256, from: finding}}\nlanes:\n"}, "13:22", `the type "uint256" is not known`},
		{"a parameter from elsewhere", []string{"lanes:\n", "params: {who: {type: address, from: operator}}\nlanes:\n"}, "13:37", "only the finding can give it"},
		{"a parameter that no expression can name", []string{"lanes:\n", "params: {_who: {type: address, from: finding}}\nlanes:\n"}, "13:23", `no expression can name a parameter "_who"`},
		{"a standing order by a person's lane", []string{"lanes:\n", "standing_order: {findings: [A1], step: R1.1, lane: guardian, shots: 1}\nlanes:\n"}, "13:52", "the lane guardian is also a person's"},
		{"a standing order that fires twice", []string{"lanes:\n", "standing_order: {findings: [A1], step: R1.1, lane: auto, shots: 2}\nlanes:\n"}, "13:65", "it fires once, not 2 times"},
		{"a standing order of a control", []string{"lanes:\n", "standing_order: {findings: [A1], step: R1.2, lane: auto, shots: 1}\nlanes:\n"}, "13:40", `"R1.2" is no step that sends`},
		{"a standing order that somebody else would send", []string{"lanes:\n", "standing_order: {findings: [A1], step: R1.1, lane: auto, shots: 1}\nlanes:\n  auto: {kind: print, from: 0x7A53926Ae33f9FaE9e1B252f5cCFc5A2DD2f80F2}\n"}, "13:52", "a lane of the kind print"},
		{"a standing order for nothing", []string{"lanes:\n", "standing_order: {findings: [], step: R1.1, lane: auto, shots: 1}\nlanes:\n"}, "13:28", `"findings" is empty`},
		{"an alias", []string{"kind: keystore", "kind: &k keystore", "lanes: [guardian]", "lanes: [*k]"}, "21:13", "is an alias"},
		{"a second document", []string{"# Answers", "---\n---\n# Answers"}, "0:0", "there is a second document"},
		{"no steps", []string{"steps:\n", "steps: []\nx:\n"}, "15:8", `"steps" is empty`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := runbooks.Load(edited(t, c.pairs...))
			if faults.Err() == nil {
				t.Fatal("nothing was said")
			}
			var heard bool
			for _, f := range faults {
				heard = heard || fmt.Sprintf("%d:%d", f.Line, f.Column) == c.at && strings.Contains(f.Message, c.want)
			}
			if !heard {
				t.Errorf("want a fault at %s: %s; got\n%v", c.at, c.want, faults)
			}
		})
	}
}

func TestFiveMistakesOfARunbookAreFiveFaultsInTheOrderOfTheFile(t *testing.T) {
	_, faults := runbooks.Load(edited(t, "version: 1", "version: 9", "class: asset", "class: money", "people: 1", "people: 3", "kind: keystore", "kind: none", "blocks: 3", "blocks: 0"))
	if len(faults) != 5 {
		t.Fatalf("%d faults:\n%v", len(faults), faults)
	}
	for i, line := range []int{4, 9, 11, 14, 33} {
		if faults[i].Line != line || faults[i].File != "runbooks/"+freeze {
			t.Errorf("fault %d stands at %s, want line %d", i, faults[i], line)
		}
	}
}

func TestAnEmptyFolderIsSaidSo(t *testing.T) {
	if _, faults := runbooks.Load(fstest.MapFS{}); faults.Err() == nil || !strings.Contains(faults.Error(), "there is no runbook") {
		t.Errorf("%v", faults)
	}
	if _, faults := runbooks.Load(fstest.MapFS{"x.yaml": {Data: make([]byte, 2<<20)}, "y.yaml": {Data: nil}}); len(faults) < 2 || !strings.Contains(faults.Error(), "longer than") || !strings.Contains(faults.Error(), "is empty") {
		t.Errorf("%v", faults)
	}
}

func FuzzLoad(f *testing.F) {
	names, err := fs.Glob(runbooks.Embedded, "*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(runbooks.Embedded, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("steps: [{}]\ncontained_when: {steps: [x]}"))
	f.Fuzz(func(t *testing.T, source []byte) {
		books, faults := runbooks.Load(fstest.MapFS{"a.yaml": {Data: source}})
		if faults.Err() == nil && (len(books) != 1 || len(books[0].Steps) == 0 || books[0].Phrase == "" || len(books[0].Until.Steps) == 0) {
			t.Fatalf("no fault, and this runbook: %+v", books)
		}
	})
}
