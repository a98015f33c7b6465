package document

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	textType     = reflect.TypeFor[Text]()
	durationType = reflect.TypeFor[time.Duration]()
)

var placesType = reflect.TypeFor[Places]()

type walker struct {
	file   string
	lines  []string
	faults ops.Faults
}

func settable(out any) reflect.Value { return reflect.ValueOf(out).Elem() }

func (w *walker) fault(n *yaml.Node, hint, format string, args ...any) {
	if len(w.faults) == maxFaults {
		format, args, hint = "there are more faults than these %d", []any{maxFaults}, "mend these first"
	}
	if len(w.faults) > maxFaults {
		return
	}
	w.faults = append(w.faults, ops.Fault{File: w.file, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (w *walker) decode(n *yaml.Node, name string, v reflect.Value) {
	switch {
	case n.Kind == yaml.AliasNode:
		w.fault(n, "write the value out", "%s is an alias: documents are read aloud and hold no references", name)
	case v.Type() == textType || v.Type() == durationType || v.Kind() == reflect.String || v.Kind() == reflect.Bool || v.CanInt() || v.CanUint():
		w.scalar(n, name, v)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		w.decode(n, name, v.Elem())
	case v.Kind() == reflect.Struct:
		w.object(n, name, v)
	case v.Kind() == reflect.Map:
		w.named(n, name, v)
	case v.Kind() == reflect.Slice:
		w.list(n, name, v)
	default:
		panic("document: no decoding for " + v.Type().String()) // a mistake in our own types, found by any test
	}
}

func (w *walker) object(n *yaml.Node, name string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		w.fault(n, "write key: value pairs", "%s is not a mapping", name)
		return
	}
	fields := map[string]reflect.Value{}
	var keys []string
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("yaml"); key != "" && key != "-" {
			fields[key] = v.Field(i)
			keys = append(keys, key)
		}
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, ok := fields[key.Value]
		switch {
		case !ok:
			w.fault(key, "it knows: "+strings.Join(keys, ", "), "%s has no key %q%s", name, cut(key.Value), meant(key.Value, keys))
			continue
		case seen[key.Value] != nil:
			w.fault(key, "keep one", "%q stands twice", key.Value)
			continue
		}
		seen[key.Value] = value
		if !null(value) { // a key without a value says nothing: the key might as well be absent
			w.decode(value, key.Value, field)
		}
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		need, key := field.Tag.Get("need"), field.Tag.Get("yaml")
		switch value := seen[key]; {
		case need == "":
		case value == nil:
			w.fault(n, need, "%s lacks %q", name, key)
		case empty(value):
			w.fault(value, need, "%s: %q is empty", name, key)
		}
	}
	w.placed(n, v, seen)
}

// placed tells a struct that wants to know where it and its values stand.
func (w *walker) placed(n *yaml.Node, v reflect.Value, seen map[string]*yaml.Node) {
	for i := range v.NumField() {
		switch field := v.Type().Field(i); {
		case field.Name == "At" && field.Type == textType:
			v.Field(i).Set(reflect.ValueOf(Text{Line: n.Line, Column: n.Column}))
		case field.Type == placesType:
			places := Places{}
			for key, value := range seen {
				places[key] = w.text(value)
			}
			v.Field(i).Set(reflect.ValueOf(places))
		}
	}
}

// null reports whether nothing was written, or YAML's word for it.
func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// empty reports whether a value is there and holds nothing: a required list
// without an element or a required text without a letter is as good as missing.
func empty(n *yaml.Node) bool {
	switch n.Kind {
	case yaml.ScalarNode:
		return null(n) || strings.TrimSpace(n.Value) == ""
	case yaml.SequenceNode, yaml.MappingNode:
		return len(n.Content) == 0
	default:
		return false
	}
}

func (w *walker) named(n *yaml.Node, name string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		w.fault(n, "write name: value pairs", "%s is not a mapping", name)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind != yaml.ScalarNode || empty(n.Content[i]) {
			w.fault(n.Content[i], "write a name", "a name in %s is not a word", name)
			continue
		}
		key := reflect.ValueOf(n.Content[i].Value)
		if v.MapIndex(key).IsValid() {
			w.fault(n.Content[i], "keep one", "%q stands twice", cut(n.Content[i].Value))
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		w.decode(n.Content[i+1], n.Content[i].Value, item)
		v.SetMapIndex(key, item)
	}
}

func (w *walker) list(n *yaml.Node, name string, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		w.fault(n, "write it as a list: - … or [ … ]", "%s is not a list", name)
		return
	}
	for i, c := range n.Content {
		item := reflect.New(v.Type().Elem()).Elem()
		w.decode(c, fmt.Sprintf("%s[%d]", name, i), item)
		v.Set(reflect.Append(v, item))
	}
}
