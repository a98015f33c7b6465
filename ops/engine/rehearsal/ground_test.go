package rehearsal_test

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/sealer"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// begun is when the chains of these tests begin.
var begun = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// ground is a chain, ours or a foreign one, whose time a test turns by hand.
type ground struct {
	t      *testing.T
	id     ops.ChainID
	eth    *ethclient.Client
	chain  *chain.Client
	http   string
	ws     string
	seal   func(at time.Time)
	nonces map[string]uint64 // that were used here; the pool may not know them yet
	now    time.Time         // of the newest block
}

// actors have ether on every ground.
var actors = []string{drill.Deployer, drill.Proposer, drill.Executor, drill.Guardian, drill.Mallory}

// ourGround is our own chain.
func ourGround(t *testing.T) *ground {
	t.Helper()
	return ourGroundOf(t, ops.FirstDrillChain)
}

// ourGroundOf is our own chain under another id.
func ourGroundOf(t *testing.T, id ops.ChainID) *ground {
	t.Helper()
	alloc := types.GenesisAlloc{}
	for _, name := range actors {
		alloc[drill.Address(name)] = types.Account{Balance: new(big.Int).Mul(big.NewInt(1000), big.NewInt(1e18))}
	}
	c, err := sealer.Start(sealer.Config{Chain: id, Genesis: begun, Alloc: alloc})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return newGround(t, id, c.HTTP(), c.WS(), func(at time.Time) {
		if _, err := c.Seal(context.Background(), sealer.Order{At: at}); err != nil {
			t.Fatal(err)
		}
	})
}

// anvilGround is a node that is not ours.
func anvilGround(t *testing.T) *ground {
	t.Helper()
	return anvilGroundOf(t)
}

// anvilGroundOf is such a node with more to be told.
func anvilGroundOf(t *testing.T, more ...string) *ground {
	t.Helper()
	return anvilGroundAs(t, ops.FirstDrillChain, more...)
}

// anvilGroundAs is one under another id.
func anvilGroundAs(t *testing.T, id ops.ChainID, more ...string) *ground {
	t.Helper()
	f := newForeign(t, append([]string{"--chain-id", fmt.Sprint(uint64(id)), "--timestamp", fmt.Sprint(begun.Unix()), "--gas-limit", "60000000"}, more...)...)
	for _, name := range actors {
		f.ask(nil, "anvil_setBalance", drill.Address(name), (*hexutil.Big)(new(big.Int).Mul(big.NewInt(1000), big.NewInt(1e18))))
	}
	return newGround(t, id, f.http, f.ws, func(at time.Time) {
		f.ask(nil, "evm_setNextBlockTimestamp", at.Unix())
		f.ask(nil, "evm_mine")
	})
}

func newGround(t *testing.T, id ops.ChainID, http, ws string, seal func(time.Time)) *ground {
	t.Helper()
	client, err := ethclient.Dial(http)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := chain.Dial(t.Context(), chain.Endpoint{Name: "ground", Chain: id, HTTP: http, WS: ws})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); reader.Close() })
	return &ground{t: t, id: id, eth: client, chain: reader, http: http, ws: ws, seal: seal, now: begun, nonces: map[string]uint64{}}
}

// mine seals a block so many seconds after the newest.
func (g *ground) mine(seconds int64) {
	g.until(g.now.Add(time.Duration(seconds) * time.Second))
}

// until seals a block at a second.
func (g *ground) until(at time.Time) {
	g.t.Helper()
	g.seal(at)
	g.now = at
}

