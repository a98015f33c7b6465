package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// mostSteps bounds a runbook: what cannot be read aloud is not done in an hour.
const mostSteps = 12

func (b Runbook) checkSteps() ops.Faults {
	var faults ops.Faults
	ids := map[string]int{}
	for i, s := range b.Steps {
		faults = append(faults, b.checkStep(s)...)
		if _, twice := ids[s.ID]; twice && s.ID != "" {
			faults = append(faults, s.Keys["id"].Fault(b.File, "step "+s.ID+": the id is used twice", "ids are unique"))
		}
		ids[s.ID] = i
	}
	if len(b.Steps) > mostSteps {
		faults = append(faults, b.At.Fault(b.File, fmt.Sprintf("%d steps: nobody reads as many aloud", len(b.Steps)), fmt.Sprintf("split it: at most %d", mostSteps)))
	}
	return append(append(faults, b.checkOrder(ids)...), b.checkStanding()...)
}

func (b Runbook) checkStep(s Step) (faults ops.Faults) {
	fault := func(at interface {
		Fault(file, message, hint string) ops.Fault
	}, hint, format string, args ...any) {
		faults = append(faults, at.Fault(b.File, "step "+s.ID+": "+fmt.Sprintf(format, args...), hint))
	}
	if s.Blast.Scope.Line > 0 && !slices.Contains(scopes, s.Blast.Scope.Value) {
		fault(s.Blast.Scope, strings.Join(scopes, ", "), "the scope %q is not known", s.Blast.Scope.Value)
	}
	kinds := 0
	for _, given := range []bool{s.Call.Value != "", s.Control.Value != "", s.Ask != ""} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		fault(s.At, "call: vault.pause(), or control: freeze-promotion(C1), or ask: a question", "it needs one of a call, a control and a question")
	}
	if s.Call.Value != "" && len(s.Lanes) == 0 {
		fault(s.At, "lanes: [guardian]", "no lane can send it")
	}
	for _, lane := range s.Lanes {
		if _, ok := b.Lanes[lane.Value]; !ok {
			fault(lane, "name it under lanes", "no lane is called %q", lane.Value)
		}
	}
	switch e := s.Effect.Value; {
	case s.Effect.Line == 0 || e == "restricts":
	case e != "loosens":
		fault(s.Effect, "restricts or loosens", "the effect %q is not known", e)
	case b.People < 2:
		fault(s.Effect, "people: 2", "what loosens takes two people")
	case len(slices.DeleteFunc(slices.Clone(b.Steps), func(s Step) bool { return s.Call.Value == "" })) > 1:
		fault(s.Effect, "give it a runbook of its own", "what loosens is the only call of its runbook: it is sent as it was shown, or not at all")
	}
	switch on := s.OnFailure.Value; {
	case !slices.Contains([]string{"", "stop", "continue", "next-lane"}, on):
		fault(s.OnFailure, "stop, continue or next-lane", "on_failure %q is not known", on)
	case on == "next-lane" && len(s.Lanes) < 2:
		fault(s.OnFailure, "lanes: [guardian, backup]", "there is no next lane")
	}
	if s.Takes.Value != "" && s.Within == 0 {
		fault(s.Takes, "within: 10m", "it says what it takes, and not within which time it must")
	}
	if s.Takes.Value != "" && s.Call.Value == "" {
		fault(s.Takes, "leave it out", "only a call takes its time on chain")
	}
	if a := s.Authority; a != nil && s.Call.Value == "" {
		fault(a.Until, "leave it out", "only a call needs authority on chain")
	}
	return faults
}

