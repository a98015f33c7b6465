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
	kinds   = []string{"keystore", "remote", "presigned", "print", "safe"}
	scopes  = []string{"global", "market", "asset", "function", "internal"}

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
	if b.People > 2 {
		fault(b.Keys["people"], "1 or 2", "%d people are asked for: whoever runs it and one beside them are the most", b.People)
	}
	if at := b.Keys["shots"]; b.Shots == 0 && at.Value != "" {
		fault(at, "shots: 1, or leave it out", "shots: %s allows nobody to run it", at.Value)
	}
	faults = append(faults, b.checkLanes()...)
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
