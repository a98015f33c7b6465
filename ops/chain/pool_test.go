package chain_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// manyBlocks is how long one provider lies on and off. The goal is 10,000, which
// take six seconds and were run so.
const manyBlocks = 2_000

const patient = 30 * time.Second // the timeout where nobody is silent

// Fault 2, one of three; R5.
func TestOneLiarOfThreeIsNeverBelievedAndIsNamed(t *testing.T) {
	const lying, after = 30, 10
	k := gather(t, 3, 2, patient)
	for n := 0; n < manyBlocks; {
		liar := n % 3
		k.gates[liar].Set(chaintest.LiesOn("eth_call", lie(uint64(n))))
		for i := range lying {
			if i < 2 {
				_, _ = k.read(3)
			} else {
				k.known(3)
			}
			aside := k.pool.Aside()
			if i >= 1 && (len(aside) != 1 || !strings.Contains(aside[liar], "vault.f(")) {
				t.Fatalf("after %d blocks of lies by %d these are aside: %v", i+1, liar, aside)
			}
		}
		k.gates[liar].Heal()
		for i := range chain.TrustAfter + after {
			if _, aside := k.pool.Aside()[liar]; aside != (i < chain.TrustAfter) {
				t.Fatalf("after %d agreements: %v", i, k.pool.Aside())
			}
			k.known(3)
		}
		n += lying + chain.TrustAfter + after
	}
}

// Lies without form: some are no answers at all, none is believed.
func TestALiarWithoutFormIsNotBelievedEither(t *testing.T) {
	k := gather(t, 3, 2, patient)
	k.gates[1].Set(chaintest.Lies(7))
	for i := range 300 {
		if i%7 == 0 { // it is aside without being asked for ever longer
			k.later(chain.AsideMost)
		}
		_, _ = k.read(3)
	}
	if k.pool.Aside()[1] == "" || len(k.pool.Aside()) != 1 {
		t.Errorf("these are aside: %v", k.pool.Aside())
	}
	k.known(3)
}

// Fault 2, two of three, each with a lie of its own: what is read is not known.
func TestTwoLiarsThatDifferLeaveNothingKnown(t *testing.T) {
	k := gather(t, 3, 2, patient)
	k.gates[1].Set(chaintest.LiesOn("eth_call", lie(1)))
	k.gates[2].Set(chaintest.LiesOn("eth_call", lie(2)))
	for range 20 {
		readings, err := k.read(1)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"the providers disagree; ", "a says 0x", "b says 0x", "c says 0x"} {
			if !strings.Contains(readings[0].Err, part) {
				t.Fatalf("it says %q", readings[0].Err)
			}
		}
	}
	if len(k.pool.Aside()) != 0 {
		t.Errorf("nobody can tell who lies, and these are aside: %v", k.pool.Aside())
	}
}

// Two that tell the same lie are a quorum: no console can survive that. The honest
// one is shown as the one that says otherwise.
func TestTwoLiarsThatAgreeAreBelievedAndTheHonestOneIsShownAsTheDissenter(t *testing.T) {
	k := gather(t, 3, 2, patient)
	for _, g := range k.gates[1:] {
		g.Set(chaintest.LiesOn("eth_call", lie(1)))
	}
	k.Mine(1)
	for range 3 { // the first is unknown if the honest one was among the first two
		_, err := k.pool.Read(t.Context(), at(k.Head()), reads(1))
		if err != nil {
			t.Fatal(err)
		}
		k.pool.Settle()
		for _, g := range k.gates[1:] { // the same lie again
			g.Set(chaintest.LiesOn("eth_call", lie(1)))
		}
	}
	readings, err := k.pool.Read(t.Context(), at(k.Head()), reads(1))
	k.pool.Settle()
	if err != nil || readings[0].Status != ops.ReadOK || string(readings[0].Data) == string(truth(k.Head().Hash, []byte(readings[0].Read.Data))) {
		t.Errorf("it is not as documented: %v, %v", readings, err)
	}
	if aside := k.pool.Aside(); len(aside) != 1 || !strings.Contains(aside[0], "it says 0x") {
		t.Errorf("these are aside: %v", aside)
	}
}

// Four providers, two against two: nobody is right for being first.
func TestTwoAgainstTwoLeaveNothingKnownAndNobodyAside(t *testing.T) {
	k := gather(t, 4, 3, patient)
	for range 5 {
		for _, g := range k.gates[2:] {
			g.Set(chaintest.LiesOn("eth_call", lie(5)))
		}
		if readings, err := k.read(1); err != nil || readings[0].Status != ops.ReadNotRun || len(k.pool.Aside()) != 0 {
			t.Fatalf("%v, %v, aside %v", readings, err, k.pool.Aside())
		}
	}
	for _, g := range k.gates {
		g.Heal()
	}
	k.known(1)
}

// Of two, nobody can say which one lies: only what it lies about is not known.
func TestOfTwoThatDifferOnlyTheirDifferenceIsUnknown(t *testing.T) {
	k := gather(t, 2, 0, patient)
	k.gates[0].Set(chaintest.LiesOn("eth_call", lie(3)))
	for range 10 {
		readings, err := k.read(4)
		if err != nil {
			t.Fatal(err)
		}
		unknown := 0
		for _, r := range readings {
			if r.Status == ops.ReadNotRun {
				unknown++
			}
		}
		if unknown != 1 || len(k.pool.Aside()) != 0 {
			t.Fatalf("%d are unknown; aside %v", unknown, k.pool.Aside())
		}
	}
	k.gates[0].Heal()
	k.known(4)
}

// A read that a provider could not make has no vote of it, and another one is
// heard instead.
func TestAReadThatOneProviderCannotMakeIsAnAbstention(t *testing.T) {
	k := gather(t, 3, 2, patient)
	cut := func(result json.RawMessage) json.RawMessage { return result[:len(result)-1-2*36] }
	k.gates[2].Set(chaintest.LiesOn("eth_call", func(result json.RawMessage) json.RawMessage {
		if len(result) <= 4+2*36 { // asked once more, it has no answer either
			return json.RawMessage(`"0x"`)
		}
		return append(cut(result), '"')
	}))
	k.gates[1].Set(chaintest.Slow(100 * time.Millisecond)) // it is not among the first two
	for range 5 {
		k.known(3)
	}
	for _, other := range k.gates[:2] { // then there is one voice left for the last read
		other.Set(chaintest.Status(503))
		readings, err := k.read(1)
		if err != nil || readings[0].Status != ops.ReadNotRun || !strings.Contains(readings[0].Err, "1 of the 2 providers needed answered: c: ") {
			t.Fatalf("%v, %v", readings, err)
		}
		other.Heal()
	}
}

func TestWhatIsCancelledIsNobodysFault(t *testing.T) {
	k := gather(t, 3, 2, time.Hour)
	for _, g := range k.gates {
		g.Set(chaintest.Silent())
	}
	k.Mine(1)
	for range 2 * chain.MostFailures {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		before := [3]int{k.gates[0].Requests(), k.gates[1].Requests(), k.gates[2].Requests()}
		go func() { _, err := k.pool.Read(ctx, at(k.Head()), reads(1)); ended <- err }()
		for i, g := range k.gates {
			g.AwaitRequests(before[i] + 1)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatalf("%v", err)
		}
		k.pool.Settle()
	}
	if len(k.pool.Aside()) != 0 {
		t.Errorf("these are aside: %v", k.pool.Aside())
	}
}
