// Package chain speaks JSON-RPC to one provider of one chain and does nothing
// else: heads, what waits in a mempool, reads pinned to a block hash, logs, simulation,
// sending.
//
// It must never judge what it reads, never retry a send, and never let a foreign
// answer set its memory or its time: every call has a deadline and every body a
// bound. Facts: the Ethereum execution APIs specification (eth_*), and
// eth_simulateV1 as go-ethereum 1.17 serves it.
package chain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// maxBody bounds one answer of a provider, in bytes. geth's own cap on a batch
// answer is 25 MB. maxMessage bounds one message on the socket of the heads: a
// block with the hashes of 100,000 transactions fits.
const (
	maxBody    = 32 << 20
	maxMessage = 8 << 20
)

// ErrWrongChain means that the provider answers for another chain than the
// policy names. Nothing is read from it and nothing is sent to it.
var ErrWrongChain = errors.New("wrong chain")

// Endpoint is one provider of one chain. WS may be empty: then heads are polled
// over HTTP.
type Endpoint struct {
	Name      string
	Chain     ops.ChainID
	HTTP      string
	WS        string
	BlockTime time.Duration // usual wall-clock distance of two blocks
	Timeout   time.Duration // of one call; 0 means 2 s
}

// Client is a connection to one endpoint. Calls go over HTTP; heads come over a
// WebSocket of their own, and what waits over another, because sharing one delays both. It
// is safe for
// concurrent use.
type Client struct {
	endpoint Endpoint
	http     *rpc.Client
	web      *http.Client // the same connections, for what is no JSON-RPC
	idle     func()
	limits   limits
	means    atomic.Int32  // a Means: what the provider was found able to
	blocks   atomic.Uint64 // read by another means than the best
	traces   atomic.Int32  // a tracing: how the provider was found able to tell of inner calls
	untraced atomic.Uint64 // blocks that were not traced since it was found unable
}

// Dial connects and refuses a provider of another chain (ErrWrongChain).
func Dial(ctx context.Context, e Endpoint) (*Client, error) {
	c, err := Open(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := c.CheckChain(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Open makes the client without asking the provider anything.
func Open(ctx context.Context, e Endpoint) (*Client, error) {
	if e.Timeout == 0 {
		e.Timeout = 2 * time.Second
	}
	if e.BlockTime == 0 {
		e.BlockTime = 12 * time.Second
	}
	if u, err := url.Parse(e.HTTP); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("provider %s: its http address must begin with http:// or https://", e.Name)
	}
	next := http.DefaultTransport.(*http.Transport).Clone()
	transport := &boundedTransport{next: next, limit: maxBody}
	web := &http.Client{Transport: transport, Timeout: 4 * e.Timeout}
	client, err := rpc.DialOptions(ctx, e.HTTP, rpc.WithHTTPClient(web))
	if err != nil {
		return nil, fmt.Errorf("provider %s: cannot use %s: %w", e.Name, e.HTTP, err)
	}
	return &Client{endpoint: e, http: client, web: web, idle: next.CloseIdleConnections}, nil
}

// Name is the endpoint's name in the settings.
func (c *Client) Name() string { return c.endpoint.Name }

// Close ends the HTTP connections. Feeds end with their context.
func (c *Client) Close() {
	c.http.Close()
	c.idle()
}

// CheckChain asks the provider which chain it serves.
func (c *Client) CheckChain(ctx context.Context) error {
	return checkChain(ctx, c.http, c.endpoint)
}

func checkChain(ctx context.Context, client *rpc.Client, e Endpoint) error {
	var id hexutil.Uint64
	if err := call(ctx, client, e.Timeout, &id, "eth_chainId"); err != nil {
		return fmt.Errorf("provider %s does not say which chain it serves: %w", e.Name, err)
	}
	return rightChain(uint64(id), e)
}

func rightChain(id uint64, e Endpoint) error {
	if ops.ChainID(id) != e.Chain {
		return fmt.Errorf("%w: provider %s serves chain %d, the policy says %d: point the endpoint at the right network", ErrWrongChain, e.Name, id, e.Chain)
	}
	return nil
}

func call(ctx context.Context, client *rpc.Client, timeout time.Duration, result any, method string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// a batch of one: unlike a single call it refuses an answer that carries
	// another request's id
	elem := []rpc.BatchElem{{Method: method, Args: args, Result: result}}
	err := client.BatchCallContext(ctx, elem)
	if err == nil {
		err = elem[0].Error
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, bounded(err))
	}
	return nil
}

func (c *Client) call(ctx context.Context, result any, method string, args ...any) error {
	return call(ctx, c.http, c.endpoint.Timeout, result, method, args...)
}

// batch sends all elements in one HTTP request. Each element keeps its own error.
func (c *Client) batch(ctx context.Context, elems []rpc.BatchElem) error {
	ctx, cancel := context.WithTimeout(ctx, c.endpoint.Timeout)
	defer cancel()
	if err := c.http.BatchCallContext(ctx, elems); err != nil {
		return fmt.Errorf("provider %s: %w", c.endpoint.Name, bounded(err))
	}
	return nil
}

// bounded cuts the text of a provider's error: it can be megabytes long. The
// error's identity (deadline, cancellation) is kept.
func bounded(err error) error {
	const limit = 300
	if err == nil {
		return nil
	}
	text := err.Error()
	if len(text) <= limit {
		return err
	}
	return &longError{text: clipped(text, limit), err: err}
}

// clipped cuts a foreign text to n bytes and copies it, so that a few words do
// not keep megabytes alive.
func clipped(s string, n int) string {
	if len(s) <= n {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return strings.ToValidUTF8(strings.Clone(s[:n]), "") + "…"
}

type longError struct {
	text string
	err  error
}

func (e *longError) Error() string { return e.text }
func (e *longError) Unwrap() error { return e.err }
