package contain

import (
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Condition is a compiled expression. Judge is pure.
type Condition interface {
	Source() string
	Reads() []ops.Read
	Judge(now, parent ops.Readings) ops.Assessment
}

// Action is a runbook made ready for one finding: every argument is bound.
type Action struct {
	Runbook  ops.RunbookID
	Name     string
	Hash     common.Hash // of the runbook's file
	Phrase   string
	Args     map[string]string
	Steps    []Step        // in the order in which they are run
	Until    Condition     // contained_when
	People   uint64        // who have to confirm it; 0 is one
	Cooldown time.Duration // after it was run, doing it again is worth a warning
	Shots    uint64        // how often people may run it, ever; 0: as often as needed
	Blocks   uint64        // for how many blocks it has to hold
	Needs    []string      // ids of the steps that must be in effect
}

// Step is one thing that an action does: it sends a call, runs a control of the
// console, or asks a person.
type Step struct {
	ID        string
	Title     string
	Restrict  bool
	Stops     string
	OnFailure OnFailure
	Parallel  bool // it does not wait for the step before it

	When      Condition // nil: always; where it does not hold the step is left out
	Otherwise string    // the step that is run in its place then
	Instead   bool      // another step names it: it is never run by itself

	Call    ops.Call
	Lanes   []Lane    // in the order in which they are tried
	Expect  Condition // what holds once the call took effect
	Witness Witness   // nil: Expect alone proves it
	Doubts  []string  // what is known against it before it is tried
	May     string    // who may make the call, in words; said where it reverts, empty where nobody knows
	Written []Written
	Within  time.Duration // it must have taken effect by then; 0 for no limit
	Takes   Condition     // that the chain lets it take effect within Within; nil: at once

	Authority Authority     // nil: it does not end
	Warn      time.Duration // how long before its end that is a doubt

	Control string
	Ask     *Question
}

// loosens reports whether a call of the action does more than restrict.
func (a Action) loosens() bool {
	return slices.ContainsFunc(a.Steps, func(s Step) bool { return s.sends() && !s.Restrict })
}

// sends reports whether the step is a call.
func (s Step) sends() bool { return s.Control == "" && s.Ask == nil }

// Lane is one way to have a call signed.
type Lane struct {
	Name   string         // guardian · keystore
	From   common.Address // sends and pays
	Signer Signer         // nil when this console has no key for it
	Print  bool           // nobody signs here: the call is shown, and its effect waited for
	Safe   *Safe          // in whose name the call is made; nil: the account itself calls
	MaxFee *big.Int       // the most that a gas may cost, in wei; nil: see steepest
}

// Question is what a person is asked, and the answer that lets the action go on.
type Question struct {
	Challenge string
	Expected  string
}

// OnFailure is what a step that failed does to those after it.
type OnFailure int

// What follows a failed step. The zero value stops.
const (
	Stop OnFailure = iota
	Continue
	NextLane
)

// Written says which code a step was written for.
type Written struct {
	Name    string
	Address common.Address
	Proxy   bool
	Want    common.Hash
}

// Digest commits to everything that a confirmation is about: each step in its
// order, each call with its target, data and value, and the accounts that may sign
// it. Nonce and fees are not part of it: they are the lane's business, and shown.
func (a Action) Digest(chain ops.ChainID) common.Hash {
	sep := []byte{0}
	parts := [][]byte{a.Hash[:], []byte(strconv.FormatUint(uint64(chain), 10))}
	for _, s := range a.Steps {
		parts = append(parts, sep, []byte(s.ID), sep, []byte(s.Control), sep)
		if s.Ask != nil {
			parts = append(parts, []byte(s.Ask.Challenge), sep, []byte(s.Ask.Expected), sep)
		}
		data := crypto.Keccak256(s.Call.Data)
		parts = append(parts, s.Call.To[:], []byte(s.Call.Value), sep, data)
		for _, l := range s.Lanes {
			parts = append(parts, l.From[:])
			if l.Safe != nil {
				parts = append(parts, []byte("safe"), l.Safe.Address[:])
			}
			if l.Print {
				parts = append(parts, []byte("print"))
			}
		}
	}
	return crypto.Keccak256Hash(parts...)
}

// step is the place of the step with an id; -1 when there is none.
func (a Action) step(id string) int {
	for i, s := range a.Steps {
		if s.ID == id {
			return i
		}
	}
	return -1
}
