package contain_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// hung is a signer elsewhere that signs when it is let, and not before.
type hung struct {
	*key
	asked chan struct{} // gets one for each signature that is asked for
	let   chan error    // nil: sign; else fail with it
}

func hang(k *key) *hung {
	return &hung{key: k, asked: make(chan struct{}, 8), let: make(chan error, 8)}
}

func (h *hung) Sign(ctx context.Context, tx *types.Transaction) (*types.Transaction, error) {
	h.asked <- struct{}{}
	select {
	case err := <-h.let:
		if err != nil {
			return nil, err
		}
		return h.key.Sign(ctx, tx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A signer that hangs at the second step holds up no block, and is asked once however
// many of them come; when it signs, the step goes out.
func TestASignerThatHangsHoldsUpNoBlock(t *testing.T) {
	b := newBench(t)
	far := hang(b.key)
	a := tree(b, "a", "b", "c")
	a.Steps[1].Lanes[0].Signer = far
	moved := make(chan struct{}, 64)
	b.Moved = func() { moved <- struct{}{} }
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	for range 5 { // each returns although nobody signs
		b.Follow(t.Context(), b.chain.mine(), nil, nil)
	}
	<-far.asked
	b.wants(t, "a IN EFFECT, b CONFIRMED, c WAITS")
	if why := b.last().Steps[1].Why; !strings.Contains(why, "asked for its signature: guardian") {
		t.Errorf("the second step says %q", why)
	}
	for len(moved) > 0 {
		<-moved
	}
	far.let <- nil
	b.Wait()
	if len(moved) == 0 {
		t.Error("nobody was told that the step went out")
	}
	b.wants(t, "a IN EFFECT, b SENT, c WAITS")
	b.block(t)
	b.block(t)
	if r := b.last(); r.Stage != ops.StageContained || b.notes.count(contain.KindSigned) != 3 || len(far.asked) != 0 {
		t.Errorf("%s, %d signed, asked %d times more: %s", r.Stage, b.notes.count(contain.KindSigned), len(far.asked), r.Why)
	}
}

// What hangs and then fails hands over to the next lane at once, not at the next block.
func TestASignerThatGivesUpLateHandsOverAtOnce(t *testing.T) {
	b := newBench(t)
	far := hang(b.key)
	a := tree(b, "a", "b")
	a.Steps[1].Lanes = []contain.Lane{{Name: "far", Signer: far, From: b.key.Address()}, a.Steps[1].Lanes[0]}
	a.Steps[1].OnFailure = contain.NextLane
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	b.Follow(t.Context(), b.chain.mine(), nil, nil)
	far.let <- errors.New("the remote signer does not answer")
	b.Wait()
	b.wants(t, "a IN EFFECT, b SENT")
	if s := b.last().Steps[1]; s.Lane != "guardian" {
		t.Errorf("by %s", s.Lane)
	}
}

// A replacement that nobody signs holds up no block; when what waits is mined meanwhile
// its signature is not used any more.
func TestAReplacementThatHangsHoldsUpNothing(t *testing.T) {
	for name, mined := range map[string]bool{"it waits on": false, "it is mined meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			a := tree(b, "a")
			far := hang(b.key)
			a.Steps[0].Lanes[0].Signer = far
			far.let <- nil
			if _, err := b.run(t, a); err != nil {
				t.Fatal(err)
			}
			<-far.asked
			for n := range uint64(8) { // from the third on it would be replaced
				b.Follow(t.Context(), ref(11+n), nil, nil)
			}
			<-far.asked
			if mined {
				b.Follow(t.Context(), b.chain.mine(), nil, nil)
			}
			far.let <- nil
			b.Wait()
			if signed := b.notes.count(contain.KindSigned); mined && signed != 1 || !mined && signed != 2 {
				t.Errorf("%d signatures are kept", signed)
			}
			if mined && b.last().Stage != ops.StageContained {
				t.Errorf("%s: %s", b.last().Stage, b.last().Why)
			}
			if !mined && len(b.chain.load().Pool) != 2 {
				t.Errorf("the pool holds %v", b.chain.load().Pool)
			}
			if len(far.asked) != 0 {
				t.Errorf("asked %d times more", len(far.asked))
			}
		})
	}
}

// Who quits while a signer is asked leaves a step that is neither failed nor void; the
// next process says what is to be done, and the call is sent once.
func TestQuittingWhileASignerIsAskedLeavesTheStepToTheNextProcess(t *testing.T) {
	b := newBench(t)
	far := hang(b.key)
	action := func(signer contain.Signer) contain.Action {
		a := tree(b, "a", "b")
		a.Steps[1].Lanes[0].Signer = signer
		return a
	}
	if _, err := b.run(t, action(far)); err != nil {
		t.Fatal(err)
	}
	b.Follow(t.Context(), b.chain.mine(), nil, nil)
	<-far.asked
	b.Close()
	b.wants(t, "a IN EFFECT, b CONFIRMED")
	for _, kind := range []string{contain.KindFailed, contain.KindVoid, contain.KindEnded} {
		if b.notes.count(kind) != 0 {
			t.Errorf("the journal has a %s", kind)
		}
	}
	confirmed, _ := b.confirm(t, cancel(b.key))
	if _, err := b.Execute(t.Context(), confirmed); !errors.Is(err, contain.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	b.Follow(t.Context(), b.chain.mine(), nil, nil) // begins nothing

	again := contain.New(contain.Config{Chain: b.chain, ChainID: testChain, ChainName: "drill", Journal: b.notes, Control: func(string) error { return nil }})
	whole := action(b.key)
	if err := again.Resume(b.notes.whole, func(ops.RunbookID, map[string]string) (contain.Action, error) { return whole, nil }); err != nil {
		t.Fatal(err)
	}
	b.Containment = again
	b.block(t)
	if r := b.last(); r.Stage != ops.StageFailed || !strings.Contains(r.Why, "press the key again") || !strings.Contains(r.Why, "in effect: a") {
		t.Fatalf("%s: %s", r.Stage, r.Why)
	}
	if _, err := b.run(t, whole); err != nil {
		t.Fatal(err)
	}
	b.block(t)
	if r := b.last(); r.Stage != ops.StageContained || b.notes.count(contain.KindSigned) != 2 || b.chain.load().Nonce != 2 {
		t.Errorf("%s, %d signed, nonce %d: %s", r.Stage, b.notes.count(contain.KindSigned), b.chain.load().Nonce, r.Why)
	}
}

// Whoever confirms and goes away does not end what was confirmed.
func TestWhoConfirmsAndGoesAwayEndsNothing(t *testing.T) {
	b := newBench(t)
	far := hang(b.key)
	a := tree(b, "a")
	a.Steps[0].Lanes[0].Signer = far
	confirmed, _ := b.confirm(t, a)
	ctx, leave := context.WithCancel(t.Context())
	go func() { // it ends with what it waits for
		<-far.asked
		leave()
	}()
	r, err := b.Execute(ctx, confirmed)
	if !errors.Is(err, contain.ErrUnderway) || !errors.Is(err, context.Canceled) || r.Stage == ops.StageFailed {
		t.Fatalf("%s, %v", r.Stage, err)
	}
	if r, err := b.Execute(t.Context(), confirmed); err != nil || !r.Repeated {
		t.Errorf("a second press: %+v, %v", r, err)
	}
	far.let <- nil
	b.Wait()
	b.wants(t, "a SENT")
	if b.key.signed() != 1 {
		t.Errorf("%d signed", b.key.signed())
	}
}

// A loop that ends does not wait for a chain that does not answer either.
func TestALoopThatEndsDoesNotWaitForTheChain(t *testing.T) {
	b := newBench(t)
	a := tree(b, "a", "b")
	a.Steps[1].When = isPaused{}
	if _, err := b.run(t, a); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	release := make(chan struct{})
	b.chain.fault = func(point string) error {
		if point == "read" && b.notes.count(contain.KindInEffect) > 0 {
			end()
			<-release
		}
		return nil
	}
	b.Follow(ctx, b.chain.mine(), nil, nil)
	b.wants(t, "a IN EFFECT, b WAITS")
	close(release)
	b.Close()
	b.wants(t, "a IN EFFECT, b SENT")
}
