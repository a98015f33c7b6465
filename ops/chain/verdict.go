package chain

import (
	"errors"
	"time"
)

// verdict is how one answer compares with those of the others.
type verdict struct {
	dissent string // what it says against a quorum of others
	agrees  bool   // somebody who counts says the same, and nobody otherwise
}

// verdict compares an answer with those of who counts. To dissent is to say
// something else than a quorum of others that agree with each other, and to be
// fewer than they are: of two against two nobody can tell who lies.
func (q poll[T]) verdict(p *Pool, a said[T], others []said[T]) verdict {
	if a.err != nil || !q.pinned {
		return verdict{}
	}
	with, against, what := 1, 0, ""
	for i, b := range others {
		if b.who == a.who {
			continue
		}
		d := q.differ(a.value, b.value)
		if d == "" {
			with++
			continue
		}
		same := 0
		for _, c := range others[i:] {
			if c.who != a.who && q.differ(b.value, c.value) == "" {
				same++
			}
		}
		if same > against {
			against, what = same, d
		}
	}
	if against < max(p.quorum, 2) || against <= with {
		what = ""
	}
	return verdict{what, with > 1 && against == 0}
}

// judge remembers how a provider did. One that only does not have the block yet,
// or its state any more,
// is behind, which its heads tell, and neither failed nor agreed.
func (p *Pool) judge(i int, failed error, v verdict) {
	if failed != nil && (errors.Is(failed, ErrNoBlock) || missing(failed) != nil) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.stand[i]
	switch {
	case v.dissent != "":
		p.exclude(s, v.dissent, trustAfter, 0)
	case failed != nil:
		s.agreed = 0
		if s.failed++; s.failed >= mostFailures {
			p.exclude(s, failed.Error(), max(backAfter, s.needed), min(max(2*s.pause, asidePause), asideMost))
		}
	default:
		s.failed = 0
		if s.aside == "" || s.needed >= trustAfter && !v.agrees {
			return // to answer is not yet to agree
		}
		if s.agreed++; s.agreed >= s.needed {
			*s = standing{}
		}
	}
}

func (p *Pool) exclude(s *standing, why string, needed int, pause time.Duration) {
	s.aside, s.agreed, s.needed, s.pause, s.again = why, 0, needed, pause, p.now().Add(pause)
}
