package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Whether the pack is signed stands beside its hash at every width, and nobody at the
// console loses the name for it.
func TestWhetherThePackIsSignedIsAlwaysAtTheTop(t *testing.T) {
	whole, changed := calm(), calm()
	changed.Signing.Documents = []ops.SignedDocument{{Name: "policy.yaml", Problems: []string{"its bytes differ from the lock"}}}
	none := calm()
	none.Signing = ops.Signing{}
	for w := 80; w <= 200; w++ {
		for _, s := range []ops.Snapshot{changed, none} {
			top := ansi.Strip(strings.Join(newHand(t, w, 24, s).header(w), "\n"))
			if !strings.Contains(top, "UNSIGNED 6f26…0aac") && !strings.Contains(top, "6f26…0aac NOT SIGNED") || strings.Contains(top, "✓") {
				t.Fatalf("at %d it is not said that it is unsigned:\n%s", w, top)
			}
		}
		top := ansi.Strip(strings.Join(newHand(t, w, 24, whole).header(w), "\n"))
		if !strings.Contains(top, "signed 6f26…0aac") && !strings.Contains(top, "6f26…0aac signed ✓") || !strings.Contains(top, "Ada") {
			t.Fatalf("at %d it is not said that it is signed, or who sits here:\n%s", w, top)
		}
	}
}

func TestAsLinesItSaysWhatIsMissing(t *testing.T) {
	s := calm()
	if got := Plain(s); !strings.Contains(got, "signed ✓, root c4fb…5234\n") {
		t.Error(got)
	}
	s.Signing.Documents[0].Problems = []string{"its bytes differ from\x1b the lock"}
	if got := Plain(s); !strings.Contains(got, "NOT SIGNED: policy.yaml: its bytes differ from") || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}
