// Package deployment is the detector of a new contract that holds the address of one of ours.
//
// What it sees. Contracts that a transaction creates, by its init code, constructor arguments
// included, and by the code that stands there at the end of the block; and, where the node
// traces (debug_traceBlockByHash with callTracer, or trace_block), contracts that are created
// inside transactions, by factories and constructors, with CREATE or CREATE2. Held is the
// plain search for the 20 bytes of a watched address: as the operand of a PUSH20, an
// immutable, a constructor's argument or data, at whatever place. A creation that failed is
// none; one that leaves nothing there counts by its init code, for it ran. It is in breach in
// the block of the creation and for a time after it (over). It gives to its runbook who sent
// the transaction (account) and what was created (contract).
//
// There is no score: whoever integrates ours, an aggregator or a lender that holds the
// vault's address, is a breach too until the policy lists who deploys it under accounts,
// which is held against who sent the transaction and who created the contract. A factory
// that is listed excuses everybody whom it serves.
//
// What it cannot see. An address that is given later, by calldata or into storage, or that is
// put together while the code runs: a contract that was written so as not to be found is not
// found. One that knows ours only through another contract, a registry or a router. Contracts
// of before the window. A block whose traces are longer than is read (24 MiB), or that creates more than
// 2,000 contracts, is UNKNOWN, and whoever pays for its gas can make it so: it is cheap on a
// chain of large blocks. Without a node that traces, contracts created inside transactions:
// its source says so, and direct ones are seen all the same; of blocks that were not judged
// (before the start, while the console was blind) the source says since when they are seen.
// A delegation (EIP-7702) creates nothing: an account that runs a contract as its own is seen
// when that contract is deployed.
//
// What it would have shown. The contracts that were deployed for a theft before it, as far as
// they hold the victim's address: minutes before at Euler, KyberSwap and Sonne, 14 days before
// at Radiant.
//
// It must never read anything itself, and never take a block whose transactions could not be
// read for one in which nothing was created.
package deployment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

// Kind is what a policy calls the detector.
const Kind = "deployment"

// Gives are the arguments that a breach gives to its runbook: who deployed last, and what.
var Gives = []string{"account", "contract"}

// Detector watches for contracts that hold the address of a watched one. Accounts may deploy
// them. One is a breach for as long as the window is.
type Detector struct {
	Watched  watch.List
	Accounts map[common.Address]bool
	watch.Window
}

// Source says what is watched for.
func (d *Detector) Source() string {
	return fmt.Sprintf("contracts deployed within %s that hold the address of %s", ops.Duration(d.Over), d.Watched)
}

// Reads are the contracts that were created with each address.
func (d *Detector) Reads() []ops.Read {
	var out []ops.Read
	for _, w := range d.Watched {
		out = append(out, w.Created(), w.InnerCreated())
	}
	return out
}

// Direct are the contracts that transactions created, with all addresses or none.
func (d *Detector) Direct(now ops.Readings) ([]watch.Sight, error) {
	var all found
	for _, w := range d.Watched {
		made, err := calldata.Created(now, w.Created())
		if err != nil {
			return nil, err
		}
		all.take(d, w, made)
	}
	return all.sights(), nil
}

// Inside are the contracts created inside transactions, where somebody traces.
func (d *Detector) Inside(now ops.Readings) ([]watch.Sight, string, error) {
	var all found
	for _, w := range d.Watched {
		if r := now[w.InnerCreated()]; r.Status == ops.ReadUnable {
			return all.sights(), r.Err, nil
		}
		made, err := calldata.Created(now, w.InnerCreated())
		if err != nil {
			return all.sights(), "", err
		}
		all.take(d, w, made)
	}
	return all.sights(), "", nil
}

// found are the contracts of a block, each with all that it holds.
type found []deployment

// take adds the creations that hold a watched contract's address.
func (f *found) take(d *Detector, w watch.Contract, made []ops.Creation) {
	for _, c := range made {
		if d.Accounts[c.From] || d.Accounts[c.By] {
			continue
		}
		where := w.Name + " in its code"
		if c.Where&ops.HeldByCode == 0 {
			where = w.Name + " in its init code"
		}
		n := slices.IndexFunc(*f, func(x deployment) bool { return x.Tx == c.Tx && x.Contract == c.Contract })
		if n < 0 {
			n = len(*f)
			*f = append(*f, deployment{Creation: c})
		}
		(*f)[n].holds = append((*f)[n].holds, where)
	}
}

// sights are they in the order of their transactions.
func (f found) sights() []watch.Sight {
	slices.SortStableFunc(f, func(a, b deployment) int { return cmp.Compare(a.Index, b.Index) })
	out := make([]watch.Sight, len(f))
	for i, x := range f {
		out[i] = x
	}
	return out
}

// deployment is one contract, and which watched addresses stand where in it.
type deployment struct {
	ops.Creation
	holds []string
}

func (x deployment) String() string {
	through := ""
	if x.By != x.From {
		through = " through " + x.By.Hex()
	}
	return fmt.Sprintf("%s deployed %s%s, which holds %s, %s", x.From.Hex(), x.Contract.Hex(), through, strings.Join(x.holds, ", "), x.Tx.TerminalString())
}

func (x deployment) Gives() map[string]string {
	return map[string]string{"account": x.From.Hex(), "contract": x.Contract.Hex()}
}
