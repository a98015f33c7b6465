package contain

import (
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
	Step     Step          // the one call
	Control  []ControlStep // what follows it inside the console
	Steps    int
	Until    Condition     // contained_when
	Cooldown time.Duration // after it was run, doing it again is worth a warning
	Blocks   uint64        // for how many blocks it has to hold
	Needs    []string      // ids of the steps that must be in effect
}

// Step is the call that an action sends.
type Step struct {
	ID       string
	Title    string
	Call     ops.Call
	Restrict bool
	Stops    string
	Lane     string
	Signer   Signer // nil when this console has no key for the lane
	From     common.Address
	Expect   Condition
	Written  []Written
}

// Written says which code a step was written for.
type Written struct {
	Name    string
	Address common.Address
	Proxy   bool
	Want    common.Hash
}

// ControlStep is one step inside the console.
type ControlStep struct {
	ID      string
	Title   string
	Control string
}

// Digest commits to everything that a confirmation is about. Nonce and fees are
// not part of it: they are the lane's business, and shown.
func (a Action) Digest(chain ops.ChainID) common.Hash {
	sep := []byte{0}
	return crypto.Keccak256Hash(
		a.Hash[:], []byte(a.Step.ID), sep, []byte(strconv.FormatUint(uint64(chain), 10)), sep,
		a.Step.Call.To[:], []byte(a.Step.Call.Value), sep, a.Step.From[:], a.Step.Call.Data,
	)
}
