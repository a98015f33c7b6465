package measure_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/measure"
)

func TestMeasuresNameEachOtherInAnyOrder(t *testing.T) {
	named, faults := measure.CompileMeasures(map[string]string{
		"backing": "tvl / vault.totalSupply()",
		"tvl":     "vault.totalAssets() + balance(vault)",
		"asset":   "pool.token()",
	}, wide)
	if len(faults) != 0 || len(named) != 3 {
		t.Fatal(faults)
	}
	in := wide
	in.Measures = named
	m, err := measure.Compile("backing * 2 + tvl + vault.balanceOf(asset)", in)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Reads()) != 5 { // each once, though tvl stands in it twice
		t.Errorf("%v", m.Reads())
	}
	v, err := m.Evaluate(measure.Frame{Now: answers(m, map[string][]byte{
		"vault.totalAssets()": word(7), "balance(" + vault.Hex() + ")": word(3), "vault.totalSupply()": word(5), "vault.balanceOf(pool.token())": word(100),
	})})
	if err != nil || v.String() != "114" {
		t.Errorf("%s %v", v, err)
	}
	faultAt(t, in, "backng > 1", 1, `nothing is called "backng"`)
}

func TestAMeasureMadeOfItselfIsToldOnceWhereItCloses(t *testing.T) {
	named, faults := measure.CompileMeasures(map[string]string{
		"a": "1 + b", "b": "c * 2", "c": "2 - a", "uses": "a + 1", "self": "self", "bad": "vault.nothing()", "worse": "bad + 1", "good": "vault.totalAssets()",
	}, wide)
	want := map[string]string{"c": "1:5: a is made of itself: a → b → c → a", "self": "1:1: self is made of itself: self → self", "bad": `1:7: vault has no function "nothing"`}
	for name, text := range want {
		if err := faults[name]; err == nil || err.Error() != text {
			t.Errorf("%s: %v, want %s", name, err, text)
		}
	}
	if len(faults) != len(want) || named["good"] == nil {
		t.Errorf("%v", faults)
	}
	in := wide
	in.Measures = named
	if _, err := measure.Compile("worse > 1", in); !errors.Is(err, measure.ErrElsewhere) {
		t.Errorf("%v", err)
	}
}

func TestPrevDoesNotHideInAMeasure(t *testing.T) {
	named, _ := measure.CompileMeasures(map[string]string{"step": "vault.totalAssets() - prev(vault.totalAssets())"}, wide)
	in := wide
	in.Measures = named
	faultAt(t, in, "prev(step) > 1", 6, "step holds a prev, and stands inside prev")
	if _, err := measure.CompileCondition("step > 1", in); err != nil {
		t.Error(err)
	}
}

// Thirty measures that each name the one before twice would be a thousand million
// parts.
func TestMeasuresThatDoubleAreRefused(t *testing.T) {
	sources := map[string]string{"m0": "vault.totalAssets()"}
	for i := 1; i <= 30; i++ {
		sources[fmt.Sprintf("m%d", i)] = fmt.Sprintf("m%d + m%d", i-1, i-1)
	}
	_, faults := measure.CompileMeasures(sources, wide)
	if len(faults) != 1 {
		t.Fatal(faults)
	}
	for _, err := range faults {
		if !strings.Contains(err.Error(), "more than 20000 parts") {
			t.Error(err)
		}
	}
}
