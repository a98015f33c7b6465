package safe

import (
	"cmp"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// Worth is what signatures under a nonce are worth, by the Safe's nonce of now.
type Worth int

// Void signatures can never be used again; those that are Now can be sent; those that
// wait are for when the nonces before them are used.
const (
	Void Worth = iota
	Now
	Waits
)

// String is the word for it.
func (w Worth) String() string { return [...]string{"VOID", "NOW", "WAITS"}[w] }

// Set is every signature that was kept under one transaction.
type Set struct {
	Transaction
	Count
	Worth Worth
}

// Alive reports whether the Safe takes it now, or will without another signature.
func (s Set) Alive() bool { return s.Worth != Void && s.Enough() }

// SetsOf sorts what was kept for a Safe by nonce, as it stands against the Safe. Two
// sets of one nonce exclude each other: whichever is sent first voids the other.
func (s State) SetsOf(at common.Address, kept []Kept) []Set {
	by := map[common.Hash]*Set{}
	under := map[common.Hash][]Signature{}
	for _, k := range kept {
		if k.Safe != at {
			continue
		}
		hash := k.Hash()
		if by[hash] == nil {
			by[hash] = &Set{Transaction: k.Transaction, Worth: s.worth(k.Nonce)}
		}
		under[hash] = append(under[hash], k.Signature)
	}
	out := make([]Set, 0, len(by))
	for hash, set := range by {
		set.Count = s.CountOf(hash, under[hash])
		out = append(out, *set)
	}
	slices.SortFunc(out, func(a, b Set) int {
		x, y := a.Hash(), b.Hash()
		return cmp.Or(cmp.Compare(a.Nonce, b.Nonce), x.Cmp(y))
	})
	return out
}

func (s State) worth(nonce uint64) Worth {
	switch {
	case nonce < s.Nonce:
		return Void
	case nonce == s.Nonce:
		return Now
	}
	return Waits
}

// Voided are the sets that a transaction which takes the Safe's next nonce would void:
// a routine payment, say.
func (s State) Voided(sets []Set) []Set {
	return slices.DeleteFunc(slices.Clone(sets), func(x Set) bool { return x.Nonce != s.Nonce })
}
