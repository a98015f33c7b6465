// Package canary keeps the window in which a release is watched: how long it
// still runs, how much value the upgraded path moved in the last interval, who
// used it, and whether promotion is frozen.
//
// It is pure, and counts in chain time only: a wall clock never opens, closes or
// spends anything. It must never send: what it freezes is promotion, inside the
// console.
package canary

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// EventField names one field of one contract's event.
type EventField struct {
	Contract common.Address
	Event    abi.Event
	Field    string
}

// matches reports whether the log is that event.
func (f EventField) matches(l ops.Log) bool {
	return l.Address == f.Contract && len(l.Topics) > 0 && l.Topics[0] == f.Event.ID
}

// Canary is what was committed.
type Canary struct {
	ID        string
	Release   string
	Operation common.Hash // the release's upgrade: the window opens when it is executed
	Spends    EventField
	Limit     *big.Rat
	Interval  time.Duration
	User      EventField
	Allowed   []common.Address
	Observe   time.Duration
	MinBlocks uint64
	Expires   time.Duration
	FreezeOn  []string // critical, budget, segment
	Action    ops.RunbookID
	Show      func(exact string) ops.Quantity
}

// spent is what one block moved.
type spent struct {
	block  ops.BlockRef
	amount *big.Int
}

// State is what a window remembers between blocks.
type State struct {
	opened    ops.BlockRef
	ledger    []spent
	users     map[common.Address]uint64 // the block of their first use
	unread    string                    // why an event of the interval could not be read
	green     []uint64
	judged    uint64
	frozenBy  string
	frozenAt  ops.BlockRef
	lastJudge uint64
}

// Open starts the window at the block that executed the upgrade.
func (s State) Open(at ops.BlockRef) State {
	if s.opened.Zero() {
		s.opened = at
	}
	return s
}

// Opened is where the window opened; zero while it has not.
func (s State) Opened() ops.BlockRef { return s.opened }

// Add books the logs of one block.
func (c Canary) Add(s State, at ops.BlockRef, logs []ops.Log) State {
	total := new(big.Int)
	for _, l := range logs {
		if c.Spends.matches(l) {
			v, err := calldata.Field(c.Spends.Event, l, c.Spends.Field)
			n, ok := v.(*big.Int)
			if err != nil || !ok {
				s.unread = fmt.Sprintf("an event at #%d could not be read: %v", at.Number, err)
				continue
			}
			total.Add(total, n)
		}
		if c.User.matches(l) {
			v, err := calldata.Field(c.User.Event, l, c.User.Field)
			a, ok := v.(common.Address)
			if err != nil || !ok {
				s.unread = fmt.Sprintf("an event at #%d could not be read: %v", at.Number, err)
				continue
			}
			if _, ok := s.users[a]; !ok {
				s.users = with(s.users, a, at.Number)
			}
		}
	}
	s.ledger = slices.Clone(s.ledger)
	if total.Sign() > 0 {
		s.ledger = append(s.ledger, spent{block: at, amount: total})
	}
	s.ledger = slices.DeleteFunc(s.ledger, func(e spent) bool { return !e.block.Time.After(at.Time.Add(-c.Interval)) })
	return s
}

// Drop forgets what a reorg took back: the blocks from the number on.
func (s State) Drop(from uint64) State {
	s.ledger = slices.DeleteFunc(slices.Clone(s.ledger), func(e spent) bool { return e.block.Number >= from })
	users := map[common.Address]uint64{}
	for a, n := range s.users {
		if n < from {
			users[a] = n
		}
	}
	s.users = users
	s.green = slices.DeleteFunc(slices.Clone(s.green), func(n uint64) bool { return n >= from })
	if s.opened.Number >= from {
		s.opened = ops.BlockRef{}
	}
	return s
}

// Freeze stops promotion, once; whoever froze it first is remembered.
func (s State) Freeze(by string, at ops.BlockRef) State {
	if s.frozenBy == "" {
		s.frozenBy, s.frozenAt = by, at
	}
	return s
}

// Frozen reports whether promotion is frozen.
func (s State) Frozen() bool { return s.frozenBy != "" }

func with(m map[common.Address]uint64, a common.Address, n uint64) map[common.Address]uint64 {
	out := make(map[common.Address]uint64, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	out[a] = n
	return out
}

// Largest finds the transaction whose event moved the most among the logs.
func (c Canary) Largest(logs []ops.Log) (common.Hash, bool) {
	var most *big.Int
	var tx common.Hash
	for _, l := range logs {
		if !c.Spends.matches(l) {
			continue
		}
		v, err := calldata.Field(c.Spends.Event, l, c.Spends.Field)
		if n, ok := v.(*big.Int); err == nil && ok && (most == nil || n.Cmp(most) > 0) {
			most, tx = n, l.Tx
		}
	}
	return tx, most != nil
}
