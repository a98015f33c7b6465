package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// mostOrigins bounds how many rounds of scheduling transactions Queue reads.
const mostOrigins = 16

// Queue is Check with what the scheduling transactions tell beside: who proposed what
// waits, and salts that no event carries.
func Queue(ctx context.Context, rules *Rules, c Chain) (ops.Snapshot, error) {
	e := once(rules, c)
	if err := e.judgeNewest(ctx); err != nil {
		return ops.Snapshot{}, err
	}
	for range mostOrigins {
		if !e.learn(ctx, e.state.head) {
			break
		}
		e.state.fold(e.state.head, e.state.readings)
	}
	return e.snapshot(ops.Arming{}), nil
}

// Contract is the address of a contract of the pack, by its name there.
func (r *Rules) Contract(name string) (common.Address, bool) {
	c, ok := r.policy.Contracts[name]
	return c.Address, ok
}

// Takers are the contracts of the pack whose own ABI has the function that calldata is
// for, by their names' order.
func (r *Rules) Takers(data []byte) []common.Address {
	if len(data) < 4 {
		return nil
	}
	var out []common.Address
	for at, contract := range r.abis {
		if _, err := contract.MethodById(data[:4]); err == nil {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, func(a, b common.Address) int { return cmp.Or(cmp.Compare(r.names[a], r.names[b]), a.Cmp(b)) })
	return out
}

// Decode puts calldata into words, with the pack's ABIs and without a chain. known is
// false where neither an ABI nor the library has the function.
func (r *Rules) Decode(to common.Address, data []byte) (c ops.Call, known bool) {
	book := calldata.NewBook(r.abis, r.names)
	calls, _ := book.Read([]ops.Call{{To: to, Value: "0", Data: data}})
	signature, _ := book.Does(calls[0])
	return calls[0], signature != "" || len(data) == 0
}

// Knows reports whether an address is a contract of the pack.
func (r *Rules) Knows(at common.Address) bool {
	_, ok := r.names[at]
	return ok
}
