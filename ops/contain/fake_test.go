package contain_test

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
)

const testChain = ops.FirstDrillChain

var target = common.HexToAddress("0x00000000000000000000000000000000000000CC")

// pausedRead is what the fake step's expectation reads.
var pausedRead = ops.Read{Kind: ops.ReadCall, To: target, Data: "\x5c\x97\x5a\xbb", Name: "vault.paused()"}

// ledger is a chain of one account, kept in a folder so that it outlives a killed
// process: pool and mined transactions by hash.
type ledger struct {
	folder string
	fault  func(point string) error // nil, or what happens at each point
	owners []*big.Int               // of the council now; nil for all of them

	sending sync.Mutex         // two actions may send at once
	account func(*ops.Account) // what an account holds otherwise; nil for as always
	handed  [][]byte           // to Send, of this process
}

// books is what stands in the ledger's file.
type books struct {
	Head  uint64            `json:"head"`
	Nonce uint64            `json:"nonce"`
	Pool  map[string]uint64 `json:"pool"`  // hash to nonce
	Mined map[string]uint64 `json:"mined"` // hash to block
	Safe  uint64            `json:"safe"`  // the nonce of the Safe, where there is one
	Calls map[string]uint64 `json:"calls"` // of the Safe: hash to its nonce
}

func (l *ledger) load() books {
	b := books{Head: 10, Pool: map[string]uint64{}, Mined: map[string]uint64{}, Calls: map[string]uint64{}}
	if raw, err := os.ReadFile(filepath.Join(l.folder, "ledger.json")); err == nil {
		if err := json.Unmarshal(raw, &b); err != nil {
			panic(err)
		}
	}
	return b
}

// store replaces the file in one step, as a node keeps what it accepted.
func (l *ledger) store(b books) {
	raw, err := json.Marshal(b)
	if err != nil {
		panic(err)
	}
	temporary := filepath.Join(l.folder, "ledger.tmp")
	if err := os.WriteFile(temporary, raw, 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(temporary, filepath.Join(l.folder, "ledger.json")); err != nil {
		panic(err)
	}
}

// mine puts the pool into the next block and returns it.
func (l *ledger) mine() ops.BlockRef {
	b := l.load()
	b.Head++
	inOrder := slices.SortedFunc(maps.Keys(b.Pool), func(x, y string) int { return cmp.Or(cmp.Compare(b.Pool[x], b.Pool[y]), cmp.Compare(x, y)) })
	for _, hash := range inOrder {
		if b.Pool[hash] == b.Nonce {
			b.Mined[hash] = b.Head
			b.Nonce++
			if of, ok := b.Calls[hash]; ok {
				if of != b.Safe {
					panic("the Safe refuses it: GS026")
				}
				b.Safe++
			}
			delete(b.Pool, hash)
		}
	}
	l.store(b)
	return ref(b.Head)
}

func ref(number uint64) ops.BlockRef {
	return ops.BlockRef{Chain: testChain, Number: number, Hash: crypto.Keccak256Hash(big.NewInt(int64(number)).Bytes()), Parent: crypto.Keccak256Hash(big.NewInt(int64(number) - 1).Bytes())}
}

func (l *ledger) at(point string) error {
	if l.fault == nil {
		return nil
	}
	return l.fault(point)
}

func (l *ledger) Name() string                     { return "fake" }
func (l *ledger) CheckChain(context.Context) error { return l.at("check-chain") }
func (l *ledger) Account(context.Context, common.Address) (ops.Account, error) {
	b := l.load()
	a := ops.Account{Nonce: b.Nonce, Pending: b.Nonce + uint64(len(b.Pool)), Balance: big.NewInt(1e18), BaseFee: big.NewInt(1e9), Tip: big.NewInt(1e9)}
	if l.account != nil {
		l.account(&a)
	}
	return a, l.at("account")
}
func (l *ledger) CodeHash(context.Context, ops.BlockRef, common.Address, bool) (common.Hash, error) {
	return common.Hash{1}, l.at("code")
}

func (l *ledger) Try(_ context.Context, t ops.Trial) (ops.TrialResult, error) {
	if err := l.at("try"); err != nil {
		return ops.TrialResult{}, err
	}
	before, after := word(false), word(true)
	if len(l.load().Mined) > 0 {
		return ops.TrialResult{Action: ops.Outcome{Reason: "EnforcedPause"}, Before: []ops.Reading{after}, After: []ops.Reading{after}}, nil
	}
	out := ops.TrialResult{Action: ops.Outcome{OK: true, Gas: 52_000}, Before: []ops.Reading{before}, After: []ops.Reading{after}}
	if t.Replay != nil {
		out.Replay = &ops.Outcome{Reason: "EnforcedPause"}
	}
	return out, nil
}

// Survey answers as Try and Account do.
func (l *ledger) Survey(ctx context.Context, s ops.Survey) (ops.SurveyResult, error) {
	out := ops.SurveyResult{Accounts: map[common.Address]ops.Account{}}
	for _, t := range s.Trials {
		result, err := l.Try(ctx, t)
		out.Trials, out.Failed = append(out.Trials, result), append(out.Failed, err)
	}
	for _, a := range s.Accounts {
		account, err := l.Account(ctx, a)
		if err != nil {
			return out, err
		}
		out.Accounts[a] = account
	}
	return out, nil
}

func word(paused bool) ops.Reading {
	data := make([]byte, 32)
	if paused {
		data[31] = 1
	}
	return ops.Reading{Read: pausedRead, Status: ops.ReadOK, Data: data}
}

func (l *ledger) Read(_ context.Context, at ops.BlockRef, reads []ops.Read) ([]ops.Reading, error) {
	if err := l.at("read"); err != nil {
		return nil, err
	}
	paused := false
	for _, block := range l.load().Mined {
		paused = paused || block <= at.Number
	}
	out := []ops.Reading{word(paused)}
	for _, r := range reads {
		if r.Kind == ops.ReadCode { // as CodeHash says
			code := common.Hash{1}
			out = append(out, ops.Reading{Read: r, Status: ops.ReadOK, Data: code[:], At: at})
		}
		if r.To == council {
			out = append(out, ops.Reading{Read: r, Status: ops.ReadOK, Data: l.council(r), At: at})
		}
	}
	return out, nil
}

func (l *ledger) Send(_ context.Context, raw []byte) error {
	if err := l.at("before-send"); err != nil {
		return err
	}
	var tx types.Transaction
	if err := tx.UnmarshalBinary(raw); err != nil {
		return err
	}
	if err := l.take(&tx, raw); err != nil {
		return err
	}
	return l.at("after-send")
}

// take puts a transaction into the pool.
func (l *ledger) take(tx *types.Transaction, raw []byte) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	l.handed = append(l.handed, raw)
	b := l.load()
	if _, mined := b.Mined[tx.Hash().Hex()]; mined {
		return errors.New("nonce too low")
	}
	if _, known := b.Pool[tx.Hash().Hex()]; known {
		return errors.New("already known")
	}
	if tx.Nonce() < b.Nonce {
		return errors.New("nonce too low")
	}
	b.Pool[tx.Hash().Hex()] = tx.Nonce()
	if *tx.To() == council {
		nonce, err := accepted(tx.Data())
		if err != nil {
			return err
		}
		b.Calls[tx.Hash().Hex()] = nonce
	}
	l.store(b)
	return nil
}

