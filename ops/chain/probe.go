package chain

import (
	"context"
	"math/big"
	"net/http"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Report is what a provider was found able to do. A number that could not be
// found is zero; Err says why nothing could.
type Report struct {
	Name    string
	Err     string // why it cannot be used at all
	Heads   string // how heads come, or why they do not
	Head    ops.BlockRef
	Latency time.Duration // of a trivial call, the median of five
	Age     time.Duration // of the head, by this machine's clock
	Skew    time.Duration // the provider's clock less this machine's, to the second; see Clock
	Clock   bool          // the provider says what time it is
	Means   Means         // by which many reads travel
	Gas     uint64        // granted to one eth_call
	Batch   int           // calls accepted in one request, as far as was tried
	Body    int           // bytes of calldata accepted, as far as was tried
	Logs    uint64        // blocks accepted in one query of logs, as far as was tried
	State   uint64        // blocks back at which state could be read, as far as was tried
	Oldest  bool          // state could be read at the oldest block: an archive
	Trials  bool          // eth_simulateV1
	Proofs  bool          // eth_getProof
	Mempool string        // whether it tells what waits: see Overhear
}

// What is tried, least first. Nobody has any of it by right.
var (
	triedBatches = []int{10, 100, 1000}
	triedBodies  = []int{16 << 10, 128 << 10, 1 << 20, 2 << 20}
	triedWindows = []uint64{100, 1_000, 10_000, 100_000}
	triedDepths  = []uint64{1, 16, 64, 127, 1_024, 10_000, 100_000, 1_000_000}
)

// Probe finds out what the provider can do. It asks some thirty small things and
// takes seconds on a slow one; it changes nothing but the means of reading.
func (c *Client) Probe(ctx context.Context) Report {
	r := Report{Name: c.Name(), Means: ByBatch}
	if err := c.CheckChain(ctx); err != nil {
		r.Err = err.Error()
		return r
	}
	head, err := c.Latest(ctx)
	if err != nil {
		r.Err = err.Error()
		return r
	}
	r.Head, r.Age = head, time.Since(head.Time).Round(time.Second)
	r.Latency = c.latency(ctx)
	r.Skew, r.Clock = c.skew(ctx)
	r.Heads = c.heads(ctx)
	r.Means, r.Gas = c.findMeans(ctx, head)
	c.means.Store(int32(r.Means))
	r.Batch = c.findBatch(ctx)
	r.Body = c.findBody(ctx, head)
	r.Logs = c.findWindow(ctx, head)
	r.State, r.Oldest = c.findDepth(ctx, head)
	_, err = c.Try(ctx, ops.Trial{At: head, Action: ops.Message{To: common.Address{1}}})
	r.Trials = err == nil
	var proof struct {
		Account []hexutil.Bytes `json:"accountProof"`
	}
	r.Mempool = c.mempool(ctx)
	r.Proofs = c.call(ctx, &proof, "eth_getProof", common.Address{1}, []string{}, pinned(head)) == nil && len(proof.Account) > 0
	return r
}

func (c *Client) latency(ctx context.Context) time.Duration {
	took := make([]time.Duration, 5)
	for i := range took {
		start := time.Now()
		if c.CheckChain(ctx) != nil {
			return 0
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// skew compares the Date of an answer (RFC 9110, whole seconds) with this
// machine's clock half way through the request.
func (c *Client) skew(ctx context.Context) (time.Duration, bool) {
	ctx, cancel := context.WithTimeout(ctx, c.endpoint.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, c.endpoint.HTTP, nil)
	if err != nil {
		return 0, false
	}
	start := time.Now()
	answer, err := c.web.Do(request)
	if err != nil {
		return 0, false
	}
	_ = answer.Body.Close()
	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return 0, false
	}
	middle := start.Add(time.Since(start) / 2)
	return date.Sub(middle).Truncate(time.Second), true
}

// heads says how heads would come.
func (c *Client) heads(ctx context.Context) string {
	if c.endpoint.WS == "" {
		return "polled over HTTP"
	}
	ctx, cancel := context.WithTimeout(ctx, c.endpoint.Timeout)
	defer cancel()
	socket, err := c.socket(ctx, maxMessage)
	if err != nil {
		return err.Error()
	}
	defer socket.Close()
	heads := make(chan *header, 16)
	s, err := socket.EthSubscribe(ctx, heads, "newHeads")
	if err != nil {
		return "no subscription: " + bounded(err).Error()
	}
	socket.Close() // first: to unsubscribe on one that hangs takes 10 s
	s.Unsubscribe()
	return "subscription"
}

// firstRumour is how long it is waited for a transaction that tells how a provider tells.
const firstRumour = time.Second

// mempool says whether the provider tells what waits, and how.
func (c *Client) mempool(ctx context.Context) string {
	if c.endpoint.WS == "" {
		return "not told: no ws: address"
	}
	setup, cancel := context.WithTimeout(ctx, c.endpoint.Timeout)
	defer cancel()
	socket, err := c.socket(setup, maxNotice)
	if err != nil {
		return "not told: " + err.Error()
	}
	defer socket.Close()
	notices := make(chan notice, 64)
	s, err := subscribed(setup, socket, notices)
	if err != nil {
		return "not told: " + err.Error()
	}
	defer func() { socket.Close(); s.Unsubscribe() }()
	patience := time.NewTimer(firstRumour)
	defer patience.Stop()
	select {
	case n := <-notices:
		if n.hash {
			return "not told: hashes alone"
		}
		return "told, whole transactions"
	case err := <-s.Err():
		return "not told: " + cause(err).Error()
	case <-patience.C:
		return "told, and whether whole is not known: nothing came within " + firstRumour.String()
	}
}

// gasLeft is a program that returns the gas that it was given: GAS, PUSH1 0,
// MSTORE, PUSH1 32, PUSH1 0, RETURN.
var gasLeft = hexutil.Bytes{0x5a, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3}

// findMeans tries them best first, each on the balance of nobody.
func (c *Client) findMeans(ctx context.Context, at ops.BlockRef) (Means, uint64) {
	var left hexutil.Bytes
	message := map[string]any{"to": aggregatorAddress, "gas": hexutil.Uint64(callGas)}
	override := map[string]any{aggregatorAddress.Hex(): map[string]any{"code": gasLeft}}
	if c.call(ctx, &left, "eth_call", message, pinned(at), override) != nil || len(left) != common.HashLength {
		left = make([]byte, common.HashLength)
	}
	gas := new(big.Int).SetBytes(left).Uint64() // a lie here is a lie about a limit
	a := newAggregate(false)
	a.add(entry{op: opCode, target: aggregatorAddress, reads: []int{0}})
	for by := ByOverride; by < ByBatch; by++ {
		if by == ByMulticall { // it reads no codes: a view of its own, getBlockNumber()
			a = newAggregate(false)
			a.add(entry{op: opView, keep: 32, target: multicall3, data: []byte{0x42, 0xcb, 0xb1, 0x5c}, reads: []int{0}})
		}
		var answer hexutil.Bytes
		err := c.call(ctx, &answer, "eth_call", a.arguments(by, at)...)
		if results, err := a.results(by, answer, err); err == nil && len(results) == 1 && len(results[0].data) == 32 {
			return by, gas
		}
	}
	return ByBatch, gas
}

func (c *Client) findBatch(ctx context.Context) int {
	return largest(triedBatches, func(n int) bool {
		elems := make([]rpc.BatchElem, n)
		for i := range elems {
			elems[i] = rpc.BatchElem{Method: "eth_chainId", Result: new(hexutil.Uint64)}
		}
		return c.batch(ctx, elems) == nil && !slices.ContainsFunc(elems, func(e rpc.BatchElem) bool { return e.Error != nil })
	})
}

func (c *Client) findBody(ctx context.Context, at ops.BlockRef) int {
	return largest(triedBodies, func(n int) bool {
		var answer hexutil.Bytes
		message := map[string]any{"to": aggregatorAddress, "data": hexutil.Bytes(make([]byte, n)), "gas": hexutil.Uint64(callGas)}
		return c.call(ctx, &answer, "eth_call", message, pinned(at)) == nil
	})
}

func (c *Client) findWindow(ctx context.Context, at ops.BlockRef) uint64 {
	return largest(triedWindows, func(n uint64) bool {
		var logs *[]types.Log
		arg := Filter{Addresses: []common.Address{aggregatorAddress}}.argument()
		arg["fromBlock"], arg["toBlock"] = hexutil.Uint64(at.Number-min(n-1, at.Number)), hexutil.Uint64(at.Number)
		return c.call(ctx, &logs, "eth_getLogs", arg) == nil && logs != nil
	})
}

func (c *Client) findDepth(ctx context.Context, at ops.BlockRef) (uint64, bool) {
	reads := func(number uint64) bool {
		var balance *hexutil.Big
		return c.call(ctx, &balance, "eth_getBalance", aggregatorAddress, hexutil.Uint64(number)) == nil && balance != nil
	}
	depths := slices.DeleteFunc(slices.Clone(triedDepths), func(n uint64) bool { return n > at.Number })
	return largest(depths, func(n uint64) bool { return reads(at.Number - n) }), reads(0)
}

// largest is the last of the sizes that works, each tried after the one before.
func largest[T int | uint64](sizes []T, works func(T) bool) (found T) {
	for _, n := range sizes {
		if !works(n) {
			return found
		}
		found = n
	}
	return found
}
