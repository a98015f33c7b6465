package chain_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// One that hangs keeps nobody waiting until its deadline: an hour here.
func TestWhoHangsDoesNotKeepTheFirstAnswer(t *testing.T) {
	k := gather(t, 3, 2, time.Hour)
	k.Mine(1)
	k.gates[0].Set(chaintest.Silent())
	if _, err := k.pool.Latest(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.gates[0].Heal() // lets go of what it holds
}

// What it fails to answer counts against it, and what it answers does not.
func TestWhoFailsToGiveTheFirstAnswerIsAside(t *testing.T) {
	k := gather(t, 3, 2, patient)
	k.Mine(1)
	for range 2 * chain.MostFailures { // a transaction that nobody knows
		if _, err := k.pool.Message(t.Context(), common.Hash{9}); err == nil {
			t.Fatal("there is no such transaction")
		}
	}
	k.pool.Settle()
	if aside := k.pool.Aside(); len(aside) != 0 {
		t.Fatalf("for saying so, aside are %v", aside)
	}
	k.gates[0].Set(chaintest.Status(http.StatusServiceUnavailable))
	for range chain.MostFailures {
		if _, err := k.pool.Latest(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	k.pool.Settle()
	if aside := k.pool.Aside(); len(aside) != 1 || aside[0] == "" {
		t.Errorf("aside are %v", aside)
	}
}
