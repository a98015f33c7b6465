package leaving

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

const (
	// mostRecipients bounds who is remembered. One that does not fit any more is new each
	// time: a false alarm is better than silence that somebody paid for with dust.
	mostRecipients = 200_000
	// mostPayments bounds what is remembered of one new recipient: the oldest are added up.
	mostPayments = 256
	// reorg is how long a recipient that is not new any more is kept apart: a reorg may take
	// the chain back.
	reorg = time.Hour
)

// payment is what one recipient got in one block.
type payment struct {
	number uint64
	amount *big.Int
}

// recipient is somebody who got something, since when, and what, while it is new.
type recipient struct {
	first    uint64
	since    time.Time
	total    big.Int
	payments []payment // in the order of the blocks
}

// pay notes that somebody got something.
func (m *Memory) pay(at ops.BlockRef, to common.Address, amount *big.Int) {
	if amount.Sign() == 0 || m.of.Known[to] || m.of.Watched.Has(to) {
		return
	}
	if _, known := m.known[to]; known {
		return
	}
	r := m.fresh[to]
	if r == nil {
		if len(m.fresh) >= mostRecipients { // as long as so many are new at once, the newest matter
			m.crowd()
		}
		r = &recipient{first: at.Number, since: at.Time}
		m.fresh[to] = r
	}
	r.total.Add(&r.total, amount)
	if n := len(r.payments); n > 0 && r.payments[n-1].number == at.Number {
		r.payments[n-1].amount = new(big.Int).Add(r.payments[n-1].amount, amount)
		return
	}
	if r.payments = append(r.payments, payment{at.Number, amount}); len(r.payments) > mostPayments {
		r.payments[1].amount = new(big.Int).Add(r.payments[0].amount, r.payments[1].amount)
		r.payments = r.payments[1:]
	}
}

// crowd makes room among those who are new: of some, whoever got least goes.
func (m *Memory) crowd() {
	var least common.Address
	var sum *big.Int
	looked := 0
	for who, r := range m.fresh {
		if sum == nil || r.total.Cmp(sum) < 0 {
			least, sum = who, &r.total
		}
		if looked++; looked == 16 {
			break
		}
	}
	delete(m.fresh, least)
}

// mature lets those who were new until a time become known.
func (m *Memory) mature(before time.Time) {
	for who, r := range m.fresh {
		if r.since.After(before) {
			continue
		}
		if delete(m.fresh, who); len(m.known) < mostRecipients {
			m.known[who] = r.first
		}
	}
}

// largest is who of those who are new got the most.
func (m *Memory) largest() (who common.Address, most *big.Int) {
	most = new(big.Int)
	for a, r := range m.fresh {
		if !r.since.After(m.start()) {
			continue
		}
		if c := r.total.Cmp(most); c > 0 || c == 0 && most.Sign() > 0 && a.Cmp(who) < 0 {
			who, most = a, &r.total
		}
	}
	return who, most
}
