package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Confirmations of other runbooks, and whatever else lies there, do not crowd out those
// of the runbook that is run.
func TestConfirmationsOfARunbookAreReadFirst(t *testing.T) {
	folder := t.TempDir()
	names := []string{"R7-0xaa.json", "R70-0xaa.json"}
	for i := range 2 * mostSeconds {
		names = append(names, fmt.Sprintf("R1-%03d.json", i))
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := confirmations(folder, "R7")
	if len(got) != mostSeconds || !strings.HasSuffix(got[0], "R7-0xaa.json") {
		t.Errorf("%d, the first %s", len(got), got[0])
	}
	if got := confirmations(filepath.Join(folder, "none"), "R7"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
