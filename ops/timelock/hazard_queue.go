package timelock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What is wrong with an operation among the others, at one block.

// endanger adds to everything that waits what is wrong with it.
func (l *Ledger) endanger(queue []standing, now ops.Readings) {
	makes := map[common.Hash][]string{} // the same calls
	groups := map[string][]string{}     // of one release, whose order is open
	for i := range queue {
		o := &queue[i].op
		if waits(*o) && len(o.Calls) > 0 {
			makes[queue[i].e.same] = append(makes[queue[i].e.same], o.Short)
		}
		if waits(*o) {
			groups[release(o.ApprovedAs)] = append(groups[release(o.ApprovedAs)], o.Short)
		}
	}
	for i := range queue {
		o, e := &queue[i].op, queue[i].e
		if !waits(*o) {
			continue
		}
		o.Hazards = slices.Clone(o.Hazards)
		add := func(kind ops.HazardKind, v ops.Verdict, format string, args ...any) {
			o.Hazards = append(o.Hazards, ops.Hazard{Kind: kind, Verdict: v, Text: fmt.Sprintf(format, args...)})
		}
		identified(*o, add)
		if !o.Again.Zero() {
			add(ops.HazardAgain, ops.Breach, "it was cancelled at #%d, and scheduled again at #%d", o.Again.Number, o.Scheduled.Number)
		}
		if others := except(makes[e.same], o.Short); len(o.Calls) > 0 && len(others) > 0 {
			add(ops.HazardDuplicate, ops.Breach, "%s makes the same calls", listed(others))
		}
		l.replaces(queue, queue[i], add)
		l.hurries(*o, add)
		if others := except(groups[release(o.ApprovedAs)], o.Short); len(others) > 0 && now != nil {
			l.unordered(*o, queue, others, now, add)
		}
		for _, u := range e.puts {
			l.foreign(u, now, add)
		}
		gravest(o.Hazards)
	}
}

type adding func(kind ops.HazardKind, v ops.Verdict, format string, args ...any)

// identified says whether the operation is known for what it is, and approved.
func identified(o ops.Operation, add adding) {
	why := ""
	for _, c := range o.Checks {
		if c.Verdict != ops.OK && why == "" {
			why = c.Why
		}
	}
	if why == "" && o.Approved == ops.Unknown {
		why = "its id could not be recomputed"
	}
	if o.Approved == ops.Breach {
		add(ops.HazardUnexpected, ops.Breach, "is in no approved release")
	}
	if why == "" {
		return
	}
	if o.Approved != ops.Breach {
		add(ops.HazardUnexpected, ops.Unknown, "%s", why)
	}
	if !slices.ContainsFunc(o.Hazards, func(h ops.Hazard) bool { return h.Kind == ops.HazardID && h.Verdict == ops.Breach }) {
		add(ops.HazardID, ops.Unknown, "%s", why)
	}
}

// replaces finds the approved operation in whose place one stands that is not.
func (l *Ledger) replaces(queue []standing, s standing, add adding) {
	if s.op.Approved != ops.Breach || len(s.op.Calls) == 0 {
		return
	}
	for _, p := range l.lock.Planned {
		if fingerprint(p.Calls) == s.e.same {
			add(ops.HazardReplaced, ops.Breach, "makes the calls of %s under another salt or predecessor", p.Name)
			return
		}
	}
	for _, p := range l.lock.Planned {
		for i := range queue {
			if was := &queue[i].op; was.ID == p.ID && was.State == ops.OperationCancelled && sameFunction(p.Calls, s.op.Calls) {
				add(ops.HazardReplaced, ops.Breach, "calls the same function as %s, which was cancelled at #%d", p.Name, was.Ended.Number)
				return
			}
		}
	}
}

// sameFunction reports whether some call of each is of one function of one contract.
func sameFunction(a, b []ops.Call) bool {
	for _, x := range a {
		for _, y := range b {
			if x.To == y.To && len(x.Data) >= 4 && len(y.Data) >= 4 && string(x.Data[:4]) == string(y.Data[:4]) {
				return true
			}
		}
	}
	return false
}

// hurries says that less time is left than the policy, or its release, wants.
func (l *Ledger) hurries(o ops.Operation, add adding) {
	if o.ETA.IsZero() {
		return
	}
	waits := o.ETA.Sub(o.Scheduled.Time)
	if waits < l.lock.Least {
		add(ops.HazardDelay, ops.Breach, "waits for %s, the policy allows %s", ops.Duration(waits), ops.Duration(l.lock.Least))
	} else if p, ok := l.planned(o.ID); ok && o.Approved == ops.OK && waits < p.Delay {
		add(ops.HazardDelay, ops.Breach, "waits for %s, its release says %s", ops.Duration(waits), ops.Duration(p.Delay))
	}
}

func (u upgrade) ask() ops.Read {
	return ops.Read{Kind: ops.ReadCode, To: u.code, Name: "codehash(" + u.code.Hex() + ")"}
}

// foreign says that code is not what its release names.
func (l *Ledger) foreign(u upgrade, now ops.Readings, add adding) {
	if now == nil {
		return
	}
	proxy := l.lock.Names[u.proxy]
	if proxy == "" {
		proxy = u.proxy.Hex()
	}
	r := now[u.ask()]
	switch {
	case r.Status == ops.ReadNoCode:
		add(ops.HazardCode, ops.Breach, "%s upgrades %s to %s, where there is no code", u.where, proxy, u.code.Hex())
	case r.Status != ops.ReadOK || len(r.Data) != 32:
		add(ops.HazardCode, ops.Unknown, "%s upgrades %s to code that could not be read", u.where, proxy)
	case !slices.Contains(l.lock.Code[u.proxy], common.BytesToHash(r.Data)):
		add(ops.HazardCode, ops.Breach, "%s upgrades %s to code that the release does not name: %s", u.where, proxy, common.BytesToHash(r.Data).Hex())
	}
}

// release is that of an operation's name in it; empty for one of none.
func release(as string) string {
	i := strings.LastIndexByte(as, ' ')
	return as[:max(i, 0)]
}

func except(all []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}

// mostListed is how many operations a sentence names.
const mostListed = 4

func listed(shorts []string) string {
	if n := len(shorts) - mostListed; n > 0 {
		return fmt.Sprintf("%s and %d others", strings.Join(shorts[:mostListed], ", "), n)
	}
	return strings.Join(shorts, ", ")
}
