package contain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// What loosens is not sent while there is a doubt, and the missing second person is one.
func TestWhatLoosensIsRefusedOnEachDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		seconds []string
		fault   string
		refused string
	}{
		"two people, no doubt": {seconds: []string{"Bo"}},
		"one person":           {refused: "2 PEOPLE ARE ASKED FOR"},
		"not simulated":        {seconds: []string{"Bo"}, fault: "try", refused: "the provider is down"},
		"code not known":       {seconds: []string{"Bo"}, fault: "code", refused: "the provider is down"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Seconds = func(ops.RunbookID, common.Hash) []string { return c.seconds }
			b.chain.fault = func(point string) error {
				if point == c.fault {
					return errors.New("the provider is down")
				}
				return nil
			}
			a := pause(b.key)
			a.People, a.Steps[0].Restrict = 2, false
			a.Steps[0].Written = []contain.Written{{Name: "vault", Address: target, Want: common.Hash{1}}}
			plan, err := b.Prepare(t.Context(), a, ref(10), nil)
			if err != nil || !plan.View.Loosens || len(plan.View.Warnings) > 0 {
				t.Fatalf("%v, %+v", err, plan.View)
			}
			ok, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now())
			if c.refused != "" {
				if !errors.Is(err, contain.ErrRefused) || !strings.Contains(strings.Join(plan.View.Refusals, ";"), c.refused) {
					t.Errorf("%v: %q", err, plan.View.Refusals)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v: %q", err, plan.View.Refusals)
			}
			if r, err := b.Execute(t.Context(), ok); err != nil || r.Stage != ops.StageSent {
				t.Errorf("%v: %s", err, r.Stage)
			}
		})
	}
}
