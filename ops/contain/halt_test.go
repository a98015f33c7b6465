package contain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// A journal that is full for one parallel step begins nothing more; the step that is on
// its way is followed to its end, and its nonce is not held for ever.
func TestWhatIsOnItsWayIsFollowedWhenTheJournalIsFull(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "b", "c")
	a.Steps[1].Parallel = true
	intents := 0
	b.notes.full = func(kind string) error {
		if kind == contain.KindIntent {
			if intents++; intents == 2 {
				return errors.New("disk full")
			}
		}
		return nil
	}
	if _, err := b.run(t, a); !errors.Is(err, contain.ErrJournal) {
		t.Fatal(err)
	}
	b.wants(t, "a SENT, b FAILED, c NOT RUN")
	b.block(t)
	b.wants(t, "a IN EFFECT, b FAILED, c NOT RUN")
	if r := b.last(); r.Stage != ops.StageFailed || !strings.Contains(r.Why, "in effect: a") {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}
