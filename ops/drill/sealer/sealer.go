// Package sealer is the drill's chain: an in-process go-ethereum node that
// mines exactly what it is told, when it is told, with fixed randomness. The
// same configuration and the same calls give the same block hashes.
//
// It must never know what the transactions mean, never write to disk, never
// listen beyond the loopback interface and never mine by itself.
package sealer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/node"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Config is all that the chain depends on.
type Config struct {
	Chain   ops.ChainID
	Genesis time.Time // of block 0, in whole seconds
	Seed    uint64    // of PREVRANDAO
	Alloc   types.GenesisAlloc
}

// Chain is a running node. Its methods may be called from any goroutine.
type Chain struct {
	chain  ops.ChainID
	seed   uint64
	node   *node.Node
	eth    *eth.Ethereum
	client *ethclient.Client
	mu     sync.Mutex // one block at a time
}

// silence keeps the node's log off the terminal: it is process-wide, and the
// screen belongs to the console.
var silence = sync.OnceFunc(func() { log.SetDefault(log.NewLogger(log.DiscardHandler())) })

// Start boots the node and returns when it answers on HTTP and WebSocket.
func Start(c Config) (*Chain, error) {
	silence()
	n, backend, err := boot(c)
	if err != nil {
		return nil, err
	}
	return &Chain{chain: c.Chain, seed: c.Seed, node: n, eth: backend, client: ethclient.NewClient(n.Attach())}, nil
}

// HTTP is the address of the JSON-RPC endpoint, http://127.0.0.1:port.
func (c *Chain) HTTP() string { return c.node.HTTPEndpoint() }

// WS is the address of the WebSocket endpoint, ws://127.0.0.1:port.
func (c *Chain) WS() string { return c.node.WSEndpoint() }

// Client speaks to the node without a socket. It ends with the chain.
func (c *Chain) Client() *ethclient.Client { return c.client }

// Head is the newest block.
func (c *Chain) Head() ops.BlockRef { return c.ref(c.eth.BlockChain().CurrentBlock()) }

// Nonce is the next nonce of an account on top of the head.
func (c *Chain) Nonce(account common.Address) (uint64, error) {
	state, err := c.eth.BlockChain().State()
	if err != nil {
		return 0, fmt.Errorf("reading the state of the drill's head: %w", err)
	}
	return state.GetNonce(account), nil
}

// Receipts are the receipts of a sealed block, in the order of its transactions.
func (c *Chain) Receipts(block common.Hash) types.Receipts {
	return c.eth.BlockChain().GetReceiptsByHash(block)
}

// Close stops the node and waits for it.
func (c *Chain) Close() error {
	c.client.Close()
	if err := c.node.Close(); err != nil && !errors.Is(err, node.ErrNodeStopped) {
		return fmt.Errorf("stopping the drill's node: %w", err)
	}
	return nil
}

// Call asks a contract at a block; from is the account that would ask.
func (c *Chain) Call(ctx context.Context, m ops.Message, at common.Hash) ([]byte, error) {
	return c.client.CallContractAtHash(ctx, callMsg(m), at)
}
