package document_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

type door struct {
	Name   document.Text `yaml:"name" need:"name: what it is called"`
	Height uint8         `yaml:"height"`
	Open   bool          `yaml:"open"`
	Within time.Duration `yaml:"within"`
	At     document.Text
	Keys   document.Places
}

type ship struct {
	Version uint64                   `yaml:"version" need:"version: 1"`
	Owner   string                   `yaml:"owner"`
	Hull    document.Text            `yaml:"hull"`
	Doors   []door                   `yaml:"doors" need:"doors: at least one"`
	Crew    map[string]document.Text `yaml:"crew"`
	Spare   *door                    `yaml:"spare"`
}

func decode(source string) (ship, ops.Faults) {
	var s ship
	faults := document.Decode("ship.yaml", []byte(source), &s)
	return s, faults
}

func TestADocumentIsReadWithThePlaceOfEveryValue(t *testing.T) {
	s, faults := decode(`version: 1
owner: Ada
hull: "0x8456cb59"
doors:
  - {name: bow, height: 7, open: true, within: 90m}
  - name: 'stern'
    open: false
crew: {cook: Bob}
spare: {name: lee}
`)
	if len(faults) != 0 {
		t.Fatalf("a good document has faults: %v", faults)
	}
	if s.Hull != (document.Text{Value: "0x8456cb59", Line: 3, Column: 8}) {
		t.Errorf("the place of a quoted value is that of its first character: %+v", s.Hull)
	}
	bow, stern := s.Doors[0], s.Doors[1]
	if bow.Name.Value != "bow" || bow.Height != 7 || !bow.Open || bow.Within != 90*time.Minute {
		t.Errorf("bow: %+v", bow)
	}
	if bow.At.Line != 5 || bow.At.Column != 5 || stern.At.Line != 6 || stern.Name.Line != 6 || stern.Name.Column != 12 {
		t.Errorf("places: %+v, %+v", bow.At, stern)
	}
	if at := bow.Keys["within"]; at.Line != 5 || at.Column != 48 {
		t.Errorf("the place of within: %+v", at)
	}
	if s.Crew["cook"].Value != "Bob" || s.Spare == nil || s.Spare.Name.Value != "lee" {
		t.Errorf("crew %v, spare %v", s.Crew, s.Spare)
	}
}

func TestABlockOfTextStartsOnTheLineBelowItsMark(t *testing.T) {
	s, faults := decode("version: 1\nhull: |\n  a >=\n    b\ndoors: [{name: x}]\n")
	if len(faults) != 0 || s.Hull.Value != "a >=\n  b\n" || s.Hull.Line != 3 || s.Hull.Column != 3 {
		t.Errorf("%+v, %v", s.Hull, faults)
	}
	s, faults = decode("version: 1\nhull: >-\n  a >=\n  b\ndoors: [{name: x}]\n")
	if len(faults) != 0 || s.Hull.Value != "a >= b" || s.Hull.Line != 3 {
		t.Errorf("%+v, %v", s.Hull, faults)
	}
}

