package document

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (w *walker) scalar(n *yaml.Node, name string, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		w.fault(n, "write one value", "%s is not a single value", name)
		return
	}
	quoted := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		w.fault(n, "leave "+cut(n.Tag)+" out", "%s carries a tag: what is written is what is meant", name)
		return
	case null(n):
		w.fault(n, "write a value", "%s is empty", name)
		return
	case !quoted && strings.HasPrefix(strings.ToLower(n.Value), "0x"):
		w.fault(n, fmt.Sprintf("write %q", cut(n.Value)), "%s is an unquoted 0x…: YAML turns it into a number", name)
		return
	}
	switch {
	case v.Type() == textType:
		v.Set(reflect.ValueOf(w.text(n)))
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
		if n.Value != "true" && n.Value != "false" || quoted {
			w.fault(n, "write true or false", "%s is %q, not true or false", name, cut(n.Value))
			return
		}
		v.SetBool(n.Value == "true")
	default:
		w.integer(n, name, v)
	}
}

func (w *walker) integer(n *yaml.Node, name string, v reflect.Value) {
	u, err := strconv.ParseUint(n.Value, 10, 63)
	if err != nil || v.CanInt() && v.OverflowInt(int64(u)) || v.CanUint() && v.OverflowUint(u) {
		w.fault(n, "write a whole number, in decimal digits", "%s is %q, not a whole number that fits", name, cut(n.Value))
		return
	}
	if v.CanInt() {
		v.SetInt(int64(u))
	} else {
		v.SetUint(u)
	}
}

// text is a scalar with the place of its first character: after an opening
// quotation mark, or on the line below a | or >.
func (w *walker) text(n *yaml.Node) Text {
	t := Text{Line: n.Line, Column: n.Column}
	if n.Kind != yaml.ScalarNode {
		return t
	}
	t.Value = n.Value
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		t.Column++
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && n.Line < len(w.lines):
		t.Line, t.Column = n.Line+1, 1+len(w.lines[n.Line])-len(strings.TrimLeft(w.lines[n.Line], " "))
	}
	return t
}
