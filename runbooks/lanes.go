package runbooks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// KindSafe is the kind of a lane in whose name a Safe calls.
const KindSafe = "safe"

// executors are the kinds of lanes that can send what a Safe's owners signed.
var executors = []string{"keystore", "remote"}

func (b Runbook) checkLanes() (faults ops.Faults) {
	for _, name := range slices.Sorted(maps.Keys(b.Lanes)) {
		lane := b.Lanes[name]
		fault := func(at document.Text, hint, format string, args ...any) {
			faults = append(faults, at.Fault(b.File, "lane "+name+": "+fmt.Sprintf(format, args...), hint))
		}
		if lane.Kind.Line > 0 && !slices.Contains(kinds, lane.Kind.Value) {
			fault(lane.Kind, strings.Join(kinds, ", "), "the kind %q is not known", lane.Kind.Value)
		}
		if _, err := document.ParseAddress(lane.From.Value); err != nil && lane.From.Line > 0 {
			fault(lane.From, "compare it with its source, digit by digit", "%s", err)
		}
		if lane.Kind.Value != KindSafe {
			for _, f := range append(lane.ofSafe(), safeField{"executor", lane.Executor, ""}) {
				if f.at.Line > 0 {
					fault(f.at, "leave it out, or write kind: safe", "%s belongs to a Safe", f.name)
				}
			}
			continue
		}
		b.checkSafe(lane, fault)
	}
	return faults
}

// checkSafe holds a Safe's lane against the lane that sends for it.
func (b Runbook) checkSafe(lane Lane, fault func(at document.Text, hint, format string, args ...any)) {
	by, named := b.Lanes[lane.Executor.Value]
	switch {
	case lane.Executor.Line == 0:
		fault(lane.Kind, "executor: guardian, the lane whose account sends and pays", "a Safe sends nothing by itself, and no executor is named")
	case !named:
		fault(lane.Executor, "name it under lanes", "no lane is called %q", lane.Executor.Value)
	case !slices.Contains(executors, by.Kind.Value):
		fault(lane.Executor, strings.Join(executors, " or "), "the lane %s is of the kind %s, and cannot send for a Safe", lane.Executor.Value, by.Kind.Value)
	case by.From.Value == lane.From.Value:
		fault(lane.From, "from: the Safe's address", "its account is also that of its executor")
	case b.Standing != nil && b.Standing.Lane.Value == lane.Executor.Value:
		fault(lane.Executor, "give it a key of its own", "the lane %s is that of the standing order", lane.Executor.Value)
	}
	for _, f := range lane.ofSafe() {
		if _, err := document.ParseAddress(f.at.Value); err != nil && f.at.Line > 0 {
			fault(f.at, f.hint, "%s: %s", f.name, err)
		}
	}
}

// safeField is an address that a lane names of its Safe.
type safeField struct {
	name string
	at   document.Text
	hint string
}

func (l Lane) ofSafe() []safeField {
	out := []safeField{
		{"singleton", l.Singleton, "the address in the Safe's slot 0: bulkhead safe show says it"},
		{"guard", l.Guard, "the Safe's guard: bulkhead safe show says it"},
		{"module_guard", l.ModuleGuard, "the Safe's module guard: bulkhead safe show says it"},
	}
	for _, m := range l.Modules {
		out = append(out, safeField{"modules", m, "a module that the owners enabled: bulkhead safe show says it"})
	}
	return out
}
