package chain

import (
	"context"
	"errors"
	"fmt"
)

// said is one provider's answer to a question.
type said[T any] struct {
	who   int
	value T
	err   error
}

// poll is one question to several.
type poll[T any] struct {
	ask    func(*Client) (T, error)
	differ func(a, b T) string // what two answers differ in, or ""
	pinned bool                // to a block: who says something else than a quorum of others dissents, and is not just behind
	lacks  func(got []said[T], waiting int) bool
}

// gather asks those that count, all at once, and returns as soon as a quorum has
// answered and agrees; when those in hand differ, or lack what those who are still
// waited for may know, it waits for the others. Later answers are only compared.
func gather[T any](ctx context.Context, p *Pool, q poll[T]) ([]said[T], []error) {
	counting, aside := p.panel()
	answers := make(chan said[T], len(p.clients))
	put := func(i int) {
		p.late.Go(func() {
			v, err := q.ask(p.clients[i])
			answers <- said[T]{i, v, err}
		})
	}
	waiting := map[int]bool{}
	for _, i := range counting {
		waiting[i] = true
		put(i)
	}
	for _, i := range aside {
		put(i)
	}
	left, split := len(counting)+len(aside), false
	var got, shy []said[T]
	judge := func(a said[T]) {
		if ctx.Err() == nil { // else it is nobody's fault but ours
			p.judge(a.who, a.err, q.verdict(p, a, got))
		}
	}
	var failures []error
	for len(waiting) > 0 && (len(got) < p.quorum || split || q.lacks != nil && q.lacks(got, len(waiting))) {
		a := <-answers
		left--
		switch {
		case !waiting[a.who]:
			shy = append(shy, a)
			continue
		case a.err != nil:
			failures = append(failures, a.err)
			judge(a)
		default:
			for _, b := range got {
				split = split || q.differ(a.value, b.value) != ""
			}
			got = append(got, a)
		}
		delete(waiting, a.who)
	}
	for _, a := range got {
		judge(a)
	}
	p.late.Go(func() { // nobody waits for these; they tell who lags, fails or lies
		for _, a := range shy {
			judge(a)
		}
		for ; left > 0; left-- {
			judge(<-answers)
		}
	})
	return got, failures
}

// agree asks for one value that a quorum has to give. what names it.
func agree[T any](ctx context.Context, p *Pool, pinned bool, what string, ask func(*Client) (T, error), differ func(a, b T) string) (T, error) {
	return consent(ctx, p, what, poll[T]{ask: ask, differ: differ, pinned: pinned})
}

// consent is the one answer that a quorum gives to a question.
func consent[T any](ctx context.Context, p *Pool, what string, q poll[T]) (T, error) {
	if len(p.clients) == 1 {
		return q.ask(p.clients[0])
	}
	got, failures := gather(ctx, p, q)
	var none T
	if len(got) < p.quorum {
		return none, p.short(what, len(got), failures)
	}
	for _, a := range got[1:] {
		if d := q.differ(got[0].value, a.value); d != "" {
			return none, fmt.Errorf("%w on %s: %s and %s differ: %s", ErrNoQuorum, what, p.clients[got[0].who].Name(), p.clients[a.who].Name(), d)
		}
	}
	return got[0].value, nil
}

// short is the error of too few answers.
func (p *Pool) short(what string, answered int, failures []error) error {
	err := fmt.Errorf("%w on %s: %d of the %d providers needed answered", ErrNoQuorum, what, answered, p.quorum)
	for i, why := range p.Aside() {
		err = fmt.Errorf("%w; %s is aside: %s", err, p.clients[i].Name(), why)
	}
	return errors.Join(append([]error{err}, failures...)...)
}

func equal[T comparable](a, b T) string {
	if a == b {
		return ""
	}
	return fmt.Sprintf("%v, %v", a, b)
}
