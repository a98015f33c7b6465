package contain_test

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

var errBlind = errors.New("nobody answers")

// silent makes a chain say nothing at one point.
func (b *bench) silent(point string) {
	b.chain.fault = func(at string) error {
		if at == point {
			return errBlind
		}
		return nil
	}
}

// Whatever is not answered while a transaction is on its way concludes nothing: it is
// neither given up nor replaced, and is in effect when the chain is seen again.
func TestSilenceConcludesNothing(t *testing.T) {
	for _, point := range []string{"account", "known", "inclusion", "read"} {
		t.Run(point, func(t *testing.T) {
			b := newBench(t)
			if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
				t.Fatal(err)
			}
			b.silent(point)
			for n := range uint64(4) {
				follow(b.Containment, ref(100+n), nil)
			}
			for range 30 {
				b.follow(t)
			}
			if r := b.last(); r.Stage == ops.StageFailed || point == "read" && !strings.Contains(r.Why, "could not be read back yet: nobody answers") {
				t.Fatalf("%s: %s", r.Stage, r.Why)
			}
			b.chain.fault = nil
			b.follow(t)
			if r := b.follow(t); r.Stage != ops.StageContained {
				t.Errorf("%s: %s", r.Stage, r.Why)
			}
		})
	}
}

// between is a chain that has a receipt whenever it is asked for the second time.
type between struct {
	*ledger
	asked int
}

func (c *between) Inclusion(ctx context.Context, hash common.Hash) (*ops.Inclusion, error) {
	if c.asked++; c.asked%2 == 1 {
		return nil, nil
	}
	return c.ledger.Inclusion(ctx, hash)
}

// What was mined between the two questions, for the receipt and for the nonce, is not
// missing.
func TestWhatIsMinedBetweenTwoQuestionsIsNotMissing(t *testing.T) {
	b := newBench(t)
	b.Chain = &between{ledger: b.chain}
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if r := b.follow(t); r.Stage != ops.StageSent {
			t.Fatalf("%s: %s", r.Stage, r.Why)
		}
	}
}

// unsure is a condition that cannot be judged for a while.
type unsure struct {
	contain.Condition
	says *ops.Verdict
}

func (c unsure) Judge(now, parent ops.Readings) ops.Assessment {
	if *c.says == ops.Unknown {
		return ops.Assessment{Verdict: ops.Unknown, Why: "no state"}
	}
	return ops.Assessment{Verdict: *c.says, Observed: "x"}
}

// A call that reverted is given up when it is known that nobody else was first: not while
// that cannot be read, and not for ever while it cannot.
func TestACallThatRevertedIsJudgedByWhatHolds(t *testing.T) {
	for name, c := range map[string]struct {
		says  ops.Verdict
		after ops.Stage
		why   string
	}{
		"nobody was first":   {ops.Breach, ops.StageFailed, "reverted: nothing took effect"},
		"somebody was first": {ops.OK, ops.StageContained, "somebody else was first"},
		"it is never known":  {ops.Unknown, ops.StageFailed, "whether somebody else was first could not be read: no state"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Chain = reverting{b.chain}
			says := ops.Breach
			a := pause(b.key)
			a.Steps[0].Expect = unsure{isPaused{}, &says}
			confirmed, _ := b.confirm(t, a)
			if _, err := b.Execute(t.Context(), confirmed); err != nil {
				t.Fatal(err)
			}
			says = ops.Unknown
			for range 5 {
				if r := b.follow(t); r.Stage != ops.StageSent || !strings.Contains(r.Why, "could not be read") {
					t.Fatalf("%s: %s", r.Stage, r.Why)
				}
			}
			says = c.says
			for range 20 {
				b.follow(t)
			}
			r := b.last()
			if r.Stage != c.after || !strings.Contains(r.Why+r.Steps[0].Why, c.why) {
				t.Errorf("%s: %s %s", r.Stage, r.Why, r.Steps[0].Why)
			}
			if strings.Contains(r.Why, "tried again") {
				t.Error("what is no Safe's is not tried again")
			}
		})
	}
}

