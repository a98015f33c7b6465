package chain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

func TestAHistoryIsReadInOrderWithTheTimesOfItsBlocks(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Leap(12_000)
	for _, n := range []int{11_999, 3, 5000, 4999, 12_000} {
		s.Emit(s.At(n), types.Log{Address: vault, Index: 1, TxHash: common.Hash{byte(n)}})
		s.Emit(s.At(n), types.Log{Address: vault, Index: 0, TxHash: common.Hash{byte(n)}})
	}
	c := client(t, chain.Endpoint{HTTP: s.HTTP})
	before := s.Requests()
	logs, err := c.Logs(t.Context(), 3, 11_999, chain.Filter{Addresses: []common.Address{vault}})
	if err != nil {
		t.Fatal(err)
	}
	want := []uint64{3, 3, 4999, 4999, 5000, 5000, 11_999, 11_999}
	if len(logs) != len(want) {
		t.Fatalf("%d logs", len(logs))
	}
	for i, l := range logs {
		if l.Block.Number != want[i] || l.Index != uint(i%2) || l.Block.Time.Unix() != chaintest.Genesis+int64(want[i]) {
			t.Errorf("log %d: %+v", i, l)
		}
	}
	if asked := s.Requests() - before; asked != 4 { // three windows of 5,000 and one batch of headers
		t.Errorf("%d requests", asked)
	}
	if logs, err := c.Logs(t.Context(), 9, 8, chain.Filter{}); err != nil || len(logs) != 0 {
		t.Errorf("no blocks: %v, %v", logs, err)
	}
}

func TestAWindowThatIsRefusedIsHalvedAndOneThatIsNotAnsweredIsNot(t *testing.T) {
	var asked atomic.Int64
	refusing := liar(t, func(method string, id json.RawMessage) string {
		if method == "eth_getBlockByNumber" { // the last block is there
			return result(id, fmt.Sprintf(`{"number":"0x1","hash":"%s","parentHash":"%s","timestamp":"0x1"}`, common.Hash{1}, common.Hash{2}))
		}
		asked.Add(1)
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32005,"message":"range too wide"}}`, id)
	})
	_, err := refusing.Logs(t.Context(), 0, 4095, chain.Filter{Addresses: []common.Address{vault}})
	if err == nil || !strings.Contains(err.Error(), "blocks 0 to 0: eth_getLogs: range too wide") {
		t.Errorf("%v", err)
	}
	if n := asked.Load(); n != 13 { // 4096, 2048, … 1
		t.Errorf("asked %d times", n)
	}
	asked.Store(0)
	garbling := liar(t, func(string, json.RawMessage) string { asked.Add(1); return "" })
	if _, err := garbling.Logs(t.Context(), 0, 4095, chain.Filter{Addresses: []common.Address{vault}}); err == nil || asked.Load() != 2 { // one batch of two
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

func TestAHistoryThatDoesNotAddUpIsAnError(t *testing.T) {
	hash := common.Hash{1}
	for name, c := range map[string]struct{ logNumber, headNumber, more, want string }{
		"outside the range":          {"0x63", "0x63", "", "got one of 99"},
		"removed":                    {"0x5", "0x5", `,"removed":true`, "got one of 5"},
		"in a block of other height": {"0x5", "0x6", "", "names the hash of block 6"},
	} {
		t.Run(name, func(t *testing.T) {
			client := liar(t, func(method string, id json.RawMessage) string {
				if method != "eth_getLogs" {
					return result(id, fmt.Sprintf(`{"number":"%s","hash":"%s","parentHash":"%s","timestamp":"0x1"}`, c.headNumber, hash, hash))
				}
				return result(id, fmt.Sprintf(`[{"address":"%s","topics":[],"data":"0x","transactionHash":"%s","blockHash":"%s","blockNumber":"%s","logIndex":"0x0"%s}]`,
					vault, hash, hash, c.logNumber, c.more))
			})
			if logs, err := client.Logs(t.Context(), 5, 9, chain.Filter{Addresses: []common.Address{vault}}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v", logs, err)
			}
		})
	}
}

func TestABlockThatIsNotThereYetIsSaidSo(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	c := client(t, chain.Endpoint{HTTP: s.HTTP})
	if _, err := c.Canonical(t.Context(), 5); !errors.Is(err, chain.ErrNoBlock) {
		t.Errorf("%v", err)
	}
	if _, err := c.Header(t.Context(), common.Hash{1}); !errors.Is(err, chain.ErrNoBlock) {
		t.Errorf("%v", err)
	}
	if b, err := c.Header(t.Context(), s.Head().Hash); err != nil || b.Number != 0 || b.Chain != ops.ChainID(drill) {
		t.Errorf("%v, %v", b, err)
	}
}
