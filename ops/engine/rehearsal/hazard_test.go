package rehearsal_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// sends gives the drill's chain a transaction of somebody, for the next block.
func (s *stage) sends(t testing.TB, who string, to common.Address, data []byte) {
	t.Helper()
	s.pools(t, who, &to, data)
}

// pools hands somebody's transaction to the pool. To nobody it creates, at the address that
// is returned.
func (s *stage) pools(t testing.TB, who string, to *common.Address, data []byte) common.Address {
	t.Helper()
	client, err := ethclient.Dial(s.HTTP())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	nonce, err := client.PendingNonceAt(t.Context(), drill.Address(who))
	if err != nil {
		t.Fatal(err)
	}
	id := new(big.Int).SetUint64(uint64(ops.FirstDrillChain))
	tx, err := types.SignNewTx(drill.Key(who), types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: nonce, To: to, Data: data, Gas: 400_000, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(2e10),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SendTransaction(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	return crypto.CreateAddress(drill.Address(who), nonce)
}

// schedules has the proposer schedule a call, for 48 hours; it returns the id.
func (s *stage) schedules(t testing.TB, to common.Address, data []byte, predecessor, salt common.Hash) common.Hash {
	t.Helper()
	s.sends(t, drill.Proposer, drill.Addresses().Timelock, contracts.Timelock().Call("schedule", to, new(big.Int), data, predecessor, salt, big.NewInt(int64((48*time.Hour).Seconds()))))
	return timelock.HashOperation(ops.Call{To: to, Value: "0", Data: data}, predecessor, salt)
}

func (s *stage) cancels(t testing.TB, id common.Hash) {
	t.Helper()
	s.sends(t, drill.Guardian, drill.Addresses().Timelock, contracts.Timelock().Call("cancel", id))
}

// hazards are the breaches of an operation that waits, kind by kind.
func hazards(s ops.Snapshot, id common.Hash) map[ops.HazardKind]string {
	out := map[ops.HazardKind]string{}
	for _, o := range s.Queue {
		if o.ID != id {
			continue
		}
		for _, h := range o.Hazards {
			if h.Verdict == ops.Breach {
				out[h.Kind] = h.Text
			}
		}
	}
	return out
}

// With every sign a detector of its own, each is in breach by what it names, and the
// others stay calm; the runbook is given the operation.
func TestEveryHazardOfTheQueueIsSaidAndAnswered(t *testing.T) {
	at := drill.Addresses()
	vault := contracts.VaultV2()
	limit := func(n int64) []byte { return vault.Call("setDepositCap", big.NewInt(n)) }
	promoted := vault.Call("setDepositCap", new(big.Int).Mul(big.NewInt(1000), big.NewInt(1e18)))
	approved := common.HexToHash("0x955484a321df00c06719a316b73c0c9b3898818a7657d864faf86e5c6badbc34") // O2, as release.yaml says
	upgrade := common.HexToHash("0x316751be8c99a4198e2d1a10caf701cac77594e7d885b9da6fb16fd29a40ba76")  // O1, its predecessor
	salt := common.HexToHash("0x8ca104e760b37c19371510f282049b73065e490409d9889683b906f2e4acf612")
	for _, c := range []struct {
		name string
		do   func(t *testing.T, s *stage, step func()) (wrong common.Hash)
		sign ops.HazardKind
		says string
	}{
		{"unexpected", func(t *testing.T, s *stage, _ func()) common.Hash {
			return s.schedules(t, at.Vault, limit(5), common.Hash{}, common.Hash{1})
		}, ops.HazardUnexpected, "is in no approved release"},
		{"replaced under another salt", func(t *testing.T, s *stage, _ func()) common.Hash {
			return s.schedules(t, at.Vault, promoted, upgrade, common.Hash{1})
		}, ops.HazardReplaced, "makes the calls of vault-v2 O2 under another salt or predecessor"},
		{"replaced after it was cancelled", func(t *testing.T, s *stage, step func()) common.Hash {
			s.cancels(t, approved)
			step()
			return s.schedules(t, at.Vault, limit(5), common.Hash{}, common.Hash{1})
		}, ops.HazardReplaced, "calls the same function as vault-v2 O2, which was cancelled at #"},
		{"scheduled again", func(t *testing.T, s *stage, step func()) common.Hash {
			s.cancels(t, approved)
			step()
			return s.schedules(t, at.Vault, promoted, upgrade, salt)
		}, ops.HazardAgain, "it was cancelled at #"},
		{"twice", func(t *testing.T, s *stage, _ func()) common.Hash {
			s.schedules(t, at.Vault, limit(5), common.Hash{}, common.Hash{1})
			return s.schedules(t, at.Vault, limit(5), common.Hash{}, common.Hash{2})
		}, ops.HazardDuplicate, "makes the same calls"},
		{"a shorter delay", func(t *testing.T, s *stage, _ func()) common.Hash {
			return s.schedules(t, at.Timelock, contracts.Timelock().Call("updateDelay", big.NewInt(3600)), common.Hash{}, common.Hash{1})
		}, ops.HazardDelay, "call 1 lowers the minimum delay to 1h, the policy allows 48h"},
		{"a role", func(t *testing.T, s *stage, _ func()) common.Hash {
			return s.schedules(t, at.Timelock, contracts.Timelock().Call("grantRole", crypto.Keccak256Hash([]byte("PROPOSER_ROLE")), drill.Address(drill.Mallory)), common.Hash{}, common.Hash{1})
		}, ops.HazardRole, "call 1 changes who may do what: timelock.grantRole(PROPOSER_ROLE, " + drill.Address(drill.Mallory).Hex() + ")"},
		{"itself", func(t *testing.T, s *stage, _ func()) common.Hash {
			return s.schedules(t, at.Timelock, contracts.Timelock().Call("cancel", approved), common.Hash{}, common.Hash{1})
		}, ops.HazardSelf, "call 1 is to the timelock itself: cancel"},
		{"foreign code", func(t *testing.T, s *stage, _ func()) common.Hash {
			return s.schedules(t, at.Vault, vault.Call("upgradeToAndCall", at.Token, []byte{}), common.Hash{}, common.Hash{1})
		}, ops.HazardCode, "call 1 upgrades vault to code that the release does not name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 1)
			const q1 = "    timelock: T1\n    action: cancel-operation"
			s.edit(t, "policy.yaml", q1, strings.Replace(q1, "T1\n", fmt.Sprintf("T1\n    signs: [%s]\n", c.sign), 1))
			w := s.console(t, s.HTTP(), s.WS())
			w.until("it is calm", func(s ops.Snapshot) bool { return finding(s, "Q1").Verdict == ops.OK })
			id := c.do(t, s, func() { s.step(t, w) })
			s.step(t, w)
			s.step(t, w) // what a new operation makes the console ask is asked at the next block
			last := w.until("it is found", func(s ops.Snapshot) bool {
				_, said := hazards(s, id)[c.sign]
				return said && finding(s, "Q1").Verdict == ops.Breach
			})
			f := finding(last, "Q1")
			if got := hazards(last, id)[c.sign]; !strings.Contains(got, c.says) || !strings.Contains(f.Why, c.says) || f.Class != ops.ClassQueue {
				t.Errorf("%q, %q", got, f.Why)
			}
			if c.sign != ops.HazardDuplicate && f.Args[detect.OperationArg] != id.Hex() {
				t.Errorf("the runbook is given %v", f.Args)
			}
		})
	}
}

// A policy that wants more than the contract's minimum is told so by the contract.
func TestAMinimumDelayBelowThePolicysIsABreach(t *testing.T) {
	s := newStage(t, 1)
	s.edit(t, "policy.yaml", "min_delay: 48h", "min_delay: 72h")
	w := s.console(t, s.HTTP(), s.WS())
	f := finding(w.until("it is found", func(s ops.Snapshot) bool { return finding(s, "Q1").Verdict == ops.Breach }), "Q1")
	if !strings.Contains(f.Why, "the minimum delay is 48h, the policy allows 72h") || !strings.Contains(f.Why, "waits for 48h, the policy allows 72h") {
		t.Error(f.Why)
	}
}