// What a mined call brought about, and cannot be judged yet, is read back until it can.
func TestAnEffectThatIsNotKnownYetIsReadBackLater(t *testing.T) {
	b := newBench(t)
	says := ops.Breach
	a := pause(b.key)
	a.Steps[0].Expect = unsure{isPaused{}, &says}
	confirmed, _ := b.confirm(t, a)
	if _, err := b.Execute(t.Context(), confirmed); err != nil {
		t.Fatal(err)
	}
	says = ops.Unknown
	if r := b.follow(t); r.Stage != ops.StageMined || !strings.Contains(r.Why, "could not be read back yet: no state") {
		t.Fatalf("%s: %s", r.Stage, r.Why)
	}
	says = ops.OK
	if r := b.follow(t); r.Stage != ops.StageInEffect {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

// A transaction that a reorg put into another block is verified there.
func TestWhatIsMinedElsewhereIsVerifiedThere(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
		t.Fatal(err)
	}
	b.follow(t)
	if r := b.follow(t); r.Stage != ops.StageContained || r.Mined.Number != 11 {
		t.Fatalf("%s at #%d", r.Stage, r.Mined.Number)
	}
	books := b.chain.load()
	for hash := range books.Mined {
		books.Mined[hash] = 12
	}
	b.chain.store(books)
	other := ref(13)
	other.Parent = common.Hash{12}
	follow(b.Containment, other, ops.Readings{pausedRead: word(true)})
	if r := b.last(); r.Mined.Number != 12 || r.Stage == ops.StageContained || b.notes.count(contain.KindReopened) != 1 {
		t.Fatalf("%s at #%d: %s", r.Stage, r.Mined.Number, r.Why)
	}
	b.follow(t)
	if r := b.follow(t); r.Stage != ops.StageContained || b.key.signed() != 1 {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

// unsigned is a signer that gives back what is no signature at all.
type unsigned struct {
	*key
	nothing bool
}

func (u unsigned) Sign(_ context.Context, tx *types.Transaction) (*types.Transaction, error) {
	if u.nothing {
		return nil, nil
	}
	return tx, nil
}

func TestWhatIsNoSignatureIsNotSent(t *testing.T) {
	for _, nothing := range []bool{true, false} {
		b := newBench(t)
		a := tree(b, "a")
		a.Steps[0].Lanes[0].Signer = unsigned{b.key, nothing}
		if _, err := b.run(t, a); !errors.Is(err, contain.ErrSigner) || b.notes.count(contain.KindSigned) != 0 || len(b.chain.load().Pool) != 0 {
			t.Errorf("nothing %t: %v", nothing, err)
		}
	}
}

// A journal that fails once the bytes are out stops nothing, and what it lacks is said.
func TestWhatTheJournalLacksIsSaid(t *testing.T) {
	b := newBench(t)
	b.notes.full = func(kind string) error {
		if kind == contain.KindSent {
			return errors.New("disk full")
		}
		return nil
	}
	r, err := b.Execute(t.Context(), b.confirmed(t))
	if err != nil || r.Stage != ops.StageSent || !strings.Contains(r.Why, "the journal lacks containment-sent: disk full") {
		t.Fatalf("%v, %s: %s", err, r.Stage, r.Why)
	}
	if r := b.follow(t); r.Stage != ops.StageInEffect {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

// Two plans of one action by two accounts, both prepared before either is confirmed: the
// second is refused by the shots that the first has used.
func TestTheSecondOfTwoPlansFindsTheShotUsed(t *testing.T) {
	b := newBench(t)
	plan := func(from common.Address, data byte) contain.Confirmed {
		a := pause(b.key)
		a.Shots, a.Steps[0].Call.Data = 1, []byte{data, 2, 3, 4}
		a.Steps[0].Lanes[0].From = from
		confirmed, _ := b.confirm(t, a)
		return confirmed
	}
	first, second := plan(b.key.Address(), 1), plan(common.Address{7}, 2)
	if _, err := b.Execute(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Execute(t.Context(), second); !errors.Is(err, contain.ErrShots) || b.key.signed() != 1 {
		t.Errorf("%v, %d signed", err, b.key.signed())
	}
}

// A later step waits for what its condition reads, and for a Safe that nobody can read;
// it fails where no lane leads anywhere or its ladder cannot be used.
func TestALaterStepWaitsForWhatItCannotKnow(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*contain.Step)
		silent string
		want   string
		why    string
	}{
		"a condition": {func(s *contain.Step) { s.When = isPaused{} }, "read", "a IN EFFECT, b WAITS", "waits: vault.paused() == true could not be read"},
		"an account":  {func(*contain.Step) {}, "account", "a IN EFFECT, b WAITS", "waits: nobody answers"},
		"no signer":   {func(s *contain.Step) { s.Lanes[0].Signer = nil }, "", "a IN EFFECT, b FAILED", "this console has no key for it"},
		"a ladder":    {func(s *contain.Step) { s.Lanes[0].Signer = &ladder{key: s.Lanes[0].Signer.(*key), nonce: 7} }, "", "a IN EFFECT, b FAILED", "the ladder is for nonce 7"},
		"a Safe":      {func(s *contain.Step) { s.Lanes[0] = by("safe", s.Lanes[0].Signer.(*key)).Steps[0].Lanes[0] }, "read", "a IN EFFECT, b WAITS", "waits: the Safe would not accept it now: it could not be read"},
		"a printer": {func(s *contain.Step) {
			s.Lanes[0] = contain.Lane{Name: "print", From: common.Address{9}, Print: true}
		}, "", "a IN EFFECT, b CONFIRMED", "somebody else has to send it"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			a := tree(b, "a", "b")
			c.change(&a.Steps[1])
			if _, err := b.run(t, a); err != nil {
				t.Fatal(err)
			}
			b.chain.fault = func(point string) error { // once the first step is in effect
				if point == c.silent && b.notes.count(contain.KindInEffect) > 0 {
					return errBlind
				}
				return nil
			}
			b.block(t)
			b.wants(t, c.want)
			if s := b.last().Steps[1]; !strings.Contains(s.Why, c.why) {
				t.Errorf("%q, want %q", s.Why, c.why)
			}
		})
	}
}

// An answer that cannot be written down was not given: it can be given again.
func TestAnAnswerThatIsNotWrittenDownWasNotGiven(t *testing.T) {
	b := newBench(t)
	r, err := b.run(t, asking(b))
	if err != nil {
		t.Fatal(err)
	}
	b.notes.full = func(string) error { return errors.New("disk full") }
	if _, err := b.Answer(t.Context(), r.ID, "b", "closed", ada, ref(10)); !errors.Is(err, contain.ErrJournal) {
		t.Fatal(err)
	}
	b.wants(t, "a DONE, b ASKED, c WAITS")
	b.notes.full = nil
	if _, err := b.Answer(t.Context(), r.ID, "b", "closed", ada, ref(10)); err != nil {
		t.Fatal(err)
	}
	b.wants(t, "a DONE, b DONE, c SENT")
}

// An answer that comes while a signer is asked for a step beside it is taken, and what
// follows goes out when the signer is done.
func TestAnAnswerDoesNotWaitForASigner(t *testing.T) {
	b := newBench(t)
	far := hang(b.key)
	a := tree(b, "p", "c")
	a.Steps[0].Parallel, a.Steps[0].Lanes[0].Signer = true, far
	a.Steps = slices.Insert(a.Steps, 0, contain.Step{ID: "b", Ask: &contain.Question{Challenge: "is the lane closed?", Expected: "closed"}})
	done := make(chan error, 1)
	plan, err := b.Prepare(t.Context(), a, ref(10), nil)
	if err != nil {
		t.Fatal(err)
	}
	confirmed, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	go func() { // it ends with the signature
		_, err := b.Execute(context.Background(), confirmed)
		done <- err
	}()
	<-far.asked
	if _, err := b.Answer(t.Context(), b.last().ID, "b", "closed", ada, ref(10)); err != nil {
		t.Fatal(err)
	}
	b.wants(t, "b DONE, p CONFIRMED, c WAITS")
	far.let <- nil
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.block(t)
	b.wants(t, "b DONE, p IN EFFECT, c SENT")
}

// What waits is replaced by what today's base fee asks for, where that is more than an
// eighth; after the console was closed nothing is.
func TestAReplacementPaysWhatTheBaseFeeAsksFor(t *testing.T) {
	for _, closed := range []bool{false, true} {
		b := newBench(t)
		if _, err := b.Execute(t.Context(), b.confirmed(t)); err != nil {
			t.Fatal(err)
		}
		b.chain.account = func(a *ops.Account) { a.BaseFee = big.NewInt(50e9) }
		follow(b.Containment, ref(11), nil)
		follow(b.Containment, ref(12), nil)
		if closed {
			b.Close()
		}
		follow(b.Containment, ref(13), nil)
		want := 2
		if closed {
			want = 1
		}
		if len(b.chain.handed) != want {
			t.Fatalf("closed %t: %d were sent: %s", closed, len(b.chain.handed), b.last().Why)
		}
		var tx types.Transaction
		if err := tx.UnmarshalBinary(b.chain.handed[want-1]); err != nil {
			t.Fatal(err)
		}
		if least := big.NewInt(100e9); !closed && tx.GasFeeCap().Cmp(least) < 0 {
			t.Errorf("it pays at most %s", tx.GasFeeCap())
		}
	}
}
