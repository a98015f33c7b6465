package timelock_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

// released is a lock whose release approves calls 1 to n, in this order.
func (k kind) released(n int) timelock.Timelock {
	lock := k.lock()
	for i := 1; i <= n; i++ {
		name := fmt.Sprintf("v2 O%d", i)
		lock.Approved[k.id(i)] = name
		lock.Planned = append(lock.Planned, timelock.Planned{ID: k.id(i), Name: name, Calls: []ops.Call{call(i)}})
	}
	return lock
}

func named(kindName string) kind {
	for _, k := range kinds {
		if k.name == kindName {
			return k
		}
	}
	panic(kindName)
}

// Who may choose the order of a release's operations is judged in each kind, or the row
// says why there is nothing to choose.
func TestTheOrderOfAReleaseIsJudgedInEachKind(t *testing.T) {
	added := func(k kind, calls ...int) (logs []ops.Log) {
		for nonce, n := range calls {
			l := k.added(at(1, 0), n, uint64(nonce))
			l.Index = uint(nonce)
			logs = append(logs, l)
		}
		return logs
	}
	for name, c := range map[string]struct {
		kind     string
		calls    []int
		governor common.Address
		silent   string
		want     []string // of each operation
	}{
		"an admin":              {"compound", []int{1, 2}, common.Address{}, "", []string{"ok its admin 0x408E…24C3 alone executes it, before or after T1·", "ok its admin"}},
		"a governor":            {"compound", []int{1, 2}, caller, "", []string{"breach anybody may have the governor execute it before or after T1·", "breach anybody may"}},
		"an admin unread":       {"compound", []int{1, 2}, caller, "admin()", []string{"unknown who may execute it before T1·", "unknown who"}},
		"one alone":             {"compound", []int{1}, caller, "", []string{""}},
		"a caller":              {"access-manager", []int{1, 2}, common.Address{}, "", []string{"ok its caller 0x408E…24C3 alone executes it, before or after T1·", "ok its caller"}},
		"as the release says":   {"delay", []int{1, 2, 3}, common.Address{}, "", []string{"ok first in, first out", "ok first in", "ok first in"}},
		"not as it says":        {"delay", []int{2, 3, 1}, common.Address{}, "", []string{"breach is executed before T1·2 v2 O1, and its release says after", "breach is executed before T1·2 v2 O1", "ok first in"}},
		"nobody's in between":   {"delay", []int{1, 9, 2}, common.Address{}, "", []string{"ok first in", "", "ok first in"}},
		"nobody's, of an admin": {"compound", []int{8, 9}, common.Address{}, "", []string{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			k := named(c.kind)
			lock := k.released(3)
			lock.Governor = c.governor
			l := lock.Start()
			l.Take(added(k, c.calls...))
			answers := map[string]*big.Int{}
			for name, n := range k.answers {
				if name != c.silent {
					answers[name] = n
				}
			}
			queue := l.Queue(at(2, 1), said(l.Asks(), answers))
			for i, n := range c.calls {
				got := ""
				for _, o := range queue {
					for _, h := range o.Hazards {
						if o.ID == k.id(n) && h.Kind == ops.HazardOrder {
							got += h.Verdict.String() + " " + h.Text
						}
					}
				}
				if !strings.HasPrefix(got, c.want[i]) || (got == "") != (c.want[i] == "") {
					t.Errorf("call %d: %q, want %q", n, got, c.want[i])
				}
			}
		})
	}
}

// What should wait and does not is missed in each kind; what may have been there before
// the history that is read is not known.
func TestWhatIsMissingIsMissedInEachKind(t *testing.T) {
	k := func(name string) kind { return named(name) }
	number := func(n int64) *big.Int { return big.NewInt(n) }
	for name, c := range map[string]struct {
		kind string
		logs []ops.Log
		say  map[string]*big.Int // by the beginning of the read's name
		want string
	}{
		"never queued":                 {"compound", nil, map[string]*big.Int{"queuedTransactions(": number(0)}, "breach v2 O1 is approved, and should wait since 20"},
		"queued before the logs":       {"compound", nil, map[string]*big.Int{"queuedTransactions(": number(1)}, ""},
		"nobody answers":               {"compound", nil, nil, "unknown v2 O1 is approved, and should wait since"},
		"expired":                      {"compound", []ops.Log{k("compound").added(at(1, 0), 1, 0)}, map[string]*big.Int{"GRACE_PERIOD()": number(60)}, "breach v2 O1 is approved, and expired: nobody executed it before 2026-11-23 00:01Z"},
		"never scheduled":              {"access-manager", nil, map[string]*big.Int{"getSchedule(": number(0), "getNonce(": number(0)}, "breach v2 O1 is approved, and should wait"},
		"scheduled before the logs":    {"access-manager", nil, map[string]*big.Int{"getSchedule(": number(1900000000), "getNonce(": number(1)}, ""},
		"over before the logs":         {"access-manager", nil, map[string]*big.Int{"getSchedule(": number(0), "getNonce(": number(2)}, "unknown v2 O1 is approved, and should wait since 2026-11-21 00:00Z: but it was scheduled before the history"},
		"cancelled":                    {"access-manager", []ops.Log{k("access-manager").added(at(1, 0), 1, 1), k("access-manager").other(at(2, 1), 1, 1)[1]}, nil, "breach v2 O1 is approved, and was cancelled at #2"},
		"cancelled, and there again":   {"access-manager", []ops.Log{k("access-manager").added(at(1, 0), 1, 1), k("access-manager").other(at(2, 1), 1, 1)[1], k("access-manager").added(at(3, 2), 1, 2)}, nil, ""},
		"never added":                  {"delay", nil, map[string]*big.Int{"txNonce()": number(0)}, "breach v2 O1 is approved, and should wait"},
		"perhaps before the logs":      {"delay", nil, map[string]*big.Int{"txNonce()": number(3)}, "unknown v2 O1 is approved, and should wait since 2026-11-21 00:00Z: but 3 were queued before"},
		"behind what comes after it":   {"delay", []ops.Log{k("delay").added(at(1, 0), 2, 0)}, map[string]*big.Int{"txNonce()": number(0), "txCooldown()": number(delay), "txExpiration()": number(0)}, "breach v2 O1 is approved and does not wait, and T1·0, which its release puts after it, is before it in the queue"},
		"how far a delay is not known": {"delay", nil, nil, "unknown v2 O1 is approved"},
	} {
		t.Run(name, func(t *testing.T) {
			lock := k(c.kind).released(2)
			lock.Planned[0].From = start
			l := lock.Start()
			l.Take(c.logs)
			now := ops.Readings{}
			for _, r := range l.Asks() {
				for prefix, n := range c.say {
					if strings.HasPrefix(strings.TrimPrefix(r.Name, "T1."), prefix) {
						now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: common.BigToHash(n).Bytes()}
					}
				}
			}
			block := at(9, delay+3600)
			got := ""
			for _, h := range l.About(l.Queue(block, now), block, now).Hazards {
				if h.Kind == ops.HazardMissing {
					got += h.Verdict.String() + " " + h.Text
				}
			}
			if !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
