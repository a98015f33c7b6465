package drill

import (
	"errors"
	"math/big"
	"slices"
	"testing"
)

// Where nobody acts each scenario costs what it planned, and is a breach from the
// block on that it says.
func TestNobodyActsAndEveryScenarioCostsWhatItPlanned(t *testing.T) {
	for _, s := range Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			d := start(t, Options{Seed: 6, Genesis: genesis, Scenario: s.Name})
			for !d.mustStep(t).AttackOver {
				continue
			}
			got := d.Score()
			if got.BreachBlock == 0 || got.LostWei.Cmp(got.PlannedWei) != 0 || got.Foiled != 0 {
				t.Errorf("%+v", got)
			}
			if got.PlannedWei.Cmp(units(500)) < 0 && s.Name != "unapproved-operation" {
				t.Errorf("%s planned is nothing to act for", got.PlannedWei)
			}
			if got.AttackBlock != 0 && got.BreachBlock > got.AttackBlock+3 {
				t.Errorf("the harm begins in block %d, the breach in %d", got.AttackBlock, got.BreachBlock)
			}
		})
	}
}

// What every scenario shares is calm in all others: only its own plot does harm.
func TestEveryScenarioIsCalmUntilItsPlotBegins(t *testing.T) {
	for _, s := range Scenarios() {
		d := start(t, Options{Seed: 6, Genesis: genesis, Scenario: s.Name})
		for _, other := range Scenarios() {
			lost, broken, err := other.plot(never.(insolvency).attack).toll(t.Context(), reader{d, d.Head()}, 0)
			if err != nil || broken || lost.Sign() != 0 {
				t.Errorf("%s begins, and of %s %s are lost, broken %t, %v", s.Name, other.Name, lost, broken, err)
			}
		}
	}
}

func TestNamesOfScenariosAreFoundOrRefused(t *testing.T) {
	if s, ok := Find(""); !ok || s.Name != "vault-insolvency" {
		t.Errorf("the default is %q", s.Name)
	}
	names := map[string]bool{}
	for _, s := range Scenarios() {
		if names[s.Name] || s.Says == "" || s.Lost == "" || s.Foiled[0] == "" || s.Foiled[1] == "" {
			t.Errorf("%+v", s)
		}
		names[s.Name] = true
	}
	for _, o := range []Options{{Scenario: "no-such"}, {Broken: Dust}, {Scenario: "rogue-payer", Broken: Target}, {Scenario: "rogue-payer", Broken: "everything"}} {
		if d, err := Start(t.Context(), o); !errors.Is(err, ErrScenario) || d != nil {
			t.Errorf("%+v: %v, %v", o, d, err)
		}
	}
	s, _ := Find("unbacked-release")
	if !slices.Equal(s.Faults(), []Broken{Dust, Nonce, Target, Expired}) {
		t.Errorf("%s can be broken by %v", s.Name, s.Faults())
	}
}

func TestTheSwapsOfTheBentPriceGainExactlyWhatTheyPlan(t *testing.T) {
	p := newBentPrice(planAttack(1)).(bentPrice)
	want := new(big.Int)
	for _, block := range p.takes {
		for _, amount := range block {
			left := new(big.Int).Mod(amount, big.NewInt(gain))
			want.Add(want, new(big.Int).Sub(amount, left))
		}
	}
	if p.planned().Cmp(want) != 0 {
		t.Errorf("%s, want %s", p.planned(), want)
	}
}
