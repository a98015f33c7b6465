package pending_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/pending"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

var (
	vault   = common.Address{19: 1}
	mallory = common.Address{19: 2}
	ada     = common.Address{19: 3}
	start   = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
)

var unpause, multicall = common.FromHex("0x3f4ba83a"), common.FromHex("0xac9650d8")

func detector(t *testing.T) pending.Detector {
	t.Helper()
	known, err := abi.JSON(strings.NewReader(`[{"type":"function","name":"unpause","inputs":[],"outputs":[],"stateMutability":"nonpayable"},
		{"type":"function","name":"multicall","inputs":[{"name":"data","type":"bytes[]"}],"outputs":[],"stateMutability":"nonpayable"}]`))
	if err != nil {
		t.Fatal(err)
	}
	book := calldata.NewBook(map[common.Address]*abi.ABI{vault: &known}, map[common.Address]string{vault: "vault"})
	return pending.Detector{
		Functions: []pending.Function{{Contract: vault, Selector: [4]byte(unpause), Name: "vault.unpause()"}},
		Accounts:  map[common.Address]bool{ada: true}, Over: 5 * time.Minute, Partial: true, Book: book,
	}
}

func tx(from common.Address, nonce uint64, data []byte) *ops.Pending {
	return &ops.Pending{Nonce: nonce, Signed: true, Invocation: ops.Invocation{Tx: common.BytesToHash(append([]byte{byte(nonce)}, data...)), From: from, To: vault, Value: new(big.Int), Data: data}}
}

// story is a detector that is told things at seconds after the start, and judged.
type story struct {
	t      *testing.T
	ear    *pending.Ear
	memory *pending.Memory
	number uint64
}

func begin(t *testing.T, d pending.Detector) *story {
	return &story{t: t, ear: d.Listen(), memory: d.NewMemory(), number: 10}
}

func at(second int) time.Time { return start.Add(time.Duration(second) * time.Second) }

func (s *story) told(second int, r ops.Rumour) { s.ear.Take(r, at(second)) }

// judged judges a block, in which the senders have used so many nonces; what is not asked for
// is not known.
func (s *story) judged(second int, used map[common.Address]uint64) ops.Assessment {
	s.number++
	s.memory.Overhear(s.ear.Heard(at(second)))
	now := ops.Readings{}
	for _, r := range s.memory.Asks() {
		if n, ok := used[r.To]; ok {
			now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: new(big.Int).SetUint64(n).FillBytes(make([]byte, 32))}
		}
	}
	return s.memory.Next(ops.BlockRef{Number: s.number}, now, nil)
}

func (s *story) is(second int, used map[common.Address]uint64, v ops.Verdict, words string) {
	s.t.Helper()
	a := s.judged(second, used)
	if a.Verdict != v || !strings.Contains(a.Why, words) || (s.memory.Gives() != nil) != (v == ops.Breach) {
		s.t.Errorf("after %d s it is %s: %q, by %q, gives %v; want %s: %q", second, a.Verdict, a.Why, a.Source, s.memory.Gives(), v, words)
	}
}

func from(provider string) ops.Rumour { return ops.Rumour{Provider: provider} }

func gone(provider, why string, silent time.Duration) ops.Rumour {
	return ops.Rumour{Provider: provider, Dark: why, Silent: silent}
}

func heard(provider string, p *ops.Pending) ops.Rumour {
	return ops.Rumour{Provider: provider, Pending: p}
}

func TestWhatShouldNotWaitIsABreachUntilItsNonceIsUsed(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.told(0, from("bravo"))
	s.is(1, nil, ops.OK, "")
	s.told(2, heard("alpha", tx(ada, 1, unpause)))       // she may
	s.told(2, heard("alpha", tx(mallory, 1, multicall))) // it is another
	s.is(3, nil, ops.OK, "")
	unsigned := tx(mallory, 5, unpause)
	unsigned.Signed = false
	s.told(3, heard("bravo", unsigned))
	s.told(3, heard("bravo", tx(mallory, 4, unpause)))
	a := s.judged(4, nil)
	if want := mallory.Hex() + " waits with vault.unpause(), nonce 4, "; a.Verdict != ops.Breach || a.Observed != "2" || !strings.HasPrefix(a.Why, want) || !strings.HasSuffix(a.Why, "by bravo, by that provider's word alone") {
		t.Errorf("%s %s: %q", a.Verdict, a.Observed, a.Why)
	}
}

