package authorization

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// adminSlot is where an ERC-1967 proxy keeps its admin: keccak256("eip1967.proxy.admin") - 1.
var adminSlot = common.HexToHash("0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103")

// The rights that one account has, or nobody.
const (
	rightOwner      = "owner"
	rightPending    = "pending owner"
	rightAuthority  = "authority"
	rightAdmin      = "proxy admin"
	rightAdminOwner = "owner of the proxy admin"
)

// single is a right that a read answers with its holder.
type single struct {
	right string
	read  ops.Read
	maybe bool // the contract need not answer it: then nobody has it
}

func (w Watched) singles() []single {
	var out []single
	view := func(right, signature string) {
		out = append(out, single{right: right, read: w.view(selector(signature), signature)})
	}
	if w.owned {
		view(rightOwner, "owner()")
	}
	if w.pending {
		view(rightPending, "pendingOwner()")
	}
	if w.managed {
		view(rightAuthority, "authority()")
	}
	if w.admined {
		view("admin", "admin()")
		view("pending admin", "pendingAdmin()")
	}
	if w.proxy {
		slot := ops.Read{Kind: ops.ReadSlot, To: w.Address, Data: string(adminSlot[:]), Name: "the proxy admin of " + w.Name}
		owner := ops.Read{Kind: ops.ReadCall, Data: selector("owner()"), Links: ops.LinkedTo(ops.Link{Offset: ops.LinkTarget, Of: slot.Key()}), Name: "the owner of the proxy admin of " + w.Name}
		out = append(out, single{right: rightAdmin, read: slot}, single{right: rightAdminOwner, read: owner, maybe: true})
	}
	return out
}

// plain are the reads of rights that one account has.
func (w Watched) plain() []ops.Read {
	var out []ops.Read
	for _, s := range w.singles() {
		out = append(out, s.read)
	}
	if w.modular && !w.safe {
		out = append(out, w.modules())
	}
	return out
}

// mostModules is how many modules of a Modifier are listed.
const mostModules = 32

// modules reads those of a Zodiac Modifier; its list begins and ends at the address 1.
func (w Watched) modules() ops.Read {
	first, many := common.BytesToHash([]byte{1}), common.BytesToHash([]byte{mostModules})
	return w.view(selector("getModulesPaginated(address,uint256)")+string(first[:])+string(many[:]), "getModulesPaginated()")
}

// listed decodes them: where the list lies, where it goes on, how long it is, and who.
func (w Watched) listed(now ops.Readings) (facts []Fact, doubts []string) {
	r := w.modules()
	reading := now[r]
	n := len(reading.Data)/common.HashLength - 3
	words, err := wordsIn(reading, r, n+3)
	if n < 0 || err != nil || words[0] != common.BytesToHash([]byte{64}) || words[2] != common.BytesToHash([]byte{byte(n)}) || n > mostModules {
		return nil, []string{fmt.Sprintf("%s was not answered as a list of modules: %s", r.Name, reading.Err)}
	}
	for _, word := range words[3:] {
		facts = append(facts, w.fact("modules", common.BytesToAddress(word[12:]).Hex()))
	}
	if next := words[1]; next != (common.Hash{}) && next != common.BytesToHash([]byte{1}) {
		doubts = append(doubts, w.Name+" has more modules than are listed")
	}
	return facts, doubts
}

// holders finds who has the rights that one account has, and those of a Safe.
func (w Watched) holders(now ops.Readings) (facts []Fact, doubts []string) {
	for _, s := range w.singles() {
		reading := now[s.read]
		if s.maybe && (reading.Status == ops.ReadReverted || reading.Status == ops.ReadNoCode || reading.Status == ops.ReadOK && len(reading.Data) == 0) {
			continue
		}
		a, err := addressIn(reading, s.read)
		switch {
		case err != nil:
			doubts = append(doubts, err.Error())
		case a != (common.Address{}):
			facts = append(facts, w.fact(s.right, a.Hex()))
		}
	}
	if w.modular && !w.safe {
		listed, unclear := w.listed(now)
		facts, doubts = append(facts, listed...), append(doubts, unclear...)
	}
	if !w.safe {
		return facts, doubts
	}
	s, err := safe.StateOf(w.Address, now)
	if err != nil { // what slot 0 points to may be why: it is read raw, and told whatever the rest says
		if slot, known := safe.Slot0(w.Address, now); known {
			facts = append(facts, w.fact("singleton", pointed(slot)))
		}
		return facts, append(doubts, w.Name+": "+err.Error())
	}
	for _, o := range s.Owners {
		facts = append(facts, w.fact("owners", o.Hex()))
	}
	for _, m := range s.Modules {
		facts = append(facts, w.fact("modules", m.Hex()))
	}
	if s.More {
		doubts = append(doubts, w.Name+" has more modules than are listed")
	}
	facts = append(facts, w.fact("threshold", fmt.Sprint(s.Threshold)), w.fact("singleton", s.Singleton.Hex()))
	for right, a := range map[string]common.Address{"guard": s.Guard, "module guard": s.ModuleGuard} {
		if a != (common.Address{}) {
			facts = append(facts, w.fact(right, a.Hex()))
		}
	}
	return facts, doubts
}

// pointed is a word as the address that it is, or as it stands.
func pointed(word common.Hash) string {
	if a := common.BytesToAddress(word[12:]); word == common.BytesToHash(a[:]) {
		return a.Hex()
	}
	return word.Hex()
}

// wordsIn is an answer of so many words.
func wordsIn(reading ops.Reading, asked ops.Read, n int) ([]common.Hash, error) {
	if reading.Status != ops.ReadOK || len(reading.Data) != n*common.HashLength {
		return nil, fmt.Errorf("%s was not answered: %s", asked.Name, reading.Err)
	}
	out := make([]common.Hash, n)
	for i := range out {
		out[i] = common.BytesToHash(reading.Data[i*common.HashLength : (i+1)*common.HashLength])
	}
	return out, nil
}

func addressIn(reading ops.Reading, asked ops.Read) (common.Address, error) {
	words, err := wordsIn(reading, asked, 1)
	if err != nil {
		return common.Address{}, err
	}
	if !bytes.Equal(words[0][:12], make([]byte, 12)) {
		return common.Address{}, fmt.Errorf("%s is %s, which is no address", asked.Name, words[0])
	}
	return common.BytesToAddress(words[0][12:]), nil
}
