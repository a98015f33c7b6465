// Package pending is the detector of what waits in the mempool for our contracts: it says
// that somebody is about to do something, before a block says that it was done.
//
// It is one of two things. With watch: none of the accounts may call these contracts. With
// calls: nobody but the accounts may call these functions (nobody at all where none is
// named), also inside a multicall or a batch that such a contract is sent.
//
// What it sees. Transactions sent straight to those contracts, as the providers' own
// mempools have them (eth_subscribe newPendingTransactions, whole). Who sent one is known by
// its signature. It waits until its sender's nonce is used at a block, by it or by what
// replaced it, or for as long as the policy says; a reorg has it wait again. It gives the
// account of the newest to its runbook.
//
// What it cannot see. What is handed to a private relay or straight to a builder, and whoever
// steals well does that: OK says that nothing waits in the public mempool of these providers,
// and no more. What another contract calls, a router or a multisig. What waited before the
// console listened: it is not full until it has listened for its window, and a break of all
// providers, or a flood of which something was dropped, has it begin anew. A provider that
// tells nothing for a window while another tells is deaf, and vouches for nothing. Whether the
// operation that somebody executes was approved: that is a queue's. Whether it will succeed:
// it is tried at the next block, which changes no verdict, and may end otherwise. Anybody can
// have anything wait for nothing, so no standing order answers it. A chain whose sequencer
// has no public mempool tells nothing, and it is UNKNOWN there for ever; so it is where
// nobody sends anything within its window, and in check and replay, which have no mempool.
//
// What it would have shown. Whether a thief's transaction waited in public is on record for
// none of the incidents that these detectors are held against, so none is claimed. It could
// have where a stranger's own call was the harm, on a chain with a public mempool: Audius
// (initialize once more), Beanstalk (emergencyCommit), UwU Lend (the address of the first
// theft comes back). Not Sonne: its chain shows nobody what waits.
//
// It must never read anything itself, never take silence of a provider that does not tell for
// an empty mempool, and never send: it tells a person.
package pending

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

// Kind is what a policy calls the detector.
const Kind = "pending"

// Gives are the arguments that a breach gives to its runbook: who signed the newest that waits.
var Gives = []string{"account"}

// Function is one that only some may call: its contract and its selector, and its name.
type Function struct {
	Contract common.Address
	Selector [4]byte
	Name     string
}

// Detector watches either contracts, which none of the accounts may call, or functions, which
// nobody else may. Over is how long what waits is remembered. Partial judges by less than
// that, from the start on.
type Detector struct {
	Watched   watch.List
	Functions []Function
	Accounts  map[common.Address]bool
	Over      time.Duration
	Partial   bool
	Book      *calldata.Book
}

// Source says what is watched.
func (d *Detector) Source() string {
	if len(d.Functions) == 0 {
		return fmt.Sprintf("calls of %s by those listed (%d) that wait", d.Watched, len(d.Accounts))
	}
	names := make([]string, len(d.Functions))
	for i, f := range d.Functions {
		names[i] = f.Name
	}
	by := "anybody"
	if n := len(d.Accounts); n > 0 {
		by = fmt.Sprintf("others than those listed (%d)", n)
	}
	return fmt.Sprintf("calls of %s by %s that wait", strings.Join(names, ", "), by)
}

// Reads are none: what waits is in no block.
func (d *Detector) Reads() []ops.Read { return nil }

// Judge knows nothing without a memory of what was heard.
func (d *Detector) Judge(_, _ ops.Readings) ops.Assessment {
	return ops.Assessment{Verdict: ops.Unknown, Why: unheard}
}

// Contracts are those whose transactions have to be told.
func (d *Detector) Contracts() (out []common.Address) {
	for _, c := range d.Watched {
		out = append(out, c.Address)
	}
	for _, f := range d.Functions {
		out = append(out, f.Contract)
	}
	return out
}

// Concerns reports whether a transaction should not wait.
func (d *Detector) Concerns(p ops.Pending) bool {
	if len(d.Functions) == 0 {
		return d.Watched.Has(p.To) && d.Accounts[p.From]
	}
	return !d.Accounts[p.From] && d.guards(d.read(p))
}

// guards reports whether one of the functions is called, by itself or inside. Of a call that
// is not encoded as an encoder does it, it is not known what it carries, and a contract may
// take it all the same: it counts where the function's selector stands anywhere in it.
func (d *Detector) guards(calls []ops.Call) bool {
	for _, c := range calls {
		for _, f := range d.Functions {
			if c.To == f.Contract && len(c.Data) >= 4 && [4]byte(c.Data) == f.Selector || c.Doubt != "" && bytes.Contains(c.Data, f.Selector[:]) {
				return true
			}
		}
		if d.guards(c.Inner) {
			return true
		}
	}
	return false
}

// read puts a transaction into words, with the calls that it carries.
func (d *Detector) read(p ops.Pending) []ops.Call {
	calls, _ := d.Book.Read([]ops.Call{{To: p.To, Value: p.Value.String(), Data: p.Data}})
	return calls
}
