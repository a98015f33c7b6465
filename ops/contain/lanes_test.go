package contain_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

// ladder is calls that the key signed beforehand, by rising fee caps, in gwei.
type ladder struct {
	*key
	nonce uint64
	gas   uint64
	code  common.Hash
	caps  []int64
	gave  int // how many signed rungs were handed out
}

func (l *ladder) Offer(w ops.Wanted) (*types.Transaction, error) {
	if w.To != target || w.Value.Sign() != 0 {
		return nil, errors.New("the ladder is for another call")
	}
	if w.Code != (common.Hash{}) && l.code != (common.Hash{}) && w.Code != l.code {
		return nil, errors.New("the ladder was signed for other code")
	}
	if w.Nonce != l.nonce {
		return nil, fmt.Errorf("the ladder is for nonce %d, the account is at %d: it is dead", l.nonce, w.Nonce)
	}
	for _, gwei := range l.caps {
		if limit := new(big.Int).Mul(big.NewInt(gwei), big.NewInt(1e9)); limit.Cmp(w.Least) >= 0 {
			return types.NewTx(&types.DynamicFeeTx{
				ChainID: new(big.Int).SetUint64(uint64(testChain)), Nonce: l.nonce, GasTipCap: big.NewInt(gwei * 1e8), GasFeeCap: limit, Gas: l.gas, To: &w.To, Value: w.Value, Data: w.Data,
			}), nil
		}
	}
	return nil, errors.New("no rung of the ladder pays enough")
}

// Sign hands out what was signed: the key itself is not asked.
func (l *ladder) Sign(_ context.Context, tx *types.Transaction) (*types.Transaction, error) {
	if l.fault != nil {
		if err := l.fault("sign"); err != nil {
			return nil, err
		}
	}
	if !l.unlocked {
		return nil, errors.New("the key is locked")
	}
	l.gave++
	return types.SignTx(tx, types.LatestSignerForChainID(tx.ChainId()), l.private)
}

func newLadder(k *key) *ladder {
	return &ladder{key: k, gas: 210_000, caps: []int64{2, 4, 8, 16, 32}}
}

// by is the pause by one kind of lane.
func by(kind string, k *key) contain.Action {
	a := pause(k)
	switch lane := &a.Steps[0].Lanes[0]; kind {
	case "presigned":
		lane.Name, lane.Signer = "ladder", newLadder(k)
	case "print":
		lane.Name, lane.Signer, lane.Print = "print", nil, true
	case "safe":
		*lane = newCouncil().lane(k)
	}
	return a
}

// other mines the pause that somebody else sent, once.
func (l *ledger) other() ops.BlockRef {
	b := l.load()
	b.Head++
	if len(b.Mined) == 0 {
		b.Mined["sent by somebody else"] = b.Head
		b.Nonce++
	}
	l.store(b)
	return ref(b.Head)
}

func fresh(t *testing.T) (*ledger, *notes, *contain.Containment) {
	t.Helper()
	chain, record := &ledger{folder: t.TempDir()}, &notes{}
	return chain, record, contain.New(contain.Config{Chain: chain, ChainID: testChain, ChainName: "drill", Journal: record})
}

