package timelock

import (
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Who may act on a TimelockController. Its roles cannot be listed by a view: who might
// have one stands in the logs, and the contract is asked whether he has. The role of the
// zero address makes execution open to everybody. Before 4.6 proposers cancel, and
// CANCELLER_ROLE() is not there.

var (
	proposerRole = crypto.Keccak256Hash([]byte("PROPOSER_ROLE"))
	executorRole = crypto.Keccak256Hash([]byte("EXECUTOR_ROLE"))
	// timelockAdminRole is that of 4.x; from 5.0 on it is zero.
	timelockAdminRole = crypto.Keccak256Hash([]byte("TIMELOCK_ADMIN_ROLE"))
	cancellerRole     = crypto.Keccak256Hash([]byte("CANCELLER_ROLE"))

	hasRole           = selector("hasRole(bytes32,address)")
	cancellerRoleView = selector("CANCELLER_ROLE()")
)

// mostMembers bounds the accounts that are asked after for each role, the newest first.
const mostMembers = 16

// candidates may have a role: this console's accounts, and whom the logs gave it to and
// did not take it from since. change says of a log whose role it changes, and whether he
// has it then.
func (t Timelock) candidates(about []ops.Log, change func(ops.Log) (who common.Address, has, ok bool)) []common.Address {
	out := make([]common.Address, 0, len(t.Accounts)+mostMembers)
	for a := range t.Accounts {
		out = append(out, a)
	}
	slices.SortFunc(out, common.Address.Cmp)
	told := map[common.Address]bool{}
	for i, asked := len(about)-1, 0; i >= 0 && asked < mostMembers; i-- {
		a, has, ok := change(about[i])
		if !ok || told[a] {
			continue
		}
		if told[a] = true; has && !slices.Contains(out, a) {
			out = append(out, a)
			asked++
		}
	}
	return out
}

func (z openZeppelin) members(about []ops.Log, role common.Hash) []common.Address {
	return z.candidates(about, changed(roleGranted, roleRevoked, role))
}

// changed reads the events that give and take a role, whose first arguments are the role
// and the account.
func changed(given, taken, role common.Hash) func(ops.Log) (who common.Address, has, ok bool) {
	return func(l ops.Log) (who common.Address, has, ok bool) {
		if l.Topics[0] != given && l.Topics[0] != taken || len(l.Topics) < 3 || l.Topics[1] != role {
			return who, false, false
		}
		return common.BytesToAddress(l.Topics[2][:]), l.Topics[0] == given, true
	}
}

func (z openZeppelin) has(role common.Hash, who common.Address) ops.Read {
	return z.view(hasRole+string(role[:])+word(who), "hasRole("+role.Hex()+", "+who.Hex()+")")
}

func (z openZeppelin) cancellers() ops.Read { return z.view(cancellerRoleView, "CANCELLER_ROLE()") }

// roles lists the reads that holders needs.
func (z openZeppelin) roles(about []ops.Log) []ops.Read {
	out := []ops.Read{z.cancellers(), z.has(executorRole, common.Address{})}
	for _, role := range []common.Hash{executorRole, cancellerRole, proposerRole} {
		for _, a := range z.members(about, role) {
			if r := z.has(role, a); !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// holders names who may execute and who may cancel, as the contract says; nil where it
// did not.
func (z openZeppelin) holders(about []ops.Log, now ops.Readings) (execute, cancel []string) {
	of := func(role common.Hash) (out []string) {
		for _, a := range z.members(about, role) {
			if yes(now[z.has(role, a)]) {
				out = append(out, z.called(a))
			}
		}
		return out
	}
	if execute = of(executorRole); yes(now[z.has(executorRole, common.Address{})]) {
		execute = []string{anyone}
	}
	if now[z.cancellers()].Status == ops.ReadReverted {
		return execute, of(proposerRole)
	}
	return execute, of(cancellerRole)
}

// yes reports whether a contract answered true.
func yes(r ops.Reading) bool {
	n := number(r)
	return n != nil && n.Sign() > 0
}

// word is an address as an argument.
func word(a common.Address) string { return string(common.LeftPadBytes(a[:], common.HashLength)) }
