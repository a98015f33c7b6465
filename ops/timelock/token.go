package timelock

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// mostTokens bounds how many tokens are asked what they are called: a queue full of
// others is shown in their smallest units.
const mostTokens = 64

// written remembers the tokens in which something is written.
func (l *Ledger) written(tokens []common.Address) {
	for _, at := range tokens {
		if _, known := l.tokens[at]; !known && len(l.tokens) < mostTokens {
			l.tokens[at] = false
		}
	}
}

// tokenReads asks each token once, until it answers.
func (l *Ledger) tokenReads() []ops.Read {
	var out []ops.Read
	for at, asked := range l.tokens {
		if !asked {
			decimals, symbol := calldata.TokenReads(at)
			out = append(out, decimals, symbol)
		}
	}
	return out
}

// learnTokens takes in what tokens answered, and has the operations read anew that
// something of them is written in.
func (l *Ledger) learnTokens(now ops.Readings) {
	learned := false
	for at, asked := range l.tokens {
		decimals, symbol := calldata.TokenReads(at)
		n, s := now[decimals], now[symbol]
		if asked || n.Status == ops.ReadNotRun || s.Status == ops.ReadNotRun {
			continue
		}
		l.tokens[at] = true
		if token, is := calldata.TokenOf(n, s); is {
			l.book.Learn(at, token)
			learned = true
		}
	}
	if !learned {
		return
	}
	for _, e := range l.entries {
		e.read = false
	}
}
