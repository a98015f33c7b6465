package safe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

// Count is how a transaction's signatures stand against a Safe at one block.
type Count struct {
	Threshold uint64
	Signed    []Signature      // of owners, one each, ascending by owner
	Missing   []common.Address // owners who could still sign, in the Safe's order
	Strangers []common.Address // who signed and is no owner, or is none any more
}

// CountOf sorts signatures of the transaction by what they are worth now.
func (s State) CountOf(hash common.Hash, collected []Signature) Count {
	c := Count{Threshold: s.Threshold}
	seen := map[common.Address]bool{}
	for _, sig := range collected {
		again, err := Verify(hash, sig.Bytes[:])
		if err != nil || again.Owner != sig.Owner || seen[sig.Owner] {
			continue // of another transaction, or a second time
		}
		seen[sig.Owner] = true
		if slices.Contains(s.Owners, sig.Owner) {
			c.Signed = append(c.Signed, sig)
		} else {
			c.Strangers = append(c.Strangers, sig.Owner)
		}
	}
	slices.SortFunc(c.Signed, func(a, b Signature) int { return a.Owner.Cmp(b.Owner) })
	slices.SortFunc(c.Strangers, common.Address.Cmp)
	for _, o := range s.Owners {
		if !seen[o] {
			c.Missing = append(c.Missing, o)
		}
	}
	return c
}

// Enough reports whether the Safe would accept the signatures.
func (c Count) Enough() bool { return c.Threshold > 0 && uint64(len(c.Signed)) >= c.Threshold }

// Assembled is as many signatures as the Safe looks at, in its order.
func (c Count) Assembled() []byte {
	var out []byte
	for _, s := range c.Signed[:min(uint64(len(c.Signed)), c.Threshold)] {
		out = append(out, s.Bytes[:]...)
	}
	return out
}

// Says puts the count into words: 1 of 2 signatures, ada and bo can still sign.
func (c Count) Says(name func(common.Address) string) string {
	out := fmt.Sprintf("%d of %d signatures", len(c.Signed), c.Threshold)
	if !c.Enough() {
		out += ", " + joined(named(c.Missing, name)) + " can still sign"
	}
	for _, s := range named(c.Strangers, name) {
		out += fmt.Sprintf("; that of %s does not count: no owner, or none any more", s)
	}
	return out
}

// Names are those of the owners who signed, and of those who could still.
func (c Count) Names(name func(common.Address) string) (signed, missing []string) {
	for _, s := range c.Signed {
		signed = append(signed, name(s.Owner))
	}
	return signed, named(c.Missing, name)
}

func named(all []common.Address, name func(common.Address) string) []string {
	out := make([]string, len(all))
	for i, a := range all {
		out[i] = name(a)
	}
	return out
}

// joined lists names as they are spoken.
func joined(names []string) string {
	switch n := len(names); n {
	case 0:
		return "nobody"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
