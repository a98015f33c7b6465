// Package lane is the detector of a bridge's or messenger's lane between two chains: what
// is executed on one must have been sent on the other. It is D5 of the failure modes.
//
// What it sees. Each message by the id that both events name. One that was executed and
// never sent, or before it was sent. One that was executed twice. One with which more is
// released than was locked, where both events name an amount in the same unit. One whose
// delivery failed, or that was not executed within a time. Each chain's loop folds its own
// events, reorgs included; the loop of the chain on which messages are executed compares,
// and its runbook answers. An origin may be seen later than the execution: until the other
// chain was seen past the execution and a grace, that is UNKNOWN, and then a breach. The
// other chain dead, unread in part or further behind than the grace: UNKNOWN, never OK. What
// one side proves by itself (a message executed twice) is a breach even then, and no standing
// order answers it while the other side is not known.
//
// What it cannot see. A message whose id the sending contract forges too: both chains then
// agree. What a message does. Messages sent before sent_from: name the block at which the
// lane was made. A root, a validator set or a limit that moved is no message: write an
// invariant (home.root() == prev(home.root()), or against a constant of the policy), and
// alike for what both chains must have in common. With one chain alone (--chain, replay) it
// is UNKNOWN. More than 65,536 events of one side are not kept: it says so, and is UNKNOWN;
// name a later block then. They are read back from that block on at every start.
//
// What it would have shown. Nomad: the first of the copied transactions, in its block and the
// grace, for no message with that root was ever sent. Ronin in 2022 and 2024: withdrawals
// that nobody asked for on the other side. Wormhole in 2022: minted, and never locked. The
// window is that of the second theft, not of the first.
//
// It must never read anything itself, and never take a message that it was not told of for
// one that does not exist.
package lane

import (
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Gives is what a breach gives to its runbook: the id of the first message that is out of
// order, as bytes32.
var Gives = []string{"message"}

// Event is an event that names messages, and by which of its inputs. Amount is below zero
// where it names none.
type Event struct {
	Contract common.Address
	Event    abi.Event
	ID       int
	Amount   int
	Failed   bool // it tells of a delivery that failed
}

// End is where messages of a lane are seen on one chain, from a block on.
type End struct {
	Lane   ops.DetectorID
	Chain  string
	Events []Event
	From   uint64
}

// Lane is what is demanded of the messages between two ends. Within is how long a message
// may wait, 0 for any time; Grace how far one chain may be behind the other; Over how long a
// message that failed or waits too long is in breach.
type Lane struct {
	Sent     string // the chain
	Executed End
	Within   time.Duration
	Grace    time.Duration
	Over     time.Duration
	Says     string // what was written
}

// Reads are none: what is compared are events.
func (l *Lane) Reads() []ops.Read { return nil }

// Source is what the policy says.
func (l *Lane) Source() string { return l.Says }

// Judge knows nothing without a memory of the events.
func (l *Lane) Judge(_, _ ops.Readings) ops.Assessment {
	return ops.Assessment{Verdict: ops.Unknown, Why: "nothing is remembered of the messages before"}
}
