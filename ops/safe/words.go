package safe

import (
	"fmt"

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

// Doubts are what of a Safe would surprise whoever signs for it: modules and guards act
// beside the owners. want is the singleton that the runbook was written for, zero for
// any.
func (s State) Doubts(want common.Address) []string {
	var out []string
	if want != (common.Address{}) && s.Singleton != want {
		out = append(out, fmt.Sprintf("THE SAFE'S CODE WAS SWAPPED: its singleton is %s, and the runbook was written for %s: sign nothing with it", s.Singleton.Hex(), want.Hex()))
	}
	for _, m := range s.Modules {
		out = append(out, fmt.Sprintf("the module %s acts for the Safe without any signature", m.Hex()))
	}
	if s.More {
		out = append(out, fmt.Sprintf("it has more modules than the %d that are listed", len(s.Modules)))
	}
	if s.Guard != (common.Address{}) {
		out = append(out, fmt.Sprintf("the guard %s can refuse the transaction", s.Guard.Hex()))
	}
	if s.ModuleGuard != (common.Address{}) {
		out = append(out, fmt.Sprintf("the module guard %s can refuse what modules do", s.ModuleGuard.Hex()))
	}
	return out
}