// words is a text without regard to how it is broken into lines.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// Each case is one mistake and the one fault that it must give.
func TestEachMistakeIsOneFaultWithItsPlace(t *testing.T) {
	const good = "version: 1\ndoors: [{name: bow}]\n"
	for _, c := range []struct{ name, source, want string }{
		{"an unknown key", good + "hulk: x\n", `ship.yaml:3:1: the document has no key "hulk": "hull" is meant?`},
		{"an unknown key like none", good + "funnel: x\n", `ship.yaml:3:1: the document has no key "funnel"` + "\n\tit knows: version, owner"},
		{"a key in capitals", good + "Owner: x\n", `has no key "Owner": "owner" is meant?`},
		{"a duplicate key", good + "owner: a\nowner: b\n", `ship.yaml:4:1: "owner" stands twice`},
		{"a missing key", "doors: [{name: bow}]\n", `ship.yaml:1:1: the document lacks "version"` + "\n\tversion: 1"},
		{"a missing key in a list", "version: 1\ndoors:\n  - {open: true}\n", `ship.yaml:3:5: doors[0] lacks "name"`},
		{"a key without a value", "version: 1\ndoors: [{name: }]\n", `doors[0]: "name" is empty`},
		{"a null", "version: 1\ndoors: [{name: ~}]\n", `doors[0]: "name" is empty`},
		{"an empty text", "version: 1\ndoors: [{name: ' '}]\n", `ship.yaml:2:16: doors[0]: "name" is empty`},
		{"an empty list", "version: 1\ndoors: []\n", `ship.yaml:2:8: the document: "doors" is empty` + "\n\tdoors: at least one"},
		{"a null in a list", "version: 1\ndoors: [~]\n", `doors[0] is not a mapping`},
		{"an unquoted address", good + "hull: 0x8456cb59\n", `ship.yaml:3:7: hull is an unquoted 0x…: YAML turns it into a number` + "\n\t" + `write "0x8456cb59"`},
		{"an unquoted capital 0X", good + "owner: 0XAB\n", `owner is an unquoted 0x…`},
		{"an alias", good + "owner: &a x\nhull: *a\n", `ship.yaml:4:7: hull is an alias`},
		{"a merge", "version: 1\ndoors: [&d {name: bow}, {<<: *d, name: x}]\n", `doors[1] has no key "<<"`},
		{"a tag", good + "hull: !!binary YWJj\n", `hull carries a tag`},
		{"a second document", good + "---\nversion: 1\n", `ship.yaml: there is a second document after ---`},
		{"nothing", "", `ship.yaml: the document is empty`},
		{"only a comment", "# nothing\n", `ship.yaml: the document is empty`},
		{"only a mark", "---\n", `the document is not a mapping`},
		{"a list where a mapping stands", "- a\n", `ship.yaml:1:1: the document is not a mapping`},
		{"a text where a list stands", "version: 1\ndoors: bow\n", `ship.yaml:2:8: doors is not a list`},
		{"a list where a text stands", good + "owner: [a]\n", `owner is not a single value`},
		{"a list where names stand", good + "crew: [a]\n", `crew is not a mapping`},
		{"a name that is a list", good + "crew: {? [a] : b}\n", `a name in crew is not a word`},
		{"a name twice", good + "crew: {a: b, a: c}\n", `"a" stands twice`},
		{"a number with a point", "version: 1.0\ndoors: [{name: bow}]\n", `version is "1.0", not a whole number`},
		{"a negative number", "version: -1\ndoors: [{name: bow}]\n", `version is "-1", not a whole number`},
		{"a number that does not fit", "version: 1\ndoors: [{name: bow, height: 256}]\n", `height is "256", not a whole number that fits`},
		{"a number beyond 63 bits", "version: 9223372036854775808\ndoors: [{name: bow}]\n", `not a whole number that fits`},
		{"a word for a truth", "version: 1\ndoors: [{name: bow, open: yes}]\n", `open is "yes", not true or false`},
		{"a digit for a truth", "version: 1\ndoors: [{name: bow, open: 1}]\n", `open is "1", not true or false`},
		{"a quoted truth", "version: 1\ndoors: [{name: bow, open: \"true\"}]\n", `open is "true", not true or false`},
		{"a duration without a unit", "version: 1\ndoors: [{name: bow, within: 60}]\n", `within: "60" is not a duration`},
		{"a broken indentation", "version: 1\n doors: [\n", `this is no YAML`},
		{"a tab", "version: 1\ndoors:\n\t- a\n", `this is no YAML`},
		{"bytes that are no text", "version: \xff\n", `this is no YAML`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := decode(c.source)
			if len(faults) != 1 {
				t.Fatalf("one mistake gave %d faults: %v", len(faults), faults)
			}
			if got := faults[0].String(); !strings.Contains(words(got), words(c.want)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if faults.Err() == nil {
				t.Error("the fault stops nothing")
			}
		})
	}
}

func TestTheNearestKeyIsSuggestedAndNoneThatIsFar(t *testing.T) {
	for key, want := range map[string]string{
		"verson": "version", "Version": "version", "versions": "version", "ower": "owner", "door": "doors", "dors": "doors", "crow": "crew",
		"spar": "spare", "hul": "hull", "x": "", "bridge": "", "versionnnn": "", "VERSION": "version", "sp are": "spare",
	} {
		_, faults := decode("version: 1\ndoors: [{name: bow}]\n" + key + ": 1\n")
		if len(faults) != 1 {
			t.Fatalf("%s: %v", key, faults)
		}
		_, suggestion, found := strings.Cut(faults[0].Message, `": `)
		if found != (want != "") || found && suggestion != fmt.Sprintf("%q is meant?", want) {
			t.Errorf("%s: %s, want %q", key, faults[0].Message, want)
		}
	}
}

