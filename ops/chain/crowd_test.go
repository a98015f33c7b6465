package chain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// crowd is a pool of providers named a, b, c and so on, each behind a gateway, and
// a clock of its own.
type crowd struct {
	*chaintest.Chain
	t       testing.TB
	pool    *chain.Pool
	gates   []*chaintest.Gateway
	clients []*chain.Client
	servers []*chaintest.Server

	hasty bool // read does not wait for everyone
	mu    sync.Mutex
	now   time.Time
}

// gather makes n providers of one chain.
func gather(t testing.TB, n, quorum int, timeout time.Duration) *crowd {
	t.Helper()
	k := &crowd{Chain: chaintest.New(drill), t: t, now: time.Unix(chaintest.Genesis, 0)}
	for i := range n {
		s := chaintest.Serve(t, k.Chain)
		s.CallAt = told
		g := chaintest.Behind(t, s.HTTP)
		c, err := chain.Open(t.Context(), chain.Endpoint{Name: string(rune('a' + i)), Chain: drill, HTTP: g.HTTP, Timeout: timeout})
		if err != nil {
			t.Fatal(err)
		}
		k.servers, k.gates, k.clients = append(k.servers, s), append(k.gates, g), append(k.clients, c)
	}
	k.pool = chain.NewPool(quorum, k.clients...)
	k.pool.SetNow(func() time.Time { k.mu.Lock(); defer k.mu.Unlock(); return k.now })
	t.Cleanup(k.pool.Close)
	return k
}

// later moves the pool's clock.
func (k *crowd) later(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now = k.now.Add(d)
}

// at is a block of the chain as a reference.
func at(h chaintest.Header) ops.BlockRef {
	return ops.BlockRef{Chain: drill, Number: uint64(h.Number), Hash: h.Hash, Parent: h.ParentHash}
}

// read mines a block, reads it, and waits until every provider has answered. No
// reading may be anything but true or unknown.
func (k *crowd) read(n int) ([]ops.Reading, error) {
	k.t.Helper()
	k.Mine(1)
	block := at(k.Head())
	readings, err := k.pool.Read(k.t.Context(), block, reads(n))
	if !k.hasty {
		k.pool.Settle()
	}
	for _, r := range readings {
		if r.Status == ops.ReadOK && !bytes.Equal(r.Data, truth(block.Hash, []byte(r.Read.Data))) || r.Status != ops.ReadOK && r.Status != ops.ReadNotRun {
			k.t.Fatalf("block %d: a lie was believed: %+v", block.Number, r)
		}
	}
	return readings, err
}

// known reads a block of which everything has to be known.
func (k *crowd) known(n int) {
	k.t.Helper()
	readings, err := k.read(n)
	if err != nil {
		k.t.Fatalf("block %d: %v", k.Head().Number, err)
	}
	for _, r := range readings {
		if r.Status != ops.ReadOK {
			k.t.Fatalf("block %d: %s is not known: %s", k.Head().Number, r.Read.Name, r.Err)
		}
	}
}

// truth is what the chain says at a block.
func truth(block common.Hash, data []byte) []byte { return crypto.Keccak256(block[:], data) }

// told answers aggregated and plain reads by the truth.
func told(block common.Hash, data []byte) ([]byte, error) {
	if len(data) == common.HashLength {
		return truth(block, data), nil
	}
	if len(data) > 2 && data[0] != 0 { // neither Multicall3 nor creation code is served
		return nil, errors.New("execution reverted")
	}
	return chaintest.Aggregate(data, func(_ byte, _ common.Address, data []byte) chaintest.Answer {
		return chaintest.Answer{Status: 1, Data: truth(block, data)}
	}), nil
}

// lie falsifies one word of an aggregated answer: what such a liar says is well
// formed. The word is chosen by the seed.
func lie(seed uint64) func(json.RawMessage) json.RawMessage {
	random := rand.New(rand.NewPCG(seed, 1))
	return func(result json.RawMessage) json.RawMessage {
		var data hexutil.Bytes
		if json.Unmarshal(result, &data) != nil || len(data) < 36 {
			return result
		}
		data[36*random.IntN(len(data)/36)+4+random.IntN(32)] ^= byte(1 + random.IntN(255))
		return json.RawMessage(fmt.Sprintf("%q", data))
	}
}
