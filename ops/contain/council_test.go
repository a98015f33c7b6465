package contain_test

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// council is a Safe of ada, bo and cy, two of whom have to sign.
var council = common.HexToAddress("0x00000000000000000000000000000000000005AF")

func member(name string) *ecdsa.PrivateKey {
	k, err := crypto.ToECDSA(crypto.Keccak256([]byte("a member of the council: " + name)))
	if err != nil {
		panic(err)
	}
	return k
}

func addressOf(name string) common.Address { return crypto.PubkeyToAddress(member(name).PublicKey) }

// pauseBy is the pause under one of the council's nonces.
func pauseBy(nonce uint64) safe.Transaction {
	return safe.Transaction{Chain: testChain, Safe: council, To: target, Data: []byte{0x84, 0x56, 0xcb, 0x59}, Nonce: nonce}
}

// signatures are what the members collected.
type signatures struct{ kept []safe.Kept }

// newCouncil has two signatures for each of the first two nonces.
func newCouncil() *signatures {
	s := &signatures{}
	for nonce := range uint64(2) {
		s.sign(nonce, "ada", "cy")
	}
	return s
}

func (s *signatures) sign(nonce uint64, names ...string) {
	for _, name := range names {
		tx := pauseBy(nonce)
		hash := tx.Hash()
		raw, err := crypto.Sign(hash[:], member(name))
		if err != nil {
			panic(err)
		}
		raw[64] += 27
		signed, err := safe.Verify(hash, raw)
		if err != nil {
			panic(err)
		}
		s.kept = append(s.kept, safe.Kept{Transaction: tx, Signature: signed})
	}
}

func (s *signatures) lane(k *key) contain.Lane {
	names := map[common.Address]string{}
	for _, name := range []string{"ada", "bo", "cy", "dee"} {
		names[addressOf(name)] = name
	}
	return contain.Lane{Name: "council · safe", From: k.Address(), Signer: k, Safe: &contain.Safe{
		Address: council, Collected: func() []safe.Kept { return s.kept }, Name: func(a common.Address) string { return names[a] },
	}}
}

// council is what the Safe answers.
func (l *ledger) council(r ops.Read) []byte {
	words := func(all ...*big.Int) (out []byte) {
		for _, w := range all {
			out = append(out, common.BigToHash(w).Bytes()...)
		}
		return out
	}
	n := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
	reads := safe.Reads(council)
	switch slices.Index(reads, r) {
	case 0:
		return append(words(n(32), n(5)), common.RightPadBytes([]byte("1.4.1"), 32)...)
	case 1:
		return words(n(l.load().Safe))
	case 2:
		return words(n(2))
	case 3:
		owners := []*big.Int{n(32), n(3)}
		for _, name := range []string{"ada", "bo", "cy"} {
			owners = append(owners, addressOf(name).Big())
		}
		if l.owners != nil {
			owners = append(owners[:2], l.owners...)
			owners[1] = n(uint64(len(l.owners)))
		}
		return words(owners...)
	case 4:
		return words(n(64), n(1), n(0))
	case 5:
		return words(n(0x51))
	default:
		return words(n(0))
	}
}

// accepted is the Safe's nonce for which calldata carries enough signatures.
func accepted(data []byte) (uint64, error) {
	for nonce := range uint64(3) {
		tx := pauseBy(nonce)
		for _, pair := range [][]string{{"ada", "cy"}, {"ada", "bo"}, {"bo", "cy"}} {
			var s signatures
			s.sign(nonce, pair...)
			count := safe.State{Threshold: 2, Owners: []common.Address{addressOf("ada"), addressOf("bo"), addressOf("cy")}}.CountOf(tx.Hash(), tx.Under(s.kept))
			if bytes.Equal(data, tx.Calldata(count.Assembled())) {
				return nonce, nil
			}
		}
	}
	return 0, errors.New("the Safe refuses it: GS026")
}
