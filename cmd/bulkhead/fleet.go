package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/engine"
)

// firstCall is how long the start waits for a chain. One that takes longer is
// shown dark, and comes when it can: the others are not held up.
const firstCall = 3 * time.Second

// fleet is a console of several chains with what has to be closed after it.
type fleet struct {
	*engine.Fleet
	mu   sync.Mutex
	open []*console
}

// fleet makes the console of all chains. What is wrong with the settings ends it
// here; that a chain cannot be reached does not, as long as another can.
func (l loaded) fleet(ctx context.Context, talk io.Writer) (*fleet, error) {
	f := &fleet{}
	members := make([]engine.Member, len(l.chains))
	ready := make([]chan *console, len(l.chains))
	for i, w := range l.chains {
		ready[i] = make(chan *console, 1)
		members[i] = engine.Member{Rules: w.rules, Open: func(ctx context.Context) (*engine.Engine, error) {
			select {
			case c := <-ready[i]:
				return c.engine, nil
			default:
				return f.add(l.again(ctx, w))
			}
		}}
	}
	var err error
	if f.Fleet, err = engine.NewFleet(l.settings.Operator, members...); err != nil {
		return nil, exit(exitConfig, err)
	}
	first, stop := context.WithTimeout(ctx, firstCall)
	defer stop()
	failed := make([]error, len(l.chains))
	var starts sync.WaitGroup
	said := &synced{w: talk}
	for i, w := range l.chains {
		starts.Go(func() {
			c, err := l.start(first, w, said)
			if failed[i] = err; err == nil {
				_, _ = f.add(c, nil)
				ready[i] <- c
			}
		})
	}
	starts.Wait()
	if err := f.refused(failed); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// refused is why the console does not start at all: a fault that waiting does not
// mend, or that no chain can be reached.
func (f *fleet) refused(failed []error) error {
	unreached := 0
	for _, err := range failed {
		var code exitCode
		switch {
		case err == nil:
		case errors.As(err, &code) && code.code == exitUnknown:
			unreached++
		default:
			return err
		}
	}
	if unreached < len(failed) {
		return nil
	}
	return exit(exitUnknown, fmt.Errorf("no chain can be reached: %w", errors.Join(failed...)))
}

// again tries a chain once more, while the screen is up: what it has to say goes
// where the chain's state is shown.
func (l loaded) again(ctx context.Context, w watched) (*console, error) {
	var talk bytes.Buffer
	c, err := l.start(ctx, w, &talk)
	if said := strings.TrimSpace(talk.String()); err != nil && said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	return c, err
}

// add remembers what has to be closed.
func (f *fleet) add(c *console, err error) (*engine.Engine, error) {
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = append(f.open, c)
	return c.engine, nil
}

func (f *fleet) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var failed []error
	for _, c := range f.open {
		failed = append(failed, c.close())
	}
	return errors.Join(failed...)
}
