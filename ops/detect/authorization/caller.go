package authorization

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Probe is a privileged call that is tried as several accounts at every block, and undone:
// whoever it succeeds for may make it, whatever the contract keeps that in. One that fails
// for another reason (what is paused cannot be paused) is nobody's while it does.
type Probe struct {
	Contract string // as the policy calls it
	Name     string // vault.pause()
	To       common.Address
	Data     []byte
}

// anyone stands for an account without any right: one whose key nobody has.
const anyone = "anyone"

var stranger = common.BytesToAddress(crypto.Keccak256([]byte("bulkhead: nobody has the key of this account")))

// mostCallers bounds the accounts that a call is tried as.
const mostCallers = 64

// callers are a stranger, the accounts that the baseline names, and those that hold what
// was found; and how many of them are too many.
func (d *Detector) callers(found []Fact) (callers []common.Address, more int) {
	var out []common.Address
	add := func(f Fact) {
		holder, _, _ := strings.Cut(f.Holder, " ")
		if a := common.HexToAddress(holder); common.IsHexAddress(holder) && a != (common.Address{}) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	for f := range d.Baseline {
		add(f)
	}
	slices.SortFunc(out, common.Address.Cmp)
	for _, f := range found {
		add(f)
	}
	n := min(len(out), mostCallers)
	return append([]common.Address{stranger}, out[:n]...), len(out) - n
}

func (p Probe) as(a common.Address) ops.Read {
	who := a.Hex()
	if a == stranger {
		who = anyone
	}
	return ops.Read{Kind: ops.ReadTry, From: a, To: p.To, Data: string(p.Data), Name: p.Name + " by " + who}
}

// tries are the reads of all probes.
func (d *Detector) tries(found []Fact) []ops.Read {
	if len(d.Probes) == 0 {
		return nil
	}
	var out []ops.Read
	callers, _ := d.callers(found)
	for _, p := range d.Probes {
		for _, a := range callers {
			out = append(out, p.as(a))
		}
	}
	return out
}

// callable finds who may make the privileged calls. Where anyone may, nobody else is told.
func (d *Detector) callable(found []Fact, now ops.Readings) (facts []Fact, doubts []string) {
	if len(d.Probes) == 0 {
		return nil, nil
	}
	callers, more := d.callers(found)
	for _, p := range d.Probes {
		right := "call of " + p.Name
		for _, a := range callers {
			reading, asked := now[p.as(a)]
			if reading.Status == ops.ReadOK && a == stranger {
				facts = append(facts, Fact{p.Contract, right, anyone})
				break
			}
			switch {
			case !asked:
				doubts = append(doubts, p.as(a).Name+" is tried in the next block")
			case reading.Status == ops.ReadReverted:
			case reading.Status == ops.ReadOK:
				facts = append(facts, Fact{p.Contract, right, a.Hex()})
			default:
				doubts = append(doubts, p.as(a).Name+" was not answered: "+reading.Err)
			}
		}
	}
	if more > 0 {
		doubts = append(doubts, fmt.Sprintf("calls are tried as %d accounts, and not as %d more", len(callers)-1, more))
	}
	return facts, doubts
}
