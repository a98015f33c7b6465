package authorization

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// mostAsked bounds the questions about one contract in a block: more is a list that nobody
// reads, and not known.
const mostAsked = 1024

// pairs are those to ask about: the events', the baseline's, and the admins of the roles
// that are known.
func (w Watched) pairs(k *kept) []pair {
	seen := map[pair]bool{}
	var out []pair
	add := func(p pair) {
		if !seen[p] && p.what != ofStart {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, f := range w.baseline {
		if p, ok := w.asked(f); ok {
			add(p)
		}
	}
	for _, p := range k.order {
		add(p)
	}
	if w.control {
		for _, p := range slices.Clone(out) {
			if p.what == ofControl {
				add(pair{what: ofAdmin, role: p.role})
			}
		}
		for id := range w.roles {
			add(pair{what: ofAdmin, role: id})
		}
	}
	return out
}

// asked is the pair that a fact of the baseline is about.
func (w Watched) asked(f Fact) (pair, bool) {
	holder, _, _ := strings.Cut(f.Holder, " ")
	if !common.IsHexAddress(holder) {
		return pair{}, false
	}
	who := common.HexToAddress(holder)
	if id, ok := w.roleCalled(f.Right); ok && w.control {
		return pair{ofControl, id, who}, true
	}
	if n, ok := managerRole(f.Right); ok && w.manager {
		return pair{ofManager, n, who}, true
	}
	return pair{}, false
}

// ask is the read about a pair.
func (w Watched) ask(p pair) ops.Read {
	word := string(common.BytesToHash(p.who[:]).Bytes())
	role := string(p.role[:])
	switch p.what {
	case ofControl:
		return w.view(selector("hasRole(bytes32,address)")+role+word, "hasRole("+w.role(p.role)+", "+p.who.Hex()+")")
	case ofAdmin:
		return w.view(selector("getRoleAdmin(bytes32)")+role, "getRoleAdmin("+w.role(p.role)+")")
	case ofManager:
		return w.view(selector("hasRole(uint64,address)")+role+word, "hasRole("+roleOfManager(p.role)+", "+p.who.Hex()+")")
	default:
		return w.view(selector("getTargetFunctionRole(address,bytes4)")+word+role, "getTargetFunctionRole("+p.who.Hex()+", "+p.role.Hex()[:10]+")")
	}
}

// count reads how many have a role, and member who the n-th is.
func (w Watched) count(role common.Hash) ops.Read {
	return w.view(selector("getRoleMemberCount(bytes32)")+string(role[:]), "getRoleMemberCount("+w.role(role)+")")
}

func (w Watched) member(role common.Hash, n uint64) ops.Read {
	at := common.BigToHash(new(big.Int).SetUint64(n))
	return w.view(selector("getRoleMember(bytes32,uint256)")+string(role[:])+string(at[:]), fmt.Sprintf("getRoleMember(%s, %d)", w.role(role), n))
}

// granted finds who has which role. Where the contract was asked, its answer counts; of
// what the block at hand is the first to tell, the event does.
func (w Watched) granted(k *kept, now ops.Readings) (facts []Fact, doubts []string) {
	pairs := w.pairs(k)
	if len(pairs) > mostAsked {
		return nil, []string{fmt.Sprintf("%s has more than %d rights to ask about", w.Name, mostAsked)}
	}
	for _, p := range pairs {
		r := w.ask(p)
		reading, answered := now[r]
		if !answered {
			if f, ok := w.claimed(k, p); ok {
				facts = append(facts, f)
			} else if !k.tells(p) {
				doubts = append(doubts, r.Name+" is asked for in the next block")
			}
			continue
		}
		f, holds, err := w.said(p, reading, r)
		if err != nil {
			doubts = append(doubts, err.Error())
		} else if holds {
			facts = append(facts, f)
		}
	}
	if k.odd != "" {
		doubts = append(doubts, w.Name+": "+k.odd)
	}
	return facts, doubts
}

// claimed is what the events say of a pair that was not asked about yet.
func (w Watched) claimed(k *kept, p pair) (Fact, bool) {
	if !k.holds(p) {
		return Fact{}, false
	}
	switch p.what {
	case ofControl:
		return w.fact(w.role(p.role), p.who.Hex()), true
	case ofManager:
		return w.fact(roleOfManager(p.role), p.who.Hex()), true
	}
	return Fact{}, false // whom it names now stands in the answer of the next block
}

// said is what the contract says of a pair.
func (w Watched) said(p pair, reading ops.Reading, r ops.Read) (f Fact, holds bool, err error) {
	n := 1
	if p.what == ofManager {
		n = 2
	}
	words, err := wordsIn(reading, r, n)
	if err != nil {
		return f, false, err
	}
	switch p.what {
	case ofControl:
		return w.fact(w.role(p.role), p.who.Hex()), words[0].Big().Sign() > 0, nil
	case ofAdmin: // the default is no fact worth a line
		return w.fact("admin of "+w.role(p.role), w.role(words[0])), words[0] != (common.Hash{}), nil
	case ofManager:
		holder := p.who.Hex()
		if delay := words[1].Big(); delay.Sign() > 0 {
			holder += fmt.Sprintf(" after %ss", delay)
		}
		return w.fact(roleOfManager(p.role), holder), words[0].Big().Sign() > 0, nil
	default: // role 0, the admin's, is what every function has that nobody assigned
		return w.fact("call of "+p.role.Hex()[:10]+" on "+p.who.Hex(), roleOfManager(words[0])), words[0] != (common.Hash{}), nil
	}
}

// tallied holds the confirmed holders of each role against the contract's own count, where
// it counts, and takes in those that no event told of.
func (w Watched) tallied(facts []Fact, k *kept, now ops.Readings) (more []Fact, doubts []string) {
	if !w.counted {
		return nil, nil
	}
	for _, role := range w.known(k) {
		r := w.count(role)
		reading, answered := now[r]
		if !answered {
			doubts = append(doubts, r.Name+" is asked for in the next block")
			continue
		}
		words, err := wordsIn(reading, r, 1)
		if err != nil {
			doubts = append(doubts, err.Error())
			continue
		}
		there := map[Fact]bool{}
		for _, f := range facts {
			if f.Contract == w.Name && f.Right == w.role(role) {
				there[f] = true
			}
		}
		n := words[0].Big()
		if n.Cmp(big.NewInt(int64(len(there)))) <= 0 {
			continue
		}
		if n.Cmp(big.NewInt(mostAsked)) > 0 {
			doubts = append(doubts, fmt.Sprintf("%s says that %s hold %s", w.Name, n, w.role(role)))
			continue
		}
		unnamed := 0
		for i := range n.Uint64() {
			a, err := addressIn(now[w.member(role, i)], w.member(role, i))
			if err != nil {
				unnamed++
			} else if f := w.fact(w.role(role), a.Hex()); !there[f] {
				more = append(more, f)
			}
		}
		if unnamed > 0 {
			doubts = append(doubts, fmt.Sprintf("%s hold %s of %s, and who %d of them are is asked for in the next block", n, w.role(role), w.Name, unnamed))
		}
	}
	return more, doubts
}

// known are the roles that anything told of.
func (w Watched) known(k *kept) []common.Hash {
	var out []common.Hash
	for _, p := range w.pairs(k) {
		if (p.what == ofControl || p.what == ofAdmin) && !slices.Contains(out, p.role) {
			out = append(out, p.role)
		}
	}
	slices.SortFunc(out, common.Hash.Cmp)
	return out
}

// asks are the reads that follow from what is known.
func (w Watched) asks(k *kept, now ops.Readings) []ops.Read {
	var out []ops.Read
	pairs := w.pairs(k)
	if len(pairs) > mostAsked {
		return nil // said by the judge
	}
	for _, p := range pairs {
		out = append(out, w.ask(p))
	}
	if !w.counted {
		return out
	}
	for _, role := range w.known(k) {
		r := w.count(role)
		out = append(out, r)
		if words, err := wordsIn(now[r], r, 1); err == nil && words[0].Big().Cmp(big.NewInt(mostAsked)) <= 0 {
			for i := range words[0].Big().Uint64() {
				out = append(out, w.member(role, i))
			}
		}
	}
	return out[:min(len(out), 4*mostAsked)]
}

// roleOfManager is how a role of an AccessManager is called.
func roleOfManager(id common.Hash) string { return calldata.ManagerRole(id[:]) }

// managerRole finds a role of an AccessManager by what it is called.
func managerRole(name string) (common.Hash, bool) {
	var n uint64
	switch name {
	case "ADMIN_ROLE":
	case "PUBLIC_ROLE":
		n = math.MaxUint64
	default:
		if _, err := fmt.Sscanf(name, "role %d", &n); err != nil || name != fmt.Sprintf("role %d", n) {
			return common.Hash{}, false
		}
	}
	return common.BigToHash(new(big.Int).SetUint64(n)), true
}
