package contain

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// trialKey names a call of a candidate.
type trialKey struct{ candidate, step int }

// reckoning is everything that was learned for one board.
type reckoning struct {
	at       ops.BlockRef
	now      ops.Readings
	tried    map[trialKey]tried
	chosen   map[trialKey]choice
	accounts map[common.Address]ops.Account // that were looked at
}

// verdict is whether one call would work.
type verdict struct {
	state ops.ReadyState
	gas   uint64
	why   []string
	held  bool      // what it would bring about holds already
	until time.Time // when its caller's authority ends; zero where nothing says so
}

func (v *verdict) worse(to ops.ReadyState, format string, args ...any) {
	v.why = append(v.why, fmt.Sprintf(format, args...))
	v.state = max(v.state, to)
}

// ready fills in a candidate's line: it is as ready as the worst of its calls that
// would be sent.
func (c *Containment) ready(r reckoning, i int, k Candidate) ops.Readiness {
	line := k.Line
	line.At, line.State, line.Gas, line.Done, line.Lanes = r.at, ops.Ready, 0, true, nil
	calls := 0
	out := map[string]bool{} // the steps that are left out
	for n, s := range k.Action.Steps {
		t, tried := r.tried[trialKey{i, n}]
		if !tried || s.Instead && !replaces(k.Action, s, out) {
			continue
		}
		if why := s.unfit(r.now); why != "" {
			out[s.ID] = true
			line.Why = append(line.Why, s.ID+" is left out: "+why)
			line.State = max(line.State, ops.Impaired)
			continue
		}
		if calls++; calls == 1 {
			line.Lanes = s.going()
		}
		v := c.judgeCall(r, s, r.chosen[trialKey{i, n}], t)
		lane := r.chosen[trialKey{i, n}].lane
		if next, more := s.lane(lane + 1); v.state == ops.Dead && s.OnFailure == NextLane && lane+1 < len(s.Lanes) && more {
			v.why = append(v.why, s.Lanes[next].Name+" is tried after it")
		}
		line.Gas += v.gas
		line.Done = line.Done && v.held
		if !v.until.IsZero() && (line.Until.IsZero() || v.until.Before(line.Until)) {
			line.Until = v.until
		}
		if line.State == ops.ReadyUnknown || v.state == ops.ReadyUnknown {
			line.State = ops.ReadyUnknown
		} else {
			line.State = max(line.State, v.state)
		}
		for _, w := range v.why {
			if calls > 1 {
				w = s.ID + ": " + w
			}
			line.Why = append(line.Why, w)
		}
		if calls == 1 {
			line.From = s.Lanes[r.chosen[trialKey{i, n}].lane].caller()
		}
	}
	line.Done = line.Done && calls > 0
	if err := c.checkShots(k.Action); err != nil && !line.Done {
		line.State, line.Why = ops.Dead, append(line.Why, err.Error())
	}
	return line
}

// replaces reports whether a step is run in the place of one that is left out.
func replaces(a Action, s Step, out map[string]bool) bool {
	return slices.ContainsFunc(a.Steps, func(other Step) bool { return other.Otherwise == s.ID && out[other.ID] })
}

// unfit says why a step would be left out at the block of the readings; empty when it
// would be run.
func (s Step) unfit(now ops.Readings) string {
	if s.When == nil {
		return ""
	}
	why := unmet(s.When, now)
	if why == "" {
		return ""
	}
	if s.Takes != nil && s.Takes.Judge(now, nil).Verdict == ops.Breach {
		why = fmt.Sprintf("DEAD for now, %s does not hold and it must take effect within %s", s.Takes.Source(), ops.Duration(s.Within))
	}
	return why
}

