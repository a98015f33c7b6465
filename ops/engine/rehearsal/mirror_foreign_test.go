package rehearsal_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// mirrored plays every block of a drill again on a node that is not ours: the same
// transactions in the same order at the same second.
func (s *stage) mirrored(t *testing.T, head uint64) *foreign {
	t.Helper()
	ours, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	blocks := make([]*types.Block, head+1)
	for n := range blocks {
		if blocks[n], err = ours.BlockByNumber(t.Context(), new(big.Int).SetUint64(uint64(n))); err != nil {
			t.Fatal(err)
		}
	}
	f := newForeign(t, "--chain-id", fmt.Sprint(uint64(ops.FirstDrillChain)), "--order", "fifo", "--gas-limit", "60000000",
		"--timestamp", fmt.Sprint(blocks[0].Time()), "--block-base-fee-per-gas", blocks[0].BaseFee().String())
	signer := types.LatestSignerForChainID(new(big.Int).SetUint64(uint64(ops.FirstDrillChain)))
	rich := map[common.Address]bool{}
	endow := func(who common.Address) {
		if rich[who] {
			return
		}
		rich[who] = true
		had, err := ours.BalanceAt(t.Context(), who, new(big.Int))
		if err != nil {
			t.Fatal(err)
		}
		f.ask(nil, "anvil_setBalance", who, (*hexutil.Big)(had))
	}
	endow(drill.Address(drill.Guardian)) // sends nothing, and what it has is watched
	for _, b := range blocks[1:] {
		for _, tx := range b.Transactions() {
			from, err := types.Sender(signer, tx)
			if err != nil {
				t.Fatal(err)
			}
			endow(from)
			raw, err := tx.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			f.ask(nil, "eth_sendRawTransaction", hexutil.Bytes(raw))
		}
		f.ask(nil, "evm_setNextBlockTimestamp", b.Time())
		f.ask(nil, "evm_mine")
	}
	return f
}

// The drill's pack says on a node that is not ours what it says on ours, block by block: of
// the same transactions the same verdicts with the same values. So do detectors of each kind.
func TestTheDrillsPackSaysTheSameOnAForeignNode(t *testing.T) {
	for _, name := range []string{"vault-insolvency", "bent-price", "rogue-payer"} {
		t.Run(name, func(t *testing.T) {
			s := newStageOf(t, drill.Options{Seed: 4, Scenario: name}, runbooks.Embedded)
			for pattern, tt := range played {
				if tt.scenario == name {
					t.Log("with", pattern)
					s.detects(t, tt.words)
					break
				}
			}
			from := uint64(0)
			for n := range 60 {
				sealed, err := s.Step(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					from = sealed.Block.Number
				}
			}
			head := from + 59
			f := s.mirrored(t, head)
			ours, done := s.replayed(t, from, head)
			client, err := chain.Open(t.Context(), chain.Endpoint{Name: "anvil", Chain: ops.FirstDrillChain, HTTP: f.http, WS: f.ws, BlockTime: time.Second, Timeout: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			pool := chain.NewPool(1, client)
			t.Cleanup(pool.Close)
			var theirs []string
			broken := 0
			r := engine.Replay{Rules: s.rules(t), Chain: pool, From: from, To: head, Tell: func(x engine.Transition) error {
				theirs = append(theirs, change(x.Finding.At.Number, x.Finding.Detector, x.Was, x.Finding.Verdict, x.Finding.Observed.Exact))
				if x.Finding.Verdict == ops.Breach {
					broken++
				}
				return nil
			}}
			if _, err := r.Run(t.Context(), engine.Progress{}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(ours, theirs) || broken == 0 || done.Next != head+1 {
				t.Errorf("%d breaches; ours\n%v\ntheirs\n%v", broken, ours, theirs)
			}
		})
	}
}
