package ui

import (
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// A breach and an action that failed stand out in the journal, in colour and by
// their sign; what ended well does not.
func TestWhatWentWrongStandsOutInTheJournal(t *testing.T) {
	s := breach()
	s.Log = []ops.Entry{
		{Time: noon, Block: 38, Verdict: ops.Breach, Alarm: true, Text: "R1 FAILED: the transaction reverted"},
		{Time: noon, Block: 37, Verdict: ops.OK, Alarm: true, Text: "E1 ok"},
		{Time: noon, Block: 36, Text: "armed"},
	}
	x := newHand(t, 160, 48, s)
	frame, in := x.Frame(), x.theme.before
	for _, want := range []string{in[alarm] + "✖ ", in[alarm] + "R1 FAILED: the transaction reverted", in[plain] + "E1 ok", in[plain] + "armed"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not drawn", want)
		}
	}
	for _, calm := range []string{in[alarm] + "E1 ok", in[alarm] + "armed"} {
		if strings.Contains(frame, calm) {
			t.Errorf("%q is drawn", calm)
		}
	}
	x.mustSee("✖ R1 FAILED: the transaction reverted")
}
