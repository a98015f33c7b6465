package timelock_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

func account(n int) common.Address { return common.BigToAddress(big.NewInt(int64(0xA000 + n))) }

// Who has a role is folded from the timelock's own events, and asked: whoever had it taken
// crowds out nobody, and another contract's events are nothing.
func TestWhoHasARoleIsFoldedFromEvents(t *testing.T) {
	canceller := crypto.Keccak256Hash([]byte("CANCELLER_ROLE"))
	logs := []ops.Log{role(true, at(1, 0), canceller, account(1), vault)}
	for n := 2; n < 60; n++ { // given and taken in one block
		logs = append(logs, role(true, at(2, 1), canceller, account(n), vault), role(false, at(2, 1), canceller, account(n), vault))
	}
	foreign := role(true, at(3, 2), canceller, account(70), vault)
	foreign.Address = vault
	logs = append(logs, foreign, role(true, at(4, 3), canceller, account(80), vault), role(false, at(4, 3), canceller, account(81), vault), role(true, at(4, 3), canceller, account(81), vault))
	logs = append(logs, queued(at(5, 4), call(1), common.Hash{}, delay)...)
	l := timelock.Timelock{ID: "T1", Address: address}.Start()
	l.Take(logs)
	has := map[string]bool{}
	now := ops.Readings{}
	for _, r := range l.Asks() {
		if who, ok := strings.CutPrefix(r.Name, "T1.hasRole("+canceller.Hex()+", "); ok {
			has[strings.TrimSuffix(who, ")")] = true
			now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: word(1)}
		}
	}
	if len(has) != 3 || !has[account(1).Hex()] || !has[account(80).Hex()] || !has[account(81).Hex()] {
		t.Errorf("asked after %v", has)
	}
	if got := l.Queue(at(6, 5), now)[0].Cancellers; len(got) != 3 {
		t.Errorf("%v may cancel", got)
	}
}

// Who guards an AccessManager's function is named where it is known, and where it is not
// that is said.
func TestOnlyWhoGuardsAFunctionIsNamed(t *testing.T) {
	k := named("access-manager")
	grant := func(role uint64, who common.Address) ops.Log {
		return emitted(at(1, 0), nil, topic("RoleGranted(uint64,address,uint32,uint48,bool)"), nonced(role), common.BytesToHash(who[:]))
	}
	l := k.lock().Start()
	l.Take([]ops.Log{
		emitted(at(1, 0), nil, topic("RoleGuardianChanged(uint64,uint64)"), nonced(7), nonced(8)), emitted(at(1, 0), nil, topic("RoleGuardianChanged(uint64,uint64)"), nonced(9), nonced(10)),
		grant(0, account(1)), grant(8, account(2)), grant(10, account(3)), k.added(at(1, 0), 1, 1),
	})
	short := func(a common.Address) string { return a.Hex()[:6] + "…" + a.Hex()[38:] }
	for guard, want := range map[int64][]string{
		0: {short(caller), short(account(1))}, 8: {short(caller), short(account(1)), short(account(2))}, 10: {short(caller), short(account(1)), short(account(3))},
		11: {short(caller), short(account(1)), "guardians of role 11, who are not known"}, -1: {short(caller), short(account(1)), "guardians of a role that the contract did not say"},
	} {
		now := ops.Readings{}
		for _, r := range l.Asks() {
			reading := ops.Reading{Read: r, Status: ops.ReadOK}
			switch {
			case strings.HasPrefix(r.Name, "T1.hasRole("):
				reading.Data = append(word(1), word(0)...)
			case strings.HasPrefix(r.Name, "T1.getRoleGuardian(") && guard < 0:
				reading.Status = ops.ReadReverted
			case strings.HasPrefix(r.Name, "T1.getRoleGuardian("):
				reading.Data = word(guard)
			}
			now[r] = reading
		}
		if got := l.Queue(at(2, 1), now)[0].Cancellers; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("guarded by %d: %v, want %v", guard, got, want)
		}
	}
}
