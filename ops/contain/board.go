package contain

import (
	"context"
	"maps"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// Candidate is an action with its line of the board, to be filled in.
type Candidate struct {
	Action Action
	Line   ops.Readiness
}

// BoardReads lists what the board is judged by, so that it can travel with the
// block's own reads: what each step would bring about, what it takes, and the code
// that it was written for.
func (c *Containment) BoardReads(actions []Action) []ops.Read {
	var out []ops.Read
	for _, a := range actions {
		for _, s := range a.Steps {
			out = append(out, c.stepReads(s)...)
		}
	}
	return out
}

func (c *Containment) stepReads(s Step) []ops.Read {
	if !s.sends() {
		return nil
	}
	out := slices.Clone(s.Expect.Reads())
	if s.When != nil {
		out = append(out, s.When.Reads()...)
	}
	if s.Takes != nil {
		out = append(out, s.Takes.Reads()...)
	}
	if s.Authority != nil {
		out = append(out, s.Authority.Reads()...)
	}
	for _, l := range s.Lanes {
		if l.Safe != nil {
			out = append(out, safe.Reads(l.Safe.Address)...)
		}
	}
	for _, w := range s.Written {
		if !w.Proxy {
			out = append(out, codeOf(w.Address))
			continue
		}
		out = append(out, slotOf(w.Address))
		c.mu.Lock()
		behind, known := c.behind[w.Address]
		c.mu.Unlock()
		if known {
			out = append(out, codeOf(behind))
		}
	}
	return out
}

func codeOf(a common.Address) ops.Read {
	return ops.Read{Kind: ops.ReadCode, To: a, Name: "codehash(" + a.Hex() + ")"}
}

func slotOf(a common.Address) ops.Read {
	return ops.Read{Kind: ops.ReadSlot, To: a, Data: string(ops.ImplementationSlot[:]), Name: "implementation(" + a.Hex() + ")"}
}

// Board measures whether each action would work on top of a block. now is what was
// read of the block; what it lacks is read in one request more, and every call is
// simulated, and every account looked at, in one. Where an account cannot pay, the lane
// that would be taken in its place is tried in one more.
func (c *Containment) Board(ctx context.Context, at ops.BlockRef, now ops.Readings, candidates []Candidate) []ops.Readiness {
	r := reckoning{
		at: at, now: c.complete(ctx, at, now, candidates), tried: map[trialKey]tried{}, chosen: map[trialKey]choice{}, accounts: map[common.Address]ops.Account{},
	}
	for keys := c.picks(r, candidates); len(keys) > 0; keys = c.picks(r, candidates) {
		c.survey(ctx, r, candidates, keys)
	}
	out := make([]ops.Readiness, len(candidates))
	for i, k := range candidates {
		out[i] = c.ready(r, i, k)
	}
	return out
}

// picks chooses the lane of every call by what was learned so far, and returns those that
// have to be tried: each once, and again by every later lane that is taken instead.
func (c *Containment) picks(r reckoning, candidates []Candidate) (todo []trialKey) {
	for i, k := range candidates {
		earlier := newBefore()
		for n, s := range k.Action.Steps {
			if !s.sends() {
				continue
			}
			key := trialKey{i, n}
			before, picked := r.chosen[key]
			chosen := c.pick(s, r, earlier)
			if picked && chosen.lane <= before.lane {
				chosen = before
			} else {
				todo = append(todo, key)
			}
			earlier.add(chosen.outer, false) // each is tried on its own
			r.chosen[key] = chosen
		}
	}
	return todo
}

// survey tries the calls, and looks at their accounts, in one request.
func (c *Containment) survey(ctx context.Context, r reckoning, candidates []Candidate, keys []trialKey) {
	var survey ops.Survey
	for _, key := range keys {
		s, chosen := candidates[key.candidate].Action.Steps[key.step], r.chosen[key]
		survey.Trials = append(survey.Trials, s.trial(chosen.outer.try, r.at, nil, nil))
		from := s.Lanes[chosen.lane].From
		if _, known := r.accounts[from]; !known && !slices.Contains(survey.Accounts, from) {
			survey.Accounts = append(survey.Accounts, from)
		}
	}
	found, err := c.Chain.Survey(ctx, survey)
	maps.Copy(r.accounts, found.Accounts)
	for i, key := range keys {
		failed := err
		var result ops.TrialResult
		if err == nil {
			result, failed = found.Trials[i], found.Failed[i]
		}
		r.tried[key] = candidates[key.candidate].Action.Steps[key.step].read(r.chosen[key].lane, survey.Trials[i], result, failed)
	}
}

// complete reads what the block's readings lack.
func (c *Containment) complete(ctx context.Context, at ops.BlockRef, now ops.Readings, candidates []Candidate) ops.Readings {
	whole := ops.Readings{}
	read := func(wanted []ops.Read) {
		var missing []ops.Read
		for _, r := range wanted {
			if reading, ok := now[r]; ok {
				whole[r] = reading
			} else if _, ok := whole[r]; !ok && !slices.Contains(missing, r) {
				missing = append(missing, r)
			}
		}
		if len(missing) == 0 {
			return
		}
		readings, err := c.Chain.Read(ctx, at, missing)
		if err != nil {
			return // each line says what it lacks
		}
		for r, reading := range ops.ReadingsOf(readings) {
			whole[r] = reading
		}
	}
	wanted := func() (out []ops.Read) {
		for _, k := range candidates {
			out = append(out, c.BoardReads([]Action{k.Action})...)
		}
		return out
	}
	read(wanted())
	if c.learn(whole, candidates) { // a proxy that was upgraded, or is seen for the first time
		read(wanted())
	}
	return whole
}

// learn remembers what the slots of proxies name; it says whether that is new.
func (c *Containment) learn(now ops.Readings, candidates []Candidate) (news bool) {
	for _, k := range candidates {
		for _, s := range k.Action.Steps {
			for _, w := range s.Written {
				reading, ok := now[slotOf(w.Address)]
				if !w.Proxy || !ok || reading.Status != ops.ReadOK || len(reading.Data) < common.HashLength {
					continue
				}
				names := common.BytesToAddress(reading.Data[:common.HashLength])
				c.mu.Lock()
				if c.behind == nil {
					c.behind = map[common.Address]common.Address{}
				}
				if c.behind[w.Address] != names {
					c.behind[w.Address], news = names, true
				}
				c.mu.Unlock()
			}
		}
	}
	return news
}
