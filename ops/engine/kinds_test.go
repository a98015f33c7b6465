package engine

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// What a policy may name can be read, and what can be read may be named.
func TestEveryKindOfTimelockThatAPolicyCanNameIsRead(t *testing.T) {
	named := slices.Sorted(slices.Values(policy.TimelockKinds))
	if !slices.Equal(named, timelock.Kinds()) {
		t.Errorf("a policy can name %v, and %v can be read", named, timelock.Kinds())
	}
}

// What a policy may name is described, each kind of detector in a row.
func TestEveryKindOfDetectorIsDescribed(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, detectors, found := strings.Cut(string(page), "\n## Detectors\n")
	if !found {
		t.Fatal("there is no page about detectors")
	}
	detectors, _, _ = strings.Cut(detectors, "\n## ")
	for kind := range strings.SplitSeq(kinds(), ", ") {
		if strings.Count(detectors, "\n| `"+kind+"` |") != 1 {
			t.Errorf("the kind %s has no row of its own", kind)
		}
	}
}
