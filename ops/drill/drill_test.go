package drill

import (
	"context"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// genesis makes a test's run repeatable.
var genesis = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, o Options) *Drill {
	t.Helper()
	d, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *Drill) mustStep(t *testing.T) Sealed {
	t.Helper()
	s, err := d.Step(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// until steps to the block with the event and returns it.
func (d *Drill) until(t *testing.T, event string) Sealed {
	t.Helper()
	for range 200 {
		if s := d.mustStep(t); s.Event == event {
			return s
		}
	}
	t.Fatalf("200 blocks without %q", event)
	return Sealed{}
}

// operator acts from outside, as a console would: through the public socket.
type operator struct {
	*ethclient.Client
	t *testing.T
}

func outside(t *testing.T, url string) operator {
	t.Helper()
	c, err := ethclient.DialContext(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return operator{Client: c, t: t}
}

func (o operator) send(from string, to common.Address, data []byte) common.Hash {
	o.t.Helper()
	id, err := o.ChainID(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	nonce, err := o.PendingNonceAt(o.t.Context(), Address(from))
	if err != nil {
		o.t.Fatal(err)
	}
	tx := types.MustSignNewTx(Key(from), types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: nonce, GasTipCap: fee.tip, GasFeeCap: fee.limit, Gas: 300_000, To: &to, Data: data,
	})
	if err := o.SendTransaction(o.t.Context(), tx); err != nil {
		o.t.Fatal(err)
	}
	return tx.Hash()
}

func (o operator) included(tx common.Hash) *types.Receipt {
	o.t.Helper()
	r, err := o.TransactionReceipt(o.t.Context(), tx)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func run(t *testing.T, seed uint64, steps int) []common.Hash {
	t.Helper()
	d := start(t, Options{Seed: seed, Genesis: genesis})
	hashes := []common.Hash{d.Head().Hash}
	for range steps {
		hashes = append(hashes, d.mustStep(t).Block.Hash)
	}
	return hashes
}

func TestTheSameSeedAndGenesisGiveTheSameBlocks(t *testing.T) {
	first, again, other := run(t, 7, 60), run(t, 7, 60), run(t, 8, 60)
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("block %d after Start is %s in one run and %s in the next", i, first[i], again[i])
		}
		if first[i] == other[i] {
			t.Fatalf("block %d after Start is the same for another seed", i)
		}
	}
}

func TestNobodyActsAndTheDrainIsWhatWasPlanned(t *testing.T) {
	d := start(t, Options{Seed: 3, Genesis: genesis})
	begun := d.until(t, EventAttack)
	if got := d.Score(); got.BreachBlock != begun.Block.Number || got.AttackBlock != begun.Block.Number {
		t.Errorf("the attack begins in block %d, breach in %d, first attack in %d", begun.Block.Number, got.BreachBlock, got.AttackBlock)
	}
	blocks := 1
	for s := begun; !s.AttackOver; blocks++ {
		s = d.mustStep(t)
	}
	got := d.Score()
	if got.LostWei.Cmp(got.PlannedWei) != 0 || got.Foiled != 0 {
		t.Errorf("lost %s of %s planned, %d reverted", got.LostWei, got.PlannedWei, got.Foiled)
	}
	if blocks != attackBlocks {
		t.Errorf("the attack took %d blocks, not %d", blocks, attackBlocks)
	}
	if s := d.mustStep(t); !s.AttackOver || d.Score().LostWei.Cmp(got.LostWei) != 0 {
		t.Error("the attack went on after it was over")
	}
}

func TestOncePausedTheAttackersNextWithdrawalReverts(t *testing.T) {
	d := start(t, Options{Seed: 5, Genesis: genesis})
	o := outside(t, d.HTTP())
	d.until(t, EventAttack)
	lost := d.Score().LostWei

	tx := o.send(Guardian, world.Vault, contracts.Vault().Call("pause"))
	s := d.mustStep(t)
	if s.Event != EventReverted+"EnforcedPause" {
		t.Errorf("the block with the pause says %q", s.Event)
	}
	pause := o.included(tx)
	if pause.Status != 1 || pause.BlockNumber.Uint64() != s.Block.Number {
		t.Errorf("the pause ended with status %d in block %s, want 1 in %d", pause.Status, pause.BlockNumber, s.Block.Number)
	}
	attack := o.included(d.Score().LastAttack)
	if attack.Status != 0 || attack.BlockNumber.Cmp(pause.BlockNumber) != 0 || attack.TransactionIndex < pause.TransactionIndex {
		t.Errorf("the attacker's withdrawal is not in the pause's block, after it and reverted: %+v", attack)
	}
	if got := d.Score(); got.LostWei.Cmp(lost) != 0 || got.Foiled == 0 {
		t.Errorf("after the pause %s is lost instead of %s, %d reverted", got.LostWei, lost, got.Foiled)
	}
}

func TestWhileThePauseLastsTheHonestStayAway(t *testing.T) {
	d := start(t, Options{Seed: 5, Genesis: genesis})
	o := outside(t, d.HTTP())
	o.send(Guardian, world.Vault, contracts.Vault().Call("pause"))
	d.mustStep(t)
	if s := d.mustStep(t); s.Txs != 0 {
		t.Errorf("%d transactions in a paused vault before the attack", s.Txs)
	}
	o.send(Guardian, world.Vault, contracts.Vault().Call("unpause"))
	d.mustStep(t)
	if s := d.mustStep(t); s.Txs < 2 {
		t.Errorf("%d transactions after the pause", s.Txs)
	}
}

func TestTheGuardianCancelsWhatNobodyApproved(t *testing.T) {
	d := start(t, Options{Seed: 5, Genesis: genesis})
	o := outside(t, d.HTTP())
	d.until(t, EventQueued)
	if got := d.timelockNumber(t, "getOperationState", rogue().id()); got.Uint64() != 1 {
		t.Fatalf("the unapproved operation is in state %s, want 1 (waiting)", got)
	}
	tx := o.send(Guardian, world.Timelock, contracts.Timelock().Call("cancel", rogue().id()))
	d.mustStep(t)
	if r := o.included(tx); r.Status != 1 {
		t.Error("the guardian may not cancel")
	}
	if got := d.timelockNumber(t, "getOperationState", rogue().id()); got.Sign() != 0 {
		t.Errorf("the cancelled operation is in state %s, want 0 (unset)", got)
	}
}

func TestStartEndsWithTheUpgradeDoneAndThePromotionWaiting(t *testing.T) {
	d := start(t, Options{Seed: 1})
	if ago := time.Since(d.Head().Time); ago < -2*time.Second || ago > 10*time.Second {
		t.Errorf("chain time is %s behind wall time", ago)
	}
	if got := d.timelockNumber(t, "getOperationState", upgrade().id()); got.Uint64() != 3 {
		t.Errorf("the upgrade is in state %s, want 3 (done)", got)
	}
	ready := time.Unix(d.timelockNumber(t, "getTimestamp", promote().id()).Int64(), 0)
	if left := ready.Sub(d.Head().Time); left != 23*time.Hour {
		t.Errorf("the promotion is ready in %s, want 23 h", left)
	}
	version, err := d.number(t.Context(), "version", d.Head())
	if err != nil || version.Uint64() != 2 {
		t.Errorf("the vault is version %s (%v), want 2", version, err)
	}
}

func TestACancelledStartLeavesNothingBehind(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d, err := Start(ctx, Options{}); !errors.Is(err, context.Canceled) || d != nil {
		t.Errorf("got %v, %v", d, err)
	}
}

func (d *Drill) timelockNumber(t *testing.T, view string, id common.Hash) *big.Int {
	t.Helper()
	m := ops.Message{To: world.Timelock, Data: contracts.Timelock().Call(view, id)}
	word, err := d.chain.Call(t.Context(), m, d.Head().Hash)
	if err != nil {
		t.Fatal(err)
	}
	return new(big.Int).SetBytes(word)
}
