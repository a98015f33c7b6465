package contain

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrStanding means that a standing order does not fire.
var ErrStanding = errors.New("the standing order does not fire, nothing was sent")

// AutoRole is the role under which the journal keeps what a standing order sent.
const AutoRole = "auto"

// StandingOrder is a confirmation that was given beforehand, in a signed runbook:
// one restrictive step by a signer of its own, for named findings, once. Only
// NewStandingOrder makes one.
type StandingOrder struct {
	action   Action
	findings []ops.DetectorID
}

// NewStandingOrder cuts a runbook's action down to one step and one lane. It fails
// with ErrStanding for a step that loosens, that does not send, or that depends on
// anything but itself.
func NewStandingOrder(a Action, step string, lane Lane, findings []ops.DetectorID) (StandingOrder, error) {
	i := a.step(step)
	switch {
	case i < 0 || !a.Steps[i].sends():
		return StandingOrder{}, fmt.Errorf("%w: %s is no step of %s that sends", ErrStanding, step, a.Name)
	case !a.Steps[i].Restrict:
		return StandingOrder{}, fmt.Errorf("%w: %s loosens, and only what restricts is ever sent by itself", ErrStanding, step)
	case a.Steps[i].When != nil || a.Steps[i].Instead || len(a.Args) > 0:
		return StandingOrder{}, fmt.Errorf("%w: %s depends on more than its findings", ErrStanding, step)
	case len(findings) == 0:
		return StandingOrder{}, fmt.Errorf("%w: it names no finding", ErrStanding)
	}
	only := a.Steps[i]
	only.Lanes, only.OnFailure, only.Otherwise = []Lane{lane}, Stop, ""
	a.Steps, a.Needs, a.Shots = []Step{only}, []string{step}, 0 // its shot is its own
	return StandingOrder{action: a, findings: slices.Clone(findings)}, nil
}

// Action is what the order sends, to be prepared.
func (o StandingOrder) Action() Action { return o.action }

// Unlocked reports whether its signer could sign now.
func (o StandingOrder) Unlocked() bool {
	signer := o.action.Steps[0].Lanes[0].Signer
	return signer != nil && signer.Unlocked()
}

// Order confirms a plan by the standing order that it was made of. It fires for a
// finding in breach that the order names, known whole, judged at the very block that the plan was
// simulated on; never for one that is not known, and never for what would revert or
// holds already.
func Order(p Plan, o StandingOrder, f ops.Finding, now time.Time) (Confirmed, error) {
	switch {
	case len(o.findings) == 0 || p.View.Digest != o.action.Digest(p.View.ChainID):
		return Confirmed{}, fmt.Errorf("%w: the plan is not the order's", ErrStanding)
	case !slices.Contains(o.findings, f.Detector):
		return Confirmed{}, fmt.Errorf("%w: it does not name %s", ErrStanding, f.Detector)
	case f.Verdict != ops.Breach:
		return Confirmed{}, fmt.Errorf("%w: %s is not in breach", ErrStanding, f.Detector)
	case f.Doubt != "":
		return Confirmed{}, fmt.Errorf("%w: of %s not everything is known: %s", ErrStanding, f.Detector, f.Doubt)
	case f.At.Zero() || f.At.Hash != p.View.At.Hash:
		return Confirmed{}, fmt.Errorf("%w: %s was judged at another block than the plan", ErrStanding, f.Detector)
	case p.tx == nil || p.held:
		return Confirmed{}, fmt.Errorf("%w: what it would bring about holds already", ErrStanding)
	case p.reverts:
		return Confirmed{}, fmt.Errorf("%w: it would revert", ErrStanding)
	}
	by := ops.Operator{Name: fmt.Sprintf("standing order of %s on %s", p.View.Runbook, f.Detector), Role: AutoRole}
	return Confirm(p, by, p.View.Phrase, now)
}
