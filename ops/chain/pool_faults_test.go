package chain_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// Faults 5 and 6, at one of three.
func TestOneBrokenProviderOfThreeIsAsideByNameUntilItIsWell(t *testing.T) {
	for name, c := range map[string]struct {
		fault chaintest.Fault
		says  string
	}{
		"429":       {chaintest.Status(http.StatusTooManyRequests), "429"},
		"503":       {chaintest.Status(http.StatusServiceUnavailable), "503"},
		"oversized": {chaintest.Oversized(chain.MaxBody + 1<<20), "oversized"},
		"malformed": {chaintest.Malformed(2), ""},
		"wrong ids": {chaintest.WrongID(), ""},
		"silent":    {chaintest.Silent(), "deadline"},
		"dripping":  {chaintest.Dripping(), "deadline"},
		"a storm":   {chaintest.Storm(4, 1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			timeout := patient
			if c.says == "deadline" || name == "a storm" {
				timeout = time.Second
			}
			k := gather(t, 3, 2, timeout)
			k.known(2)
			k.gates[1].Set(c.fault)
			k.hasty = true
			for range chain.MostFailures {
				k.known(2) // at once, whatever that one does
			}
			k.pool.Settle()
			k.hasty = false
			aside := k.pool.Aside()
			if len(aside) != 1 || !strings.Contains(aside[1], "provider b") || !strings.Contains(aside[1], c.says) {
				t.Fatalf("these are aside: %v", aside)
			}
			asked := k.gates[1].Requests()
			k.known(2)
			if k.gates[1].Requests() != asked {
				t.Error("it is asked although it is aside")
			}
			k.gates[1].Heal()
			for i := range chain.BackAfter {
				if _, still := k.pool.Aside()[1]; !still {
					t.Errorf("it is back after %d answers", i)
				}
				k.later(chain.AsideMost)
				k.known(2)
			}
			if len(k.pool.Aside()) != 0 {
				t.Errorf("well again, these are aside: %v", k.pool.Aside())
			}
		})
	}
}

// All of them gone and back, as when the console's own line was cut: the first
// answers count, however long they were gone.
func TestWhenAllWereGoneTheyComeBack(t *testing.T) {
	k := gather(t, 3, 2, patient)
	for _, g := range k.gates {
		g.Set(chaintest.Status(http.StatusServiceUnavailable))
	}
	for range 3 * chain.MostFailures {
		if _, err := k.read(1); !errors.Is(err, chain.ErrNoQuorum) {
			t.Fatalf("%v", err)
		}
	}
	_, err := k.read(1)
	for _, name := range []string{"a is aside", "b is aside", "c is aside"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Fatalf("it says %v", err)
		}
	}
	for _, g := range k.gates {
		g.Heal()
	}
	for range chain.BackAfter {
		k.known(1)
	}
	if len(k.pool.Aside()) != 0 {
		t.Errorf("these are aside: %v", k.pool.Aside())
	}
}

// A provider that does not have the block yet is behind, which is no failure.
func TestAProviderThatIsABlockBehindIsNotSetAside(t *testing.T) {
	k := gather(t, 3, 2, patient)
	k.servers[2].CallAt = func(common.Hash, []byte) ([]byte, error) { return nil, errors.New("header not found") }
	for range 5 * chain.MostFailures {
		k.known(1)
	}
	if len(k.pool.Aside()) != 0 {
		t.Errorf("these are aside: %v", k.pool.Aside())
	}
}

// Who lied comes back by agreeing with others about a block, and by nothing else.
func TestALiarIsNotForgivenForAnswersThatNobodyCompares(t *testing.T) {
	k := gather(t, 3, 2, patient)
	k.gates[0].Set(chaintest.LiesOn("eth_call", lie(9)))
	_, _ = k.read(1)
	for range 2 * chain.TrustAfter {
		if _, err := k.pool.Inclusion(t.Context(), common.Hash{1}); err != nil {
			t.Fatal(err)
		}
		k.pool.Settle()
	}
	if k.pool.Aside()[0] == "" {
		t.Fatal("it counts again for having answered")
	}
	k.gates[1].Set(chaintest.Status(http.StatusServiceUnavailable))
	for range 2 * chain.TrustAfter { // one honest provider is left, and the liar differs from it
		if _, err := k.read(1); err == nil {
			t.Fatal("one provider was enough")
		}
	}
	if k.pool.Aside()[0] == "" {
		t.Fatal("it counts again for lying to one")
	}
}

func TestLogsThatDifferMakeTheBlockUnknown(t *testing.T) {
	none := chaintest.LiesOn("eth_getLogs", func(json.RawMessage) json.RawMessage { return json.RawMessage("[]") })
	for _, n := range []int{2, 3} {
		k := gather(t, n, 2, patient)
		k.gates[1].Set(none)
		filter := chain.Filter{Addresses: []common.Address{vault}}
		for i := range 10 {
			k.Mine(1)
			k.Emit(k.Head(), types.Log{Address: vault, Index: 1})
			_, logs, err := k.pool.ReadBlock(t.Context(), at(k.Head()), reads(1), filter)
			k.pool.Settle()
			switch {
			case err == nil && len(logs) != 1:
				t.Fatalf("of %d: the log was lost", n)
			case err == nil && n == 2, err != nil && n == 3 && i > 0:
				t.Fatalf("of %d, block %d: %v", n, i, err)
			case err != nil && (!errors.Is(err, chain.ErrNoQuorum) || !strings.Contains(err.Error(), "on the logs of block") || !names(err.Error(), "b")):
				t.Fatalf("of %d: %v", n, err)
			}
		}
		if said := k.pool.Aside()[1]; (n == 3) != strings.Contains(said, "its logs are others") {
			t.Errorf("of %d these are aside: %v", n, k.pool.Aside())
		}
	}
}

// names reports whether an error names the provider and another one.
func names(text, who string) bool {
	for _, pair := range []string{"a and b differ", "b and a differ", "b and c differ", "c and b differ"} {
		if strings.Contains(text, pair) && strings.Contains(pair, who) {
			return true
		}
	}
	return false
}
