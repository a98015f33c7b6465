package chain

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Where no contract stands, Multicall3 says "success, no data". The aggregator says
// that there is none. Both are honest, and must not be told from each other as
// lies: the provider that has only Multicall3 is set aside for it, for good.
func TestNoContractIsTheSameByEveryMeans(t *testing.T) {
	m := multicall(t)
	answer, err := m.Outputs.Pack([]result3{{true, nil}})
	if err != nil {
		t.Fatal(err)
	}
	reading := func(by Means) ops.Reading {
		p := newPass(ops.BlockRef{}, []ops.Read{{Name: "vault.f()"}})
		a := p.question(by, 10).views
		var results []result
		if by == ByMulticall {
			results, err = decodeMulticall(a.entries, answer)
		} else {
			results, err = decode(a.entries, []byte{endNoCode, 0, 0, 0})
		}
		if err != nil {
			t.Fatal(err)
		}
		p.settle(a.entries, results)
		return p.readings[0]
	}
	a, b := reading(ByOverride), reading(ByMulticall)
	if a.Status != ops.ReadNotRun && b.Status != ops.ReadNotRun && !sameReading(a, b) {
		t.Errorf("%s and %s: a dissent between honest providers", shown(a), shown(b))
	}
}
