package safe_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func TestWhatMovesHidesOrJoinsIsReplaced(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":              {"vault.totalAssets() >= 1", "vault.totalAssets() >= 1"},
		"our own signs":      {"● ✖ ≥ … T1·4a", "● ✖ ≥ … T1·4a"},
		"colour":             {"a\x1b[31mred", "a·[31mred"},
		"link":               {"\x1b]8;;http://x\x07y", "·]8;;http://x·y"},
		"C1 by rune":         {"a\u009bb", "a·b"},
		"C1 by byte":         {"a\x9bb", "a·b"},
		"newline":            {"a\nb\rc", "a·b·c"},
		"tab":                {"a\tb", "a b"},
		"bidi":               {"a\u202eb\u2066c", "a·b·c"},
		"zero width":         {"a\u200bb\u200dc\ufeffd", "a·b·c·d"},
		"variation":          {"a\ufe0fb", "ab"},
		"combining, stacked": {"a" + strings.Repeat("\u0301", 50) + "b", "ab"},
		"emoji":              {"a\U0001f600b", "a·b"},
		"tag":                {"a\U000e0041b", "a·b"},
		"delete":             {"a\x7fb", "a·b"},
		"bad UTF-8":          {"a\xff\xfeb", "a··b"},
		"right to left":      {"a\u05d0\u0628b1", "a··b1"},
		"invisible fillers":  {"a\u3164\uffa0\u2800\u115fb", "a····b"},
		"wide":               {"日本", "日本"},
	} {
		if got := safe.Text(c.in); got != c.want {
			t.Errorf("%s: %q became %q, want %q", name, c.in, got, c.want)
		}
	}
	if got := safe.Lines("a\nb\x1b[2J"); got != "a\nb·[2J" {
		t.Errorf("lines: %q", got)
	}
}

// Nobody reads megabytes, in one line or in many.
func TestWhatIsTooLongIsCut(t *testing.T) {
	for _, s := range []string{strings.Repeat("a", 10<<20), strings.Repeat("\u202e日", 10<<20/6), strings.Repeat("\n", 10<<20), strings.Repeat("\x9b\n", 10<<20/2)} {
		if got := safe.Text(s); len(got) > 12_100 || !strings.HasSuffix(got, "…") {
			t.Errorf("Text: %d bytes of %.10q are left", len(got), s)
		}
		if got := safe.Lines(s); len(got) > 20_000 || !strings.HasSuffix(got, "…") {
			t.Errorf("Lines: %d bytes of %.10q are left", len(got), s)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b[31mred\u202e")
	f.Add("\xff\x9b")
	f.Fuzz(func(t *testing.T, s string) {
		got := safe.Text(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is no UTF-8", got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.IsMark(r) || unicode.Is(unicode.Hebrew, r) || unicode.Is(unicode.Arabic, r) {
				t.Fatalf("%U came through", r)
			}
		}
		if again := safe.Text(got); again != got {
			t.Fatalf("cleaning twice differs: %q, %q", got, again)
		}
	})
}
