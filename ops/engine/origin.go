package engine

import (
	"context"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	// originsEach is how many scheduling transactions are read after one block, in one
	// request for each timelock.
	originsEach = 50
	// originsAgain is after how many blocks one that could not be read is asked for
	// again.
	originsAgain = 50
)

// originate reads the transactions that scheduled what waits: who proposed it, and the
// salt where no event has it. Nothing that is judged waits for it.
func (e *Engine) originate(ctx context.Context, at ops.BlockRef, now ops.Readings) {
	if e.learn(ctx, at) {
		e.state.fold(at, now)
		e.share(nil)
		e.publish()
	}
}

// learn asks for some of these transactions, and reports whether one was had.
func (e *Engine) learn(ctx context.Context, at ops.BlockRef) (learned bool) {
	s := &e.state
	for _, l := range s.ledgers {
		txs := l.Unread(func(tx common.Hash) bool { failed, is := s.unheard[tx]; return is && at.Number < failed+originsAgain }, originsEach)
		if len(txs) == 0 {
			continue
		}
		found, err := e.Chain.Messages(ctx, txs)
		if err != nil {
			continue // at the next block, then
		}
		for _, tx := range txs {
			m, ok := found[tx]
			if !ok {
				if s.unheard == nil {
					s.unheard = map[common.Hash]uint64{}
				}
				s.unheard[tx] = at.Number
				continue
			}
			delete(s.unheard, tx)
			l.Learn(tx, m)
			learned = true
		}
	}
	return learned
}
