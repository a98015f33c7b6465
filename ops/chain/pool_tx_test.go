package chain_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// Fault 4: a receipt that one provider alone has is none.
func TestOneProviderAloneDoesNotMakeATransactionMinedNorUnmined(t *testing.T) {
	tx := common.Hash{7}
	for _, n := range []int{2, 3} {
		k := gather(t, n, 2, patient)
		k.Mine(2)
		forged := chaintest.Receipt(tx, k.At(1), true)
		liar := k.gates[n-1]
		liar.Set(chaintest.LiesOn("eth_getTransactionReceipt", func(json.RawMessage) json.RawMessage { return forged }))
		for range 50 {
			got, err := k.pool.Inclusion(t.Context(), tx)
			if got != nil {
				t.Fatalf("of %d: a receipt by one: %+v", n, got)
			}
			if n == 2 && err == nil || err != nil && !errors.Is(err, chain.ErrNoQuorum) {
				t.Fatalf("of %d: %v", n, err)
			}
		}
		k.Include(k.At(2), tx)
		for name, fault := range map[string]chaintest.Fault{
			"says that it is not mined":         chaintest.LiesOn("eth_getTransactionReceipt", func(json.RawMessage) json.RawMessage { return json.RawMessage("null") }),
			"says that it failed":               chaintest.LiesOn("eth_getTransactionReceipt", func(json.RawMessage) json.RawMessage { return chaintest.Receipt(tx, k.At(2), false) }),
			"has it in another block":           chaintest.LiesOn("eth_getTransactionReceipt", func(json.RawMessage) json.RawMessage { return chaintest.Receipt(tx, k.At(1), true) }),
			"says another time of its block":    chaintest.LiesOn("eth_getBlockByHash", replaced(`"timestamp":"0x6`, `"timestamp":"0x7`)),
			"says another height for its block": chaintest.LiesOn("eth_getBlockByHash", replaced(`"number":"0x2"`, `"number":"0x9"`)),
		} {
			liar.Set(fault)
			for range 20 {
				got, err := k.pool.Inclusion(t.Context(), tx)
				switch {
				case err != nil && !errors.Is(err, chain.ErrNoQuorum), err == nil && n == 2:
					t.Fatalf("of %d, one %s: %+v, %v", n, name, got, err)
				case err == nil && (got == nil || !got.OK || got.Block.Hash != k.At(2).Hash || got.Block.Number != 2 || got.Block.Time.Unix() != chaintest.Genesis+2):
					t.Fatalf("of %d, one %s and is believed: %+v", n, name, got)
				}
			}
		}
		liar.Heal()
		if got, err := k.pool.Inclusion(t.Context(), tx); err != nil || got == nil {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// replaced edits the text of a result.
func replaced(from, to string) func(json.RawMessage) json.RawMessage {
	return func(result json.RawMessage) json.RawMessage {
		return json.RawMessage(strings.Replace(string(result), from, to, 1))
	}
}

// One provider that accepts is enough; that another one hangs does not matter.
func TestOneProviderThatAcceptsIsEnough(t *testing.T) {
	k := gather(t, 3, 2, time.Hour)
	k.gates[0].Set(chaintest.Silent())
	k.gates[1].Set(chaintest.Status(http.StatusServiceUnavailable))
	for range 5 {
		if err := k.pool.Send(t.Context(), []byte{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	if sent := k.servers[2].Sent(); len(sent) != 5 || sent[0].String() != "0x010203" {
		t.Errorf("sent were %v", sent)
	}
	k.gates[0].Set(chaintest.Status(http.StatusTooManyRequests))
	k.gates[2].Set(chaintest.Status(http.StatusBadGateway))
	err := k.pool.Send(t.Context(), []byte{1, 2, 3})
	for _, status := range []string{"429", "503", "502"} {
		if err == nil || !strings.Contains(err.Error(), status) {
			t.Errorf("refused by all: %v", err)
		}
	}
}

func TestAPoolThatNeedsMoreThanItHasSaysSo(t *testing.T) {
	k := gather(t, 2, 3, patient)
	if err := k.pool.CheckChain(t.Context()); !errors.Is(err, chain.ErrNoQuorum) {
		t.Errorf("%v", err)
	}
	if _, err := k.read(1); !errors.Is(err, chain.ErrNoQuorum) {
		t.Errorf("%v", err)
	}
}
