package authorization_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/authorization"
)

// What an event speaks of and nobody was asked about yet is not known: neither who
// administers a role now, nor whether a role that is said to be taken was.
func TestWhatAnEventSpeaksOfIsNotCalmBeforeItIsAsked(t *testing.T) {
	other := crypto.Keccak256Hash([]byte("OTHER_ROLE"))
	admin := ops.Log{Block: at(5), Address: target, Topics: []common.Hash{crypto.Keccak256Hash([]byte("RoleAdminChanged(bytes32,bytes32,bytes32)")), other, {}, {9}}}
	for name, log := range map[string]ops.Log{"another admin": admin, "taken, it says": granted(5, 1, pauser, mallory, true)} {
		d := watching(t, controlABI, false)
		m := d.NewMemory()
		m.Known(0, 4)
		if a := m.Next(at(5), chain{}.now(d, m), []ops.Log{log}); a.Verdict != ops.Unknown {
			t.Errorf("%s: %+v", name, a)
		}
		if a := m.Next(at(6), chain{}.now(d, m), nil); a.Verdict != ops.OK {
			t.Errorf("%s, once it was asked: %+v", name, a)
		}
	}
}

func TestAHistoryThatHasNotBegunIsNotKnown(t *testing.T) {
	d := watching(t, controlABI, false)
	d.From = 1000
	m := d.NewMemory()
	m.Known(5, 4)
	if a := m.Next(at(5), chain{}.now(d, m), nil); a.Verdict != ops.Unknown {
		t.Errorf("%+v", a)
	}
}

// Whoever makes a contract emit more than is remembered hides nothing.
func TestMoreEventsThanAreRememberedAreNoCalm(t *testing.T) {
	d := watching(t, controlABI, false)
	m := d.NewMemory()
	m.Known(0, 4)
	var flood []ops.Log
	for n := range uint(100_000) {
		flood = append(flood, granted(5, n, pauser, alice, n%2 == 1))
	}
	m.Next(at(5), chain{}.now(d, m), flood)
	m.Next(at(6), chain{}.now(d, m), []ops.Log{granted(6, 0, pauser, mallory, false)})
	answers := chain{"PAUSER_ROLE, " + mallory.Hex(): yes}
	if a := m.Next(at(7), answers.now(d, m), nil); a.Verdict != ops.Unknown && a.Verdict != ops.Breach {
		t.Errorf("%+v", a)
	}
}

// An account of a long baseline that a call is not tried as is not known to fail.
func TestCallersThatAreNotTriedAreSaid(t *testing.T) {
	var base []authorization.Fact
	for n := range 70 {
		base = append(base, fact("owners", common.BigToAddress(big.NewInt(int64(0x1000+n))).Hex()))
	}
	d := watching(t, controlABI, false, base...)
	d.Probes = []authorization.Probe{{Contract: "vault", Name: "vault.pause()", To: target, Data: []byte{1, 2, 3, 4}}}
	tried := map[common.Address]bool{}
	for _, r := range d.Reads() {
		if r.Kind == ops.ReadTry {
			tried[r.From] = true
		}
	}
	m := d.NewMemory()
	m.Known(0, 4)
	now := ops.Readings{}
	for _, r := range append(d.Reads(), m.Asks()...) {
		reading := ops.Reading{Read: r, Status: ops.ReadOK, Data: make([]byte, 32)}
		if r.Kind == ops.ReadTry {
			reading = ops.Reading{Read: r, Status: ops.ReadReverted}
		}
		now[r] = reading
	}
	a := m.Next(at(5), now, nil)
	if len(tried) != 65 || a.Verdict != ops.Unknown || !strings.Contains(a.Why, "not as 6 more") {
		t.Errorf("%d of 71 were tried: %+v", len(tried), a)
	}
}
