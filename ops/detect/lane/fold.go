package lane

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// mostPassages bounds what is remembered of one side.
const mostPassages = 1 << 16

// Fold is what happened at one end of a lane. It belongs to one caller; the sides that it
// gave away do not change.
type Fold struct {
	of       End
	at       ops.BlockRef
	passages []ops.Passage // oldest first
	since    uint64        // events are known from here on
	begun    bool
	through  uint64 // and up to here, without a hole
	odd      string // what could not be read; empty where there is nothing
	oddAt    uint64
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
	case f.since > f.of.From:
		s.Why = fmt.Sprintf("what happened from #%d to #%d on %s was not read", f.of.From, f.since-1, f.of.Chain)
	case f.through < f.at.Number:
		s.Why = fmt.Sprintf("what happened from #%d to #%d on %s was not read", f.through+1, f.at.Number-1, f.of.Chain)
	}
	return s
}

// See takes in a block that is judged.
func (f *Fold) See(at ops.BlockRef, logs []ops.Log) {
	if !f.begun {
		f.begun, f.since, f.through = true, at.Number, at.Number
	}
	f.Book(at, logs)
	if at.Number <= f.through+1 {
		f.through = max(f.through, at.Number)
	}
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

// History is the block from which on events have to be booked before the first is judged.
func (f *Fold) History() uint64 { return f.of.From }

// Known says that the events of these blocks were booked, whole.
func (f *Fold) Known(from, to uint64) {
	f.begun, f.since, f.through = true, from, max(f.through, to)
}

// Through says that what was missing up to a block was booked.
func (f *Fold) Through(number uint64) {
	if f.begun {
		f.through = max(f.through, number)
	}
}

// Drop forgets the blocks from the number on: a reorg took them back.
func (f *Fold) Drop(from uint64) {
	if n := slices.IndexFunc(f.passages, func(p ops.Passage) bool { return p.Block.Number >= from }); n >= 0 {
		f.passages = slices.Clip(f.passages[:n]) // what comes now must not be written over what others hold
	}
	if f.oddAt >= from && f.oddAt > 0 {
		f.odd, f.oddAt = "", 0
	}
	if f.through >= from && from > 0 {
		f.through = from - 1
	}
}

// Gap says that the events of these blocks were not read.
func (f *Fold) Gap(from, _ uint64) {
	if f.begun && from > 0 {
		f.through = min(f.through, from-1)
	}
}

// Next takes in a block; by itself an end judges nothing.
func (f *Fold) Next(at ops.BlockRef, _ ops.Readings, logs []ops.Log) ops.Assessment {
	f.See(at, logs)
	return ops.Assessment{Why: "one end of a lane says nothing"}
}

// CompleteFrom is for windows: what matters here is History.
func (f *Fold) CompleteFrom(ops.BlockRef) {}

// SentFrom is for windows of calls.
func (f *Fold) SentFrom(ops.BlockRef) {}

// Recall is for windows of calls.
func (f *Fold) Recall(ops.BlockRef, ops.Readings) {}

// Topic is the first topic of an event's logs.
func (e Event) Topic() common.Hash { return e.Event.ID }
