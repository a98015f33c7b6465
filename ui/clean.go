package ui

import (
	"reflect"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// Everything that enters the model passes here, and every string in it is
// cleaned, wherever it stands: a pane cannot forget it. ops.Read keeps its Data,
// which are bytes and are never shown as text.

func cleanSnapshot(s ops.Snapshot) ops.Snapshot { return cleaned(s) }
func cleanPlan(p ops.Plan) ops.Plan             { return cleaned(p) }
func cleanReceipt(r ops.Receipt) ops.Receipt    { return cleaned(r) }

// cleanError is an error as a person reads it.
func cleanError(err error) string { return safe.Text(err.Error()) }

// cleaned copies a value with every string in it made safe. The original is
// shared with others and stays as it is.
func cleaned[T any](v T) T {
	out := reflect.New(reflect.TypeOf(v)).Elem()
	clean(out, reflect.ValueOf(v))
	return out.Interface().(T)
}

var readType = reflect.TypeFor[ops.Read]()

func clean(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.String:
		to.SetString(safe.Text(from.String()))
	case reflect.Struct:
		to.Set(from)
		for i := range from.NumField() {
			field := from.Type().Field(i)
			bytes := from.Type() == readType && field.Name == "Data"
			if field.IsExported() && !bytes && holdsText(field.Type) {
				clean(to.Field(i), from.Field(i))
			}
		}
	case reflect.Slice:
		if from.IsNil() || !holdsText(from.Type().Elem()) {
			to.Set(from)
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			clean(to.Index(i), from.Index(i))
		}
	case reflect.Map:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeMap(from.Type()))
		for _, key := range from.MapKeys() {
			k, v := reflect.New(key.Type()).Elem(), reflect.New(from.Type().Elem()).Elem()
			clean(k, key)
			clean(v, from.MapIndex(key))
			to.SetMapIndex(k, v)
		}
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		clean(to.Elem(), from.Elem())
	default:
		to.Set(from)
	}
}

// holdsText reports whether a type can hold a string anywhere.
func holdsText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Map, reflect.Interface:
		return true
	case reflect.Slice, reflect.Pointer:
		return t.PkgPath() == "" && holdsText(t.Elem())
	case reflect.Struct:
		return t.PkgPath() != "time" && t.PkgPath() != "math/big"
	default:
		return false
	}
}
