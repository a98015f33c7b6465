package timelock

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// neverComes is why nothing can be said of an ETA that no calendar has.
const neverComes = "its time is beyond any calendar"

// anyone is who may do what is open to every account.
const anyone = "anyone"

// view is a read of the queue contract, by the calldata and the name of the function.
func (t Timelock) view(data, name string) ops.Read {
	return ops.Read{Kind: ops.ReadCall, To: t.Address, Data: data, Name: t.ID + "." + name}
}

// called is what an account is called: as the policy or the runbooks do, else its ends.
func (t Timelock) called(a common.Address) string {
	if name, ok := t.Names[a]; ok {
		return name
	}
	if name, ok := t.Accounts[a]; ok {
		return name
	}
	return ends(a.Hex())
}

// ends are those of a long hex number.
func ends(hex string) string { return hex[:6] + "…" + hex[len(hex)-4:] }

func shortHash(h common.Hash) string { return ends(h.Hex()) }

// number is the one word that a contract answered; nil where it did not.
func number(r ops.Reading) *big.Int {
	if r.Status != ops.ReadOK || len(r.Data) != 32 {
		return nil
	}
	return new(big.Int).SetBytes(r.Data)
}

// account is the address that a contract answered.
func account(r ops.Reading) (a common.Address, ok bool) {
	n := number(r)
	if n == nil || n.BitLen() > 160 {
		return a, false
	}
	return common.BigToAddress(n), true
}

// unasked is the check of an operation that its contract was not asked about. now is nil
// where nothing at all was read.
func unasked(o *ops.Operation, now ops.Readings) {
	if now != nil && waits(*o) {
		o.Checks = append(o.Checks, ops.Check{Name: "contract agrees", Verdict: ops.Unknown, Why: "the contract was not asked yet: it is asked in the next block"})
	}
}

// unanswered is why a contract's word is missing.
func unanswered(r ops.Reading) string {
	why := "the contract did not say"
	if r.Err != "" {
		why += ": " + r.Err
	}
	return why
}