func TestWhatCouldBeReadIsKeptBesideTheFaults(t *testing.T) {
	s, faults := decode("version: 1\nowner: Ada\nhull: 0xAB\ndoors:\n  - {name: bow, height: 700, open: true}\n  - {name: lee, within: 5m, x: y}\n")
	if len(faults) != 3 || s.Version != 1 || s.Owner != "Ada" || s.Hull.Value != "" || len(s.Doors) != 2 {
		t.Fatalf("%+v, %v", s, faults)
	}
	if d := s.Doors[0]; d.Name.Value != "bow" || d.Height != 0 || !d.Open {
		t.Errorf("%+v", d)
	}
	if d := s.Doors[1]; d.Name.Value != "lee" || d.Within != 5*time.Minute {
		t.Errorf("%+v", d)
	}
}

func TestAnOptionalKeyWithoutAValueIsAsGoodAsAbsent(t *testing.T) {
	s, faults := decode("version: 1\nowner:\nhull: ~\ncrew: null\nspare:\ndoors: [{name: bow, height: , open: ~, within: }]\n")
	if len(faults) != 0 || s.Owner != "" || s.Hull.Line != 0 || s.Crew != nil || s.Spare != nil || s.Doors[0].Height != 0 {
		t.Errorf("%+v, %v", s, faults)
	}
	if s, faults = decode("version: 1\nowner: 'null'\ndoors: [{name: \"~\"}]\n"); len(faults) != 0 || s.Owner != "null" || s.Doors[0].Name.Value != "~" {
		t.Errorf("a quoted null is a word: %+v, %v", s, faults)
	}
}

func TestAnAliasThatHoldsItselfEnds(t *testing.T) {
	for _, source := range []string{
		"version: 1\ndoors: &d [*d]\n", "version: 1\ndoors: [{name: bow}]\ncrew: &c {a: *c}\n", "version: 1\ndoors: [{name: bow}]\nspare: &s {name: *s}\n",
	} {
		if _, faults := decode(source); faults.Err() == nil || !strings.Contains(faults.Error(), "is an alias") && !strings.Contains(faults.Error(), "this is no YAML") {
			t.Errorf("%q: %v", source, faults)
		}
	}
}

func TestABombOfAliasesIsNotBlownUp(t *testing.T) {
	source := "version: 1\ndoors: [{name: bow}]\ncrew:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 20; i++ {
		source += fmt.Sprintf("  a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	if _, faults := decode(source); len(faults) != 20 {
		t.Errorf("%d faults", len(faults))
	}
}

func TestFiveMistakesAreFiveFaultsInOneReading(t *testing.T) {
	_, faults := decode("versoin: 1\nhull: 0xAB\ndoors:\n  - {name: bow, open: maybe}\n  - {name: bow, within: soon}\n")
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%d:%d", f.Line, f.Column))
	}
	if want := "1:1 2:7 4:23 5:25 1:1"; strings.Join(got, " ") != want {
		t.Errorf("the faults stand at %v, want %s:\n%v", got, want, faults)
	}
}

func TestADocumentOfManyFaultsSaysAboutThemUpToALimit(t *testing.T) {
	_, faults := decode(strings.Repeat("x: y\n", 100_000))
	if len(faults) > 210 {
		t.Errorf("%d faults", len(faults))
	}
	_, faults = decode("version: 1\ndoors: [{name: a}]\n" + strings.Repeat("k", 100_000) + ": 1\n")
	if len(faults) != 1 || len(faults[0].Message) > 300 {
		t.Errorf("a long key is repeated in full")
	}
}

func TestADocumentLongerThanTheLimitIsRefusedUnread(t *testing.T) {
	_, faults := decode("# " + strings.Repeat("x", 2<<20))
	if len(faults) != 1 || !strings.Contains(faults[0].Message, "longer than 1048576 bytes") {
		t.Errorf("%v", faults)
	}
}

func TestAFileIsReadNoFurtherThanItsLimit(t *testing.T) {
	pack := fstest.MapFS{"big": {Data: make([]byte, 5000)}, "policy.yaml": {Data: make([]byte, 2<<20)}}
	if b, err := document.Read(pack, "big", 100); err != nil || len(b) != 101 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if b, err := document.ReadDocument(pack, "policy.yaml"); err != nil || len(b) != 1<<20+1 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := document.ReadDocument(pack, "nothing"); err == nil {
		t.Error("a missing file was read")
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"version: 1\ndoors: [{name: bow}]\n", "a: &a [*a]", "? {}\n: x", "<<: {a: b}", "crew: {~: ~}", "doors:\n- |\n", "hull: >", "\xfe\xff", "!!x y",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		var s ship
		faults := document.Decode("f", source, &s)
		if len(faults) == 0 && (s.Version == 0 && !strings.Contains(string(source), "0") || len(s.Doors) == 0) {
			t.Fatalf("required keys are missing and nothing was said: %q", source)
		}
	})
}
