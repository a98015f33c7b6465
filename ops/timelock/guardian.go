package timelock

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Who may cancel what waits in an AccessManager (AccessManager.cancel), beside its caller:
// the admins (role 0), and the members of the role that guards the role that its function
// of its target needs. Which one that is the contract says; who might be a member stands
// in the logs, and the contract is asked whether he is.

var (
	managerHasRole      = selector("hasRole(uint64,address)")
	managerGuardian     = selector("getRoleGuardian(uint64)")
	managerFunctionRole = selector("getTargetFunctionRole(address,bytes4)")
)

// functionRoleRead tells which role an operation's call needs.
func (m accessManager) functionRoleRead(o ops.Operation) ops.Read {
	to, function := o.Calls[0].To, o.Calls[0].Data[:4]
	return m.view(managerFunctionRole+word(to)+string(common.RightPadBytes(function, 32)), fmt.Sprintf("getTargetFunctionRole(%s, 0x%x)", to.Hex(), function))
}

// guardRead tells which role guards that one.
func (m accessManager) guardRead(o ops.Operation) ops.Read {
	role := m.functionRoleRead(o)
	r := m.view(managerGuardian+string(make([]byte, 32)), "getRoleGuardian("+role.Name+")")
	r.Links = ops.LinkedTo(ops.Link{Offset: 4, Of: role.Key()})
	return r
}

// cancellersOf names who may cancel an operation, its caller first.
func (m accessManager) cancellersOf(o ops.Operation, terms Terms, now ops.Readings) []string {
	out := []string{m.called(o.Proposer)}
	add := func(names ...string) {
		for _, name := range names {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	add(terms.Guards[common.Hash{}]...)
	if len(o.Calls) != 1 || len(o.Calls[0].Data) < 4 {
		return out
	}
	r, asked := now[m.guardRead(o)]
	if !asked {
		return out
	}
	guard := number(r)
	if guard == nil {
		add("guardians of a role that the contract did not say")
		return out
	}
	members, known := terms.Guards[common.BigToHash(guard)]
	if add(members...); !known {
		add("guardians of role " + guard.String() + ", who are not known")
	}
	return out
}

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
	return m.candidates(about, changed(roleGrantedTo, roleRevokedFrom, role))
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

// guarding names the members of each guarding role, as the contract says.
func (m accessManager) guarding(about []ops.Log, now ops.Readings) map[common.Hash][]string {
	all := map[common.Hash][]string{}
	for _, role := range m.guards(about) {
		var out []string
		for _, a := range m.guarded(about, role) {
			r := now[m.holds(role, a)] // (isMember, executionDelay)
			if r.Status != ops.ReadOK || len(r.Data) != 64 || binary.BigEndian.Uint64(r.Data[24:32]) == 0 {
				continue
			}
			if name := m.called(a); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
		all[role] = out
	}
	return all
}
