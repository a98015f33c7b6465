package timelock

import (
	"encoding/binary"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Who may cancel what waits in an AccessManager, beside its caller: the admins (role 0)
// and the members of guardian roles. Which role guards a call depends on its function;
// here all that guard anything are named, as the logs and hasRole say.

var managerHasRole = selector("hasRole(uint64,address)")

// guards are the roles that can cancel: admin, and each that was made a guardian.
func (accessManager) guards(about []ops.Log) []common.Hash {
	out := []common.Hash{{}}
	for _, l := range about {
		if l.Topics[0] == roleGuardianSet && len(l.Topics) > 2 && !slices.Contains(out, l.Topics[2]) && len(out) < mostMembers {
			out = append(out, l.Topics[2])
		}
	}
	return out
}

func (m accessManager) holds(role common.Hash, who common.Address) ops.Read {
	return m.view(managerHasRole+string(role[:])+word(who), "hasRole("+role.Big().String()+", "+who.Hex()+")")
}

func (m accessManager) guarded(about []ops.Log, role common.Hash) []common.Address {
	return m.candidates(about, func(l ops.Log) (common.Address, bool) {
		if l.Topics[0] != roleGrantedTo || len(l.Topics) < 3 || l.Topics[1] != role {
			return common.Address{}, false
		}
		return common.BytesToAddress(l.Topics[2][:]), true
	})
}

// guardians lists the reads that guarding needs.
func (m accessManager) guardians(about []ops.Log) (out []ops.Read) {
	for _, role := range m.guards(about) {
		for _, a := range m.guarded(about, role) {
			out = append(out, m.holds(role, a))
		}
	}
	return out
}

// guarding names who can cancel, as the contract says.
func (m accessManager) guarding(about []ops.Log, now ops.Readings) (out []string) {
	for _, role := range m.guards(about) {
		for _, a := range m.guarded(about, role) {
			r := now[m.holds(role, a)] // (isMember, executionDelay)
			if r.Status != ops.ReadOK || len(r.Data) != 64 || binary.BigEndian.Uint64(r.Data[24:32]) == 0 {
				continue
			}
			if name := m.called(a); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}
