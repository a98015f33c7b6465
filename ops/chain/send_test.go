package chain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
)

// answers is a provider with one answer for each method, and none for others.
func answers(t *testing.T, by map[string]string) *chain.Client {
	return liar(t, func(method string, id json.RawMessage) string {
		if value, ok := by[method]; ok {
			return result(id, value)
		}
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"the method %s does not exist"}}`, id, method)
	})
}

var (
	tx    = common.Hash{7}
	block = fmt.Sprintf(`{"number":"0x9","hash":"%s","parentHash":"%s","timestamp":"0x1","baseFeePerGas":"0x7"}`, common.Hash{1}, common.Hash{2})
)

func TestASignerIsLookedUpInOneGo(t *testing.T) {
	by := map[string]string{"eth_getTransactionCount": `"0x5"`, "eth_getBalance": `"0xde0b6b3a7640000"`, "eth_getBlockByNumber": block}
	a, err := answers(t, by).Account(t.Context(), vault)
	if err != nil || a.Nonce != 5 || a.Pending != 5 || a.Balance.Cmp(big.NewInt(1e18)) != 0 || a.BaseFee.Int64() != 7 {
		t.Fatalf("%+v, %v", a, err)
	}
	if a.Tip.Cmp(big.NewInt(1e9)) != 0 {
		t.Errorf("where the provider suggests no tip, a gwei is offered: %v", a.Tip)
	}
	by["eth_maxPriorityFeePerGas"] = `"0x3"`
	if a, _ = answers(t, by).Account(t.Context(), vault); a.Tip == nil || a.Tip.Int64() != 3 {
		t.Errorf("tip %v", a.Tip)
	}
	by["eth_getBlockByNumber"] = strings.Replace(block, `,"baseFeePerGas":"0x7"`, "", 1)
	if _, err := answers(t, by).Account(t.Context(), vault); err == nil || !strings.Contains(err.Error(), "EIP-1559") {
		t.Errorf("%v", err)
	}
}

func TestAReceiptIsTakenOnlyIfItSaysWhatHappened(t *testing.T) {
	receipt := func(hash common.Hash, status string) string {
		return fmt.Sprintf(`{"transactionHash":"%s","blockHash":"%s"%s,"gasUsed":"0x5208"}`, hash, common.Hash{1}, status)
	}
	for _, c := range []struct {
		name, receipt string
		mined, ok     bool
		want          string
	}{
		{"mined", receipt(tx, `,"status":"0x1"`), true, true, ""},
		{"reverted", receipt(tx, `,"status":"0x0"`), true, false, ""},
		{"pending", "null", false, false, ""},
		{"another's", receipt(common.Hash{8}, `,"status":"0x1"`), false, false, "got that of"},
		{"without a status", receipt(tx, ""), false, false, "does not say whether it succeeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := answers(t, map[string]string{"eth_getTransactionReceipt": c.receipt, "eth_getBlockByHash": block}).Inclusion(t.Context(), tx)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || (got != nil) != c.mined || got != nil && (got.OK != c.ok || got.Block.Number != 9 || got.Gas != 21000) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestATransactionIsSentOnceAndAloneForRelaysKnowNoBatches(t *testing.T) {
	sent := 0
	c := liar(t, func(method string, id json.RawMessage) string {
		sent++
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":"nonce too low"}}`, id)
	})
	if err := c.Send(t.Context(), []byte{1}); err == nil || !strings.Contains(err.Error(), "eth_sendRawTransaction: nonce too low") || sent != 1 {
		t.Errorf("sent %d times: %v", sent, err)
	}
}

