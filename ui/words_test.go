package ui

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/bulkhead-console/bulkhead/ops"
)

func TestKeysThatClashAreAnErrorAtStart(t *testing.T) {
	for name, c := range map[string]struct {
		over map[string][]string
		want string
	}{
		"one key for two":  {map[string][]string{"quit": {"?"}}, "does both help and quit"},
		"no such action":   {map[string][]string{"explode": {"x"}}, `no action "explode"`},
		"a reserved key":   {map[string][]string{"quit": {"ctrl+c"}}, "is reserved"},
		"no key":           {map[string][]string{"quit": {}}, "quit has no key"},
		"twice the same":   {map[string][]string{"quit": {"x", "x"}}, "does both quit and quit"},
		"another's number": {map[string][]string{"copy": {"1"}}, "is reserved"},
	} {
		if _, err := newKeymap(c.over); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	k, err := newKeymap(map[string][]string{"quit": {"Q", "ctrl+q"}})
	if err != nil || k.byKey["ctrl+q"] != actQuit || k.byKey["q"] != "" || k.first(actQuit) != "Q" {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestPlainSaysTheSameAsTheScreen(t *testing.T) {
	golden.RequireEqual(t, []byte(Plain(breach())+"\n"+Plain(blind())+"\n"+Plain(contained())))
}

func TestTheHotwashTellsHowItWent(t *testing.T) {
	h := ops.Hotwash{
		Scenario: "vault-insolvency", Seed: 1, BreachBlock: 32, DetectedBlock: 32, ContainedBlock: 44, Detect: 2 * time.Millisecond, Confirm: 13500 * time.Millisecond,
		Mine: 552 * time.Millisecond, Verify: 3 * time.Second, Lost: quantity("1", "117.24 dUSD"), Saved: quantity("1", "567.1 dUSD"), Contained: true, Foiled: "9 withdrawals by the attacker reverted",
		Journal: "/var/lib/bulkhead/journal.jsonl", ExitReason: "quit",
	}
	nobody := ops.Hotwash{Scenario: "vault-insolvency", Seed: 1, BreachBlock: 32, DetectedBlock: 32, Lost: quantity("1", "684.34 dUSD"), Journal: "j", ExitReason: "drained"}
	golden.RequireEqual(t, []byte(Hotwash(h)+"\n"+Hotwash(nobody)+"\n"+Hotwash(ops.Hotwash{Scenario: "vault-insolvency", ExitReason: "quit"})))
}

// Where there is no terminal the state is printed once, and then what changes.
func TestFollowPrintsTheStateAndThenWhatChanges(t *testing.T) {
	d := newDesk()
	d.feed <- ops.Snapshot{} // nothing is known yet, and nothing is said
	d.feed <- calm()
	d.feed <- calm() // no change, no line
	d.feed <- breach()
	close(d.feed)
	var out bytes.Buffer
	if err := Follow(context.Background(), d, &out); err != nil {
		t.Fatal(err)
	}
	golden.RequireEqual(t, out.Bytes())
}

func TestTimesAreSaidAsPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "–", time.Microsecond: "1 ms", 552 * time.Millisecond: "552 ms", 13500 * time.Millisecond: "13.5 s", 125 * time.Second: "2 min 05 s",
	} {
		if got := tookText(d); got != want {
			t.Errorf("%s is %q", d, got)
		}
	}
	if got := clock(47*time.Hour + 59*time.Minute + 58*time.Second); got != "47:59:58" {
		t.Errorf("%q", got)
	}
	if got := block(1234567); got != "#1,234,567" {
		t.Errorf("%q", got)
	}
	if got := meter(2, 4) + meter(0, 4) + meter(0.001, 4); got != "████░░░░█░░░" {
		t.Errorf("%q", got)
	}
}

// The picture in the README is the console's own frame. Write it anew with
// go test ./ui -run TestThePicture -update
func TestThePictureIsTheConsoleDuringTheBreach(t *testing.T) {
	got := SVG(newHand(t, 132, 36, armed(breach())).Frame(), 132, 36)
	const file = "testdata/console.svg"
	if update() {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("the picture is not what the console shows: write it anew with go test ./ui -run TestThePicture -update")
	}
}

// update reports whether the goldens are being written.
func update() bool {
	for _, arg := range os.Args {
		if arg == "-update" || arg == "-test.update" || arg == "--update" {
			return true
		}
	}
	return false
}
