// Package timelock reads the queues of timelock contracts: what waits, until when, what
// it will do in plain words, and whether it is what was approved.
//
// It is pure, and must never take an operation's word for what it is: ids are
// recomputed from the calls, and an id that does not come out is UNKNOWN, never
// approved. Each kind of contract is a Source, in a file of its own that names where
// its facts come from; what a governor has before it is the docket's.
package timelock

import (
	"cmp"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Timelock is one queue contract and what is needed to read it.
type Timelock struct {
	ID        string
	Kind      string // one of Kinds; empty for oz
	Address   common.Address
	Approved  map[common.Hash]string           // operation id to its name in a release: vault-v2 O2
	Planned   []Planned                        // the same operations, as the release says that they should be
	Code      map[common.Address][]common.Hash // the code hashes that the release allows behind a proxy
	Least     time.Duration                    // the shortest delay that the policy allows; 0 for any
	Baseline  uint64                           // the last block at which its roles were reviewed; 0: when it was set up
	Contracts map[common.Address]*abi.ABI      // for decoding calls
	Names     map[common.Address]string        // what the policy calls them
	Accounts  map[common.Address]string        // that this console can send from, by their lanes' names
	Governor  common.Address                   // whose proposals are scheduled here; zero for none
}

func (t Timelock) source() Source { return kinds[t.kind()](t) }

func (t Timelock) kind() string { return cmp.Or(t.Kind, "oz") }

// Topics are those of the events that make the queue, for a filter.
func (t Timelock) Topics() []common.Hash {
	topics := t.source().Topics()
	if t.Governor != (common.Address{}) {
		topics = append(topics, proposalTopics...)
	}
	return topics
}

// Addresses are those of the contracts whose events make the queue.
func (t Timelock) Addresses() []common.Address {
	if t.Governor != (common.Address{}) {
		return []common.Address{t.Address, t.Governor}
	}
	return []common.Address{t.Address}
}

// shorten gives each operation a spoken id: T1·4a, longer where two would clash, and
// T1·4a/7 where the contract gave the same id twice. One that its Source named already
// keeps that name.
func shorten(queue []ops.Operation) {
	ids, count := make([]string, len(queue)), map[string]int{}
	for i, o := range queue {
		if o.Short == "" {
			ids[i] = hex.EncodeToString(o.ID[:])
			count[ids[i]]++
		}
	}
	sorted := slices.Sorted(maps.Keys(count)) // only neighbours can share the most digits
	for i, id := range ids {
		o := &queue[i]
		if id == "" {
			o.Short = o.Timelock + "·" + o.Short
			continue
		}
		at, _ := slices.BinarySearch(sorted, id)
		digits := 2
		for _, other := range []int{at - 1, at + 1} {
			if other >= 0 && other < len(sorted) {
				digits = max(digits, shared(id, sorted[other])+1)
			}
		}
		o.Short = o.Timelock + "·" + id[:min(digits, len(id))]
		if count[id] > 1 {
			o.Short += "/" + o.Nonce
		}
	}
}

// shared is how many digits two ids begin with in common.
func shared(a, b string) int {
	n := 0
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

// Sorted puts what waits first, by ETA, and what is over last, newest first.
func Sorted(queue []ops.Operation) []ops.Operation {
	out := slices.Clone(queue)
	rank := func(o ops.Operation) int {
		switch o.State {
		case ops.OperationReady:
			return 0
		case ops.OperationWaiting:
			return 1
		case ops.OperationProposed:
			return 2
		default:
			return 3
		}
	}
	slices.SortStableFunc(out, func(a, b ops.Operation) int {
		if r := cmp.Compare(rank(a), rank(b)); r != 0 {
			return r
		}
		if rank(a) >= 2 {
			return cmp.Or(b.Scheduled.Time.Compare(a.Scheduled.Time), cmp.Compare(b.Scheduled.Number, a.Scheduled.Number)) // by time: it may be of several chains
		}
		switch { // never is later than any time
		case a.ETA.IsZero() && !b.ETA.IsZero():
			return 1
		case b.ETA.IsZero() && !a.ETA.IsZero():
			return -1
		}
		return a.ETA.Compare(b.ETA)
	})
	return out
}
