package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

// socket opens a WebSocket to the provider, of messages of at most so many bytes, and makes
// sure that it serves the right chain.
func (c *Client) socket(setup context.Context, most int64) (*rpc.Client, error) {
	s, err := rpc.DialOptions(setup, c.endpoint.WS, rpc.WithWebsocketMessageSizeLimit(most))
	if err != nil {
		return nil, fmt.Errorf("no connection: %w", bounded(err))
	}
	if err := checkChain(setup, s, c.endpoint); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// beats asks something trivial on a socket until it is not answered: a peer that vanished
// without closing it answers nothing, and the transport would wait for minutes. alive hears
// of each answer.
func beats(ctx context.Context, socket *rpc.Client, e Endpoint, every time.Duration, alive func()) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	e.Timeout = every
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := checkChain(ctx, socket, e); err != nil {
				if errors.Is(err, ErrWrongChain) {
					return err
				}
				return fmt.Errorf("%w: %w", errSilent, err)
			}
			alive()
		}
	}
}
