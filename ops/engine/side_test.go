package engine

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/lane"
)

// A panic at one end of a lane makes that end UNKNOWN, for good, and no other.
func TestAPanicAtOneEndOfALaneStopsThatEnd(t *testing.T) {
	at := ops.BlockRef{Number: 1, Hash: common.BigToHash(big.NewInt(1))}
	broken, whole := lane.End{Lane: "X1", Chain: "home"}.Start(), lane.End{Lane: "X2", Chain: "home"}.Start()
	s := state{folds: []*lane.Fold{broken, whole}}
	for _, f := range s.folds {
		f.Known(0, 0)
	}
	s.folded(func(f *lane.Fold) {
		f.See(at, nil)
		if f == broken {
			panic("a bug")
		}
	})
	for range 2 {
		if why := broken.Side().Why; !strings.Contains(why, "a fault of this program: a bug") || whole.Side().Why != "" {
			t.Errorf("%q, and the other %q", why, whole.Side().Why)
		}
		s.folded(func(f *lane.Fold) { f.Drop(0); f.Known(0, 0); f.See(at, nil) })
	}
}
