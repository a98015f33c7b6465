package document

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	textType     = reflect.TypeFor[Text]()
	durationType = reflect.TypeFor[time.Duration]()
)

type walker struct {
	file   string
	faults ops.Faults
}

func settable(out any) reflect.Value { return reflect.ValueOf(out).Elem() }

func (w *walker) fault(n *yaml.Node, hint, format string, args ...any) {
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
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		field, ok := fields[key.Value]
		switch {
		case !ok:
			w.fault(key, "it knows: "+strings.Join(keys, ", "), "%s has no key %q%s", name, key.Value, meant(key.Value, keys))
			continue
		case seen[key.Value]:
			w.fault(key, "keep one", "%q stands twice", key.Value)
			continue
		}
		seen[key.Value] = true
		w.decode(n.Content[i+1], key.Value, field)
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if need, key := field.Tag.Get("need"), field.Tag.Get("yaml"); need != "" && !seen[key] {
			w.fault(n, need, "%s lacks %q", name, key)
		}
	}
	for i := range v.NumField() { // a struct that wants to know where it stands
		if v.Type().Field(i).Name == "At" && v.Field(i).Type() == textType {
			v.Field(i).Set(reflect.ValueOf(Text{Line: n.Line, Column: n.Column}))
		}
	}
}

func (w *walker) named(n *yaml.Node, name string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		w.fault(n, "write name: value pairs", "%s is not a mapping", name)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := reflect.ValueOf(n.Content[i].Value)
		if v.MapIndex(key).IsValid() {
			w.fault(n.Content[i], "keep one", "%q stands twice", n.Content[i].Value)
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

func (w *walker) scalar(n *yaml.Node, name string, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		w.fault(n, "write one value", "%s is not a single value", name)
		return
	}
	quoted := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
	if !quoted && strings.HasPrefix(strings.ToLower(n.Value), "0x") {
		w.fault(n, fmt.Sprintf("write %q", n.Value), "%s is an unquoted 0x…: YAML turns it into a number", name)
		return
	}
	column := n.Column
	if quoted {
		column++
	}
	switch {
	case v.Type() == textType:
		v.Set(reflect.ValueOf(Text{Value: n.Value, Line: n.Line, Column: column}))
	case v.Type() == durationType:
		d, err := ParseDuration(n.Value)
		if err != nil {
			w.fault(n, "write it as in 60s, 10m, 48h or 7d", "%s: %s", name, err)
			return
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.String:
		v.SetString(n.Value)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(n.Value)
		if err != nil || quoted {
			w.fault(n, "write true or false", "%s is %q, not true or false", name, n.Value)
			return
		}
		v.SetBool(b)
	default:
		w.integer(n, name, v)
	}
}

func (w *walker) integer(n *yaml.Node, name string, v reflect.Value) {
	u, err := strconv.ParseUint(n.Value, 10, 63)
	if err != nil || v.CanInt() && v.OverflowInt(int64(u)) || v.CanUint() && v.OverflowUint(u) {
		w.fault(n, "write a whole number, in decimal digits", "%s is %q, not a whole number that fits", name, n.Value)
		return
	}
	if v.CanInt() {
		v.SetInt(int64(u))
	} else {
		v.SetUint(u)
	}
}

// meant suggests the key that a typo stands for.
func meant(key string, keys []string) string {
	i := slices.IndexFunc(keys, func(k string) bool { return distance(strings.ToLower(key), k) <= 2 })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(": %q is meant?", keys[i])
}

// distance is Levenshtein's: how many letters to change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
