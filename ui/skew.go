package ui

import (
	"fmt"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// skewed is the row that says that this machine's clock is wrong, or the chain's.
func (m *Model) skewed(w int) []string {
	if m.snap.Skew == 0 {
		return nil
	}
	return []string{newLine(m.theme, w).put(plain, " ").put(notice, "! "+skewLine(m.snap.Skew)).end()}
}

func skewLine(skew time.Duration) string {
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	return fmt.Sprintf("this machine's clock is %s %s the chain's: countdowns go by the chain", ops.Duration(skew.Abs().Truncate(time.Second)), side)
}
