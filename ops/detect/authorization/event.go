package authorization

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

func topic(signature string) common.Hash { return crypto.Keccak256Hash([]byte(signature)) }

// The events that tell who may have gained or lost a right. Who has it is asked.
var (
	// contracts/access/AccessControl.sol: all three indexed
	roleGranted  = topic("RoleGranted(bytes32,address,address)")
	roleRevoked  = topic("RoleRevoked(bytes32,address,address)")
	adminChanged = topic("RoleAdminChanged(bytes32,bytes32,bytes32)")
	// contracts/access/manager/IAccessManager.sol: role and account, or target and role indexed
	memberGranted  = topic("RoleGranted(uint64,address,uint32,uint48,bool)")
	memberRevoked  = topic("RoleRevoked(uint64,address)")
	functionAssign = topic("TargetFunctionRoleUpdated(address,bytes4,uint64)")
	// contracts/proxy/utils/Initializable.sol of 4 and of 5
	initialized4 = topic("Initialized(uint8)")
	initialized5 = topic("Initialized(uint64)")
)

// Topics are those of the events that matter.
func (w Watched) Topics() []common.Hash {
	var out []common.Hash
	if w.control {
		out = append(out, roleGranted, roleRevoked, adminChanged)
	}
	if w.manager {
		out = append(out, memberGranted, memberRevoked, functionAssign)
	}
	if w.start {
		out = append(out, initialized4, initialized5)
	}
	return out
}

// pair is a role and who may have it, or a function and its target: what is asked.
type pair struct {
	what byte // of the constants below
	role common.Hash
	who  common.Address
}

const (
	ofControl  = iota // an AccessControl's role and an account
	ofAdmin           // an AccessControl's role, whose admin is asked
	ofManager         // an AccessManager's role and an account
	ofFunction        // a selector, in role, and its target
	ofStart           // an initialisation
)

// change is one event about a pair: where it stands, and whether it gave or took.
type change struct {
	block uint64
	index uint
	gave  bool
}

// kept are the events of one contract. Their order of arrival does not matter, and one that
// comes twice counts once.
type kept struct {
	pairs map[pair][]change
	order []pair // as they appeared
	all   int
	odd   string // a log that could not be read; empty where there is none
	oddAt uint64
}

// mostEvents bounds what is remembered of one contract.
const mostEvents = 100_000

func newKept() *kept { return &kept{pairs: map[pair][]change{}} }

// take books a log of the contract.
func (k *kept) take(l ops.Log) {
	p, gave, ok := read(l)
	if !ok {
		k.doubt(l, "log %d of #%d looks like a change of rights, and cannot be read")
		return
	}
	c := change{l.Block.Number, l.Index, gave}
	known, seen := k.pairs[p]
	at, twice := slices.BinarySearchFunc(known, c, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.block, b.block), cmp.Compare(a.index, b.index))
	})
	switch {
	case twice:
		return
	case k.all >= mostEvents:
		k.doubt(l, "log %d of #%d and what came after it is more than is remembered")
		return
	}
	if !seen {
		k.order = append(k.order, p)
	}
	k.pairs[p] = slices.Insert(known, at, c)
	k.all++
}

// doubt remembers the first log that was not taken in: a reorg that drops it has dropped
// those after it.
func (k *kept) doubt(l ops.Log, why string) {
	if k.odd == "" || l.Block.Number < k.oddAt {
		k.odd, k.oddAt = fmt.Sprintf(why, l.Index, l.Block.Number), l.Block.Number
	}
}

// read decodes a log strictly: by its topics and the size of its data.
func read(l ops.Log) (p pair, gave, ok bool) {
	shape := func(topics, words int) bool {
		return len(l.Topics) == topics && len(l.Data) == words*common.HashLength
	}
	address := func(h common.Hash) (common.Address, bool) {
		return common.BytesToAddress(h[12:]), h == common.BytesToHash(h[12:])
	}
	switch l.Topics[0] {
	case roleGranted, roleRevoked:
		if !shape(4, 0) {
			return p, false, false
		}
		who, fits := address(l.Topics[2])
		return pair{ofControl, l.Topics[1], who}, l.Topics[0] == roleGranted, fits
	case adminChanged:
		if !shape(4, 0) {
			return p, false, false
		}
		return pair{what: ofAdmin, role: l.Topics[1]}, true, true
	case memberGranted, memberRevoked:
		if !shape(3, map[bool]int{true: 3}[l.Topics[0] == memberGranted]) {
			return p, false, false
		}
		who, fits := address(l.Topics[2])
		return pair{ofManager, l.Topics[1], who}, l.Topics[0] == memberGranted, fits
	case functionAssign:
		if !shape(3, 1) {
			return p, false, false
		}
		target, fits := address(l.Topics[1])
		return pair{ofFunction, common.BytesToHash(l.Data), target}, true, fits
	default:
		return pair{what: ofStart}, true, shape(1, 1)
	}
}

// holds is what the events alone say of a pair.
func (k *kept) holds(p pair) bool {
	all := k.pairs[p]
	return len(all) > 0 && all[len(all)-1].gave
}

// tells reports whether the events say by themselves that a pair is nobody's: what was given
// was taken. That something was taken which nobody saw given says nothing, and neither does
// that an admin is another one now.
func (k *kept) tells(p pair) bool {
	given := slices.ContainsFunc(k.pairs[p], func(c change) bool { return c.gave })
	return given && !k.holds(p) && (p.what == ofControl || p.what == ofManager)
}

// drop forgets what a reorg took back.
func (k *kept) drop(from uint64) {
	if k.oddAt >= from {
		k.odd, k.oddAt = "", 0
	}
	k.order = slices.DeleteFunc(k.order, func(p pair) bool {
		all := k.pairs[p]
		n := slices.IndexFunc(all, func(c change) bool { return c.block >= from })
		if n < 0 {
			return false
		}
		k.all -= len(all) - n
		if n == 0 {
			delete(k.pairs, p)
			return true
		}
		k.pairs[p] = all[:n]
		return false
	})
}
