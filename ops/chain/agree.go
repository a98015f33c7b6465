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

// gather asks those that count, all at once, and returns as soon as a quorum has
// answered and agrees; when those in hand differ it waits for the others. Later
// answers are only compared. agree says what two providers differ in, or "".
//
// Where the question is pinned to a block, who says something else than a quorum
// of others dissents; where it is not, one may just be behind.
func gather[T any](ctx context.Context, p *Pool, pinned bool, ask func(*Client) (T, error), differ func(a, b T) string) ([]said[T], []error) {
	counting, aside := p.panel()
	answers := make(chan said[T], len(p.clients))
	put := func(i int) {
		p.late.Go(func() {
			v, err := ask(p.clients[i])
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
		switch {
		case ctx.Err() != nil: // nobody's fault but ours
		case a.err != nil || !pinned:
			p.note(a.who, a.err, "")
		default:
			p.note(a.who, nil, dissent(p, a, got, differ))
		}
	}
	var failures []error
	for len(waiting) > 0 && (len(got) < p.quorum || split) {
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
				split = split || differ(a.value, b.value) != ""
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

// dissent says what a provider says against a quorum of others that agree with
// each other; "" where there is no such quorum: then nobody can tell who lies.
func dissent[T any](p *Pool, a said[T], others []said[T], differ func(a, b T) string) string {
	against, what := 0, ""
	for i, b := range others {
		if b.who == a.who {
			continue
		}
		d := differ(a.value, b.value)
		if d == "" {
			continue
		}
		same := 0
		for _, c := range others[i:] {
			if c.who != a.who && differ(b.value, c.value) == "" {
				same++
			}
		}
		against, what = max(against, same), d
	}
	if against < max(p.quorum, 2) {
		return ""
	}
	return what
}

// agree asks for one value that a quorum has to give. what names it.
func agree[T any](ctx context.Context, p *Pool, pinned bool, what string, ask func(*Client) (T, error), differ func(a, b T) string) (T, error) {
	if len(p.clients) == 1 {
		return ask(p.clients[0])
	}
	got, failures := gather(ctx, p, pinned, ask, differ)
	var none T
	if len(got) < p.quorum {
		return none, p.short(what, len(got), failures)
	}
	for _, a := range got[1:] {
		if d := differ(got[0].value, a.value); d != "" {
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

// first asks one provider after the other until one answers: for what only helps,
// and for what every provider may answer differently.
func first[T any](p *Pool, ask func(*Client) (T, error)) (T, error) {
	var none T
	var failures []error
	aside := p.Aside()
	for _, skip := range []bool{false, true} {
		for i, c := range p.clients {
			if _, out := aside[i]; out != skip {
				continue
			}
			v, err := ask(c)
			if err == nil {
				return v, nil
			}
			failures = append(failures, err)
		}
	}
	return none, errors.Join(failures...)
}

func equal[T comparable](a, b T) string {
	if a == b {
		return ""
	}
	return fmt.Sprintf("%v, %v", a, b)
}
