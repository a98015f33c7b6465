package safe

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// meanings are those of the Safe's own errors that a plain call can end with (Safe.sol,
// docs/error_codes.md of safe-smart-account).
var meanings = map[string]string{
	"GS000": "the delegate call of its setup failed",
	"GS001": "the Safe was never set up: it has no threshold",
	"GS010": "there was too little gas for the call",
	"GS013": "the call itself failed, so the Safe took everything back",
	"GS020": "there are fewer signatures than the threshold: it was raised, or one was left out",
	"GS021": "a contract's signature points to the wrong place",
	"GS022": "a contract's signature points to the wrong place",
	"GS023": "a contract's signature points to the wrong place",
	"GS024": "a contract that is an owner refused its signature",
	"GS025": "an owner has not approved the hash",
	"GS026": "a signature is not an owner's: the Safe's nonce moved, or an owner was removed",
}

// Meaning is what a revert of the Safe means, in plain words; empty for what is not the
// Safe's own. From 1.5.0 on a call that fails is told by its own reason, not by GS013.
func Meaning(reason string) string {
	if m, ok := meanings[reason]; ok {
		return reason + ": " + m
	}
	return ""
}

// Known is the Safe that a runbook was written for: what acts in it beside its owners,
// and that those who signed the runbook know of.
type Known struct {
	Singleton   common.Address // zero for any
	Modules     []common.Address
	Guard       common.Address // zero for none
	ModuleGuard common.Address // zero for none
}

// Doubts are what of a Safe would surprise whoever signs for it: modules and guards act
// beside the owners, and those that are not known may be anybody's. A guard that is known
// and gone is one too, for somebody took it away; a module that is gone does no harm.
func (s State) Doubts(known Known) []string {
	var out []string
	if want := known.Singleton; want != (common.Address{}) && s.Singleton != want {
		out = append(out, fmt.Sprintf("THE SAFE'S CODE WAS SWAPPED: its singleton is %s, and the runbook was written for %s: sign nothing with it", s.Singleton.Hex(), want.Hex()))
	}
	for _, m := range s.Modules {
		if !slices.Contains(known.Modules, m) {
			out = append(out, fmt.Sprintf("the module %s acts for the Safe without any signature", m.Hex()))
		}
	}
	if s.More {
		out = append(out, fmt.Sprintf("it has more modules than the %d that are listed", len(s.Modules)))
	}
	for _, g := range []struct {
		name      string
		is, known common.Address
		can       string
	}{{"guard", s.Guard, known.Guard, "the transaction"}, {"module guard", s.ModuleGuard, known.ModuleGuard, "what modules do"}} {
		switch g.is {
		case g.known:
		case common.Address{}:
			out = append(out, fmt.Sprintf("its %s %s is gone", g.name, g.known.Hex()))
		default:
			out = append(out, fmt.Sprintf("the %s %s can refuse %s", g.name, g.is.Hex(), g.can))
		}
	}
	return out
}
