package measure_test

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

func TestACallThatWouldFailIsAnAnswerAndOneThatWasNotTriedIsNone(t *testing.T) {
	m, err := measure.CompileCondition("reverts(pool.swap(5, pool.token()), guardian)", wide)
	if err != nil {
		t.Fatal(err)
	}
	reads := m.Reads()
	try := reads[1]
	if len(reads) != 2 || try.Kind != ops.ReadTry || try.From != guardian || try.To != pool || try.Needs()[0] != (ops.Link{Offset: 36, Of: reads[0].Key()}) {
		t.Fatalf("%+v", reads)
	}
	if want := "reverts(pool.swap(5, pool.token()), " + guardian.Hex() + ")"; try.Name != want {
		t.Errorf("%s, want %s", try.Name, want)
	}
	for status, want := range map[ops.ReadStatus]ops.Verdict{
		ops.ReadOK: ops.Breach, ops.ReadReverted: ops.OK, ops.ReadNoCode: ops.Unknown, ops.ReadNotRun: ops.Unknown,
	} {
		if a := m.Judge(ops.Readings{try: {Read: try, Status: status}}, nil); a.Verdict != want || (a.Why != "") != (want == ops.Unknown) {
			t.Errorf("%d: %+v", status, a)
		}
	}
	if a := m.Judge(nil, nil); a.Verdict != ops.Unknown {
		t.Errorf("%+v", a)
	}
	faultAt(t, wide, "pool.swap(5, pool) == true", 6, "writes (nonpayable)")
}

func TestAShareOfNothingIsUnknown(t *testing.T) {
	for _, source := range []string{"bps(1, vault.totalAssets())", "pct(1, vault.totalAssets())"} {
		expect(t, source, map[string][]byte{"vault.totalAssets()": word(0)}, "division by zero")
	}
}

func TestWithinShowsTheSideThatIsPassed(t *testing.T) {
	m, err := measure.CompileCondition("within(vault.totalAssets(), 10, 20)", wide)
	if err != nil {
		t.Fatal(err)
	}
	for assets, want := range map[int64]ops.Assessment{
		9:  {Verdict: ops.Breach, Observed: "9", Relation: "≥", Threshold: "10"},
		10: {Verdict: ops.OK, Observed: "10", Relation: "≥", Threshold: "10"},
		20: {Verdict: ops.OK, Observed: "20", Relation: "≥", Threshold: "10"},
		21: {Verdict: ops.Breach, Observed: "21", Relation: "≤", Threshold: "20"},
	} {
		if a := m.Judge(answers(m, map[string][]byte{"vault.totalAssets()": word(assets)}), nil); a != want {
			t.Errorf("%d: %+v", assets, a)
		}
	}
}
