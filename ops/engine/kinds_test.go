package engine

import (
	"slices"
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
