package drill

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// plot is what a scenario does to the chain, and how it is counted there. Amounts
// are in units of 10^-18 dUSD.
type plot interface {
	// prelude adds what makes the harm of a block possible, before everybody else's
	// transactions. It says what the facilitator would, mostly nothing.
	prelude(b *batch, step uint64) string
	// harm adds what a block holds against the protocol, after everybody else's.
	harm(b *batch, step uint64)
	// foiled reports whether a transaction of harm that ended so did none.
	foiled(success bool) bool
	// planned is what is lost if nobody acts.
	planned() *big.Int
	// last is the step with the last harm.
	last() uint64
	// toll reads what is lost at a block, after a step, and whether the bound is
	// broken there.
	toll(ctx context.Context, r reader, step uint64) (lost *big.Int, broken bool, err error)
}

// reader reads views of one word at one block.
type reader struct {
	drill *Drill
	at    ops.BlockRef
}

// number is a view's answer.
func (r reader) number(ctx context.Context, at common.Address, of contracts.Artifact, view string, args ...any) (*big.Int, error) {
	word, err := r.drill.chain.Call(ctx, ops.Message{To: at, Data: of.Call(view, args...)}, r.at.Hash)
	if err != nil {
		return nil, fmt.Errorf("reading %s.%s() of the drill at block %d: %w", of.Name, view, r.at.Number, err)
	}
	return new(big.Int).SetBytes(word), nil
}

// robbery is a plot in which the attack's amounts are taken, and a transaction that
// reverts took none.
type robbery struct{ attack }

func (robbery) prelude(*batch, uint64) string { return "" }
func (robbery) foiled(success bool) bool      { return !success }
