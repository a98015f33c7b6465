package ui

import (
	"fmt"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
)

// multisig are the facts of a Safe's call: what its owners signed, to be compared with
// what their wallets showed, and who did.
func multisig(s *ops.SafeCall, fact func(label string, i ink, text string)) {
	if s == nil {
		return
	}
	fact("safe", plain, fmt.Sprintf("%s, version %s, its nonce %d", s.Address.Hex(), s.Version, s.Nonce))
	fact("domain", plain, s.Domain.Hex())
	fact("message", plain, s.Message.Hex())
	fact("safeTxHash", strong, s.Hash.Hex())
	who, pen := "nobody", fine
	if len(s.Signed) > 0 {
		who = strings.Join(s.Signed, ", ")
	}
	if uint64(len(s.Signed)) < s.Threshold {
		pen = alarm
	}
	fact("signed by", pen, fmt.Sprintf("%s: %d of %d", who, len(s.Signed), s.Threshold))
}

// signatures are what of a Safe's call has to be weighed anew when it changes.
func signatures(p ops.Plan) []string {
	if p.Safe == nil {
		return nil
	}
	return append([]string{p.Safe.Hash.Hex()}, p.Safe.Signed...)
}
