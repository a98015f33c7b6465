package safe_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// The planner: what is void, what can be sent, what waits, and what a routine
// transaction would take away.
func TestSetsAreSortedByWhatTheyAreWorth(t *testing.T) {
	state := safe.State{Nonce: 5, Threshold: 2, Owners: []common.Address{owner(t, "ada"), owner(t, "bo"), owner(t, "cy")}}
	under := func(nonce uint64, data string, names ...string) (out []safe.Kept) {
		tx := pause
		tx.Nonce, tx.Data = nonce, []byte(data)
		for _, name := range names {
			out = append(out, kept(t, tx, name))
		}
		return out
	}
	all := append(under(4, "pause", "ada", "bo"), under(5, "pause", "ada", "cy")...)
	all = append(all, under(5, "cancel", "bo")...)
	all = append(all, under(7, "pause", "ada", "bo", "cy")...)
	other := pause
	other.Safe[0]++
	all = append(all, kept(t, other, "ada"))
	sets := state.SetsOf(pause.Safe, all)
	if len(sets) != 4 {
		t.Fatalf("%d sets", len(sets))
	}
	for i, want := range []struct {
		nonce  uint64
		worth  safe.Worth
		signed int
		alive  bool
	}{{4, safe.Void, 2, false}, {5, safe.Now, 0, false}, {5, safe.Now, 0, false}, {7, safe.Waits, 3, true}} {
		s := sets[i]
		if s.Nonce != want.nonce || s.Worth != want.worth || want.nonce != 5 && (len(s.Signed) != want.signed || s.Alive() != want.alive) {
			t.Errorf("%d: %+v", i, s)
		}
	}
	alive := 0
	for _, s := range sets[1:3] {
		if s.Alive() != (string(s.Data) == "pause") {
			t.Errorf("%s: %v", s.Data, s.Alive())
		}
		if s.Alive() {
			alive++
		}
	}
	if voided := state.Voided(sets); len(voided) != 2 || alive != 1 {
		t.Errorf("%d would be void", len(voided))
	}
}
