package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/policy"
)

// CheckChain holds the policy against the chain that answers: the right chain,
// and code at every address. All faults are returned at once; the error says that
// the provider did not answer, which tells nothing about the policy.
func (r *Rules) CheckChain(ctx context.Context, c Chain) (ops.Faults, error) {
	err := c.CheckChain(ctx)
	if errors.Is(err, chain.ErrWrongChain) {
		return ops.Faults{{File: policy.File, Message: err.Error(), Hint: "nothing was read from it and nothing will be sent to it"}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: is the node running, and is the endpoint's address right?", err)
	}
	head, err := c.Latest(ctx)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(r.policy.Contracts))
	reads := make([]ops.Read, len(names))
	for i, name := range names {
		reads[i] = ops.Read{Kind: ops.ReadCode, To: r.policy.Contracts[name].Address, Name: "codehash(" + name + ")"}
	}
	readings, err := c.Read(ctx, head, reads)
	if err != nil {
		return nil, fmt.Errorf("%w: the provider must answer, and apply state overrides in eth_call", err)
	}
	var faults ops.Faults
	for i, name := range names {
		contract := r.policy.Contracts[name]
		if readings[i].Status == ops.ReadOK && !codeless(readings[i].Data) {
			continue
		}
		faults = append(faults, contract.At.Fault(policy.File,
			fmt.Sprintf("%s: there is no contract at %s on chain %d", name, contract.Address.Hex(), r.ChainID),
			"compare the address and the chain with the deployment"))
	}
	return faults, nil
}

// emptyCode is keccak256 of nothing: EXTCODEHASH of an account without code
// (EIP-1052); an account that does not exist has zero.
const emptyCode = "\xc5\xd2\x46\x01\x86\xf7\x23\x3c\x92\x7e\x7d\xb2\xdc\xc7\x03\xc0\xe5\x00\xb6\x53\xca\x82\x27\x3b\x7b\xfa\xd8\x04\x5d\x85\xa4\x70"

func codeless(hash []byte) bool {
	return string(hash) == emptyCode || string(hash) == string(make([]byte, 32))
}
