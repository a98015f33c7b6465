package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/bulkhead-console/bulkhead/ops"
)

// scenes are the states of the console, each reached as a person reaches it.
var scenes = map[string]func(t *testing.T, w, h int) *hand{
	"calm":      func(t *testing.T, w, h int) *hand { return newHand(t, w, h, calm()) },
	"breach":    func(t *testing.T, w, h int) *hand { return newHand(t, w, h, armed(breach())) },
	"blind":     func(t *testing.T, w, h int) *hand { return newHand(t, w, h, blind()) },
	"flying":    func(t *testing.T, w, h int) *hand { return newHand(t, w, h, flying()) },
	"contained": func(t *testing.T, w, h int) *hand { return newHand(t, w, h, contained()) },
	"confirm": func(t *testing.T, w, h int) *hand {
		x := newHand(t, w, h, armed(breach()))
		x.types("F", "drill freeze va")
		return x
	},
	"arm": func(t *testing.T, w, h int) *hand {
		x := newHand(t, w, h, calm())
		x.types("ctrl+a", "on the bri")
		return x
	},
	"detail": func(t *testing.T, w, h int) *hand {
		x := newHand(t, w, h, breach())
		x.types("enter")
		return x
	},
	"help": func(t *testing.T, w, h int) *hand {
		x := newHand(t, w, h, calm())
		x.types("?")
		return x
	},
	"queue": func(t *testing.T, w, h int) *hand {
		x := newHand(t, w, h, breach())
		x.types("3")
		return x
	},
	"operation": func(t *testing.T, w, h int) *hand {
		x := newHand(t, w, h, carried())
		x.types("3", "enter")
		return x
	},
	"canary": func(t *testing.T, w, h int) *hand {
		x := newHand(t, w, h, breach())
		x.types("2")
		return x
	},
	"log": func(t *testing.T, w, h int) *hand {
		x := newHand(t, w, h, breach())
		x.types("L")
		return x
	},
}

// What the screen looks like, to the letter, at the three sizes.
func TestTheScreenIsAsItWasLookedAt(t *testing.T) {
	for name, scene := range scenes {
		for _, size := range [][2]int{{160, 48}, {100, 30}, {80, 24}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				golden.RequireEqual(t, []byte(ansi.Strip(scene(t, size[0], size[1]).Frame())))
			})
		}
	}
}

// Whatever the size, nothing wraps and nothing is ragged.
func TestEveryRowIsAsWideAsTheScreen(t *testing.T) {
	for name, scene := range scenes {
		for w := 60; w <= 200; w += 7 {
			for _, h := range []int{16, 24, 30, 48, 60} {
				rows := strings.Split(scene(t, w, h).Frame(), "\n")
				if len(rows) > h {
					t.Fatalf("%s at %dx%d has %d rows", name, w, h, len(rows))
				}
				for n, row := range rows {
					if got := ansi.StringWidth(row); got != w {
						t.Fatalf("%s at %dx%d: row %d is %d wide: %q", name, w, h, n, got, ansi.Strip(row))
					}
				}
			}
		}
	}
}

func TestATerminalTooSmallSaysSo(t *testing.T) {
	for _, size := range [][2]int{{59, 24}, {80, 15}, {20, 3}, {1, 1}} {
		frame := ansi.Strip(newHand(t, size[0], size[1], breach()).Frame())
		if strings.Contains(frame, "\n") || size[0] > 40 && !strings.Contains(frame, "bulkhead needs 60x16") {
			t.Errorf("%v: %q", size, frame)
		}
	}
	if frame := newHand(t, 0, 0, calm()).Frame(); frame != "" {
		t.Errorf("no size: %q", frame)
	}
}

// Colour is never the only sign: stripped of it, each state has its word.
func TestInOneColorEveryStateHasItsWord(t *testing.T) {
	for name, words := range map[string][]string{
		"calm":      {"● OK", "Nothing is in breach", "READY", "LOCKED", "DRILL", "T+ –"},
		"breach":    {"✖ BREACH", "✖ A1 CRITICAL", "[F] R1 freeze-vault", "READY", "ARMED", "✖ nobody", "T+00:00:05"},
		"blind":     {"? UNKNOWN", "BLIND", "last block #37", "The chain cannot be seen"},
		"flying":    {"✓ confirmed", "✓ sent to drill", "✓ mined #38", "✓ IN EFFECT", "held 1 of 3 blocks"},
		"contained": {"■ CONTAINED R1", "✖ A1 CRITICAL", "stopped"},
	} {
		frame := ansi.Strip(scenes[name](t, 160, 48).Frame())
		for _, word := range words {
			if !strings.Contains(frame, word) {
				t.Errorf("%s does not say %q:\n%s", name, word, frame)
			}
		}
	}
	if frame := ansi.Strip(scenes["blind"](t, 160, 48).Frame()); strings.Contains(frame, "● OK") || strings.Contains(frame, "READY") {
		t.Errorf("something is green while blind:\n%s", frame)
	}
}

// Live looks like nothing in a drill.
func TestLiveIsNeverMistakenForADrill(t *testing.T) {
	s := breach()
	s.Mode, s.Chain, s.ChainID = ops.Live, "mainnet", 1
	x := newHand(t, 160, 48, s)
	frame := ansi.Strip(x.Frame())
	if strings.Contains(frame, "DRILL") || strings.Contains(frame, "coach") || !strings.Contains(frame, "▲ LIVE") {
		t.Errorf("%s", frame)
	}
	if x.theme.before[liveMark] == x.theme.before[drillMark] {
		t.Error("they have one colour")
	}
}
