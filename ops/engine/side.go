package engine

import (
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/detect/lane"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// laneParts are what a detector of lanes is made of.
var laneParts = map[string]string{
	"sent":          "home.Sent.id: the field that names a message in the event that sends it",
	"executed":      "away.Executed.id: the same where it is executed, on the other chain",
	"sent_from":     "19000000: the block from which on messages are read where they are sent",
	"executed_from": "the same where they are executed",
	"failed":        "away.Failed.id: of a delivery that failed",
	"locked":        "home.Sent.amount, with released",
	"released":      "away.Executed.amount, in the unit of locked",
	"within":        "30m: how long a message may wait",
	"grace":         "2m: how far one chain may be behind the other",
	"over":          "7d: how long a message that failed or waits is in breach",
}

// lane compiles the end of a lane at which messages are executed: it is judged there.
func (a *arranger) lane(r *Rules, d policy.Detector, action ops.RunbookID) {
	a.only(d, "of")
	a.takes(d, listed(laneParts), sortedKeys(laneParts)...)
	for _, name := range []string{"sent", "sent_from", "executed", "executed_from"} {
		if _, ok := d.Of[name]; !ok {
			a.fault(policy.File, d.At, "of: {"+name+": …}: "+laneParts[name], "detector %s lacks %q", d.ID, name)
		}
	}
	if _, locked := d.Of["locked"]; locked != (d.Of["released"].Value != "") {
		a.fault(policy.File, d.Kind, "locked: home.Sent.amount, released: away.Executed.amount", "detector %s compares amounts: it takes locked and released, or neither", d.ID)
	}
	lasts := func(name string, otherwise time.Duration) time.Duration {
		text, said := d.Of[name]
		if !said {
			return otherwise
		}
		b := a.literal(d, name, text)
		return time.Duration(b.Num().Int64()/b.Denom().Int64()) * time.Second
	}
	end := lane.End{Lane: d.ID, Chain: r.Chain, From: a.block(d, "executed_from")}
	if e, ok := a.passage(d, "executed", "released"); ok {
		end.Events = append(end.Events, e)
	}
	if _, said := d.Of["failed"]; said {
		if e, ok := a.passage(d, "failed", ""); ok {
			e.Failed = true
			end.Events = append(end.Events, e)
		}
	}
	of := &lane.Lane{
		Sent: d.From, Executed: end, Within: lasts("within", 0), Grace: lasts("grace", 2*time.Minute), Over: lasts("over", 7*24*time.Hour),
		Says: fmt.Sprintf("%s is sent before it is %s, once", d.Of["sent"].Value, d.Of["executed"].Value),
	}
	r.trace(end)
	i := a.detects(r, d, of, action, lane.Gives...)
	i.Unit.Symbol = "out of order"
	i.Remember = func() detect.Memory { return of.NewMemory() }
	r.invariants = append(r.invariants, i)
}

// sides compiles the ends of lanes at which messages are sent, of those that lie here.
func (a *arranger) sides(r *Rules, whole *policy.Policy) {
	for _, d := range whole.Detectors {
		if d.Kind.Value != policy.Lane || d.From != r.Chain || r.Chain == "" {
			continue
		}
		end := lane.End{Lane: d.ID, Chain: r.Chain, From: a.block(d, "sent_from")}
		if e, ok := a.passage(d, "sent", "locked"); ok {
			end.Events = append(end.Events, e)
		}
		r.trace(end)
		r.sending = append(r.sending, end)
	}
}

// trace has the events of an end read at every block.
func (r *Rules) trace(end lane.End) {
	for _, e := range end.Events {
		r.traced = append(r.traced, measure.Event{Address: e.Contract, Topic: e.Event.ID})
	}
}

// block is a part that is the number of a block.
func (a *arranger) block(d policy.Detector, name string) uint64 {
	text, said := d.Of[name]
	if !said {
		return 0
	}
	m, err := measure.Compile(text.Value, measure.Scope{})
	if err != nil {
		a.expression(policy.File, text, string(d.ID)+" "+name, err)
		return 0
	}
	v, err := m.Evaluate(measure.Frame{})
	if err != nil || v.Rat() == nil || !v.Rat().IsInt() || !v.Rat().Num().IsUint64() {
		a.fault(policy.File, text, "as in 19000000", "detector %s: %s is no block's number", d.ID, name)
		return 0
	}
	return v.Rat().Num().Uint64()
}

// passage finds the event that names messages, and where in it amount stands, if the
// policy compares amounts.
func (a *arranger) passage(d policy.Detector, id, amount string) (e lane.Event, ok bool) {
	text := d.Of[id]
	if text.Value == "" {
		return e, false // said already
	}
	who := "detector " + string(d.ID)
	before := len(a.faults)
	f := a.field(who, text)
	e = lane.Event{Contract: f.Contract, Event: f.Event, Amount: -1}
	if len(a.faults) > before {
		return e, false
	}
	e.ID = a.word(d, text, f.Event, f.Field, false)
	if value := d.Of[amount]; value.Value != "" {
		v := a.field(who, value)
		switch {
		case len(a.faults) > before:
		case v.Contract != f.Contract || v.Event.ID != f.Event.ID:
			a.fault(policy.File, value, "of "+text.Value+"'s event", "%s: %s is of another event than %s", who, amount, id)
		default:
			e.Amount = a.word(d, value, v.Event, v.Field, true)
		}
	}
	return e, len(a.faults) == before
}

// word is where a field of one word stands in an event.
func (a *arranger) word(d policy.Detector, text document.Text, event abi.Event, field string, amount bool) int {
	for n, in := range event.Inputs {
		if in.Name != field {
			continue
		}
		if one := calldata.HeadSize(in.Type) == 32 && !calldata.Dynamic(in.Type); !one || amount && in.Type.T != abi.UintTy {
			a.fault(policy.File, text, "an id takes one word, as bytes32 and uint256 do, and an amount is a uint", "detector %s: %s is %s", d.ID, text.Value, in.Type)
		}
		return n
	}
	return -1 // said already
}

// folded runs something on each end of a lane here. A panic in it makes that end UNKNOWN,
// and nothing else.
func (s *state) folded(do func(*lane.Fold)) {
	for _, f := range s.folds {
		func() {
			defer func() {
				if p := recover(); p != nil {
					f.Stop(fault(p))
				}
			}()
			do(f)
		}()
	}
}

// folds are the ends of lanes here, before any log.
func (r *Rules) folds() []*lane.Fold {
	out := make([]*lane.Fold, len(r.sending))
	for i, end := range r.sending {
		out[i] = end.Start()
	}
	return out
}

// unheard are the sides of a chain that cannot be seen.
func (r *Rules) unheard(why string) []ops.Side {
	out := make([]ops.Side, len(r.sending))
	for i, end := range r.sending {
		out[i] = ops.Side{Lane: end.Lane, Chain: end.Chain, Why: why}
	}
	return out
}

// unseenSides are sides of which it is not known any more whether they are whole.
func unseenSides(sides []ops.Side, why string) []ops.Side {
	out := make([]ops.Side, len(sides))
	for i, s := range sides {
		s.Why = why
		out[i] = s
	}
	return out
}

// sides are those of the lanes here, as they are known now.
func (e *Engine) sides() []ops.Side {
	out := make([]ops.Side, len(e.state.folds))
	for i, f := range e.state.folds {
		out[i] = f.Side()
	}
	if e.state.blind != "" {
		out = unseenSides(out, e.state.blind)
	}
	return out
}
