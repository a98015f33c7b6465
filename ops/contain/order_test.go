package contain_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

func (b *bench) order(t *testing.T) (contain.StandingOrder, contain.Plan) {
	t.Helper()
	a := tree(b, "a", "b")
	o, err := contain.NewStandingOrder(a, "a", contain.Lane{Name: "auto", Signer: b.key, From: b.key.Address()}, []ops.DetectorID{"A1"})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := b.Prepare(t.Context(), o.Action(), ref(10), nil)
	if err != nil {
		t.Fatal(err)
	}
	return o, plan
}

func breach(id ops.DetectorID, at ops.BlockRef) ops.Finding {
	return ops.Finding{Detector: id, Verdict: ops.Breach, At: at}
}

func TestAStandingOrderSendsItsOneStep(t *testing.T) {
	b := newBench(t)
	o, plan := b.order(t)
	confirmed, err := contain.Order(plan, o, breach("A1", ref(10)), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Execute(t.Context(), confirmed); err != nil {
		t.Fatal(err)
	}
	b.block(t)
	b.wants(t, "a IN EFFECT")
	if r := b.last(); r.Stage != ops.StageContained || r.By.Role != contain.AutoRole || b.key.signed() != 1 {
		t.Errorf("%+v", r)
	}
}

func TestWhatMakesNoStandingOrderFire(t *testing.T) {
	b := newBench(t)
	o, plan := b.order(t)
	whole, err := b.Prepare(t.Context(), tree(b, "a", "b"), ref(10), nil)
	if err != nil {
		t.Fatal(err)
	}
	unknown := breach("A1", ref(10))
	unknown.Verdict = ops.Unknown
	fine := breach("A1", ref(10))
	fine.Verdict = ops.OK
	doubtful := breach("A1", ref(10))
	doubtful.Doubt = "the other chain of its lane cannot be seen"
	for name, c := range map[string]struct {
		plan    contain.Plan
		order   contain.StandingOrder
		finding ops.Finding
	}{
		"an unknown finding":       {plan, o, unknown},
		"a finding that holds":     {plan, o, fine},
		"half of a finding":        {plan, o, doubtful},
		"another finding":          {plan, o, breach("A2", ref(10))},
		"a breach of before":       {plan, o, breach("A1", ref(9))},
		"a breach of no block":     {plan, o, breach("A1", ops.BlockRef{})},
		"the whole runbook's plan": {whole, o, breach("A1", ref(10))},
		"no order at all":          {plan, contain.StandingOrder{}, breach("A1", ref(10))},
	} {
		if _, err := contain.Order(c.plan, c.order, c.finding, time.Now()); !errors.Is(err, contain.ErrStanding) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.chain.mine()
	if r, err := b.run(t, tree(b, "a")); err != nil {
		t.Fatal(r, err)
	}
	b.block(t)
	_, held := b.order(t)
	if _, err := contain.Order(held, o, breach("A1", ref(10)), time.Now()); !errors.Is(err, contain.ErrStanding) {
		t.Errorf("what holds already: %v", err)
	}
}

func TestWhatIsNoStandingOrder(t *testing.T) {
	b := newBench(t)
	lane := contain.Lane{Signer: b.key, From: b.key.Address()}
	a1 := []ops.DetectorID{"A1"}
	for name, change := range map[string]func(*contain.Action){
		"a step that loosens":     func(a *contain.Action) { a.Steps[0].Restrict = false },
		"a control":               func(a *contain.Action) { a.Steps[0].Control = "freeze" },
		"a question":              func(a *contain.Action) { a.Steps[0].Ask = &contain.Question{} },
		"a step with a condition": func(a *contain.Action) { a.Steps[0].When = is{ops.OK, "x"} },
		"a stand-in":              func(a *contain.Action) { a.Steps[0].Instead = true },
		"an argument":             func(a *contain.Action) { a.Args = map[string]string{"who": "0x1"} },
		"another step":            func(a *contain.Action) { a.Steps[0].ID = "z" },
	} {
		a := tree(b, "a")
		change(&a)
		if _, err := contain.NewStandingOrder(a, "a", lane, a1); !errors.Is(err, contain.ErrStanding) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := contain.NewStandingOrder(tree(b, "a"), "a", lane, nil); !errors.Is(err, contain.ErrStanding) {
		t.Errorf("no finding: %v", err)
	}
}
