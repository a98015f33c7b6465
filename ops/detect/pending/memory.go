package pending

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

const unheard = "this console listens to no mempool: what waits is in no block"

const (
	mostTried = 16 << 10 // bytes of calldata of what is tried
	mostAsked = 64       // senders whose nonces are asked for at a block, those first that wait longest
	mostTold  = 3        // of what waits, with its words
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

// Asks are the nonces of whoever has something waiting, and whether the newest of it would
// succeed.
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
	waits := m.waits()
	for i := len(waits) - 1; i >= 0 && i >= len(waits)-mostTold; i-- {
		if r, ok := tryOf(waits[i]); ok {
			out = append(out, r)
		}
	}
	return out
}

// tryOf asks whether a transaction would succeed. One that carries ether, or a lot of data, is
// not tried.
func tryOf(w Waiting) (ops.Read, bool) {
	r := ops.Read{Kind: ops.ReadTry, From: w.From, To: w.To, Data: string(w.Data), Name: "whether " + w.Tx.Hex() + " would succeed"}
	return r, w.Value.Sign() == 0 && len(w.Data) <= mostTried
}

// waits is what may still be mined, oldest first.
func (m *Memory) waits() []Waiting {
	return slices.DeleteFunc(slices.Clone(m.heard.Waiting), m.settled)
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
	return m.judge(at, now)
}

func (m *Memory) judge(at ops.BlockRef, now ops.Readings) ops.Assessment {
	waits := m.waits()
	blind := m.heard.blind(m.heard.Now, m.of)
	a := ops.Assessment{Observed: fmt.Sprint(len(waits)), Relation: "=", Threshold: "0", Source: m.of.Source() + m.heard.source()}
	switch {
	case len(waits) > 0:
		a.Verdict, a.Why, a.Doubt = ops.Breach, m.told(waits, at, now), blind
		for _, w := range waits {
			if w.Signed { // no provider's word alone names whom a runbook acts on
				m.gives = map[string]string{Gives[0]: w.From.Hex()}
			}
		}
	case blind != "":
		return ops.Assessment{Verdict: ops.Unknown, Why: blind, Source: a.Source}
	default:
		a.Verdict = ops.OK
	}
	return a
}

// told are the newest that wait, in words.
func (m *Memory) told(waits []Waiting, at ops.BlockRef, now ops.Readings) string {
	var words []string
	for i := len(waits) - 1; i >= 0 && len(words) < mostTold; i-- {
		words = append(words, m.words(waits[i])+tried(waits[i], at, now))
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

// tried says how a transaction would end at the block, where that was asked. It may end
// otherwise in the block that it comes into, so it changes no verdict.
func tried(w Waiting, at ops.BlockRef, now ops.Readings) string {
	r, _ := tryOf(w)
	switch answer := now[r]; answer.Status {
	case ops.ReadOK:
		return fmt.Sprintf(", and would succeed at #%d", at.Number)
	case ops.ReadReverted:
		return strings.TrimSuffix(fmt.Sprintf(", and would fail at #%d: %s", at.Number, answer.Err), ": ")
	}
	return ""
}

// Gives is who signed the newest that waits; nothing where nobody did.
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
