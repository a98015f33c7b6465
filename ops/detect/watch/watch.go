// Package watch is what detectors have in common that look through every block for something
// which nobody should do: the contracts that are watched, what was sighted in a window, and
// which blocks of the window were read.
//
// What is sighted comes by two roads. Direct is what transactions do themselves: it comes
// with the block, and is read back of past blocks. Inside is what happens inside them: it
// comes from a node that traces, and only of blocks that are judged.
//
// It must never read anything itself, and never take a block that was not read for one in
// which nothing was sighted.
package watch

import (
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Contract is one that is watched, as the policy calls it.
type Contract struct {
	Name    string
	Address common.Address
}

// Sent are the transactions straight to it.
func (c Contract) Sent() ops.Read {
	return ops.Read{Kind: ops.ReadSent, To: c.Address, Name: "the transactions to " + c.Name}
}

// SentBy are the transactions that it sends by itself. A contract sends none.
func (c Contract) SentBy() ops.Read {
	return ops.Read{Kind: ops.ReadSent, From: c.Address, Name: "the transactions of " + c.Name}
}

// Inner are the calls of it inside transactions.
func (c Contract) Inner() ops.Read {
	return ops.Read{Kind: ops.ReadInner, To: c.Address, Name: "the calls of " + c.Name + " inside transactions"}
}

// Created are the contracts holding its address that transactions create.
func (c Contract) Created() ops.Read {
	return ops.Read{Kind: ops.ReadCreated, To: c.Address, Name: "the contracts created with the address of " + c.Name}
}

// InnerCreated are those that are created inside transactions.
func (c Contract) InnerCreated() ops.Read {
	return ops.Read{Kind: ops.ReadInnerCreated, To: c.Address, Name: "the contracts created with the address of " + c.Name + " inside transactions"}
}

// List are the contracts that a detector watches.
type List []Contract

// String is their names.
func (l List) String() string {
	names := make([]string, len(l))
	for i, c := range l {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// Has reports whether an address is one of them.
func (l List) Has(a common.Address) bool {
	for _, c := range l {
		if c.Address == a {
			return true
		}
	}
	return false
}