func TestABreachIsOverWhenTheNonceIsUsed(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.told(0, from("bravo"))
	p := tx(mallory, 4, unpause)
	p.Value = big.NewInt(7)
	s.told(2, heard("alpha", p))
	s.told(3, heard("bravo", p)) // who is second is not named
	s.is(3, nil, ops.Breach, fmt.Sprintf("%s waits with vault.unpause(), carrying 7 wei, nonce 4, %s, first seen at 12:00:02 UTC by alpha", mallory.Hex(), p.Tx.Hex()))
	s.is(4, map[common.Address]uint64{mallory: 4}, ops.Breach, "") // its turn, and not mined
	s.is(5, nil, ops.Breach, "")                                   // not known
	s.is(6, map[common.Address]uint64{mallory: 5}, ops.OK, "")     // mined, or replaced
	s.is(7, nil, ops.OK, "")
	if asks := s.memory.Asks(); len(asks) != 0 {
		t.Errorf("it still asks %v", asks)
	}
	s.memory.Drop(s.number - 1) // a reorg took the block back
	s.is(8, map[common.Address]uint64{mallory: 4}, ops.Breach, "")
	s.is(9, map[common.Address]uint64{mallory: 6}, ops.OK, "")
	s.told(10, heard("alpha", tx(mallory, 6, unpause)))
	s.is(11, map[common.Address]uint64{mallory: 6}, ops.Breach, "nonce 6")
	s.told(300, from("alpha"))
	s.is(10+5*60-1, map[common.Address]uint64{mallory: 6}, ops.Breach, "")
	s.is(10+5*60, map[common.Address]uint64{mallory: 6}, ops.OK, "") // nobody remembers it
}

// What replaces another keeps its place: one of the two will be mined, and it waits anew.
func TestWhatIsSentAgainWithTheSameNonceIsOne(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.told(1, heard("alpha", tx(mallory, 4, unpause)))
	s.told(200, heard("alpha", tx(mallory, 4, append(unpause[:4:4], 1))))
	if a := s.judged(400, nil); a.Verdict != ops.Breach || a.Observed != "1" || !strings.Contains(a.Why, "first seen at 12:03:20") {
		t.Errorf("%s %s: %s", a.Verdict, a.Observed, a.Why)
	}
}

// A function is guarded also where it is carried by another call that the contract is sent.
func TestAFunctionInsideAMulticallIsFound(t *testing.T) {
	d := detector(t)
	packed, err := abi.Arguments{{Type: mustType(t, "bytes[]")}}.Pack([][]byte{{1}, unpause})
	if err != nil {
		t.Fatal(err)
	}
	s := begin(t, d)
	s.told(0, from("alpha"))
	s.told(1, heard("alpha", tx(mallory, 4, append(multicall[:4:4], packed...))))
	s.is(2, nil, ops.Breach, "waits with vault.multicall(")
}

// A contract takes what no encoder would write. Whoever adds a byte hides nothing by it; and
// what does not hold the function cannot call it.
func TestWhatIsOddlyEncodedHidesNoFunction(t *testing.T) {
	for verdict, inside := range map[ops.Verdict][]byte{ops.Breach: unpause, ops.OK: {1, 2, 3, 4}} {
		packed, err := abi.Arguments{{Type: mustType(t, "bytes[]")}}.Pack([][]byte{{1}, inside})
		if err != nil {
			t.Fatal(err)
		}
		s := begin(t, detector(t))
		s.told(0, from("alpha"))
		s.told(1, heard("alpha", tx(mallory, 4, append(append(multicall[:4:4], packed...), 0))))
		s.is(2, nil, verdict, map[ops.Verdict]string{ops.Breach: "waits with vault.multicall(undecodable)"}[verdict])
	}
}

