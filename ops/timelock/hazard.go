package timelock

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What is wrong with an operation by its calls alone. What its release approved, to the
// byte, is said too, but is no breach.

// mostEach is how many hazards of one kind are said of an operation.
const mostEach = 3

// changesRoles are the functions that change who may do what: AccessControl, Ownable,
// AccessManager and AccessManaged, proxies' admins, Compound's timelock.
var changesRoles = []string{
	"grantRole(bytes32,address)", "revokeRole(bytes32,address)", "renounceRole(bytes32,address)", "setRoleAdmin(bytes32,bytes32)",
	"beginDefaultAdminTransfer(address)", "acceptDefaultAdminTransfer()", "transferOwnership(address)", "acceptOwnership()", "renounceOwnership()",
	"grantRole(uint64,address,uint32)", "revokeRole(uint64,address)", "renounceRole(uint64,address)", "setRoleAdmin(uint64,uint64)", "setRoleGuardian(uint64,uint64)",
	"setTargetFunctionRole(address,bytes4[],uint64)", "updateAuthority(address,address)", "setAuthority(address)",
	"changeProxyAdmin(address,address)", "changeAdmin(address)", "setPendingAdmin(address)", "acceptAdmin()",
}

// setsDelay are the functions by which a timelock changes its own delay.
var setsDelay = []string{"updateDelay(uint256)", "setDelay(uint256)"}

// upgrades are the functions that put other code behind a proxy: the first two of the
// proxy itself, the others of its admin.
var upgrades = []string{"upgradeTo(address)", "upgradeToAndCall(address,bytes)", "upgrade(address,address)", "upgradeAndCall(address,address,bytes)"}

// mostUpgrades is how many of an operation's upgrades are held against their release.
const mostUpgrades = 32

// upgrade is code that an operation puts behind a proxy.
type upgrade struct {
	proxy, code common.Address
	where       string
}

// inspection collects what is wrong with one operation.
type inspection struct {
	ledger *Ledger
	op     *ops.Operation
	entry  *entry
	more   map[ops.HazardKind]int
}

// inspect says what an operation's calls and id show. lies means that its id does not
// come out of its calls, though its salt is known.
func (l *Ledger) inspect(o *ops.Operation, e *entry, lies bool) {
	n := &inspection{ledger: l, op: o, entry: e, more: map[ops.HazardKind]int{}}
	if lies {
		n.add(ops.HazardID, ops.Breach, "its id is not that of its calls and its salt")
	}
	for i, c := range o.Calls {
		n.call(c, fmt.Sprint("call ", i+1))
	}
	for _, kind := range slices.Sorted(maps.Keys(n.more)) {
		o.Hazards = append(o.Hazards, ops.Hazard{Kind: kind, Verdict: n.allowed(), Text: fmt.Sprintf("%d calls more like that", n.more[kind])})
	}
}

// allowed is the verdict of what an operation plainly does: that of its approval. One
// whose id does not come out may be the approved one, or not.
func (n *inspection) allowed() ops.Verdict { return n.op.Approved }

// doubted is the verdict of what cannot be read: the release approved it as it is.
func (n *inspection) doubted() ops.Verdict {
	if n.op.Approved == ops.OK {
		return ops.OK
	}
	return ops.Unknown
}

func (n *inspection) add(kind ops.HazardKind, v ops.Verdict, format string, args ...any) {
	said := 0
	for _, h := range n.op.Hazards {
		if h.Kind == kind && h.Verdict == v {
			said++
		}
	}
	if said >= mostEach {
		n.more[kind]++
		return
	}
	n.op.Hazards = append(n.op.Hazards, ops.Hazard{Kind: kind, Verdict: v, Text: fmt.Sprintf(format, args...)})
}

func (n *inspection) call(c ops.Call, where string) {
	to := cmp.Or(c.Name, c.To.Hex())
	if c.Delegate {
		n.add(ops.HazardDelegate, n.allowed(), "%s runs the code of %s as its own: delegatecall", where, to)
	}
	if c.To == n.ledger.lock.Address {
		does, _, _ := strings.Cut(c.Function, "(")
		n.add(ops.HazardSelf, n.allowed(), "%s is to the timelock itself: %s", where, does)
	}
	if c.Doubt != "" {
		n.add(ops.HazardUnread, n.doubted(), "%s: %s", where, c.Doubt)
	}
	signature, words := n.ledger.book.Does(c)
	switch {
	case slices.Contains(changesRoles, signature):
		n.add(ops.HazardRole, n.allowed(), "%s changes who may do what: %s.%s", where, to, c.Function)
	case slices.Contains(setsDelay, signature) && c.To == n.ledger.lock.Address:
		n.delay(words, where)
	case slices.Contains(upgrades, signature) && words == nil:
		n.add(ops.HazardCode, n.doubted(), "%s upgrades to code that cannot be read of it", where)
	case slices.Contains(upgrades[:2], signature):
		n.upgrades(c.To, words[0], where)
	case slices.Contains(upgrades[2:], signature):
		n.upgrades(common.BytesToAddress(words[0][:]), words[1], where)
	}
	for i, inner := range c.Inner {
		n.call(inner, fmt.Sprint(where, ".", i+1))
	}
}

// delay judges a new minimum delay.
func (n *inspection) delay(words []common.Hash, where string) {
	least := n.ledger.lock.Least
	switch {
	case words == nil:
		n.add(ops.HazardDelay, ops.Unknown, "%s sets the minimum delay, to what cannot be read", where)
	case seconds(words[0].Big()) < least:
		n.add(ops.HazardDelay, n.allowed(), "%s lowers the minimum delay to %s, the policy allows %s", where, ops.Duration(seconds(words[0].Big())), ops.Duration(least))
	}
}

// upgrades remembers code whose hash a release says.
func (n *inspection) upgrades(proxy common.Address, code common.Hash, where string) {
	if len(n.ledger.lock.Code[proxy]) == 0 {
		return
	}
	if len(n.entry.puts) == mostUpgrades {
		n.add(ops.HazardCode, ops.Unknown, "%s is one upgrade more than is looked at", where)
	} else if len(n.entry.puts) < mostUpgrades {
		n.entry.puts = append(n.entry.puts, upgrade{proxy, common.BytesToAddress(code[:]), where})
	}
}

// gravest puts breaches first, then what is unknown; of equal ones in the order of the
// signs.
func gravest(hazards []ops.Hazard) {
	weight := map[ops.Verdict]int{ops.Breach: 0, ops.Unknown: 1, ops.OK: 2}
	slices.SortStableFunc(hazards, func(a, b ops.Hazard) int {
		return cmp.Or(cmp.Compare(weight[a.Verdict], weight[b.Verdict]), cmp.Compare(slices.Index(ops.Signs, a.Kind), slices.Index(ops.Signs, b.Kind)))
	})
}
