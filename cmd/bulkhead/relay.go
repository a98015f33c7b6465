package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// relayPatience is how long a relay may take to accept a transaction where the settings
// do not say: whoever confirmed waits for it.
const relayPatience = time.Second

// relay opens the chain's private relay; nil where the settings name none. One that
// serves another chain is refused, one that does not say so is used: not every relay
// answers anything else than what it is sent.
func (w watched) relay(ctx context.Context, talk io.Writer) (*chain.Client, error) {
	r := w.Relay
	if r.Name == "" {
		return nil, nil
	}
	e := chain.Endpoint{Name: r.Name, Chain: w.rules.ChainID, HTTP: r.HTTP, Timeout: r.Timeout}
	if e.Timeout == 0 {
		e.Timeout = relayPatience
	}
	c, err := chain.Open(ctx, e)
	if err != nil {
		return nil, exit(exitConfig, err)
	}
	switch err := c.CheckRelay(ctx); {
	case errors.Is(err, chain.ErrWrongChain):
		c.Close()
		return nil, exit(exitConfig, err)
	case err != nil:
		_, _ = fmt.Fprintln(talk, safe.Lines(fmt.Sprintf("the relay %s was not seen: %s. What it does not take is sent to everybody at once.", r.Name, err)))
	}
	return c, nil
}
