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
// while the console was blind): the source says since when they are seen. A block whose
// traces are longer than is read (24 MiB) is UNKNOWN, and whoever pays for its gas can make
// it so. Who is behind an address.
//
// What it would have shown. UwU Lend and KiloEx (the same address comes back after the pause
// is over), Radiant (attack contracts deployed days before), Ronin's second hit.
//
// It must never read anything itself, and never take a block whose transactions could not be
// read for one without calls.
package caller

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

// Kind is what a policy calls the detector.
const Kind = "caller"

// Gives are the arguments that a breach gives to its runbook: who called last.
var Gives = []string{"account"}

// Detector watches who calls some contracts, which nobody of the accounts may. A call is a
// breach for as long as the window is.
type Detector struct {
	Watched  watch.List
	Accounts map[common.Address]bool
	watch.Window
}

// Source says what is watched.
func (d *Detector) Source() string {
	return fmt.Sprintf("calls of %s by those listed (%d) within %s", d.Watched, len(d.Accounts), ops.Duration(d.Over))
}

// Reads are the transactions to each contract, and the calls inside transactions.
func (d *Detector) Reads() []ops.Read {
	var out []ops.Read
	for _, w := range d.Watched {
		out = append(out, w.Sent(), w.Inner())
	}
	return out
}

// Direct are the calls that transactions make, of all contracts or none.
func (d *Detector) Direct(now ops.Readings) (seen []watch.Sight, err error) {
	for _, w := range d.Watched {
		found, err := calldata.InvokedBy(now, w.Sent(), d.Accounts)
		if err != nil {
			return nil, err
		}
		seen = append(seen, d.of(w, found, "directly")...)
	}
	return seen, nil
}

// Inside are the calls inside transactions, where somebody traces.
func (d *Detector) Inside(now ops.Readings) (seen []watch.Sight, unable string, err error) {
	for _, w := range d.Watched {
		if r := now[w.Inner()]; r.Status == ops.ReadUnable {
			return seen, r.Err, nil
		}
		found, err := calldata.InvokedBy(now, w.Inner(), d.Accounts)
		if err != nil {
			return seen, "", err
		}
		seen = append(seen, d.of(w, found, "inside a transaction")...)
	}
	return seen, "", nil
}

// of are the calls of a contract, made by those who may not.
func (d *Detector) of(w watch.Contract, found []ops.Invocation, how string) (seen []watch.Sight) {
	for _, i := range found {
		if i.To == w.Address {
			seen = append(seen, call{i.From, i.Tx, w.Name, how})
		}
	}
	return seen
}

// call is one call by a listed account.
type call struct {
	account common.Address
	tx      common.Hash
	of      string // the contract's name
	how     string
}

func (c call) String() string {
	return fmt.Sprintf("%s called %s %s, %s", c.account.Hex(), c.of, c.how, c.tx.TerminalString())
}

func (c call) Gives() map[string]string { return map[string]string{"account": c.account.Hex()} }
