package measure

import (
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

// mostEntries bounds what is remembered of one event or function.
const mostEntries = 200_000

// noted is one event or call that counts, or why one could not be read. Of its number only
// the word is kept: there are many.
type noted struct {
	mark
	word common.Hash
	key  common.Hash
	why  error
}

// account is what one key has in the window.
type account struct {
	sum    big.Int
	events int
	place  int // among the ranked
}

// ledger is what a Memory holds of one tally.
type ledger struct {
	of       *tally
	line     line[noted]
	bad      int     // entries of the window that could not be read
	sums     bool    // the entries have numbers
	signed   bool    // which may be negative
	number   big.Int // of the entry that is looked at
	sum      *big.Int
	accounts map[common.Hash]*account
	ranked   ranking
}

func newLedger(of *tally) *ledger {
	l := &ledger{of: of, sum: new(big.Int), accounts: map[common.Hash]*account{}, sums: of.what == tallySum || of.what == tallyTopShare}
	l.signed = l.sums && of.source.inputs[of.value].Type.T == abi.IntTy
	l.line = line[noted]{window: of.window, most: mostEntries, add: l.add, remove: l.remove}
	return l
}

// note books an event that counts.
func (l *ledger) note(at mark, f *fields) {
	e := noted{mark: at}
	if l.of.what != tallyCount {
		e.word, e.key = f.word(l.of.value), f.word(l.of.key)
	}
	l.line.push(e)
}

// amount is the entry's number, which is there until the next is asked for.
func (l *ledger) amount(e noted) *big.Int {
	if l.number.SetBytes(e.word[:]); l.signed && e.word[0] >= 0x80 {
		l.number.Sub(&l.number, wordsEnd)
	}
	return &l.number
}

func (l *ledger) add(e noted) {
	if e.why != nil {
		l.bad++
		return
	}
	if l.sums {
		l.sum.Add(l.sum, l.amount(e))
	}
	if l.of.what != tallyDistinct && l.of.what != tallyTopShare {
		return
	}
	a := l.accounts[e.key]
	if a == nil {
		a = new(account)
		l.accounts[e.key] = a
		l.ranked.enter(a)
	}
	a.events++
	if l.sums {
		a.sum.Add(&a.sum, &l.number)
		l.ranked.settle(a)
	}
}

func (l *ledger) remove(e noted) {
	if e.why != nil {
		l.bad--
		return
	}
	if l.sums {
		l.sum.Sub(l.sum, l.amount(e))
	}
	a := l.accounts[e.key]
	if a == nil {
		return
	}
	if a.events--; a.events == 0 {
		delete(l.accounts, e.key)
		l.ranked.leave(a)
	} else if l.sums {
		a.sum.Sub(&a.sum, &l.number)
		l.ranked.settle(a)
	}
}

// value is what the tally says at the newest block: everything of the window must
// have been read.
func (l *ledger) value(m *Memory) (Value, error) {
	if err := m.complete(l.of, l.line.lost); err != nil {
		return Value{}, err
	}
	if l.bad > 0 {
		counted := l.line.counted()
		i := slices.IndexFunc(counted, func(e noted) bool { return e.why != nil })
		return Value{}, counted[i].why
	}
	switch l.of.what {
	case tallyCount, tallyCalls, tallyFailed:
		return NumberValue(whole(func(n *big.Int) { n.SetInt64(int64(len(l.line.counted()))) })), nil
	case tallyDistinct:
		return NumberValue(whole(func(n *big.Int) { n.SetInt64(int64(len(l.accounts))) })), nil
	case tallySum:
		return NumberValue(whole(func(n *big.Int) { n.Set(l.sum) })), nil
	}
	if l.sum.Sign() == 0 {
		return NumberValue(new(big.Rat)), nil // nothing moved: nobody has a share
	}
	return NumberValue(new(big.Rat).SetFrac(l.ranked.top(l.of.top), l.sum)), nil
}