func (l *ledger) Known(_ context.Context, hash common.Hash) (bool, error) {
	b := l.load()
	_, pooled := b.Pool[hash.Hex()]
	_, mined := b.Mined[hash.Hex()]
	return pooled || mined, l.at("known")
}

func (l *ledger) Inclusion(_ context.Context, hash common.Hash) (*ops.Inclusion, error) {
	if err := l.at("inclusion"); err != nil {
		return nil, err
	}
	block, ok := l.load().Mined[hash.Hex()]
	if !ok {
		return nil, nil
	}
	return &ops.Inclusion{Block: ref(block), OK: true, Gas: 52_000}, nil
}

// isPaused is the compiled expectation vault.paused() == true.
type isPaused struct{}

func (isPaused) Source() string    { return "vault.paused() == true" }
func (isPaused) Reads() []ops.Read { return []ops.Read{pausedRead} }
func (isPaused) Judge(now, _ ops.Readings) ops.Assessment {
	r, ok := now[pausedRead]
	switch {
	case !ok || r.Status != ops.ReadOK:
		return ops.Assessment{Verdict: ops.Unknown, Why: "not read"}
	case r.Data[31] == 1:
		return ops.Assessment{Verdict: ops.OK, Observed: "true"}
	default:
		return ops.Assessment{Verdict: ops.Breach, Observed: "false"}
	}
}

// key signs; unlocked says whether it can.
type key struct {
	private  *ecdsa.PrivateKey
	unlocked bool
	fault    func(point string) error
	made     atomic.Int64 // signatures: errands sign beside each other
}

func newKey(t testing.TB) *key {
	t.Helper()
	private, err := crypto.ToECDSA(crypto.Keccak256([]byte("a key for tests of containment")))
	if err != nil {
		t.Fatal(err)
	}
	return &key{private: private, unlocked: true}
}

func (k *key) Address() common.Address { return crypto.PubkeyToAddress(k.private.PublicKey) }

// signed is how often it has signed.
func (k *key) signed() int { return int(k.made.Load()) }

func (k *key) Unlocked() bool { return k.unlocked }
func (k *key) Sign(_ context.Context, tx *types.Transaction) (*types.Transaction, error) {
	if k.fault != nil {
		if err := k.fault("sign"); err != nil {
			return nil, err
		}
	}
	if !k.unlocked {
		return nil, errors.New("the key is locked")
	}
	k.made.Add(1)
	return types.SignTx(tx, types.LatestSignerForChainID(tx.ChainId()), k.private)
}

// pause is the action of the tests.
func pause(k *key) contain.Action {
	return contain.Action{
		Runbook: "R1", Name: "freeze-vault", Hash: common.Hash{9}, Phrase: "freeze vault", Until: isPaused{}, Blocks: 2, Needs: []string{"R1.1"},
		Steps: []contain.Step{{
			ID: "R1.1", Title: "Pause the vault", Call: ops.Call{To: target, Name: "vault", Function: "vault.pause()", Value: "0", Data: []byte{0x84, 0x56, 0xcb, 0x59}},
			Restrict: true, Stops: "withdrawals", Lanes: []contain.Lane{{Name: "guardian", Signer: k, From: k.Address()}}, Expect: isPaused{},
		}},
	}
}

// notes is a journal in memory; full makes it refuse.
type notes struct {
	mu    sync.Mutex
	kinds []string
	whole []contain.Entry
	full  func(kind string) error
}

func (n *notes) Write(kind string, data any) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full != nil {
		if err := n.full(kind); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(data)
	n.kinds, n.whole = append(n.kinds, kind), append(n.whole, contain.Entry{Kind: kind, Data: raw})
	return err
}

func (n *notes) count(kind string) (count int) {
	for _, k := range n.kinds {
		if k == kind {
			count++
		}
	}
	return count
}

func (n *notes) Writable() error { return nil }