func confirmed(t *testing.T, c *contain.Containment, a contain.Action) (contain.Plan, contain.Confirmed) {
	t.Helper()
	plan, err := c.Prepare(t.Context(), a, ref(10), nil)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := contain.Confirm(plan, ops.Operator{Name: "Ada"}, "drill freeze vault", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return plan, ok
}

// The rung that pays enough is what is planned, and what is sent; nothing is signed.
func TestALadderIsSentAsItWasSigned(t *testing.T) {
	chain, _, c := fresh(t)
	l := newLadder(newKey(t))
	a := by("presigned", l.key)
	a.Steps[0].Lanes[0].Signer = l
	plan, ok := confirmed(t, c, a)
	if plan.View.Nonce != 0 || plan.View.Gas != 210_000 || plan.View.MaxCost.Exact != "840000000000000" { // 4 gwei: 3 do
		t.Fatalf("%+v", plan.View)
	}
	receipt, err := c.Execute(t.Context(), ok)
	if err != nil || receipt.Stage != ops.StageSent || l.signed() != 0 || l.gave != 1 {
		t.Fatalf("%v %s: signed %d, handed out %d", err, receipt.Stage, l.signed(), l.gave)
	}
	for range 3 {
		follow(c, chain.mine(), ops.Readings{pausedRead: word(true)})
	}
	if got := c.Receipts()[0]; got.Stage != ops.StageContained || l.signed() != 0 {
		t.Errorf("%s %s", got.Stage, got.Why)
	}
}

// What waits in the pool is replaced by the next rung, until there is none.
func TestALadderIsClimbedAndNothingIsSigned(t *testing.T) {
	chain, _, c := fresh(t)
	l := newLadder(newKey(t))
	l.caps = []int64{4, 8}
	a := by("presigned", l.key)
	a.Steps[0].Lanes[0].Signer = l
	_, ok := confirmed(t, c, a)
	if _, err := c.Execute(t.Context(), ok); err != nil {
		t.Fatal(err)
	}
	for n := uint64(11); n < 18; n++ { // blocks that mine nothing
		follow(c, ref(n), nil)
	}
	if pool := chain.load().Pool; len(pool) != 2 || l.gave != 2 || l.signed() != 0 {
		t.Errorf("%d in the pool, %d handed out, %d signed", len(pool), l.gave, l.signed())
	}
	if why := c.Receipts()[0].Why; !strings.Contains(why, "no rung of the ladder pays enough") {
		t.Errorf("the end of the ladder: %q", why)
	}
}

// A ladder that cannot be used is dead where it is alone, and passed over where another
// lane would send; both before it is needed.
func TestADeadLadderIsFlaggedBeforeItIsNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*ladder)
		alone  ops.ReadyState
		backed ops.ReadyState
		says   string
	}{
		"whole":       {func(*ladder) {}, ops.Ready, ops.Ready, ""},
		"used nonce":  {func(l *ladder) { l.nonce = 7 }, ops.Dead, ops.Impaired, "the ladder is for nonce 7"},
		"low fees":    {func(l *ladder) { l.caps = []int64{0} }, ops.Dead, ops.Impaired, "no rung of the ladder pays enough"},
		"short fees":  {func(l *ladder) { l.caps = []int64{1} }, ops.Impaired, ops.Impaired, "pays at most 1 gwei"},
		"tight gas":   {func(l *ladder) { l.gas = 4*52_000 - 1 }, ops.Impaired, ops.Impaired, "less than 4 times as much"},
		"too few gas": {func(l *ladder) { l.gas = 51_999 }, ops.Dead, ops.Dead, "it will run out"},
		"other code":  {func(l *ladder) { l.code = common.Hash{7} }, ops.Impaired, ops.Impaired, "signed for other code"},
	} {
		_, _, engine := fresh(t)
		l := newLadder(newKey(t))
		c.spoil(l)
		l.unlocked = false // a locked console tells as well
		a := by("presigned", l.key)
		a.Steps[0].Lanes[0].Signer = l
		a.Steps[0].Written = []contain.Written{{Name: "vault", Address: target, Want: common.Hash{1}}}
		for state, action := range map[string]contain.Action{"alone": a, "backed": backed(a, l.key)} {
			line := measured(t, engine, action, ref(10))
			want := map[string]ops.ReadyState{"alone": c.alone, "backed": c.backed}[state]
			if line.State != want || c.says != "" && !strings.Contains(strings.Join(line.Why, "; "), c.says) {
				t.Errorf("%s, %s: %s %v, want %s", name, state, line.State, line.Why, want)
			}
		}
	}
}

// backed adds a second lane.
func backed(a contain.Action, k *key) contain.Action {
	a.Steps = slices.Clone(a.Steps)
	a.Steps[0].Lanes = append(slices.Clone(a.Steps[0].Lanes), contain.Lane{Name: "backup", From: k.Address(), Signer: k})
	return a
}

func TestADeadLadderIsPassedOverOrRefused(t *testing.T) {
	_, _, c := fresh(t)
	l := newLadder(newKey(t))
	l.nonce = 7
	a := by("presigned", l.key)
	a.Steps[0].Lanes[0].Signer = l
	plan, err := c.Prepare(t.Context(), a, ref(10), nil)
	if err != nil || len(plan.View.Refusals) != 1 || !strings.Contains(plan.View.Refusals[0], "nonce 7") {
		t.Fatalf("alone: %v, %q", err, plan.View.Refusals)
	}
	if _, err := contain.Confirm(plan, ops.Operator{}, "drill freeze vault", time.Now()); !errors.Is(err, contain.ErrRefused) {
		t.Errorf("alone: %v", err)
	}
	next, ok := confirmed(t, c, backed(a, l.key))
	if next.View.Lane != "backup" || !strings.Contains(strings.Join(next.View.Warnings, ";"), "it is dead; backup would send") {
		t.Errorf("backed: %s, %q", next.View.Lane, next.View.Warnings)
	}
	if receipt, err := c.Execute(t.Context(), ok); err != nil || receipt.Stage != ops.StageSent || l.signed() != 1 || l.gave != 0 {
		t.Errorf("%v %s", err, receipt.Stage)
	}
}

// far is a signer elsewhere.
type far struct {
	*key
	away error
}

func (f *far) Reachable() error { return f.away }

