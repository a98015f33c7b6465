package chain

import (
	"errors"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Means is how a provider is asked for many reads at once: the best that it can.
type Means int32

// The means, best first. A provider that fails one is asked by the next.
const (
	ByOverride   Means = iota // the aggregator by state override: all but what is tried as somebody
	ByDeployless              // the aggregator as creation code, for views, balances and codes
	ByMulticall               // Multicall3, for views, where it is deployed
	ByBatch                   // one call for each read, a hundred to a request
)

// String is how doctor calls it.
func (m Means) String() string {
	return [...]string{"state override", "deployless call", "Multicall3", "plain batch"}[m]
}

// holds reports whether a read has a place in an aggregated call of the means.
func (m Means) holds(k ops.ReadKind) bool {
	switch m {
	case ByOverride:
		return k != ops.ReadTry && k != ops.ReadNonce // no code can ask for a nonce
	case ByDeployless:
		return k == ops.ReadCall || k == ops.ReadBalance || k == ops.ReadCode
	case ByMulticall:
		return k == ops.ReadCall
	default:
		return false
	}
}

const (
	plainBatch   = 100    // calls in one request: public providers refuse longer batches
	creationMost = 44_000 // bytes of entries: EIP-3860 allows 49,152 with the code before them
)

// lower goes over to the next means after one that failed. It reports whether
// there is one.
func (c *Client) lower(failed Means) bool {
	if failed >= ByBatch {
		return false
	}
	c.means.CompareAndSwap(int32(failed), int32(failed+1))
	return true
}

// recoverAfter is how many blocks a lower means lasts before the best is tried
// again: a provider's bad minute must not cost a hundred requests a block for ever.
const recoverAfter = 256

func (c *Client) recover() {
	if c.means.Load() != int32(ByOverride) && c.blocks.Add(1)%recoverAfter == 0 {
		c.means.Store(int32(ByOverride))
	}
}

// unfit reports whether a call failed because the provider does not know the
// means, and not for what it asked.
func unfit(err error) bool {
	var refused rpc.Error
	return errors.Is(err, errAggregate) || errors.As(err, &refused) && refused.ErrorCode() == -32602
}

// arguments are those of eth_call by the means, for at most one aggregate.
func (a *aggregate) arguments(by Means, at ops.BlockRef) []any {
	message := map[string]any{"gas": hexutil.Uint64(callGas)}
	switch by {
	case ByDeployless:
		message["data"] = hexutil.Bytes(append(slices.Clone(deploylessCode), a.encode()...))
	case ByMulticall:
		message["to"], message["data"] = multicall3, hexutil.Bytes(encodeMulticall(a.entries))
	default:
		message["to"], message["data"] = aggregatorAddress, hexutil.Bytes(a.encode())
		overrides := map[string]any{aggregatorAddress.Hex(): map[string]any{"code": hexutil.Bytes(aggregatorCode)}}
		for address, code := range a.code {
			overrides[address.Hex()] = map[string]any{"code": hexutil.Bytes(code)}
		}
		return []any{message, pinned(at), overrides}
	}
	return []any{message, pinned(at)}
}

// results reads an answer by the means. failed is the call's own error.
func (a *aggregate) results(by Means, answer []byte, failed error) ([]result, error) {
	if by == ByDeployless { // its answer is the data of a revert
		var reverted rpc.DataError
		if failed == nil || !errors.As(failed, &reverted) {
			return nil, errors.Join(errAggregate, failed)
		}
		text, _ := reverted.ErrorData().(string)
		answer, failed = common.FromHex(text), nil
	}
	switch {
	case failed != nil:
		return nil, failed
	case by == ByMulticall:
		return decodeMulticall(a.entries, answer)
	default:
		return decode(a.entries, answer)
	}
}

// full reports whether another entry would make the call longer than the means
// allows.
func (a *aggregate) full(by Means, e entry) bool {
	const head = 32 + 4*8 // and a few marks
	a.length += head + len(e.data)
	return by == ByDeployless && a.length > creationMost
}
