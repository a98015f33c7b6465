package runbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

var (
	classes = []ops.BreachClass{ops.ClassAsset, ops.ClassAuthorization, ops.ClassPricing, ops.ClassQueue, ops.ClassLiveness, ops.ClassCrossDomain}
	scopes  = []string{"global", "market", "function", "internal"}

	keyShape    = regexp.MustCompile(`^[A-Z]$`)
	idShape     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,7}$`)
	phraseShape = regexp.MustCompile(`^[a-z0-9]+([ -][a-z0-9]+)*$`)
	paramShape  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
)

// check finds what the shape of the document does not rule out.
func (b Runbook) check() ops.Faults {
	var faults ops.Faults
	fault := func(at document.Text, hint, format string, args ...any) {
		faults = append(faults, at.Fault(b.File, fmt.Sprintf(format, args...), hint))
	}
	if b.Version.Line > 0 && b.Version.Value != "1" {
		fault(b.Version, "write version: 1", "version %q is not known: this program reads version 1", b.Version.Value)
	}
	if b.ID != "" && !idShape.MatchString(string(b.ID)) {
		fault(b.Keys["id"], "as in R1: up to eight letters and digits", "the id %q cannot be spoken on a call", b.ID)
	}
	if b.Class != "" && !slices.Contains(classes, b.Class) {
		fault(b.Keys["class"], "asset, authorization, pricing, queue, liveness or cross-domain", "the class %q is not known", b.Class)
	}
	switch at := b.Keys["phrase"]; {
	case b.Phrase == "":
	case !phraseShape.MatchString(b.Phrase) || len(b.Phrase) > 60:
		fault(at, "small letters and digits, as in freeze vault", "the phrase %q cannot be typed without thinking", b.Phrase)
	case b.Phrase == "drill" || strings.HasPrefix(b.Phrase, "drill "):
		fault(at, "leave the word out: it is added in a drill", "the phrase %q begins with drill, and could be mistaken for a rehearsal", b.Phrase)
	}
	if b.Key != "" && (!keyShape.MatchString(b.Key) || b.Key == "L" || b.Key == "G") {
		fault(b.Keys["key"], "one capital letter; L and G are taken", "the key %q cannot start a runbook", b.Key)
	}
	if b.People > 1 {
		fault(b.Keys["people"], "write people: 1", "a second person's confirmation is not supported yet, and %d people are asked for", b.People)
	}
	for name, lane := range b.Lanes {
		if lane.Kind.Line > 0 && lane.Kind.Value != "keystore" {
			fault(lane.Kind, "write kind: keystore", "lane %s: the kind %q is not known", name, lane.Kind.Value)
		}
		if _, err := document.ParseAddress(lane.From.Value); err != nil && lane.From.Line > 0 {
			fault(lane.From, "compare it with its source, digit by digit", "lane %s: %s", name, err)
		}
	}
	for name, param := range b.Params {
		if !paramShape.MatchString(name) {
			fault(param.Type, "letters, digits and _, beginning with a letter", "no expression can name a parameter %q", name)
		}
		if t := param.Type.Value; t != "bytes32" && t != "address" && param.Type.Line > 0 {
			fault(param.Type, "bytes32 or address", "parameter %s: the type %q is not known", name, t)
		}
		if param.From.Value != "finding" && param.From.Line > 0 {
			fault(param.From, "write from: finding", "parameter %s: only the finding can give it", name)
		}
	}
	return append(faults, b.checkSteps()...)
}

func (b Runbook) checkSteps() ops.Faults {
	var faults ops.Faults
	ids := map[string]bool{}
	calls, sends := 0, ""
	for _, s := range b.Steps {
		fault := func(at document.Text, hint, format string, args ...any) {
			faults = append(faults, at.Fault(b.File, "step "+s.ID+": "+fmt.Sprintf(format, args...), hint))
		}
		if s.Blast.Scope.Line > 0 && !slices.Contains(scopes, s.Blast.Scope.Value) {
			fault(s.Blast.Scope, strings.Join(scopes, ", "), "the scope %q is not known", s.Blast.Scope.Value)
		}
		if ids[s.ID] && s.ID != "" {
			fault(s.Keys["id"], "ids are unique", "the id is used twice")
		}
		ids[s.ID] = true
		if (s.Call.Value == "") == (s.Control.Value == "") {
			fault(s.At, "call: vault.pause(), or control: freeze-promotion(C1)", "it needs either a call or a control")
		}
		if s.Call.Value != "" {
			calls++
			sends = s.ID
			if len(s.Lanes) == 0 {
				fault(s.At, "lanes: [guardian]", "no lane can send it")
			}
		}
		for _, lane := range s.Lanes {
			if _, ok := b.Lanes[lane.Value]; !ok {
				fault(lane, "name it under lanes", "no lane is called %q", lane.Value)
			}
		}
		if e := s.Effect.Value; e != "restricts" && s.Effect.Line > 0 {
			fault(s.Effect, "write effect: restricts", "only steps that restrict can be run so far, not %q", e)
		}
	}
	if calls != 1 && len(b.Steps) > 0 {
		faults = append(faults, b.At.Fault(b.File, fmt.Sprintf("a runbook sends exactly one call so far, not %d", calls), "split it into several runbooks"))
	}
	for _, id := range b.Until.Steps {
		if !ids[id] {
			faults = append(faults, b.Until.Keys["steps"].Fault(b.File, fmt.Sprintf("contained_when names the step %q, which there is not", id), "name steps of this runbook"))
		}
	}
	if calls == 1 && len(b.Until.Steps) > 0 && !slices.Contains(b.Until.Steps, sends) {
		faults = append(faults, b.Until.Keys["steps"].Fault(b.File, fmt.Sprintf("contained_when does not wait for %s, the step that sends", sends), "add it"))
	}
	if at := b.Until.Keys["blocks"]; b.Until.Blocks == 0 && at.Value == "0" {
		faults = append(faults, at.Fault(b.File, "contained_when holds after 0 blocks, which is at once", "a number of blocks"))
	}
	return faults
}
