// Package caller is the detector of a listed address that calls a watched contract.
//
// What it sees. Transactions that one of the accounts sent straight to a watched contract,
// also those that failed; and, where the node traces (debug_traceBlockByHash with callTracer,
// or trace_block), calls that one of the accounts makes inside any transaction: a contract of
// an attacker on the list, called by an address that is not. It is in breach in the block of
// the call and for a time after it. It gives the account to its runbook.
//
// What it cannot see. Addresses that nobody listed: it is a list, not a judgement. Without a
// node that traces, calls inside transactions: its source says so, and direct ones are seen
// all the same. Calls inside transactions of blocks that were not judged (before the start,
// while the console was blind): the source says since when they are seen. Who is behind an
// address.
//
// What it would have shown. UwU Lend and KiloEx (the same address comes back after the pause
// is over), Radiant (attack contracts deployed days before), Ronin's second hit.
//
// It must never read anything itself, and never take a block whose transactions could not be
// read for one without calls.
package caller

import (
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Kind is what a policy calls the detector.
const Kind = "caller"

// Gives are the arguments that a breach gives to its runbook: who called last.
var Gives = []string{"account"}

// Watched is a contract that nobody on the list may call.
type Watched struct {
	Name    string
	Address common.Address
}

// Detector watches who calls some contracts. Over is how long a call stays a breach. Partial
// judges a window that is not yet full by the part there is.
type Detector struct {
	Watched  []Watched
	Accounts map[common.Address]bool
	Over     time.Duration
	Partial  bool
}

// Source says what is watched.
func (d *Detector) Source() string {
	names := make([]string, len(d.Watched))
	for i, w := range d.Watched {
		names[i] = w.Name
	}
	return fmt.Sprintf("calls of %s by %d listed accounts within %s", strings.Join(names, ", "), len(d.Accounts), d.Over)
}

// Reads are the transactions to each contract, and the calls inside transactions.
func (d *Detector) Reads() []ops.Read {
	var out []ops.Read
	for _, w := range d.Watched {
		out = append(out, w.sent(), w.inner())
	}
	return out
}

// Judge knows nothing without a memory of the blocks before.
func (d *Detector) Judge(_, _ ops.Readings) ops.Assessment {
	return ops.Assessment{Verdict: ops.Unknown, Why: "nothing is remembered of the blocks before"}
}

func (w Watched) sent() ops.Read {
	return ops.Read{Kind: ops.ReadSent, To: w.Address, Name: "the transactions to " + w.Name}
}

func (w Watched) inner() ops.Read {
	return ops.Read{Kind: ops.ReadInner, To: w.Address, Name: "the calls of " + w.Name + " inside transactions"}
}