func TestAMinedTransactionCanBeTriedAgain(t *testing.T) {
	of := func(to string) string {
		return fmt.Sprintf(`{"hash":"%s","from":"%s","to":%s,"input":"0x8456cb59","value":"0x2"}`, tx, common.Address{1}, to)
	}
	c := answers(t, map[string]string{"eth_getTransactionByHash": of(`"` + vault.Hex() + `"`)})
	if m, err := c.Message(t.Context(), tx); err != nil || m.To != vault || m.From != (common.Address{1}) || len(m.Data) != 4 || m.Value.Int64() != 2 {
		t.Errorf("%+v, %v", m, err)
	}
	if known, err := c.Known(t.Context(), tx); err != nil || !known {
		t.Errorf("%v, %v", known, err)
	}
	if known, _ := c.Known(t.Context(), common.Hash{8}); known {
		t.Error("another transaction's answer was taken")
	}
	if _, err := answers(t, map[string]string{"eth_getTransactionByHash": of("null")}).Message(t.Context(), tx); err == nil {
		t.Error("a creation has no target")
	}
}

func simulated(calls ...string) string { return `[{"calls":[` + strings.Join(calls, ",") + `]}]` }

func TestATrialShowsWhatWasReadBeforeAndAfter(t *testing.T) {
	word := func(n int) string {
		return fmt.Sprintf(`{"status":"0x1","gasUsed":"0x1","returnData":"0x%064x"}`, n)
	}
	const reverted = `{"status":"0x0","gasUsed":"0x9","returnData":"0x","error":{"code":3,"message":"execution reverted","data":"0xd93c0665"}}`
	const anvil = `{"status":"0x0","gasUsed":"0x9","returnData":"0xd93c0665","error":{"code":-3200,"message":"execution reverted"}}`
	trial := ops.Trial{Reads: []ops.Read{{To: vault, Name: "paused"}, {Kind: ops.ReadBalance, To: vault, Name: "balance"}}, Replay: &ops.Message{}}
	for name, failure := range map[string]string{"geth": reverted, "anvil": anvil} {
		r, err := answers(t, map[string]string{"eth_simulateV1": simulated(word(0), word(0), word(9), word(1), word(0), failure)}).Try(t.Context(), trial)
		if err != nil {
			t.Fatal(err)
		}
		if r.Before[0].Data[31] != 0 || r.After[0].Data[31] != 1 || !r.Action.OK || r.Replay.OK || r.Replay.Reason != "EnforcedPause" || r.Replay.Gas != 9 {
			t.Errorf("%s: %+v", name, r)
		}
		if r.Before[1].Status != ops.ReadNotRun || r.Before[1].Err == "" {
			t.Errorf("a call stood in for a balance: %+v", r.Before[1])
		}
	}
	silent := `{"status":"0x0","gasUsed":"0x9","returnData":"0x","error":{"message":"` + strings.Repeat("é", 5000) + `"}}`
	r, err := answers(t, map[string]string{"eth_simulateV1": simulated(word(0), word(0), silent, word(0), silent, word(1))}).Try(t.Context(), trial)
	if err != nil || r.Action.OK || len(r.Action.Reason) > 210 || r.After[1].Status == ops.ReadOK {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := answers(t, map[string]string{"eth_simulateV1": simulated(word(0))}).Try(t.Context(), trial); err == nil {
		t.Error("an answer cut short was taken")
	}
	if _, err := answers(t, nil).Try(t.Context(), trial); !errors.Is(err, chain.ErrNoSimulation) {
		t.Errorf("%v", err)
	}
}

func TestTheCodeBehindAProxyIsThatOfItsImplementation(t *testing.T) {
	hash := common.Hash{5}
	code := func(h common.Hash) string { return fmt.Sprintf(`"0x010000%02x%x"`, 32, h) }
	c := answers(t, map[string]string{"eth_getStorageAt": fmt.Sprintf(`"0x%064x"`, 0x1234), "eth_call": code(hash)})
	if got, err := c.CodeHash(t.Context(), ops.BlockRef{}, vault, true); err != nil || got != hash {
		t.Errorf("%v, %v", got, err)
	}
	for _, none := range []common.Hash{{}, common.HexToHash("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")} {
		if got, err := answers(t, map[string]string{"eth_call": code(none)}).CodeHash(t.Context(), ops.BlockRef{}, vault, false); err == nil {
			t.Errorf("no code has the hash %v", got)
		}
	}
}
