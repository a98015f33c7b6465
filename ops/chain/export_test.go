package chain

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Pace lets a test turn the feed's clockwork: how often it asks on its socket, and
// how long it waits for a head.
func (f *Feed) Pace(beat, patience time.Duration) { f.beat, f.patience = beat, patience }

// Remembered and MaxGap are how far back a feed can go.
const (
	Remembered = remembered
	MaxGap     = maxGap
	MaxBody    = maxBody
	ViewReturn = viewReturn
	CallGas    = callGas
)

// Aggregated reads by the aggregator's own format: run answers one call, given
// what stands in the place of which account. It goes on for so many rounds.
func Aggregated(reads []ops.Read, rounds int, run func(code map[common.Address][]byte, to common.Address, data []byte) []byte) ([]ops.Reading, error) {
	p := newPass(ops.BlockRef{}, reads)
	for range rounds {
		for _, a := range p.question(ByOverride, mostEntries).calls() {
			a.code[aggregatorAddress] = aggregatorCode
			results, err := decode(a.entries, run(a.code, aggregatorAddress, a.encode()))
			if err != nil {
				return nil, err
			}
			p.settle(a.entries, results)
		}
	}
	return p.readings, nil
}

// ErrAggregate is the error of a malformed answer.
var ErrAggregate = errAggregate

// EncodeReads is the first call of a block's reads.
func EncodeReads(reads []ops.Read) []byte {
	return newPass(ops.BlockRef{}, reads).question(ByOverride, mostEntries).calls()[0].encode()
}

// DecodeReads reads what the aggregator answers to that call.
func DecodeReads(reads []ops.Read, at ops.BlockRef, b []byte) ([]ops.Reading, error) {
	p := newPass(at, reads)
	a := p.question(ByOverride, mostEntries).calls()[0]
	results, err := decode(a.entries, b)
	if err != nil {
		return nil, err
	}
	p.settle(a.entries, results)
	return p.readings, nil
}

// SetNow gives the pool a clock of the test's own.
func (p *Pool) SetNow(now func() time.Time) { p.now = now }

// Settle waits for the answers that nobody waits for.
func (p *Pool) Settle() { p.late.Wait() }

// What sets a provider aside, and what brings it back.
const (
	MostFailures = mostFailures
	BackAfter    = backAfter
	TrustAfter   = trustAfter
	AsideMost    = asideMost
)

// Pace turns the clockwork of each of the pool's feeds, and of all together.
func (p *Pool) Pace(beat, patience time.Duration) {
	p.pace = func(f *Feed) { f.Pace(beat, patience) }
}

// SentOf decodes a list of transactions: those to an address, or why they are unknown.
func SentOf(raw []byte, to common.Address) ([]ops.Invocation, error) {
	s := sent{to: map[common.Address][]ops.Invocation{to: nil}, blocks: map[common.Hash]bool{}}
	_ = s.UnmarshalJSON(raw)
	if s.why != nil {
		return nil, s.why
	}
	return s.to[to], nil
}

// FatesOf decodes receipts and holds them against the transactions of a block.
func FatesOf(raw []byte, block common.Hash, txs ...common.Hash) ([]ops.Fate, error) {
	f := new(fates)
	_ = f.UnmarshalJSON(raw)
	b := &body{fates: f}
	b.Hash, b.Transactions.hashes = block, txs
	if err := f.of(b); err != nil {
		return nil, err
	}
	invocations := make([]ops.Invocation, len(txs))
	for i := range txs {
		invocations[i] = ops.Invocation{Index: uint64(i), Tx: txs[i]}
	}
	out := make([]ops.Fate, len(txs))
	for i, told := range f.tell(invocations) {
		out[i] = told.Fate
	}
	return out, nil
}

// InnerOf decodes traces, by callTracer or as trace_block has them: the calls that have to
// do with an address.
func InnerOf(raw []byte, parity bool, block common.Hash, to common.Address, txs ...common.Hash) ([]ops.Invocation, error) {
	t := traced{raw: raw}
	if parity {
		t.by = byParity
	}
	found := newFinder()
	found.look(ops.Read{Kind: ops.ReadInner, To: to})
	err := t.find(block, txs, found)
	return found.to[to], err
}

// InnerCreatedOf decodes traces: the contracts that hold an address.
func InnerCreatedOf(raw []byte, parity bool, block common.Hash, held common.Address, txs ...common.Hash) ([]ops.Creation, error) {
	t := traced{raw: raw}
	if parity {
		t.by = byParity
	}
	found := newFinder()
	found.look(ops.Read{Kind: ops.ReadInnerCreated, To: held})
	err := t.find(block, txs, found)
	return found.holding[held], errors.Join(err, found.hidden)
}

// CreatedOf decodes a list of transactions: what they create with an address in the init code.
func CreatedOf(raw []byte, held common.Address) ([]ops.Creation, error) {
	s := sent{to: map[common.Address][]ops.Invocation{}, blocks: map[common.Hash]bool{}}
	s.made.look(held)
	_ = s.UnmarshalJSON(raw)
	var out []ops.Creation
	for _, x := range s.made.made {
		if x.Where = x.holds(held); x.Where != 0 {
			out = append(out, x.Creation)
		}
	}
	return out, errors.Join(s.why, s.made.why)
}

// Retrace forgets how the provider tells of inner calls.
func (c *Client) Retrace() { c.traces.Store(int32(byCallTracer)) }

// OverhearPaced is Overhear with the clockwork turned: how often it asks on its socket, and
// how long it leaves a provider alone that does not tell.
func (c *Client) OverhearPaced(ctx context.Context, beat, pause time.Duration, to []common.Address, tell func(ops.Rumour)) error {
	l := c.listener(to, tell)
	l.beat, l.pause = beat, pause
	return l.run(ctx)
}

// PendingOf decodes what a node tells of a transaction that waits, as a subscription does:
// whom it is for, and then the rest.
func PendingOf(raw []byte, id ops.ChainID) (p ops.Pending, err error) {
	var n notice
	if err := n.UnmarshalJSON(raw); err != nil {
		return p, err
	}
	if n.bad != nil || n.to == nil {
		return p, cmp.Or(n.bad, errors.New("for nobody"))
	}
	return pendingOf(n.raw, id)
}

// MostKept and MostASecond bound what is taken in of a mempool.
const (
	MostKept    = mostKept
	MostASecond = mostASecond
)