// checkOrder holds the steps against each other and against contained_when.
func (b Runbook) checkOrder(ids map[string]int) (faults ops.Faults) {
	for i, s := range b.Steps {
		if s.Otherwise.Value == "" {
			continue
		}
		k, known := ids[s.Otherwise.Value]
		switch {
		case s.When.Value == "":
			faults = append(faults, s.Otherwise.Fault(b.File, "step "+s.ID+": it is always run, and has an otherwise", "add when: the condition"))
		case !known || k <= i:
			faults = append(faults, s.Otherwise.Fault(b.File, fmt.Sprintf("step %s: otherwise names %q, which is no later step", s.ID, s.Otherwise.Value), "name a step that follows"))
		}
	}
	for i, s := range b.Steps {
		switch {
		case !s.Parallel:
		case i == 0:
			faults = append(faults, s.Keys["parallel"].Fault(b.File, "step "+s.ID+": it is the first, and has nothing beside it", "leave parallel out"))
		case s.Call.Value == "":
			faults = append(faults, s.Keys["parallel"].Fault(b.File, "step "+s.ID+": only calls are sent side by side", "leave parallel out"))
		}
	}
	waited, calls := false, 0
	for _, s := range b.Steps {
		if s.Call.Value != "" {
			calls++
			waited = waited || slices.Contains(b.Until.Steps, s.ID)
		}
	}
	for _, id := range b.Until.Steps {
		if _, known := ids[id]; !known {
			faults = append(faults, b.Until.Keys["steps"].Fault(b.File, fmt.Sprintf("contained_when names the step %q, which there is not", id), "name steps of this runbook"))
		}
	}
	if calls > 0 && len(b.Until.Steps) > 0 && !waited {
		faults = append(faults, b.Until.Keys["steps"].Fault(b.File, "contained_when waits for no step that sends", "add one"))
	}
	if at := b.Until.Keys["blocks"]; b.Until.Blocks == 0 && at.Value == "0" {
		faults = append(faults, at.Fault(b.File, "contained_when holds after 0 blocks, which is at once", "a number of blocks"))
	}
	return faults
}

// checkStanding holds a standing order to what it may be.
func (b Runbook) checkStanding() (faults ops.Faults) {
	o := b.Standing
	if o == nil {
		return nil
	}
	fault := func(at document.Text, hint, format string, args ...any) {
		faults = append(faults, at.Fault(b.File, "standing order: "+fmt.Sprintf(format, args...), hint))
	}
	i := slices.IndexFunc(b.Steps, func(s Step) bool { return s.ID == o.Step.Value })
	switch {
	case o.Step.Value == "":
	case i < 0 || b.Steps[i].Call.Value == "":
		fault(o.Step, "name a step that sends", "%q is no step that sends", o.Step.Value)
	case b.Steps[i].When.Value != "" || b.Instead(o.Step.Value):
		fault(o.Step, "name a step that is always run", "%s depends on a condition", o.Step.Value)
	}
	lane, named := b.Lanes[o.Lane.Value]
	switch {
	case o.Lane.Value == "":
	case !named:
		fault(o.Lane, "name it under lanes", "no lane is called %q", o.Lane.Value)
	case lane.Kind.Value != "keystore" && lane.Kind.Line > 0:
		fault(o.Lane, "keystore", "it cannot fire by a lane of the kind %s: nobody is there to help it", lane.Kind.Value)
	}
	for name, lane := range b.Lanes {
		if name != o.Lane.Value && lane.From.Value == b.Lanes[o.Lane.Value].From.Value {
			fault(o.Lane, "give it a key of its own", "its account is also that of the lane %s", name)
		}
	}
	for _, s := range b.Steps {
		if slices.ContainsFunc(s.Lanes, func(l document.Text) bool { return l.Value == o.Lane.Value && l.Value != "" }) {
			fault(o.Lane, "give it a key of its own", "the lane %s is also a person's, in %s", o.Lane.Value, s.ID)
		}
	}
	if o.Shots != 1 && o.Keys["shots"].Line > 0 {
		fault(o.Keys["shots"], "write shots: 1", "it fires once, not %d times", o.Shots)
	}
	if len(b.Params) > 0 {
		fault(o.Keys["step"], "leave the standing order out", "the runbook takes arguments, and nobody would look at them")
	}
	return faults
}

// Instead reports whether another step names this one as what is run in its place.
func (b Runbook) Instead(id string) bool {
	return slices.ContainsFunc(b.Steps, func(s Step) bool { return s.Otherwise.Value == id && id != "" })
}
