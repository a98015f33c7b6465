package contain_test

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

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

// A Safe's call is planned, shown with what its owners signed, sent by the executor and
// followed to its effect.
func TestASafesCallIsSentWithItsSignatures(t *testing.T) {
	chain, record, c := fresh(t)
	k := newKey(t)
	a := by("safe", k)
	plan, ok := confirmed(t, c, a)
	tx := pauseBy(0)
	v := plan.View.Safe
	if v == nil || v.Address != council || v.Hash != tx.Hash() || v.Domain != tx.Domain() || v.Message != tx.Message() || v.Nonce != 0 || v.Threshold != 2 || len(v.Signed) != 2 || !slices.Equal(v.Missing, []string{"bo"}) {
		t.Fatalf("%+v", v)
	}
	if plan.View.From != k.Address() || len(plan.View.Refusals) > 0 {
		t.Fatalf("%+v", plan.View)
	}
	receipt, err := c.Execute(t.Context(), ok)
	if err != nil || receipt.Stage != ops.StageSent {
		t.Fatalf("%v %s %s", err, receipt.Stage, receipt.Why)
	}
	for range 3 {
		c.Follow(t.Context(), chain.mine(), ops.Readings{pausedRead: word(true)}, nil)
	}
	if got := c.Receipts()[0]; got.Stage != ops.StageContained || chain.load().Safe != 1 {
		t.Errorf("%s %s", got.Stage, got.Why)
	}
	if len(record.kinds) == 0 || record.kinds[0] != contain.KindIntent {
		t.Errorf("%v", record.kinds)
	}
}

// Fault 23: what was signed is dead at the first block after the Safe's nonce moved, an
// owner was removed, or the threshold rose.
func TestSignaturesThatNoLongerCountAreFlaggedAtTheNextBlock(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*ledger, *signatures)
		alone ops.ReadyState
		says  string
	}{
		"whole":           {func(*ledger, *signatures) {}, ops.Ready, ""},
		"one signature":   {func(_ *ledger, s *signatures) { s.kept = s.kept[1:2] }, ops.Dead, "1 of 2 signatures, ada and bo can still sign"},
		"none":            {func(_ *ledger, s *signatures) { s.kept = nil }, ops.Dead, "0 of 2 signatures, ada, bo and cy can still sign"},
		"nonce moved":     {func(l *ledger, s *signatures) { s.kept = s.kept[:2]; moveTo(l, 1) }, ops.Dead, "2 are for nonce 0, which is used: void"},
		"the next nonce":  {func(l *ledger, s *signatures) { moveTo(l, 1) }, ops.Ready, ""},
		"nonces too high": {func(l *ledger, s *signatures) { s.kept = s.kept[2:] }, ops.Dead, "2 are for nonce 1: they wait"},
		"owner removed":   {func(l *ledger, _ *signatures) { l.owners = []*big.Int{addressOf("ada").Big(), addressOf("bo").Big()} }, ops.Dead, "that of cy does not count"},
		"another call":    {func(_ *ledger, s *signatures) { s.kept[0].Data, s.kept[1].Data = []byte{1}, []byte{2} }, ops.Dead, "0 of 2 signatures"},
	} {
		chain, _, engine := fresh(t)
		k, s := newKey(t), newCouncil()
		k.unlocked = false // a locked console tells as well
		c.spoil(chain, s)
		a := pause(k)
		a.Steps[0].Lanes[0] = s.lane(k)
		line := measured(t, engine, a, ref(10))
		if line.State != c.alone || c.says != "" && !strings.Contains(strings.Join(line.Why, "; "), c.says) {
			t.Errorf("%s: %s %v, want %s", name, line.State, line.Why, c.alone)
		}
		if c.alone == ops.Ready {
			continue
		}
		if line := measured(t, engine, backed(a, k), ref(10)); line.State != ops.Impaired || !strings.Contains(strings.Join(line.Why, "; "), "backup would send") {
			t.Errorf("%s, backed: %s %v", name, line.State, line.Why)
		}
		if plan, err := engine.Prepare(t.Context(), a, ref(10), nil); err != nil || !slices.ContainsFunc(plan.View.Refusals, func(r string) bool { return strings.Contains(r, c.says) }) {
			t.Errorf("%s: %v, %q", name, err, plan.View.Refusals)
		}
		if plan, err := engine.Prepare(t.Context(), backed(a, k), ref(10), nil); err != nil || plan.View.Lane != "backup" || plan.View.Safe != nil {
			t.Errorf("%s, backed: %v, by %q", name, err, plan.View.Lane)
		}
	}
}