// A signer that was not found does not hold up the loop at each block to pay more.
func TestASignerThatDoesNotAnswerIsNotAskedToPayMore(t *testing.T) {
	_, _, c := fresh(t)
	f := &far{key: newKey(t)}
	a := pause(f.key)
	a.Steps[0].Lanes[0].Signer = f
	_, ok := confirmed(t, c, a)
	if _, err := c.Execute(t.Context(), ok); err != nil {
		t.Fatal(err)
	}
	f.away = errors.New("the remote signer does not answer")
	head := uint64(10)
	wait := func() ops.Receipt {
		for range 5 { // blocks that do not take it
			head++
			follow(c, ref(head), nil)
		}
		return c.Receipts()[0]
	}
	if r := wait(); f.signed() != 1 || !strings.Contains(r.Why, "not replaced: the remote signer does not answer") {
		t.Errorf("asked %d times: %s", f.signed(), r.Why)
	}
	f.away = nil
	if wait(); f.signed() < 2 {
		t.Error("it is back, and not asked")
	}
}

func TestASignerThatDoesNotAnswerIsPassedOver(t *testing.T) {
	_, _, c := fresh(t)
	f := &far{newKey(t), errors.New("the remote signer does not answer")}
	a := pause(f.key)
	a.Steps[0].Lanes[0].Signer = f
	if line := measured(t, c, a, ref(10)); line.State != ops.Dead || !strings.Contains(strings.Join(line.Why, ";"), "does not answer") {
		t.Errorf("alone: %s %v", line.State, line.Why)
	}
	if line := measured(t, c, backed(a, f.key), ref(10)); line.State != ops.Impaired || !strings.Contains(strings.Join(line.Why, ";"), "does not answer; backup would send") {
		t.Errorf("backed: %s %v", line.State, line.Why)
	}
	if plan, _ := confirmed(t, c, backed(a, f.key)); plan.View.Lane != "backup" {
		t.Errorf("planned by %s", plan.View.Lane)
	}
	f.away = nil
	if line := measured(t, c, backed(a, f.key), ref(10)); line.State != ops.Ready {
		t.Errorf("back: %s %v", line.State, line.Why)
	}
}

// The board goes by the lane that would be taken: an account that cannot pay makes an
// action impaired while another lane follows, and dead where none does.
func TestTheBoardGoesByTheLaneThatWouldBeTaken(t *testing.T) {
	poor := common.HexToAddress("0x00000000000000000000000000000000000000d0")
	rich := newKey(t)
	for name, c := range map[string]struct {
		lanes   []contain.Lane
		bare    []common.Address
		state   ops.ReadyState
		why     string
		surveys int
	}{
		"the second pays": {[]contain.Lane{{Name: "one", From: poor, Signer: rich}, {Name: "two", From: rich.Address(), Signer: rich}}, []common.Address{poor}, ops.Impaired, "lane one: the account holds 0 ETH, and 0.0001 ETH are the least; two would send", 2},
		"nobody pays":     {[]contain.Lane{{Name: "one", From: poor, Signer: rich}, {Name: "two", From: rich.Address(), Signer: rich}}, []common.Address{poor, rich.Address()}, ops.Dead, "the account holds 0 ETH and", 2},
		"the only one":    {[]contain.Lane{{Name: "one", From: poor, Signer: rich}}, []common.Address{poor}, ops.Dead, "the account holds 0 ETH and", 1},
		"the first pays":  {[]contain.Lane{{Name: "one", From: rich.Address(), Signer: rich}, {Name: "two", From: poor, Signer: rich}}, []common.Address{poor}, ops.Ready, "", 1},
		"the printer":     {[]contain.Lane{{Name: "one", From: poor, Signer: rich}, {Name: "two", From: rich.Address(), Print: true}}, []common.Address{poor, rich.Address()}, ops.Impaired, "two would send", 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			bare := &bareChain{ledger: b.chain, bare: c.bare}
			b.Chain = bare
			a := pause(b.key)
			a.Steps[0].Lanes = c.lanes
			line := b.ready(t, a, ref(10))
			if line.State != c.state || !strings.Contains(strings.Join(line.Why, "; "), c.why) || bare.surveys != c.surveys {
				t.Errorf("%s after %d requests: %q", line.State, bare.surveys, line.Why)
			}
			if c.state == ops.Impaired && (line.From != rich.Address() || slices.ContainsFunc(bare.tried, func(a common.Address) bool { return a != poor && a != rich.Address() })) {
				t.Errorf("by %s; tried by %v", line.From, bare.tried)
			}
		})
	}
}

// bareChain is a chain on which some accounts hold nothing.
type bareChain struct {
	*ledger
	bare    []common.Address
	tried   []common.Address
	surveys int
}

func (c *bareChain) Survey(ctx context.Context, s ops.Survey) (ops.SurveyResult, error) {
	c.surveys++
	for _, trial := range s.Trials {
		c.tried = append(c.tried, trial.Action.From)
	}
	out, err := c.ledger.Survey(ctx, s)
	for a, account := range out.Accounts {
		if slices.Contains(c.bare, a) {
			account.Balance = new(big.Int)
			out.Accounts[a] = account
		}
	}
	return out, err
}
