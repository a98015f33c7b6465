package drill

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Scenario is one breach that can be played. What happens in which block follows
// from the seed.
type Scenario struct {
	Name      string
	Class     ops.BreachClass
	Says      string         // what happens, in one sentence
	Lost      string         // what counts as lost, in dUSD
	Invariant ops.DetectorID // what it breaks
	Runbook   ops.RunbookID  // what answers it
	Foiled    [2]string      // what is said of one, and of several, harmful transactions that did none

	plot  func(attack) plot
	undo  bool // the savings' guardian may put the old code back at once
	lanes bool // the runbook has a second lane, and its first may be broken
	proxy bool // what the runbook acts on first is a proxy, and may have been upgraded
}

// scenarios in the order in which they are listed. The first is the default.
var scenarios = []Scenario{
	{
		Name: "vault-insolvency", Class: ops.ClassAsset, Invariant: "A1", Runbook: "R1", plot: newInsolvency,
		Says:   "After an upgrade the vault burns too few shares, and somebody withdraws for nothing.",
		Lost:   "what was withdrawn beyond the worth of the shares burned",
		Foiled: [2]string{"withdrawal by the attacker reverted", "withdrawals by the attacker reverted"},
	},
	{
		Name: "rogue-payer", Class: ops.ClassAuthorization, Invariant: "P1", Runbook: "R3", plot: newPayer, lanes: true,
		Says:   "A key that no release names is made a payer of the treasury, and begins to pay itself.",
		Lost:   "what the new payer paid",
		Foiled: [2]string{"payment by the attacker reverted", "payments by the attacker reverted"},
	},
	{
		Name: "bent-price", Class: ops.ClassPricing, Invariant: "E2", Runbook: "R4", plot: newBentPrice, lanes: true,
		Says:   "Somebody sells into a thin pool, and the router settles swaps at the price that this leaves.",
		Lost:   "what was paid out beyond the reference price",
		Foiled: [2]string{"swap by the attacker reverted", "swaps by the attacker reverted"},
	},
	{
		Name: "stuck-withdrawals", Class: ops.ClassLiveness, Invariant: "L1", Runbook: "R5", plot: newStuck, lanes: true,
		Says:   "After an upgrade nobody can take out savings, and the old code cannot be put back for two days.",
		Lost:   "what savers asked for and did not get",
		Foiled: [2]string{"withdrawal was paid again", "withdrawals were paid again"},
	},
	{
		Name: "undone-upgrade", Class: ops.ClassLiveness, Invariant: "L1", Runbook: "R5", plot: newStuck, lanes: true, undo: true,
		Says:   "The same, but the old code can be put back tonight.",
		Lost:   "what savers asked for and did not get",
		Foiled: [2]string{"withdrawal was paid again", "withdrawals were paid again"},
	},
	{
		Name: "unbacked-release", Class: ops.ClassCrossDomain, Invariant: "X1", Runbook: "R6", plot: newUnbacked, lanes: true, proxy: true,
		Says:   "The bridge takes an empty proof, and releases here what nobody locked on the other side.",
		Lost:   "what was released beyond what was locked",
		Foiled: [2]string{"release to the attacker reverted", "releases to the attacker reverted"},
	},
	{
		Name: "stolen-key", Class: ops.ClassAsset, Invariant: "F1", Runbook: "R7", plot: newStolenKey, lanes: true,
		Says:   "The key of the operations wallet is stolen, and sends away what its approvals allow.",
		Lost:   "what the stolen key sent to the attacker",
		Foiled: [2]string{"payment by the stolen key reverted", "payments by the stolen key reverted"},
	},
	{
		Name: "unapproved-operation", Class: ops.ClassQueue, Invariant: "Q1", Runbook: "R2", plot: newUnapproved,
		Says:   "An operation that no release approved is put into the timelock.",
		Lost:   "nothing yet: it can be executed in 48 hours, and not before",
		Foiled: [2]string{"transaction by the attacker reverted", "transactions by the attacker reverted"},
	},
}

// Scenarios lists what can be played, the default first.
func Scenarios() []Scenario { return slices.Clone(scenarios) }

// Find is the scenario with a name; an empty name is the default's.
func Find(name string) (Scenario, bool) {
	i := slices.IndexFunc(scenarios, func(s Scenario) bool { return s.Name == name || name == "" })
	if i < 0 {
		return Scenario{}, false
	}
	return scenarios[i], true
}

// Faults lists what may be broken of the scenario's answer beforehand.
func (s Scenario) Faults() []Broken {
	var out []Broken
	for _, b := range []Broken{Dust, Nonce, Target, Expired} {
		if s.lanes && (b != Target || s.proxy) {
			out = append(out, b)
		}
	}
	return out
}
