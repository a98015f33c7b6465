package ui

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// hostile is what a chain, a provider or a file could call itself (fault 26).
var hostile = []string{
	"\x1b[2J\x1b[31mgone", "\x1b]8;;http://evil\x07click\x1b]8;;\x07", "\x1b]0;title\x07", "\u009b31mred", "raw \x9b31m byte", "bidi \u202e\u2066evil",
	"zero\u200bwidth\ufeff", "stack" + strings.Repeat("\u0301\u0489", 40), "line\nfeed\r\x0b\x0c", "join\u200d\ufe0f\U0001f468", "bell\x07\x08\x08\x08", "\xff\xfe\xc0\xaf", "tag\U000e0041", "\u05d0\u05d1 1,000 \u0628", "fill\u3164\uffa0er",
	strings.Repeat("long ", 2_000_000),
}

// fill puts a text into every string of a value, wherever it stands, and counts
// them. Slices that are empty get one element, but not without end where a type holds
// itself.
func fill(v reflect.Value, text string) int { return fillTo(v, text, 16) }

func fillTo(v reflect.Value, text string, deep int) int {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return 1
	case reflect.Struct:
		n := 0
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += fillTo(v.Field(i), text, deep-1)
			}
		}
		return n
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 || deep < 0 {
			return 0
		}
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		n := 0
		for i := range v.Len() {
			n += fillTo(v.Index(i), text, deep-1)
		}
		return n
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		n := fillTo(key, text, deep-1) + fillTo(value, text, deep-1)
		v.SetMapIndex(key, value)
		return n
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return fillTo(v.Elem(), text, deep-1)
	default:
		return 0
	}
}

// unsafe finds the first rune that must not be shown in any string of a value;
// a read's calldata are bytes and never shown as text.
func unsafe(v reflect.Value, path string) string {
	switch v.Kind() {
	case reflect.String:
		for _, r := range v.String() {
			if !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || unicode.IsMark(r) || r > 0xffff {
				return path
			}
		}
		if len(v.String()) > 10_000 {
			return path + " (long)"
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && (v.Type() != readType || f.Name != "Data") {
				if bad := unsafe(v.Field(i), path+"."+f.Name); bad != "" {
					return bad
				}
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if bad := unsafe(v.Index(i), path+"[]"); bad != "" {
				return bad
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if bad := unsafe(key, path+" key") + unsafe(v.MapIndex(key), path+" value"); bad != "" {
				return bad
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return unsafe(v.Elem(), path)
		}
	}
	return ""
}

// Every string of every noun that reaches the screen is cleaned: also the one
// that somebody adds tomorrow.
func TestNoStringOfANounEscapesCleaning(t *testing.T) {
	for _, text := range hostile {
		s, p, r := ops.Snapshot{}, ops.Plan{}, ops.Receipt{}
		for _, v := range []any{&s, &p, &r} {
			if n := fill(reflect.ValueOf(v).Elem(), text); n < 8 {
				t.Fatalf("only %d strings in %T", n, v)
			}
		}
		for name, v := range map[string]any{"Snapshot": cleanSnapshot(s), "Plan": cleanPlan(p), "Receipt": cleanReceipt(r)} {
			if bad := unsafe(reflect.ValueOf(v), name); bad != "" {
				t.Errorf("%.20q came through at %s", text, bad)
			}
		}
	}
}

// On a terminal, hostile values move nothing: every row outside of them is as it
// is with harmless ones, and every cell holds what can be printed.
func TestHostileValuesMoveNothingOnTheTerminal(t *testing.T) {
	for _, text := range hostile {
		s := armed(breach())
		fill(reflect.ValueOf(&s.Findings[1].Title).Elem(), text)
		s.Findings[1].Observed.Shown, s.Queue[0].Calls[0].Function, s.Log[0].Text, s.Board[1].Stops = text, text, text, text
		x := newHand(t, 160, 48, s)
		x.desk.plan.Warnings, x.desk.plan.StepTitle, x.desk.plan.Changes[0].After = []string{text}, text, text
		show(t, x, text)
		x.types("F")
		show(t, x, text)
		x.types("esc")
		x.desk.planErr = errors.New(text)
		x.types("F")
		show(t, x, text)
	}
}

func show(t *testing.T, x *hand, text string) {
	t.Helper()
	frame := x.Frame()
	for n, row := range strings.Split(frame, "\n") {
		if got := ansi.StringWidth(row); got != 160 {
			t.Fatalf("%.20q: row %d is %d wide", text, n, got)
		}
	}
	emulator := vt.NewSafeEmulator(160, 48)
	if _, err := emulator.Write([]byte("\x1b[20h" + frame)); err != nil {
		t.Fatal(err)
	}
	want, got := strings.Split(ansi.Strip(frame), "\n"), strings.Split(ansi.Strip(emulator.Render()), "\n")
	for n := range min(len(want), len(got)) {
		if strings.TrimRight(want[n], " ") != strings.TrimRight(got[n], " ") {
			t.Fatalf("%.20q: the terminal shows row %d as\n%q\nnot as\n%q", text, n, got[n], want[n])
		}
		for _, r := range got[n] {
			if !unicode.IsPrint(r) || unicode.IsMark(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%.20q: %U on the terminal", text, r)
			}
		}
	}
}

// Plain output is as safe as the screen.
func TestPlainLinesAreSafeToo(t *testing.T) {
	for _, text := range hostile[:len(hostile)-1] {
		s := breach()
		fill(reflect.ValueOf(&s).Elem(), text)
		for _, r := range Plain(s) + Hotwash(ops.Hotwash{Scenario: text, Journal: text, ExitReason: text, Lost: quantity(text, text)}) {
			if r != '\n' && (!unicode.IsPrint(r) || unicode.IsMark(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("%.20q: %U came through", text, r)
			}
		}
	}
}

// A storm of resizes, snapshots and keys leaves a whole frame.
func TestAStormOfResizesLeavesAWholeFrame(t *testing.T) {
	x := newHand(t, 160, 48, armed(breach()))
	x.types("F")
	for n := range 2000 {
		x.Update(tea.WindowSizeMsg{Width: 20 + n*37%220, Height: 5 + n*13%70})
		if n%50 == 0 {
			x.sees(flying())
			x.time = x.time.Add(time.Second)
		}
		_ = x.Frame()
	}
	x.Update(tea.WindowSizeMsg{Width: 160, Height: 48})
	x.mustSee("vault.pause()")
}
