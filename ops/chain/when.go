package chain

import (
	"context"
	"fmt"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostGuesses bounds the search for a time: halving alone needs 64.
const mostGuesses = 80

// Before is the newest canonical block that is not after a time, at or below the
// block until; the first block when all are after it. It takes a request for each
// guess: a guess by the usual distance of blocks first, then halves.
func (c *Client) Before(ctx context.Context, at time.Time, until ops.BlockRef) (ops.BlockRef, error) {
	if !until.Time.After(at) {
		return until, nil
	}
	low, high := uint64(0), until.Number // the answer is at or above low, and below high
	best := ops.BlockRef{}
	guess := until.Number - min(until.Number, uint64(until.Time.Sub(at)/max(c.endpoint.BlockTime, time.Second))+1)
	for n := 0; low < high && n < mostGuesses; n++ {
		refs, err := c.headers(ctx, guess, guess)
		if err != nil {
			return ops.BlockRef{}, err
		}
		b := refs[0]
		if b.Time.After(at) {
			if b.Number == 0 {
				return b, nil
			}
			high = b.Number
		} else {
			best, low = b, b.Number+1
		}
		guess = c.guess(b, at, low, high, n)
	}
	if best.Zero() {
		return ops.BlockRef{}, fmt.Errorf("provider %s: no block at %s was found below #%d", c.endpoint.Name, at.UTC().Format(time.RFC3339), until.Number)
	}
	return best, nil
}

// guess is where to look next: where the distance of blocks would have it, a few
// times, and else in the middle.
func (c *Client) guess(b ops.BlockRef, at time.Time, low, high uint64, n int) uint64 {
	next := low + (high-low)/2
	if n < 4 {
		steps := int64(at.Sub(b.Time) / max(c.endpoint.BlockTime, time.Second))
		if near := int64(b.Number) + steps; near >= int64(low) && near < int64(high) {
			next = uint64(near)
		}
	}
	return min(next, high-1)
}

// Before is Client.Before: one provider searches, and a quorum has to say the same
// of what it found.
func (p *Pool) Before(ctx context.Context, at time.Time, until ops.BlockRef) (ops.BlockRef, error) {
	found, err := first(ctx, p, func(c *Client) (ops.BlockRef, error) { return c.Before(ctx, at, until) })
	if err != nil || len(p.clients) == 1 {
		return found, err
	}
	return agree(ctx, p, false, fmt.Sprintf("block %d", found.Number), func(c *Client) (ops.BlockRef, error) {
		refs, err := c.headers(ctx, found.Number, found.Number)
		if err != nil {
			return ops.BlockRef{}, err
		}
		return refs[0], nil
	}, equal[ops.BlockRef])
}
