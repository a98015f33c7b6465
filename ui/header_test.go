package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Block, time, the incident's clock and arming are whole at every width, also
// with the numbers of a chain that has run for years.
func TestWhatIsSaidAtTheTopIsNeverCut(t *testing.T) {
	for name, scene := range map[string]ops.Snapshot{"calm": calm(), "breach": armed(breach()), "blind": armed(blind()), "contained": contained()} {
		scene.Head.Number, scene.Feeds = 21_842_120, append(scene.Feeds, ops.FeedHealth{Name: "second", State: ops.FeedStalled})
		for w := leastWidth; w <= 200; w++ {
			x := newHand(t, w, 24, scene)
			top := ansi.Strip(strings.Join(x.header(w), " "))
			for _, want := range []string{"#21,842,120", "12:00:00 UTC", strings.TrimSuffix(x.elapsed(2).text, "■"), strings.TrimSpace(x.arming().text)} {
				if !strings.Contains(top, want) {
					t.Fatalf("%s at %d: %q is not in %q", name, w, want, top)
				}
			}
		}
	}
}

// The panes do not move when an incident opens, runs, goes blind and ends.
func TestTheTopKeepsItsHeightThroughAnIncident(t *testing.T) {
	for w := leastWidth; w <= 200; w++ {
		x := newHand(t, w, 30, calm())
		high := len(x.header(w))
		for _, scene := range []ops.Snapshot{armed(calm()), armed(breach()), blind(), flying(), contained()} {
			x.sees(scene)
			if got := len(x.header(w)); got != high {
				t.Fatalf("at %d the top has %d rows, then %d", w, high, got)
			}
		}
	}
}

// A picture that is not renewed must not pass for the present.
func TestOldNewsIsCalledOld(t *testing.T) {
	for _, size := range [][2]int{{160, 48}, {80, 24}} {
		x := newHand(t, size[0], size[1], calm())
		x.waits(silence)
		if strings.Contains(strings.ToLower(x.screen()), "no news") {
			t.Error("it complains too early")
		}
		x.waits(8 * time.Second)
		x.mustSee("NO NEWS FOR 00:13 · THIS WAS SO AT 12:00:00")
		x.sees(calm())
		x.mustSee("FIRST MINUTE")
		x.snapshot(snapshotMsg{open: false})
		x.mustSee("NO NEWS")
	}
}

func TestAConsoleThatCannotArmSaysSoWithoutAKey(t *testing.T) {
	s := breach()
	s.Arming.Refused = "this console has no key: name a keystore under keys in config.yaml"
	for _, w := range []int{60, 80, 160} {
		newHand(t, w, 30, s).mustSee("✖ CANNOT ARM")
	}
}

func TestHowManyFeedsLiveIsOnTheScreenDuringABreach(t *testing.T) {
	s := breach()
	newHand(t, 160, 48, s).mustSee("· 1 feed ·")
	s.Feeds = append(s.Feeds, ops.FeedHealth{Name: "second", State: ops.FeedStalled})
	for _, w := range []int{80, 160} {
		newHand(t, w, 30, s).mustSee("? 1 of 2 feeds")
	}
	newHand(t, 200, 30, s).mustSee("? 1 of 2 feeds, second stalled")
}

// In one colour and without reverse, the pane and the line in hand have signs.
func TestTheCursorHasASign(t *testing.T) {
	x := newHand(t, 160, 48, breach())
	for pane, line := range map[int]string{1: "›A1 ", 3: "›T1·95 ", 4: "›12:00:00 "} {
		x.types(fmt.Sprint(pane))
		x.mustSee(fmt.Sprintf("╭─ › %d ", pane))
		x.mustSee(line)
		if n := strings.Count(x.screen(), "›"); n != 2 {
			t.Errorf("%d signs in pane %d", n, pane)
		}
	}
	x.types(":", "x")
	x.mustSee("nothing is called that")
}

func TestAnOverlongTitleLeavesTheCorner(t *testing.T) {
	for w := 8; w < 40; w++ {
		if top := box(noInk, strings.Repeat("title ", 20), plain, nil, w, 3)[0]; width(top) != w || !strings.HasSuffix(top, "╮") {
			t.Errorf("at %d: %q", w, top)
		}
	}
}
