package lane

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
	"github.com/bulkhead-console/bulkhead/ops/detect/history"
)

// mostPassages bounds what is remembered of one side.
const mostPassages = 1 << 16

// Fold is what happened at one end of a lane. It belongs to one caller; the sides that it
// gave away do not change.
type Fold struct {
	of       End
	at       ops.BlockRef
	passages []ops.Passage // oldest first
	odd      string        // what could not be read; empty where there is nothing
	oddAt    uint64
	history.History
}

// Start is an end without a past.
func (e End) Start() *Fold { return &Fold{of: e} }

// Side is what is known now.
func (f *Fold) Side() ops.Side {
	s := ops.Side{Lane: f.of.Lane, Chain: f.of.Chain, At: f.at, Passages: slices.Clip(f.passages)}
	switch {
	case f.at.Zero():
		s.Why = "no block of " + f.of.Chain + " was judged yet"
	case f.odd != "":
		s.Why = f.odd
	default:
		if blocks := f.Unread(f.of.From, f.at.Number); blocks != "" {
			s.Why = "what happened from " + blocks + " on " + f.of.Chain + " was not read"
		}
	}
	return s
}

// See takes in a block that is judged.
func (f *Fold) See(at ops.BlockRef, logs []ops.Log) {
	f.Book(at, logs)
	f.Take(at.Number)
	f.at = at
}

// Book takes in the events of a block. One that comes twice counts once.
func (f *Fold) Book(_ ops.BlockRef, logs []ops.Log) {
	for _, l := range logs {
		for _, e := range f.of.Events {
			if l.Address != e.Contract || len(l.Topics) == 0 || l.Topics[0] != e.Event.ID || l.Block.Number < f.of.From {
				continue
			}
			p, err := e.read(l)
			switch {
			case err != nil:
				f.doubt(l.Block.Number, fmt.Sprintf("log %d of #%d on %s looks like a message, and cannot be read", l.Index, l.Block.Number, f.of.Chain))
			case len(f.passages) >= mostPassages:
				f.doubt(l.Block.Number, fmt.Sprintf("there are more than %d messages on %s since #%d: let the policy name a later block", mostPassages, f.of.Chain, f.of.From))
			default:
				f.put(p)
			}
		}
	}
}

func (f *Fold) doubt(at uint64, why string) {
	if f.odd == "" {
		f.odd, f.oddAt = why, at
	}
}

// Stop says why nothing is known of this end any more, for good.
func (f *Fold) Stop(why string) { f.odd, f.oddAt = why, 0 }

// put remembers a passage in its place. Sides that were given away share what lies before.
func (f *Fold) put(p ops.Passage) {
	at, twice := slices.BinarySearchFunc(f.passages, p, func(a, b ops.Passage) int {
		return cmp.Or(cmp.Compare(a.Block.Number, b.Block.Number), cmp.Compare(a.Index, b.Index))
	})
	switch {
	case twice:
	case at == len(f.passages):
		f.passages = append(f.passages, p)
	default:
		f.passages = slices.Insert(slices.Clone(f.passages), at, p)
	}
}

// read decodes a log strictly. Its size is bounded by the event's own inputs.
func (e Event) read(l ops.Log) (ops.Passage, error) {
	words, err := calldata.Words(e.Event, l)
	if err != nil {
		return ops.Passage{}, err
	}
	p := ops.Passage{ID: words[e.ID], Failed: e.Failed, Block: l.Block, Index: l.Index}
	if e.Amount >= 0 {
		p.Amount = new(big.Int).SetBytes(words[e.Amount][:])
	}
	return p, nil
}

// From is the block from which on events have to be booked before the first is judged.
func (f *Fold) From() uint64 { return f.of.From }

// Drop forgets the blocks from the number on: a reorg took them back.
func (f *Fold) Drop(from uint64) {
	if n := slices.IndexFunc(f.passages, func(p ops.Passage) bool { return p.Block.Number >= from }); n >= 0 {
		f.passages = slices.Clip(f.passages[:n]) // what comes now must not be written over what others hold
	}
	if f.oddAt >= from && f.oddAt > 0 {
		f.odd, f.oddAt = "", 0
	}
	f.Cut(from)
}

// Next takes in a block; by itself an end judges nothing.
func (f *Fold) Next(at ops.BlockRef, _ ops.Readings, logs []ops.Log) ops.Assessment {
	f.See(at, logs)
	return ops.Assessment{Why: "one end of a lane says nothing"}
}

// Topic is the first topic of an event's logs.
func (e Event) Topic() common.Hash { return e.Event.ID }
