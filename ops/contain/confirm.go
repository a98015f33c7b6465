package contain

import (
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Confirmed is a plan that a person confirmed. Only Confirm makes one, so what
// nobody confirmed cannot be executed.
type Confirmed struct {
	plan Plan
	by   ops.Operator
	at   time.Time
}

// Confirm takes a person's word for a plan: the phrase, exactly. It refuses a
// plan that names a refusal (ErrRefused) and any other phrase (ErrPhrase).
func Confirm(p Plan, by ops.Operator, phrase string, now time.Time) (Confirmed, error) {
	if len(p.View.Refusals) > 0 {
		return Confirmed{}, fmt.Errorf("%w: %s", ErrRefused, strings.Join(p.View.Refusals, "; "))
	}
	if p.View.Digest == (common.Hash{}) || p.tx == nil && p.sends() && !p.prints() {
		return Confirmed{}, fmt.Errorf("%w: the plan was never prepared", ErrRefused)
	}
	if phrase != p.View.Phrase {
		return Confirmed{}, fmt.Errorf("%w: type %q", ErrPhrase, p.View.Phrase)
	}
	return Confirmed{plan: p, by: by, at: now}, nil
}
