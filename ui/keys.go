package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// action is something a key does. Its name is what config.yaml binds.
type action string

const (
	actHelp     action = "help"
	actFilter   action = "filter"
	actCommand  action = "command"
	actNext     action = "next-pane"
	actPrevious action = "previous-pane"
	actUp       action = "up"
	actDown     action = "down"
	actTop      action = "top"
	actBottom   action = "bottom"
	actDetail   action = "detail"
	actBack     action = "back"
	actCopy     action = "copy"
	actLog      action = "log"
	actArm      action = "arm"
	actAnswer   action = "answer"
	actCoach    action = "coach"
	actQuit     action = "quit"
)

// binding is an action with its keys and the words of the help.
type binding struct {
	action action
	keys   []string
	help   string
}

// defaults keep dangerous keys apart: every runbook's key is a capital letter of
// its own and opens a dialog; arming needs ctrl.
var defaults = []binding{
	{actHelp, []string{"?"}, "this help"},
	{actFilter, []string{"/"}, "filter the lines"},
	{actCommand, []string{":"}, "command palette"},
	{actNext, []string{"tab"}, "next pane"},
	{actPrevious, []string{"shift+tab"}, "previous pane"},
	{actUp, []string{"up", "k"}, "up"},
	{actDown, []string{"down", "j"}, "down"},
	{actTop, []string{"g", "home"}, "first line"},
	{actBottom, []string{"G", "end"}, "last line"},
	{actDetail, []string{"enter"}, "the line in full"},
	{actBack, []string{"esc"}, "back, cancel"},
	{actCopy, []string{"y"}, "copy the line"},
	{actLog, []string{"L"}, "the journal, full screen"},
	{actArm, []string{"ctrl+a"}, "arm or lock"},
	{actAnswer, []string{"a"}, "answer what a runbook asks"},
	{actCoach, []string{"ctrl+t"}, "coach on or off (drills)"},
	{actQuit, []string{"q"}, "quit"},
}

// keymap finds the action of a key.
type keymap struct {
	bindings []binding
	byKey    map[string]action
}

// reserved keys do what they do whatever is bound: panes by number, and ctrl+c.
var reserved = []string{"1", "2", "3", "4", "ctrl+c"}

func newKeymap(over map[string][]string) (*keymap, error) {
	k := &keymap{byKey: map[string]action{}, bindings: slices.Clone(defaults)}
	for _, name := range slices.Sorted(maps.Keys(over)) {
		i := slices.IndexFunc(k.bindings, func(b binding) bool { return string(b.action) == name })
		if i < 0 {
			return nil, fmt.Errorf("bindings: there is no action %q: known are %s", name, strings.Join(actionNames(), ", "))
		}
		k.bindings[i].keys = over[name]
	}
	for _, b := range k.bindings {
		if len(b.keys) == 0 {
			return nil, fmt.Errorf("bindings: %s has no key", b.action)
		}
		for _, key := range b.keys {
			if first, taken := k.byKey[key]; taken {
				return nil, fmt.Errorf("bindings: the key %q does both %s and %s: give one of them another", key, first, b.action)
			}
			if slices.Contains(reserved, key) {
				return nil, fmt.Errorf("bindings: the key %q is reserved", key)
			}
			k.byKey[key] = b.action
		}
	}
	return k, nil
}

// CheckBindings finds what is wrong with bindings before a console starts: an
// unknown action, two actions on one key, or a key that starts a runbook.
func CheckBindings(over map[string][]string, runbooks []string) error {
	k, err := newKeymap(over)
	if err != nil {
		return err
	}
	for _, key := range runbooks {
		if a, taken := k.byKey[key]; taken {
			return fmt.Errorf("bindings: the key %q does %s, and a runbook is started with it: give the action another", key, a)
		}
	}
	return nil
}

func actionNames() []string {
	names := make([]string, len(defaults))
	for i, b := range defaults {
		names[i] = string(b.action)
	}
	return names
}

// first is the key shown for an action.
func (k *keymap) first(a action) string {
	for _, b := range k.bindings {
		if b.action == a {
			return b.keys[0]
		}
	}
	return ""
}