// judgeCall judges one call by the lane that would send it.
func (c *Containment) judgeCall(r reckoning, s Step, chosen choice, t tried) verdict {
	n := chosen.lane
	l := s.Lanes[n]
	v := verdict{state: ops.Ready, gas: t.gas}
	if !chosen.goes {
		v.worse(ops.Dead, "this console has no key for it")
	} else if err := l.away(); err != nil { // else another would be taken
		v.worse(ops.Dead, "lane %s: %s", l.Name, err)
	}
	for _, w := range append(s.passed(n), chosen.passed...) {
		v.worse(ops.Impaired, "%s", w)
	}
	if !t.ran {
		return verdict{state: ops.ReadyUnknown, why: append(v.why, t.warnings...)}
	}
	if t.held || t.gas == 0 && s.Expect.Judge(r.now, nil).Verdict == ops.OK {
		return verdict{state: ops.Ready, held: true, why: []string{s.Expect.Source() + " holds already"}}
	}
	if s.Authority != nil {
		v.lasts(s.term(r.now, r.at))
	}
	if t.gas == 0 {
		v.worse(ops.Dead, "%s", t.warnings[len(t.warnings)-1])
		return v
	}
	switch o := chosen.outer; {
	case o.blind:
		return verdict{state: ops.ReadyUnknown, gas: t.gas, why: append(v.why, o.dead.Error())}
	case o.dead != nil:
		v.worse(ops.Dead, "%s", o.dead)
	}
	for _, w := range slices.Concat(s.Doubts, chosen.outer.doubts) {
		v.worse(ops.Impaired, "%s", w)
	}
	code, doubts := c.written(r.now, s)
	for _, w := range append(t.warnings, doubts...) {
		v.worse(ops.Impaired, "%s", w)
	}
	if s.Takes != nil {
		switch a := s.Takes.Judge(r.now, nil); a.Verdict {
		case ops.Breach:
			v.worse(ops.Dead, "too late: %s does not hold (%s), and it must take effect within %s", s.Takes.Source(), a.Observed, ops.Duration(s.Within))
		case ops.Unknown:
			v.worse(ops.Impaired, "%s is not known: %s", s.Takes.Source(), a.Why)
		}
	}
	if l.Print {
		return v // what the account of somebody else holds is theirs to know
	}
	account, known := r.accounts[l.From]
	if !known {
		return verdict{state: ops.ReadyUnknown, gas: t.gas, why: append(v.why, "its account could not be read")}
	}
	v.pays(account, t.gas)
	c.behindIt(s, n, r.now, &v)
	c.ladderReady(s, n, account, code, r.at, &v)
	return v
}

// lasts takes in until when the caller may do it. That it has ended does not make the
// call dead: whether it would work is what the simulation says.
func (v *verdict) lasts(t term) {
	v.until = t.ends
	if t.doubt != "" {
		v.worse(ops.Impaired, "%s", t.doubt)
	}
}

// pays judges whether the account can pay for the gas, today and in a spike.
func (v *verdict) pays(a ops.Account, gas uint64) {
	cost := new(big.Int).Mul(new(big.Int).Add(a.BaseFee, a.Tip), new(big.Int).SetUint64(gas*gasHeadroom))
	switch {
	case a.Balance.Cmp(cost) < 0:
		v.worse(ops.Dead, "the account holds %s and %s are needed", Ether(a.Balance), Ether(cost))
	case a.Balance.Cmp(new(big.Int).Mul(cost, big.NewInt(feeHeadroom))) < 0:
		v.worse(ops.Impaired, "the account holds %s: not enough for a spike of the base fee", Ether(a.Balance))
	}
	if a.Pending > a.Nonce {
		v.worse(ops.Impaired, "another transaction of the account waits in the pool")
	}
}

// written warns of contracts that no longer run the code that a step was written
// for. target is what runs at the call's target: zero where it was not read.
func (c *Containment) written(now ops.Readings, s Step) (target common.Hash, warnings []string) {
	for _, w := range s.Written {
		address := w.Address
		if w.Proxy {
			c.mu.Lock()
			address = c.behind[w.Address]
			c.mu.Unlock()
		}
		r, ok := now[codeOf(address)]
		if !ok || r.Status != ops.ReadOK || len(r.Data) < common.HashLength {
			warnings = append(warnings, fmt.Sprintf("the code of %s could not be read %s", w.Name, r.Err))
			continue
		}
		runs := common.BytesToHash(r.Data[:common.HashLength])
		if w.Address == s.Call.To {
			target = runs
		}
		if runs != w.Want {
			warnings = append(warnings, fmt.Sprintf("%s runs code %s, and the step was written for %s", w.Name, short(runs), short(w.Want)))
		}
	}
	return target, warnings
}

// holds reports whether what the step would bring about is so at a block: UNKNOWN where
// that could not be read.
func (c *Containment) holds(ctx context.Context, s Step, at ops.BlockRef) ops.Assessment {
	readings, err := c.Chain.Read(ctx, at, s.Expect.Reads())
	if err != nil {
		return ops.Assessment{Verdict: ops.Unknown, Why: err.Error()}
	}
	return s.Expect.Judge(ops.ReadingsOf(readings), nil)
}