func mustType(t *testing.T, name string) abi.Type {
	t.Helper()
	typ, err := abi.NewType(name, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// Of a detector that watches contracts the accounts are those who may not.
func TestAListedAccountMayNotCallAtAll(t *testing.T) {
	d := detector(t)
	d.Functions, d.Watched, d.Accounts = nil, watch.List{{Name: "vault", Address: vault}}, map[common.Address]bool{mallory: true}
	s := begin(t, d)
	s.told(0, from("alpha"))
	s.told(1, heard("alpha", tx(ada, 1, unpause)))
	other := tx(mallory, 1, unpause)
	other.To = ada
	s.told(1, heard("alpha", other))
	s.is(2, nil, ops.OK, "")
	s.told(3, heard("alpha", tx(mallory, 2, nil)))
	s.is(4, nil, ops.Breach, "waits with vault.")
	if c := d.Contracts(); len(c) != 1 || c[0] != vault {
		t.Errorf("%v", c)
	}
}

// Silence of whoever does not tell is no empty mempool.
func TestBlindIsNeverOK(t *testing.T) {
	d := detector(t)
	if a := d.NewMemory().Next(ops.BlockRef{Number: 1}, nil, nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, "listens to no mempool") {
		t.Errorf("%s: %s", a.Verdict, a.Why)
	}
	s := begin(t, d)
	s.is(0, nil, ops.Unknown, "no provider has said yet")
	s.told(1, gone("alpha", "refused", 0))
	s.is(2, nil, ops.Unknown, "no provider tells what waits: alpha: refused")
	s.told(10, from("bravo"))
	if a := s.judged(11, nil); a.Verdict != ops.OK || !strings.Contains(a.Source, "mempool of bravo since 12:00:10 UTC; not told by alpha: refused") {
		t.Errorf("one of two tells: %s: %s by %s", a.Verdict, a.Why, a.Source)
	}
	s.told(20, from("alpha"))
	s.told(30, gone("bravo", "cut", 2*time.Second)) // alpha told all the while
	s.is(31, nil, ops.OK, "")
	s.told(40, heard("alpha", tx(mallory, 1, unpause)))
	s.told(50, gone("alpha", "cut too", 0))
	if a := s.judged(51, nil); a.Verdict != ops.Breach || !strings.Contains(a.Doubt, "no provider tells") {
		t.Errorf("what was heard waits: %s: %s, in doubt for %q", a.Verdict, a.Why, a.Doubt)
	}
	s.is(52, map[common.Address]uint64{mallory: 2}, ops.Unknown, "no provider tells")
	s.told(60, from("alpha"))
	s.is(61, nil, ops.Unknown, "told since 12:01:00") // there was a break: not even warmup: known forgives it
	s.told(300, from("alpha"))
	s.is(60+5*60-1, nil, ops.Unknown, "told since 12:01:00")
	s.is(60+5*60, nil, ops.OK, "")
}

// Who took over later than the other was last known to tell leaves a gap.
func TestASilenceBeforeTheEndCounts(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.told(100, from("bravo"))
	s.told(104, gone("alpha", "silent", 6*time.Second))
	s.is(105, nil, ops.Unknown, "told since 12:01:40")
}

// Who begins to tell proves nothing of the time in which another, that is silent, was alone.
func TestASilenceIsNotVouchedForByWhoCameLater(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.is(1000, nil, ops.Unknown, "nobody's transaction was told since 12:00:00")
	s.told(1000, from("bravo"))
	s.is(1001, nil, ops.Unknown, "told since 12:16:40")
	s.told(1200, from("bravo"))
	s.is(1300, nil, ops.OK, "")
}

// Who tells nothing while another tells a lot is deaf, and nobody to rely on when that goes.
func TestADeafProviderIsNoTeller(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	for second := range 1000 {
		s.told(second, from("bravo"))
	}
	if a := s.judged(1000, nil); a.Verdict != ops.OK || !strings.Contains(a.Source, "mempool of bravo since 12:00:00 UTC; not told by alpha: nobody's transaction since 12:00:00 UTC") {
		t.Errorf("%s: %s by %s", a.Verdict, a.Why, a.Source)
	}
	s.told(1000, gone("bravo", "cut", 0))
	s.is(1001, nil, ops.Unknown, "nobody's transaction was told since 12:00:00")
	s.told(1100, from("alpha"))
	s.is(1101, nil, ops.Unknown, "told since 12:16:40")
	s.told(1200, from("alpha"))
	s.is(1300, nil, ops.OK, "")
}

// In a true quiet each answers for its own silence, also when another goes.
func TestAQuietMempoolIsKnownAgainByWhoWasThere(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.told(0, from("bravo"))
	s.told(900, gone("bravo", "cut", 0))
	s.is(901, nil, ops.Unknown, "nobody's transaction was told since 12:00:00")
	s.told(1000, from("alpha"))
	s.is(1001, nil, ops.OK, "")
}

// A provider that lies about who sent something hides it from nobody else's telling.
func TestWhatIsSignedIsNotHiddenByAWord(t *testing.T) {
	for name, lie := range map[string]func(*ops.Pending){
		"by another, whose nonce is used": func(p *ops.Pending) { p.From, p.Nonce = common.Address{19: 9}, 0 },
		"with a nonce that is used":       func(p *ops.Pending) { p.Nonce = 0 },
	} {
		s := begin(t, detector(t))
		s.told(0, from("alpha"))
		s.told(0, from("bravo"))
		p := tx(mallory, 4, unpause)
		forged := *p
		forged.Signed = false
		lie(&forged)
		s.told(1, heard("bravo", &forged))
		s.told(2, heard("alpha", p))
		s.told(3, heard("bravo", &forged))
		if a := s.judged(4, map[common.Address]uint64{forged.From: 4, mallory: 4}); a.Verdict != ops.Breach || a.Observed != "1" || !strings.Contains(a.Why, "nonce 4, ") || !strings.HasSuffix(a.Why, "by alpha") {
			t.Errorf("%s: %s %s: %q", name, a.Verdict, a.Observed, a.Why)
		}
		replaced := *p
		replaced.Signed, replaced.Tx = false, common.Hash{99}
		s.told(5, heard("bravo", &replaced))
		if a := s.judged(6, nil); a.Verdict != ops.Breach || a.Observed != "1" || !strings.HasSuffix(a.Why, "by alpha") {
			t.Errorf("%s: what is said to replace it: %s %s: %q", name, a.Verdict, a.Observed, a.Why)
		}
	}
}

func TestWithoutWarmupTheWindowHasToBeFull(t *testing.T) {
	d := detector(t)
	d.Partial = false
	s := begin(t, d)
	s.told(0, from("alpha"))
	s.told(200, from("alpha"))
	s.is(299, nil, ops.Unknown, "not known")
	s.is(300, nil, ops.OK, "")
}

// Whom a runbook acts on is somebody who signed, and nobody that a provider names.
func TestNoProvidersWordNamesWhomARunbookActsOn(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.told(0, from("bravo"))
	framed := tx(common.Address{19: 9}, 1, unpause)
	framed.Signed = false
	s.told(1, heard("bravo", framed))
	if a := s.judged(2, nil); a.Verdict != ops.Breach || s.memory.Gives() != nil {
		t.Errorf("%s, gives %v", a.Verdict, s.memory.Gives())
	}
	s.told(3, heard("alpha", tx(mallory, 4, unpause)))
	framed = tx(common.Address{19: 9}, 2, unpause)
	framed.Signed = false
	s.told(4, heard("bravo", framed))
	if a := s.judged(5, nil); a.Verdict != ops.Breach || s.memory.Gives()["account"] != mallory.Hex() {
		t.Errorf("%s, gives %v", a.Verdict, s.memory.Gives())
	}
}

// A mempool of which nobody's transaction is told any more may have been cut off.
func TestASilentMempoolIsNotAnEmptyOne(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	for second := 1; second < 600; second++ {
		if news := s.ear.Take(from("alpha"), at(second)); news {
			t.Fatalf("after %d s it is news that it still tells", second)
		}
	}
	s.is(599+5*60-1, nil, ops.OK, "")
	s.is(599+5*60, nil, ops.Unknown, "nobody's transaction was told since 12:09:59 UTC")
	if !s.ear.Take(from("alpha"), at(1000)) {
		t.Error("that it tells again is no news")
	}
	s.is(1000, nil, ops.OK, "")
}

// Whether it would succeed is said, and changes nothing.
func TestWhatWaitsIsTried(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.told(1, heard("alpha", tx(mallory, 4, unpause)))
	carrying := tx(ada, 4, unpause)
	carrying.Value, carrying.From = big.NewInt(1), common.Address{19: 4}
	s.told(1, heard("alpha", carrying))
	long := tx(common.Address{19: 5}, 1, append(unpause[:4:4], make([]byte, 20_000)...))
	s.told(1, heard("alpha", long))
	s.memory.Overhear(s.ear.Heard(at(2)))
	for want, status := range map[string]ops.ReadStatus{", and would succeed at #12": ops.ReadOK, ", and would fail at #12: not paused": ops.ReadReverted, "by alpha": ops.ReadNotRun} {
		now, tries := ops.Readings{}, 0
		for _, r := range s.memory.Asks() {
			if r.Kind == ops.ReadTry {
				tries++
				now[r] = ops.Reading{Read: r, Status: status}
				if status == ops.ReadReverted {
					now[r] = ops.Reading{Read: r, Status: status, Err: "not paused"}
				}
			}
		}
		a := s.memory.Next(ops.BlockRef{Number: 12}, now, nil)
		if tries != 1 || a.Verdict != ops.Breach || !strings.HasSuffix(a.Why, want) {
			t.Errorf("%d tried: %s %q, want %q", tries, a.Verdict, a.Why, want)
		}
	}
}

func TestWhatWasNotTakenInIsNotKnownForAsLong(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	s.told(5, ops.Rumour{Provider: "alpha", Lost: 17, Why: "they came too fast"})
	s.is(6, nil, ops.Unknown, "at 12:00:05 UTC 17 transactions that alpha told were not taken in: they came too fast")
	s.told(300, from("alpha"))
	s.is(5+5*60-1, nil, ops.Unknown, "17 transactions")
	s.is(5+5*60, nil, ops.OK, "")
	s.ear.Stop(at(400), "it panicked")
	s.is(401, nil, ops.Unknown, "it panicked")
}

// A flood of what is dropped has nobody judge at each drop.
func TestALossIsNewsOnceASecond(t *testing.T) {
	d := detector(t)
	ear, news := d.Listen(), 0
	ear.Take(from("alpha"), at(0))
	for n := range 5_000 {
		if ear.Take(ops.Rumour{Provider: "alpha", Lost: 1, Why: "too fast"}, at(1).Add(time.Duration(n)*time.Millisecond)) {
			news++
		}
	}
	if news != 5 {
		t.Errorf("%d times in 5 s it is news that something was lost", news)
	}
	if h := ear.Heard(at(7)); !h.Lost.Equal(at(6).Add(-time.Millisecond)) {
		t.Errorf("the last was lost at %s", h.Lost)
	}
}

// However much should not wait, memory is bounded, the newest are told, and what was
// forgotten is said.
func TestAThousandThatWaitAreNotKeptWithoutEnd(t *testing.T) {
	s := begin(t, detector(t))
	s.told(0, from("alpha"))
	for n := range uint64(3_000) {
		p := tx(mallory, n, unpause)
		p.Tx = common.BigToHash(new(big.Int).SetUint64(n + 1))
		p.From = common.BigToAddress(new(big.Int).SetUint64(1000 + n%200))
		s.told(1, heard("alpha", p))
	}
	a := s.judged(2, nil)
	if a.Verdict != ops.Breach || a.Observed != "1000" || !strings.Contains(a.Why, "nonce 2999") || !strings.Contains(a.Why, "and 997 more") || !strings.Contains(a.Doubt, "more than 1000 wait") {
		t.Errorf("%s %s: %s; doubt %s", a.Verdict, a.Observed, a.Why, a.Doubt)
	}
	if n := len(s.memory.Asks()); n != 64+3 {
		t.Errorf("%d things are asked", n)
	}
}
