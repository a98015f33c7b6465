package chain

import (
	"context"
	"errors"
	"time"

	"github.com/ethereum/go-ethereum/rpc"
)

// hedge is how long one provider is waited for before the next is asked too.
const hedge = 250 * time.Millisecond

// first is the first answer that any provider gives: for what only helps, and for
// what every provider may answer differently. They are asked one after the other,
// those aside last; the next when one failed, or is silent for a while. Failures
// count against who failed.
func first[T any](ctx context.Context, p *Pool, ask func(*Client) (T, error)) (T, error) {
	if len(p.clients) == 1 {
		return ask(p.clients[0])
	}
	order := p.order()
	answers := make(chan said[T], len(order))
	asked := 0
	next := func() {
		if asked == len(order) {
			return
		}
		i := order[asked]
		asked++
		p.late.Go(func() {
			v, err := ask(p.clients[i])
			var answered rpc.Error // an answer too, and it may be the right one
			if ctx.Err() == nil && !errors.As(err, &answered) && !errors.Is(err, errNoMessage) {
				p.judge(i, err, verdict{})
			}
			answers <- said[T]{i, v, err}
		})
	}
	next()
	patience := time.NewTicker(p.hedge)
	defer patience.Stop()
	var none T
	var failures []error
	for len(failures) < len(order) {
		select {
		case a := <-answers:
			if a.err == nil {
				return a.value, nil
			}
			failures = append(failures, a.err)
			next()
		case <-patience.C:
			next()
		}
	}
	return none, errors.Join(failures...)
}

// order lists all providers, those aside last.
func (p *Pool) order() []int {
	aside := p.Aside()
	var well, out []int
	for i := range p.clients {
		if _, is := aside[i]; is {
			out = append(out, i)
		} else {
			well = append(well, i)
		}
	}
	return append(well, out...)
}
