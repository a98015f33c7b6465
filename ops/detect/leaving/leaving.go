// Package leaving is the detector of value that leaves to somebody who never got any before.
//
// What it sees. Of a token: every Transfer event from a watched contract, held against all
// recipients since from_block and those that the policy lists. Of ether: every call inside a
// transaction in which a watched contract sends some, also what it creates and where it
// destroys itself; and every transaction that a watched account without code sends by itself,
// for which nobody has to trace (one that failed counts as one that paid). A recipient is
// new for a time (over) after the first that it got; what it got in that time adds up, so
// many small payments are one large one. It is in breach in the block in which that exceeds
// the size. It gives the account to its runbook.
//
// What it cannot see. A recipient that was made known before by a small payment that lies
// further back than over. Ether of a contract where the node does not trace: then it is
// UNKNOWN, for what a contract pays stands nowhere else; so it is where a block's traces are
// longer than is read (24 MiB), which whoever pays for the gas can bring about. What an account puts into a contract
// that it creates. Ether before the console began to watch: nobody traces years of blocks,
// so list the usual recipients under accounts. What passes through a known
// recipient, a router or a bridge, to a new one. A token that moves without its event, and
// one whose event lies.
//
// What it would have shown. Bybit (401,000 ETH to an address that never got any), Nomad (the
// first of hundreds of new recipients), Munchables, Ronin, Compound's Proposal 62 only where
// the size is small.
//
// It must never read anything itself, and never take a block that was not read for one in
// which nothing left.
package leaving

import (
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/watch"
)

// Kind is what a policy calls the detector.
const Kind = "leaving"

// Gives are the arguments that a breach gives to its runbook: who got the most.
var Gives = []string{"account"}

// Detector watches one asset of some contracts, which may leave them to known recipients
// alone: the token whose Transfer event is named, or
// ether where Token is zero. Size is in the asset's smallest unit, for each new recipient.
type Detector struct {
	Watched watch.List
	Token   common.Address
	Topic   common.Hash // of its event: from and to indexed, and an amount
	Asset   string      // as the policy names it
	Known   map[common.Address]bool
	Size    *big.Int
	Over    time.Duration
	From    uint64 // the block from which on recipients of the token are known
}

// Source says what is watched.
func (d *Detector) Source() string {
	return fmt.Sprintf("%s that leaves %s to a new recipient within %s", d.Asset, d.Watched, ops.Duration(d.Over))
}

// Ether reports whether it watches ether.
func (d *Detector) Ether() bool { return d.Token == common.Address{} }

// Reads are the calls inside transactions and those sent, where ether is watched. Events come by themselves.
func (d *Detector) Reads() []ops.Read {
	var out []ops.Read
	if d.Ether() {
		for _, w := range d.Watched {
			out = append(out, w.Inner(), w.SentBy(), code(w))
		}
	}
	return out
}

// Judge knows nothing without a memory of the recipients.
func (d *Detector) Judge(_, _ ops.Readings) ops.Assessment {
	return ops.Assessment{Verdict: ops.Unknown, Why: "nothing is remembered of the recipients before"}
}

// code is what there is at a watched address: an account without any pays by what it sends.
func code(w watch.Contract) ops.Read {
	return ops.Read{Kind: ops.ReadCode, To: w.Address, Name: "codehash(" + w.Name + ")"}
}
