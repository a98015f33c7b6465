package pending

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

const unheard = "this console listens to no mempool: what waits is in no block"

const (
	mostAsked = 64 // senders whose nonces are asked for at a block, those first that wait longest
	mostTold  = 3  // of what waits, with its words
)

// used is how many transactions a sender had mined by a block.
type used struct {
	at    uint64
	count *big.Int
}

// Memory is what was heard, and whose nonces were used since. It belongs to one caller.
type Memory struct {
	of    *Detector
	heard *Heard
	used  map[common.Address]used
	gives map[string]string
}

// NewMemory is a memory that heard nothing.
func (d *Detector) NewMemory() *Memory { return &Memory{of: d, used: map[common.Address]used{}} }

// Overhear takes in what was heard up to now: all of it.
func (m *Memory) Overhear(h Heard) { m.heard = &h }

// Asks are the nonces of whoever has something waiting.
func (m *Memory) Asks() []ops.Read {
	if m.heard == nil {
		return nil
	}
	seen := map[common.Address]bool{}
	var out []ops.Read
	for _, w := range m.heard.Waiting {
		if !seen[w.From] && !m.settled(w) && len(out) < mostAsked {
			seen[w.From], out = true, append(out, nonceOf(w.From))
		}
	}
	return out
}

func nonceOf(account common.Address) ops.Read {
	return ops.Read{Kind: ops.ReadNonce, To: account, Name: "the nonce of " + account.Hex()}
}

// settled reports whether a transaction cannot be mined any more: its nonce is used.
func (m *Memory) settled(w Waiting) bool {
	u, known := m.used[w.From]
	return known && u.count.Cmp(new(big.Int).SetUint64(w.Nonce)) > 0
}

// Next judges a block, and what waits after it.
func (m *Memory) Next(at ops.BlockRef, now ops.Readings, _ []ops.Log) ops.Assessment {
	m.gives = nil
	if m.heard == nil {
		return ops.Assessment{Verdict: ops.Unknown, Why: unheard}
	}
	senders := map[common.Address]bool{}
	for _, w := range m.heard.Waiting {
		senders[w.From] = true
		if r, ok := now[nonceOf(w.From)]; ok && r.Status == ops.ReadOK {
			m.used[w.From] = used{at.Number, new(big.Int).SetBytes(r.Data)}
		}
	}
	for account := range m.used {
		if !senders[account] {
			delete(m.used, account)
		}
	}
	return m.judge()
}

func (m *Memory) judge() ops.Assessment {
	var waits []Waiting
	for _, w := range m.heard.Waiting {
		if !m.settled(w) {
			waits = append(waits, w)
		}
	}
	blind := m.heard.blind(m.of.Over, m.of.Partial)
	a := ops.Assessment{Observed: fmt.Sprint(len(waits)), Relation: "=", Threshold: "0", Source: m.of.Source() + m.heard.source()}
	switch {
	case len(waits) > 0:
		a.Verdict, a.Why, a.Doubt = ops.Breach, m.told(waits), blind
		m.gives = map[string]string{Gives[0]: waits[len(waits)-1].From.Hex()}
	case blind != "":
		return ops.Assessment{Verdict: ops.Unknown, Why: blind, Source: a.Source}
	default:
		a.Verdict = ops.OK
	}
	return a
}

// told are the newest that wait, in words.
func (m *Memory) told(waits []Waiting) string {
	var words []string
	for i := len(waits) - 1; i >= 0 && len(words) < mostTold; i-- {
		words = append(words, m.words(waits[i]))
	}
	if n := len(waits) - len(words); n > 0 {
		words = append(words, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(words, "; ")
}

func (m *Memory) words(w Waiting) string {
	what, value := "no function", ""
	if calls := m.of.read(w.Pending); len(calls) == 1 {
		what = calls[0].Name + "." + calls[0].Function
	}
	if w.Value.Sign() > 0 {
		value = fmt.Sprintf(", carrying %s wei", w.Value)
	}
	by := ""
	if !w.Signed {
		by = ", by that provider's word alone"
	}
	return fmt.Sprintf("%s waits with %s%s, nonce %d, %s, first seen at %s by %s%s", w.From.Hex(), what, value, w.Nonce, w.Tx.Hex(), clock(w.Seen), w.By, by)
}

// Gives is who sent the newest that waits.
func (m *Memory) Gives() map[string]string { return m.gives }

// Drop forgets what the blocks from the number on said of nonces: a reorg took them back.
func (m *Memory) Drop(from uint64) {
	for account, u := range m.used {
		if u.at >= from {
			delete(m.used, account)
		}
	}
}

// Book is for events.
func (m *Memory) Book(ops.BlockRef, []ops.Log) {}

// Recall is for transactions of blocks.
func (m *Memory) Recall(ops.BlockRef, ops.Readings) {}

// CompleteFrom is for events.
func (m *Memory) CompleteFrom(ops.BlockRef) {}

// SentFrom is for transactions of blocks.
func (m *Memory) SentFrom(ops.BlockRef) {}

// Through is for events.
func (m *Memory) Through(uint64) {}

// Gap is for events.
func (m *Memory) Gap(uint64, uint64) {}