// pooled hands somebody's transaction to the pool.
func (g *ground) pooled(from string, to *common.Address, data []byte) common.Hash {
	g.t.Helper()
	id := new(big.Int).SetUint64(uint64(g.id))
	tx, err := types.SignNewTx(drill.Key(from), types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: g.nonce(from), To: to, Data: data, Gas: 8_000_000, GasFeeCap: big.NewInt(100e9), GasTipCap: big.NewInt(1e9),
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.nonces[from] = tx.Nonce() + 1
	if err := g.eth.SendTransaction(g.t.Context(), tx); err != nil {
		g.t.Fatal(err)
	}
	return tx.Hash()
}

// sent is somebody's transaction, alone in a block at a second; whether it succeeded.
func (g *ground) sent(from string, to common.Address, data []byte, at time.Time) bool {
	g.t.Helper()
	hash := g.pooled(from, &to, data)
	g.until(at)
	return g.receipt(hash).Status == types.ReceiptStatusSuccessful
}

// send is a transaction in the next block, a second later, that must succeed.
func (g *ground) send(from string, to common.Address, data []byte) {
	g.t.Helper()
	if !g.sent(from, to, data, g.now.Add(time.Second)) {
		g.t.Fatalf("%s could not do 0x%x: %v", from, data[:4], g.call(drill.Address(from), to, data))
	}
}

func (g *ground) receipt(hash common.Hash) *types.Receipt {
	g.t.Helper()
	r, err := g.eth.TransactionReceipt(g.t.Context(), hash)
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

// deploy creates a contract in the next block.
func (g *ground) deploy(code []byte) common.Address {
	g.t.Helper()
	hash := g.pooled(drill.Deployer, nil, code)
	g.mine(1)
	r := g.receipt(hash)
	if r.Status != types.ReceiptStatusSuccessful {
		g.t.Fatal("a contract was not created")
	}
	return r.ContractAddress
}

// next is where the deployer's contract after so many others will lie.
func (g *ground) next(after uint64) common.Address {
	return crypto.CreateAddress(drill.Address(drill.Deployer), g.nonce(drill.Deployer)+after)
}

// nonce is somebody's next.
func (g *ground) nonce(name string) uint64 {
	g.t.Helper()
	n, err := g.eth.PendingNonceAt(g.t.Context(), drill.Address(name))
	if err != nil {
		g.t.Fatal(err)
	}
	return max(n, g.nonces[name])
}

// ask is what a view answers at the newest block.
func (g *ground) ask(to common.Address, data []byte) []byte {
	g.t.Helper()
	out, err := g.eth.CallContract(g.t.Context(), ethereum.CallMsg{To: &to, Data: data}, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return out
}

// call tries a call at the newest block, and says why it fails.
func (g *ground) call(from, to common.Address, data []byte) error {
	head, err := g.eth.BlockNumber(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	_, err = g.eth.CallContract(g.t.Context(), message(from, to, data), new(big.Int).SetUint64(head))
	return err
}

func message(from, to common.Address, data []byte) ethereum.CallMsg {
	return ethereum.CallMsg{From: from, To: &to, Data: data, Gas: 5_000_000}
}

// attempt is how an operation would be executed: by whom, with what.
type attempt struct {
	from common.Address
	data []byte
}

// lookout reads one timelock block by block, as the engine does.
type lookout struct {
	*ground
	lock     timelock.Timelock
	ledger   *timelock.Ledger
	read     uint64                  // the last block
	attempts map[common.Hash]attempt // by the id
	queue    []ops.Operation         // at the newest block
	at       ops.BlockRef
	answers  ops.Readings
	quiet    bool // what cannot be known yet is no fault
}

func (g *ground) watch(lock timelock.Timelock) *lookout {
	lock.ID = "T1"
	return &lookout{ground: g, lock: lock, ledger: lock.Start(), attempts: map[common.Hash]attempt{}}
}

// see reads every block that was not read yet. Then what the ledger says of each
// operation is held against the contract: it executes what is ready and in nothing's way,
// and nothing else.
func (l *lookout) see() []ops.Operation {
	l.t.Helper()
	head, err := l.chain.Latest(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	for l.read < head.Number {
		at, err := l.chain.Canonical(l.t.Context(), l.read+1)
		if err != nil {
			l.t.Fatal(err)
		}
		l.take(at)
	}
	can := map[common.Hash]bool{} // any of the same id: the same call executes them
	for _, o := range l.queue {
		can[o.ID] = can[o.ID] || o.State == ops.OperationReady && o.Blocked == ""
	}
	for id, a := range l.attempts {
		if failed := l.call(a.from, l.lock.Address, a.data); can[id] != (failed == nil) {
			l.t.Errorf("at %s: %s can be executed: %t, and the contract says: %v", head.Time, id, can[id], failed)
		}
	}
	for _, o := range l.queue {
		for _, c := range o.Checks {
			if c.Verdict != ops.OK && !l.quiet {
				l.t.Errorf("at %s: %s is %s, and %s: %s", head.Time, o.Short, o.State, c.Name, c.Why)
			}
		}
	}
	return l.queue
}

func (l *lookout) take(at ops.BlockRef) {
	l.t.Helper()
	filter := chain.Filter{Addresses: []common.Address{l.lock.Address}, Topics: l.lock.Topics()}
	if l.lock.Governor != (common.Address{}) {
		filter.Addresses = append(filter.Addresses, l.lock.Governor)
	}
	readings, logs, err := l.chain.ReadBlock(l.t.Context(), at, l.ledger.Asks(), filter)
	if err != nil {
		l.t.Fatal(err)
	}
	l.ledger.Take(logs)
	l.at, l.answers, l.read = at, ops.ReadingsOf(readings), at.Number
	if more := slices.DeleteFunc(l.ledger.Asks(), func(r ops.Read) bool { _, had := l.answers[r]; return had }); len(more) > 0 {
		readings, err := l.chain.Read(l.t.Context(), at, more)
		if err != nil {
			l.t.Fatal(err)
		}
		maps.Copy(l.answers, ops.ReadingsOf(readings))
	}
	l.queue = l.ledger.Queue(l.at, l.answers)
}

// is checks where the newest operation of an id stands.
func (l *lookout) is(id common.Hash, state ops.OperationState) ops.Operation {
	l.t.Helper()
	var found ops.Operation
	for _, o := range l.see() {
		if o.ID == id {
			found = o
		}
	}
	if found.ID != id || found.State != state {
		l.t.Fatalf("at %s %s is %s, want %s: %+v", l.now, id, found.State, state, found)
	}
	return found
}

// around checks the second and the block before a time, at it and after it: what is
// before there is after from then on.
func (l *lookout) around(id common.Hash, at time.Time, before, after ops.OperationState) {
	l.t.Helper()
	for _, s := range []struct {
		offset time.Duration
		state  ops.OperationState
	}{{-12 * time.Second, before}, {-time.Second, before}, {0, after}, {time.Second, after}, {13 * time.Second, after}} {
		l.until(at.Add(s.offset))
		l.is(id, s.state)
	}
}
