// Package canary keeps the window in which a release is watched: how long it
// still runs, how much value the upgraded path moved in the last interval, who
// used it, and whether promotion is frozen.
//
// It is pure, and counts in chain time only: a wall clock never opens, closes or
// spends anything. It must never send: what it freezes is promotion, inside the
// console.
package canary

import (
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
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

// State is what a window remembers between blocks.
type State struct {
	opened   ops.BlockRef
	ledger   []spent
	users    map[common.Address]uint64 // the block of their first use
	unspent  []unread                  // amounts that could not be read
	unnamed  []unread                  // users that could not be read
	counted  tally
	frozenBy string
	frozenAt ops.BlockRef
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
	total, fresh := new(big.Int), map[common.Address]bool{}
	for _, l := range logs {
		if c.Spends.matches(l) {
			if n, err := moved(c.Spends, l); err != nil {
				s.unspent = noted(s.unspent, at, err)
			} else {
				total.Add(total, n)
			}
		}
		if c.User.matches(l) {
			if a, err := user(c.User, l); err != nil {
				s.unnamed = noted(s.unnamed, at, err)
			} else if _, ok := s.users[a]; !ok {
				fresh[a] = true
			}
		}
	}
	if len(fresh) > 0 {
		users := make(map[common.Address]uint64, len(s.users)+len(fresh))
		maps.Copy(users, s.users)
		for a := range fresh {
			users[a] = at.Number
		}
		s.users = users
	}
	s.ledger = slices.Clone(s.ledger)
	if total.Sign() > 0 {
		s.ledger = append(s.ledger, spent{block: at, amount: total})
	}
	old := at.Time.Add(-c.Interval - slack)
	s.ledger = slices.DeleteFunc(s.ledger, func(e spent) bool { return e.block.Time.Before(old) })
	s.unspent = slices.DeleteFunc(slices.Clone(s.unspent), func(u unread) bool { return u.block.Time.Before(old) })
	return s
}

// Miss counts blocks that could not be judged, the last of them with the number:
// a window is as good as what was seen of it.
func (s State) Miss(number, n uint64) State {
	if !s.opened.Zero() {
		s.counted = s.counted.miss(number, n)
	}
	return s
}

// Drop forgets what a reorg took back: the blocks from the number on. What was
// frozen stays so: loosening is a person's to decide.
func (s State) Drop(from uint64) State {
	s.ledger = slices.DeleteFunc(slices.Clone(s.ledger), func(e spent) bool { return e.block.Number >= from })
	s.unspent = slices.DeleteFunc(slices.Clone(s.unspent), func(u unread) bool { return u.block.Number >= from })
	s.unnamed = slices.DeleteFunc(slices.Clone(s.unnamed), func(u unread) bool { return u.block.Number >= from })
	users := maps.Clone(s.users)
	maps.DeleteFunc(users, func(_ common.Address, n uint64) bool { return n >= from })
	s.users = users
	s.counted = s.counted.drop(from)
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

// Largest finds the transaction whose event moved the most among the logs.
func (c Canary) Largest(logs []ops.Log) (common.Hash, bool) {
	var most *big.Int
	var tx common.Hash
	for _, l := range logs {
		if !c.Spends.matches(l) {
			continue
		}
		if n, err := moved(c.Spends, l); err == nil && (most == nil || n.Cmp(most) > 0) {
			most, tx = n, l.Tx
		}
	}
	return tx, most != nil
}
