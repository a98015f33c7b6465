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

// is a condition with a fixed answer.
type is struct {
	says ops.Verdict
	name string
}

func (c is) Source() string    { return c.name }
func (c is) Reads() []ops.Read { return nil }
func (c is) Judge(_, _ ops.Readings) ops.Assessment {
	return ops.Assessment{Verdict: c.says, Observed: "x"}
}

// minedNonce holds once a number of transactions was mined.
type minedNonce struct {
	chain *ledger
	want  uint64
}

func (minedNonce) Source() string    { return "sent() == true" }
func (minedNonce) Reads() []ops.Read { return nil }
func (c minedNonce) Judge(_, _ ops.Readings) ops.Assessment {
	if c.chain.load().Nonce >= c.want {
		return ops.Assessment{Verdict: ops.OK, Observed: "true"}
	}
	return ops.Assessment{Verdict: ops.Breach, Observed: "false"}
}

// tree is an action of calls, each in effect once as many transactions are mined.
func tree(b *bench, ids ...string) contain.Action {
	a := contain.Action{Runbook: "R4", Name: "lock-down", Hash: common.Hash{4}, Phrase: "lock down", Until: is{ops.OK, "calm"}, Blocks: 1, Needs: ids}
	for i, id := range ids {
		a.Steps = append(a.Steps, contain.Step{
			ID: id, Title: "Call " + id, Call: ops.Call{To: target, Name: "vault", Function: "f()", Value: "0", Data: []byte{byte(i), 1, 2, 3}}, Restrict: true,
			Lanes: []contain.Lane{{Name: "guardian", Signer: b.key, From: b.key.Address()}}, Expect: minedNonce{b.chain, uint64(i) + 1},
		})
	}
	return a
}

