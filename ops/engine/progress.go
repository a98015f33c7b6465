package engine

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// Progress is how far a replay is and what it found: all that it needs to go on.
type Progress struct {
	Next     uint64                          `json:"next"` // the first block that was not told
	Last     ops.BlockRef                    `json:"last"` // the one before it
	Verdicts map[ops.DetectorID]ops.Verdict  `json:"verdicts"`
	Tallies  map[ops.DetectorID]Tally        `json:"tallies"`
	Order    []ops.DetectorID                `json:"order"`
	Broke    map[ops.DetectorID]ops.BlockRef `json:"broke"` // since when what needs some good blocks to be over is in breach
}

// Tally is what one detector said of the blocks of a replay: how many it found ok, in breach
// and not known, how many breaches began and where the first did, and between what its
// measure lay. It is how a threshold is chosen.
type Tally struct {
	Title    string       `json:"title"`
	OK       uint64       `json:"ok"`
	Breach   uint64       `json:"breach"`
	Unknown  uint64       `json:"unknown"`
	Breaches uint64       `json:"breaches"`
	First    ops.BlockRef `json:"first_breach"`
	Least    ops.Quantity `json:"least"`
	Most     ops.Quantity `json:"most"`
}

// tell takes in a block that was judged: once all of it was told, so that a block which
// nobody heard to its end is told again and counted once.
func (r Replay) tell(done *Progress, at ops.BlockRef, past, now []ops.Finding) error {
	first := done.Last.Zero()
	if done.Tallies == nil {
		done.Tallies, done.Verdicts = map[ops.DetectorID]Tally{}, map[ops.DetectorID]ops.Verdict{}
		done.Broke = map[ops.DetectorID]ops.BlockRef{}
	}
	before := func(i int) (was ops.Verdict, known bool) {
		f := now[i]
		if was, known = done.Verdicts[f.Detector]; !known && !first { // a window that has opened meanwhile
			was = verdictOf(past, f.Detector, i)
		}
		return was, known
	}
	for i, f := range now {
		was, known := before(i)
		if was == f.Verdict && known || r.Tell == nil {
			continue
		}
		if err := r.Tell(Transition{Was: was, First: first, Finding: f}); err != nil {
			return err
		}
	}
	for i, f := range now {
		was, known := before(i)
		if !known {
			done.Order = append(done.Order, f.Detector)
		}
		done.Verdicts[f.Detector] = f.Verdict
		done.Tallies[f.Detector] = done.Tallies[f.Detector].with(f, was)
	}
	r.flapping(now, func(id ops.DetectorID, f *ops.Finding) {
		if delete(done.Broke, id); !f.Broke.Zero() {
			done.Broke[id] = f.Broke
		}
	})
	done.Next, done.Last = at.Number+1, at
	if r.Judged != nil {
		return r.Judged(*done)
	}
	return nil
}

// flapping goes through the findings that need some good blocks to be over: how long ago
// they broke is not bounded, and has to be kept.
func (r Replay) flapping(findings []ops.Finding, do func(ops.DetectorID, *ops.Finding)) {
	if r.Rules == nil {
		return
	}
	for n, i := range r.Rules.invariants { // their findings come first, in their order
		if i.Clear > 1 {
			do(i.ID, &findings[n])
		}
	}
}

// with is the tally with one more block.
func (t Tally) with(f ops.Finding, was ops.Verdict) Tally {
	t.Title = f.Title
	switch f.Verdict {
	case ops.OK:
		t.OK++
	case ops.Breach:
		if t.Breach++; was != ops.Breach {
			t.Breaches++
		}
		if t.First.Zero() {
			t.First = f.At
		}
	default:
		t.Unknown++
		return t
	}
	value, ok := exactly(f.Observed)
	if !ok {
		return t
	}
	if least, ok := exactly(t.Least); !ok || value.Cmp(least) < 0 {
		t.Least = f.Observed
	}
	if most, ok := exactly(t.Most); !ok || value.Cmp(most) > 0 {
		t.Most = f.Observed
	}
	return t
}

// exactly is the number that was measured, where it is one.
func exactly(q ops.Quantity) (*big.Rat, bool) {
	if q.Exact == "" || len(q.Exact) > 2 && q.Exact[:2] == "0x" {
		return nil, false
	}
	return new(big.Rat).SetString(q.Exact)
}

// Basis names what a replay judges by: a progress is of one policy with what it names, one
// release and one range of one chain.
func (r Replay) Basis() Basis {
	b := Basis{Chain: r.Rules.ChainID, Policy: r.Rules.PolicyHash, Release: r.Rules.ReleaseHash, From: r.From, To: r.To}
	if p := r.Rules.pack; p != nil {
		for _, d := range p.Documents {
			if d.Name == policy.File {
				b.Files = d.Locked()
			}
		}
	}
	return b
}

// Basis is comparable.
type Basis struct {
	Chain   ops.ChainID `json:"chain_id"`
	Policy  common.Hash `json:"policy"`
	Release common.Hash `json:"release"`
	Files   common.Hash `json:"files"` // of the policy with the ABIs and baselines that it names, as the lock has them
	From    uint64      `json:"from"`
	To      uint64      `json:"to"`
}
