package measure_test

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// A window that is computed is a fault for avg and change; for max and min it silently
// becomes a comparison of the number with so many seconds.
func TestAComputedWindowIsNoNumber(t *testing.T) {
	if _, err := measure.Compile("avg(vault.totalAssets(), 2 * 1h) > 1", past); err == nil {
		t.Fatal("avg takes it")
	}
	m, err := measure.CompileCondition("max(vault.totalAssets(), 2 * 1h) > 1", past)
	if err == nil && !m.LooksBack() {
		t.Error("the largest of two hours is taken for the larger of the assets and 7200")
	}
}