// run confirms and executes an action.
func (b *bench) run(t *testing.T, a contain.Action) (ops.Receipt, error) {
	t.Helper()
	plan, err := b.Prepare(t.Context(), a, ref(10), nil)
	if err != nil {
		t.Fatal(err)
	}
	confirmed, err := contain.Confirm(plan, ada, plan.View.Phrase, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return b.Execute(t.Context(), confirmed)
}

// stages are the steps of the newest receipt in words.
func (b *bench) stages() string {
	var out []string
	for _, s := range b.last().Steps {
		out = append(out, s.Step+" "+s.Stage)
	}
	return strings.Join(out, ", ")
}

func (b *bench) wants(t *testing.T, want string) {
	t.Helper()
	if got := b.stages(); got != want {
		t.Fatalf("%s, want %s (%s)", got, want, b.last().Why)
	}
}

func (b *bench) block(t *testing.T) {
	t.Helper()
	follow(b.Containment, b.chain.mine(), nil)
}

func TestStepsAreSentOneAfterTheOtherAndEachIsVerified(t *testing.T) {
	b := newBench(t)
	if _, err := b.run(t, tree(b, "a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	b.wants(t, "a SENT, b WAITS, c WAITS")
	b.block(t)
	b.wants(t, "a IN EFFECT, b SENT, c WAITS")
	b.block(t)
	b.block(t)
	b.wants(t, "a IN EFFECT, b IN EFFECT, c IN EFFECT")
	if r := b.last(); r.Stage != ops.StageContained || b.key.signed() != 3 || b.chain.load().Nonce != 3 {
		t.Errorf("%s after %d signatures, nonce %d", r.Stage, b.key.signed(), b.chain.load().Nonce)
	}
	if n := len(slices.DeleteFunc(slices.Clone(b.notes.kinds), func(k string) bool { return k != contain.KindIntent })); n != 3 {
		t.Errorf("%d intents: %v", n, b.notes.kinds)
	}
}

func TestWhatIsNotCalledForIsLeftOutAndItsStandInRuns(t *testing.T) {
	for _, says := range []ops.Verdict{ops.OK, ops.Breach, ops.Unknown} {
		b := newBench(t)
		a := tree(b, "a", "b")
		a.Steps[0].When, a.Steps[0].Otherwise, a.Steps[1].Instead = is{says, "in time"}, "b", true
		a.Steps[1].Expect, a.Needs = minedNonce{b.chain, 1}, nil
		if _, err := b.run(t, a); err != nil {
			t.Fatal(err)
		}
		b.block(t)
		want := "a NOT RUN, b IN EFFECT"
		if says == ops.OK {
			want = "a IN EFFECT, b NOT RUN"
		}
		b.wants(t, want)
		if b.key.signed() != 1 {
			t.Errorf("%d were signed", b.key.signed())
		}
	}
}

func TestAQuestionHoldsWhatFollowsUntilItIsAnsweredRight(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "c")
	a.Steps = slices.Insert(a.Steps, 1, contain.Step{ID: "b", Title: "Ask", Ask: &contain.Question{Challenge: "is the lane closed?", Expected: "closed"}})
	a.Steps[2].Expect = minedNonce{b.chain, 2}
	r, err := b.run(t, a)
	if err != nil {
		t.Fatal(err)
	}
	b.block(t)
	b.wants(t, "a IN EFFECT, b ASKED, c WAITS")
	b.block(t)
	if got := b.last(); got.Asks == nil || got.Asks.Challenge != "is the lane closed?" || b.key.signed() != 1 {
		t.Fatalf("%+v", got)
	}
	if _, err := b.Answer(t.Context(), r.ID, "c", "closed", ada, ref(12)); !errors.Is(err, contain.ErrAnswer) {
		t.Errorf("an answer to what is not asked: %v", err)
	}
	if _, err := b.Answer(t.Context(), r.ID, "b", " Closed ", ada, ref(12)); err != nil {
		t.Fatal(err)
	}
	b.wants(t, "a IN EFFECT, b DONE, c SENT")
	if _, err := b.Answer(t.Context(), r.ID, "b", "closed", ada, ref(12)); !errors.Is(err, contain.ErrAnswer) {
		t.Errorf("answered twice: %v", err)
	}
	if s := b.last().Steps[1]; s.By != "Ada" || s.At.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestAWrongAnswerEndsWhatFollows(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "c")
	a.Steps = slices.Insert(a.Steps, 1, contain.Step{ID: "b", Ask: &contain.Question{Challenge: "?", Expected: "yes"}})
	r, _ := b.run(t, a)
	b.block(t)
	if _, err := b.Answer(t.Context(), r.ID, "b", "no", ada, ref(12)); err != nil {
		t.Fatal(err)
	}
	b.wants(t, "a IN EFFECT, b FAILED, c NOT RUN")
	if r := b.last(); r.Stage != ops.StageFailed || !strings.Contains(r.Why, "in effect: a") || !strings.Contains(r.Why, `the answer is`) && !strings.Contains(r.Why, "b failed") {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

func TestAFailedControlGoesOnWhereTheRunbookSaysSo(t *testing.T) {
	for _, on := range []contain.OnFailure{contain.Continue, contain.Stop} {
		b := newBench(t)
		a := tree(b, "b")
		a.Steps = slices.Insert(a.Steps, 0, contain.Step{ID: "a", Control: "freeze", OnFailure: on})
		b.Containment = contain.New(contain.Config{Chain: b.chain, ChainID: testChain, Journal: b.notes, Control: func(string) error { return errors.New("no canary") }})
		if _, err := b.run(t, a); err != nil {
			t.Fatal(err)
		}
		want := "a FAILED, b NOT RUN"
		if on == contain.Continue {
			want = "a FAILED, b SENT"
		}
		b.wants(t, want)
		if on == contain.Stop && b.last().Stage != ops.StageFailed {
			t.Errorf("%+v", b.last())
		}
	}
}

// A lane that cannot sign hands over to the next, for the same call and under the
// same confirmation; nothing of the first was sent.
func TestTheNextLaneSendsWhereTheFirstCannotSign(t *testing.T) {
	b := newBench(t)
	broken := newKey(t)
	broken.fault = func(string) error { return errors.New("the device is gone") }
	a := tree(b, "a")
	a.Steps[0].Lanes = []contain.Lane{{Name: "device", Signer: broken, From: broken.Address()}, {Name: "spare", Signer: b.key, From: b.key.Address()}}
	a.Steps[0].OnFailure = contain.NextLane
	if _, err := b.run(t, a); !errors.Is(err, contain.ErrSigner) {
		t.Fatalf("the first lane's failure is told: %v", err)
	}
	b.wants(t, "a SENT")
	if s := b.last().Steps[0]; s.Lane != "spare" || broken.signed() != 0 || b.key.signed() != 1 {
		t.Errorf("%+v", s)
	}
	a.Steps[0].OnFailure = contain.Stop
	again := newBench(t)
	a.Steps[0].Lanes[1].Signer = again.key
	if _, err := again.run(t, a); !errors.Is(err, contain.ErrSigner) || again.last().Stage != ops.StageFailed || again.key.signed() != 0 {
		t.Errorf("%v: %+v", err, again.last())
	}
}

// crooked signs what it was not given.
type crooked struct {
	*key
	change func(tx *types.Transaction) *types.Transaction
}

func (k crooked) Sign(ctx context.Context, tx *types.Transaction) (*types.Transaction, error) {
	return k.key.Sign(ctx, k.change(tx))
}

func TestASignerThatSignsSomethingElseSignedNothing(t *testing.T) {
	for name, change := range map[string]func(types.DynamicFeeTx) *types.DynamicFeeTx{
		"another target": func(d types.DynamicFeeTx) *types.DynamicFeeTx { d.To = &common.Address{1}; return &d },
		"another nonce":  func(d types.DynamicFeeTx) *types.DynamicFeeTx { d.Nonce++; return &d },
		"other data":     func(d types.DynamicFeeTx) *types.DynamicFeeTx { d.Data = nil; return &d },
		"more value":     func(d types.DynamicFeeTx) *types.DynamicFeeTx { d.Value = big.NewInt(1); return &d },
		"another fee":    func(d types.DynamicFeeTx) *types.DynamicFeeTx { d.GasFeeCap = big.NewInt(1e15); return &d },
		"another chain":  func(d types.DynamicFeeTx) *types.DynamicFeeTx { d.ChainID = big.NewInt(1); return &d },
	} {
		b := newBench(t)
		a := tree(b, "a")
		a.Steps[0].Lanes[0].Signer = crooked{b.key, func(tx *types.Transaction) *types.Transaction {
			return types.NewTx(change(types.DynamicFeeTx{ChainID: tx.ChainId(), Nonce: tx.Nonce(), GasTipCap: tx.GasTipCap(), GasFeeCap: tx.GasFeeCap(), Gas: tx.Gas(), To: tx.To(), Value: tx.Value(), Data: tx.Data()}))
		}}
		if _, err := b.run(t, a); !errors.Is(err, contain.ErrSigner) || len(b.chain.load().Pool) != 0 || slices.Contains(b.notes.kinds, contain.KindSigned) {
			t.Errorf("%s: %v, pool %v", name, err, b.chain.load().Pool)
		}
	}
	b := newBench(t)
	a := tree(b, "a")
	a.Steps[0].Lanes[0].From = common.Address{7} // a key that is not the lane's
	if _, err := b.run(t, a); !errors.Is(err, contain.ErrSigner) || len(b.chain.load().Pool) != 0 {
		t.Errorf("somebody else's signature: %v", err)
	}
}

// Fault 15: what waits is replaced under its own nonce by what pays an eighth more,
// and never beyond the most.
func TestWhatWaitsIsReplacedUnderItsNonce(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a")
	a.Steps[0].Lanes[0].MaxFee = big.NewInt(15e9)
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	hashes := map[common.Hash]bool{b.last().Tx: true}
	for n := range uint64(20) { // blocks that do not take it
		follow(b.Containment, ref(11+n), nil)
		hashes[b.last().Tx] = true
	}
	if len(hashes) < 3 {
		t.Errorf("%d transactions in 20 blocks", len(hashes))
	}
	if why := b.last().Why; !strings.Contains(why, "more than the most, 15") {
		t.Errorf("at the end: %q", why)
	}
	for hash, nonce := range b.chain.load().Pool {
		if nonce != 0 {
			t.Errorf("%s has nonce %d", hash, nonce)
		}
	}
	signed := b.key.signed()
	b.key.unlocked = false
	b.block(t)
	if r := b.last(); r.Stage != ops.StageContained || !hashes[r.Tx] || b.key.signed() != signed {
		t.Errorf("%+v", r)
	}
}

// What is in effect when its turn comes is not sent again.
func TestWhatHoldsAlreadyIsNotSent(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "b")
	a.Steps[1].Expect = minedNonce{b.chain, 1}
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	b.block(t)
	b.wants(t, "a IN EFFECT, b DONE")
	if b.key.signed() != 1 || b.last().Stage != ops.StageContained {
		t.Errorf("%d signed, %s", b.key.signed(), b.last().Stage)
	}
}

// Parallel steps leave side by side, under one nonce after the other; what follows
// waits for all of them.
func TestParallelStepsDoNotWaitForEachOther(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "b", "c", "d")
	a.Steps[1].Parallel, a.Steps[2].Parallel = true, true
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	b.wants(t, "a SENT, b SENT, c SENT, d WAITS")
	if books := b.chain.load(); len(books.Pool) != 3 {
		t.Fatalf("%d in the pool", len(books.Pool))
	}
	b.follow(t)
	b.wants(t, "a IN EFFECT, b IN EFFECT, c IN EFFECT, d SENT")
	if r := b.follow(t); r.Stage != ops.StageContained {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}

// A parallel step that is on its way when the one before it fails is followed to its
// end: it is never said not to have been run.
func TestAParallelStepIsFollowedWhenAnotherFails(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "b", "c")
	a.Steps[1].Parallel = true
	a.Steps[0].Expect = is{ops.Breach, "never"}
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	r := b.follow(t)
	b.wants(t, "a FAILED, b IN EFFECT, c NOT RUN")
	if r.Stage != ops.StageFailed || !strings.Contains(r.Why, "in effect: b") {
		t.Errorf("%s: %s", r.Stage, r.Why)
	}
}