// A Safe that is only the second lane is told of before it is needed.
func TestASafeBehindAnotherLaneIsLookedAtToo(t *testing.T) {
	for says, kept := range map[string]int{"behind it, lane council · safe: the Safe would not accept it now: nonce 0: 1 of 2": 1, "": 4} {
		_, _, c := fresh(t)
		k, s := newKey(t), newCouncil()
		s.kept = s.kept[:kept]
		a := pause(k)
		a.Steps[0].Lanes = append(a.Steps[0].Lanes, s.lane(k))
		line := measured(t, c, a, ref(10))
		if why := strings.Join(line.Why, "; "); line.State != ops.Ready || !strings.Contains(why, says) || says == "" && why != "" {
			t.Errorf("%s %q, want %q", line.State, why, says)
		}
	}
}

func moveTo(l *ledger, nonce uint64) {
	b := l.load()
	b.Safe = nonce
	l.store(b)
}

// What waits in the pool is replaced by what pays more, with the same Safe payload.
func TestAReplacementCarriesTheSameSafePayload(t *testing.T) {
	chain, _, c := fresh(t)
	k := newKey(t)
	_, ok := confirmed(t, c, by("safe", k))
	if _, err := c.Execute(t.Context(), ok); err != nil {
		t.Fatal(err)
	}
	for n := uint64(11); n < 15; n++ { // blocks that mine nothing
		c.Follow(t.Context(), ref(n), nil, nil)
	}
	b := chain.load()
	if len(b.Pool) < 2 || len(b.Calls) != len(b.Pool) || k.signed != len(b.Pool) {
		t.Fatalf("%d in the pool, %d of the Safe, %d signed", len(b.Pool), len(b.Calls), k.signed)
	}
	for hash, nonce := range b.Calls {
		if nonce != 0 || b.Pool[hash] != 0 {
			t.Errorf("%s takes the Safe's nonce %d", hash, nonce)
		}
	}
}

// One nonce of a Safe carries one call: a second action takes the next, and a plan
// whose nonce was taken meanwhile is stale.
func TestTwoActionsNeverTakeTheSameNonceOfASafe(t *testing.T) {
	_, _, c := fresh(t)
	k := newKey(t)
	first := by("safe", k)
	second := by("safe", &key{private: member("another executor"), unlocked: true}) // whose own nonce is free
	second.Runbook, second.Name, second.Hash = "R2", "freeze-again", common.Hash{8}
	_, okFirst := confirmed(t, c, first)
	_, okSecond := confirmed(t, c, second)
	if _, err := c.Execute(t.Context(), okFirst); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Execute(t.Context(), okSecond); !errors.Is(err, contain.ErrStale) || !strings.Contains(err.Error(), "nonce 0 of the Safe belongs to R1") {
		t.Errorf("the same nonce twice: %v", err)
	}
	again, err := c.Prepare(t.Context(), second, ref(10), nil)
	if err != nil || again.View.Safe == nil || again.View.Safe.Nonce != 1 {
		t.Errorf("%+v, %v", again.View.Safe, err)
	}
}

// A call by another executor, or of another Safe, is another action.
func TestTheDigestNamesTheSafe(t *testing.T) {
	k := newKey(t)
	plain, bySafe, other := pause(k), by("safe", k), by("safe", k)
	other.Steps[0].Lanes[0].Safe.Address[0]++
	seen := map[common.Hash]bool{}
	for _, a := range []contain.Action{plain, bySafe, other} {
		seen[a.Digest(testChain)] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d digests of 3 actions", len(seen))
	}
}

// Whoever swapped the Safe's code, or acts beside its owners, is told of.
func TestASwappedSingletonIsALoudDoubt(t *testing.T) {
	_, _, c := fresh(t)
	k := newKey(t)
	a := by("safe", k)
	a.Steps[0].Lanes[0].Safe.Singleton = common.HexToAddress("0x52")
	line := measured(t, c, a, ref(10))
	if line.State != ops.Impaired || !strings.Contains(fmt.Sprint(line.Why), "CODE WAS SWAPPED") {
		t.Errorf("%s %v", line.State, line.Why)
	}
	plan, err := c.Prepare(t.Context(), a, ref(10), nil)
	if err != nil || !strings.Contains(fmt.Sprint(plan.View.Warnings), "CODE WAS SWAPPED") {
		t.Errorf("%v, %q", err, plan.View.Warnings)
	}
	if _, err := contain.Confirm(plan, ops.Operator{}, plan.View.Phrase, time.Now()); err != nil {
		t.Errorf("a doubt refuses what only restricts: %v", err)
	}
}
