package timelock

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrCheckpoint means that a checkpoint is not of this queue, or not whole: the queue
// is read back from the chain.
var ErrCheckpoint = errors.New("the checkpoint cannot be used")

// checkpointVersion changes whenever what is kept of a ledger does.
const checkpointVersion = 2

// checkpoint is a ledger on disk. It holds logs and what the contract said, and nothing
// that was made of them, so that it can be wrong only about what the chain said.
type checkpoint struct {
	Version int            `json:"version"`
	Kind    string         `json:"kind"`
	Address common.Address `json:"address"`
	Govern  common.Address `json:"governor"`
	From    uint64         `json:"from_block"`
	Through ops.BlockRef   `json:"through"`
	About   []savedLog     `json:"about"`
	Logs    []savedLog     `json:"logs"`
	Docket  []savedLog     `json:"proposals"`
	Passed  []savedPassage `json:"passed"`
	Sum     common.Hash    `json:"sha256"` // of the whole with this empty
}

// savedLog is a log of the contract.
type savedLog struct {
	Number uint64        `json:"n"`
	Hash   common.Hash   `json:"h"`
	Time   int64         `json:"t"` // seconds since 1970
	Index  uint          `json:"i"`
	Tx     common.Hash   `json:"x"`
	Topics []common.Hash `json:"topics"`
	Data   hexutil.Bytes `json:"data"`
}

// savedPassage is how far a queue was at a block, as its contract said there.
type savedPassage struct {
	Number uint64       `json:"n"`
	Hash   common.Hash  `json:"h"`
	Time   int64        `json:"t"` // seconds since 1970
	Next   *hexutil.Big `json:"next"`
}

func (c checkpoint) sum() (common.Hash, error) {
	c.Sum = common.Hash{}
	raw, err := json.Marshal(c)
	return sha256.Sum256(raw), err
}

// Save writes down what the ledger holds of the blocks from..through.
func (l *Ledger) Save(from uint64, through ops.BlockRef) ([]byte, error) {
	c := checkpoint{Version: checkpointVersion, Kind: cmp.Or(l.lock.Kind, "oz"), Address: l.lock.Address, Govern: l.lock.Governor, From: from, Through: through}
	keep := func(to *[]savedLog, logs []ops.Log) {
		for _, g := range logs {
			if g.Block.Number <= through.Number {
				*to = append(*to, savedLog{g.Block.Number, g.Block.Hash, g.Block.Time.Unix(), g.Index, g.Tx, g.Topics, g.Data})
			}
		}
	}
	keep(&c.About, l.about)
	for _, e := range l.entries {
		keep(&c.Logs, e.logs)
	}
	for _, p := range l.docket.proposals {
		keep(&c.Docket, p.logs)
	}
	for _, p := range l.passed {
		if b := p.block; b.Number <= through.Number {
			c.Passed = append(c.Passed, savedPassage{b.Number, b.Hash, b.Time.Unix(), (*hexutil.Big)(p.next)})
		}
	}
	for _, logs := range [][]savedLog{c.Logs, c.Docket} {
		slices.SortFunc(logs, func(a, b savedLog) int { return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Index, b.Index)) })
	}
	sum, err := c.sum()
	if err != nil {
		return nil, err
	}
	c.Sum = sum
	return json.Marshal(c)
}

// Restore makes the ledger that was saved, and says through which block it goes. Whether
// that block is still of the chain is for the caller to ask. Fails with ErrCheckpoint.
func (t Timelock) Restore(chain ops.ChainID, from uint64, raw []byte) (*Ledger, ops.BlockRef, error) {
	fail := func(format string, args ...any) (*Ledger, ops.BlockRef, error) {
		return nil, ops.BlockRef{}, fmt.Errorf("%w: "+format, append([]any{ErrCheckpoint}, args...)...)
	}
	var c checkpoint
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return fail("it cannot be read: %w", err)
	}
	switch sum, err := c.sum(); {
	case err != nil:
		return fail("%w", err)
	case c.Version != checkpointVersion:
		return fail("it is of version %d", c.Version)
	case sum != c.Sum:
		return fail("it was changed since it was written")
	case c.Kind != cmp.Or(t.Kind, "oz") || c.Address != t.Address || c.Govern != t.Governor || c.From != from || c.Through.Chain != chain:
		return fail("it is of another queue")
	}
	l := t.Start()
	l.known = c.Through.Number
	for _, saved := range []struct {
		of   common.Address
		logs []savedLog
	}{{t.Address, c.About}, {t.Address, c.Logs}, {t.Governor, c.Docket}} {
		for _, s := range saved.logs {
			l.take(ops.Log{
				Block:   ops.BlockRef{Chain: chain, Number: s.Number, Hash: s.Hash, Time: time.Unix(s.Time, 0).UTC()},
				Address: saved.of, Topics: s.Topics, Data: s.Data, Tx: s.Tx, Index: s.Index,
			})
		}
	}
	for _, p := range c.Passed {
		if p.Next == nil {
			return fail("a passage of it is empty")
		}
		l.pass(ops.BlockRef{Chain: chain, Number: p.Number, Hash: p.Hash, Time: time.Unix(p.Time, 0).UTC()}, p.Next.ToInt())
	}
	return l, c.Through, nil
}
