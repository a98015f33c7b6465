// Package chaintest is a chain that does whatever a test wants: it mines, forks,
// falls silent, changes its id, and counts what it is asked. It serves JSON-RPC
// over HTTP and WebSocket without a node, and a proxy before it cuts or swallows
// what passes.
//
// It is for tests only and must never be imported by anything else.
package chaintest

import (
	"encoding/binary"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Genesis is the time of block 0, in Unix seconds.
const Genesis = 1_700_000_000

// Header is a block as JSON-RPC shows it.
type Header struct {
	Number     hexutil.Uint64 `json:"number"`
	Hash       common.Hash    `json:"hash"`
	ParentHash common.Hash    `json:"parentHash"`
	Time       hexutil.Uint64 `json:"timestamp"`
	BaseFee    *hexutil.Big   `json:"baseFeePerGas"`
}

// Chain is a chain of blocks without content. It is safe for concurrent use.
type Chain struct {
	mu        sync.Mutex
	id        uint64
	forks     uint64
	canonical []Header
	all       map[common.Hash]Header
	logs      map[common.Hash][]types.Log
	sent      map[common.Hash][]Transaction
	mined     map[common.Hash]Header
	listeners map[chan Header]bool
	withheld  bool
	clock     func(number uint64) uint64 // the time of a block
}

// New is a chain of the id that holds its genesis alone.
func New(id uint64) *Chain {
	c := &Chain{id: id, clock: func(number uint64) uint64 { return Genesis + number }, all: map[common.Hash]Header{}, logs: map[common.Hash][]types.Log{}, sent: map[common.Hash][]Transaction{}, mined: map[common.Hash]Header{}, listeners: map[chan Header]bool{}}
	c.grow(1)
	return c
}

// grow appends blocks; the caller holds the lock, or is New.
func (c *Chain) grow(n int) {
	for range n {
		h := Header{Number: hexutil.Uint64(len(c.canonical)), Time: hexutil.Uint64(c.clock(uint64(len(c.canonical)))), BaseFee: new(hexutil.Big)}
		if len(c.canonical) > 0 {
			h.ParentHash = c.canonical[len(c.canonical)-1].Hash
		}
		seed := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(h.ParentHash.Bytes(), c.forks), uint64(h.Number))
		h.Hash = crypto.Keccak256Hash(seed)
		c.canonical = append(c.canonical, h)
		c.all[h.Hash] = h
	}
}

// Mine appends n blocks. Each is announced, unless heads are withheld.
func (c *Chain) Mine(n int) {
	for range n {
		c.mu.Lock()
		c.grow(1)
		c.announce()
		c.mu.Unlock()
	}
}

// Leap appends n blocks and announces only the last, as a node does that
// imported many at once.
func (c *Chain) Leap(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grow(n)
	c.announce()
}

// Reorg replaces the newest blocks by others and announces the new head alone.
func (c *Chain) Reorg(depth, grown int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forks++
	c.canonical = c.canonical[:len(c.canonical)-depth]
	c.grow(grown)
	c.announce()
}

// Repeat announces the head once more.
func (c *Chain) Repeat() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.announce()
}

// Announce sends a header of the test's own making.
func (c *Chain) Announce(h Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range c.listeners {
		l <- h
	}
}

// announce tells the head to every subscription; the caller holds the lock.
func (c *Chain) announce() {
	if c.withheld {
		return
	}
	for l := range c.listeners {
		l <- c.canonical[len(c.canonical)-1]
	}
}

// Withhold stops or resumes the announcement of heads; blocks go on being mined.
func (c *Chain) Withhold(yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.withheld = yes
}

// Become changes the chain id, as a provider does that fails over to a wrong one.
func (c *Chain) Become(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id = id
}

// Clock sets the times of the blocks to come.
func (c *Chain) Clock(clock func(number uint64) uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock = clock
}

// Emit puts a log into a block; the block's fields of the log are filled in.
func (c *Chain) Emit(block Header, l types.Log) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.BlockHash, l.BlockNumber = block.Hash, uint64(block.Number)
	if l.Topics == nil {
		l.Topics = []common.Hash{}
	}
	c.logs[block.Hash] = append(c.logs[block.Hash], l)
}

// Head is the newest block.
func (c *Chain) Head() Header { return c.At(-1) }

// At is the canonical block at a height; -1 is the head.
func (c *Chain) At(n int) Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n < 0 {
		n = len(c.canonical) - 1
	}
	return c.canonical[n]
}

// Listening is how many subscriptions to heads there are.
func (c *Chain) Listening() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.listeners)
}

// listen adds a subscription. Its channel holds more than any test announces.
func (c *Chain) listen() (heads chan Header, leave func()) {
	heads = make(chan Header, 1<<14)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners[heads] = true
	return heads, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.listeners, heads)
	}
}
