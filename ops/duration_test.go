package ops_test

import (
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

func TestALengthOfTimeHasNothingThatIsZero(t *testing.T) {
	for d, want := range map[time.Duration]string{
		48 * time.Hour: "48h", 30 * time.Minute: "30m", 36*time.Hour + 15*time.Minute: "36h15m", 10 * time.Second: "10s", 0: "0s",
		time.Hour + 5*time.Second: "1h0m5s", 90 * time.Second: "1m30s", 20 * time.Minute: "20m", 1500 * time.Millisecond: "1.5s",
	} {
		if got := ops.Duration(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
}
