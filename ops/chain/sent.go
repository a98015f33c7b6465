package chain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// The bounds of a block's transactions. EIP-7934 holds a block to 10 MiB, which are
// twice as many characters in hexadecimal; nobody must be able to blind a console by
// filling a block. 21,000 gas each make 2,857 transactions of 60 million.
const (
	mostSentBytes = 24 << 20
	mostSent      = 20_000
)

// body is a block with its transactions; fates are those of the receipts, if they were
// asked for.
type body struct {
	header
	Transactions sent `json:"transactions"`
	fates        *fates
}

// sent are the transactions of a block that were sent straight to some contracts,
// or why they are not known.
type sent struct {
	to     map[common.Address][]ops.Invocation // who is looked for
	by     map[common.Address][]ops.Invocation // and whose
	blocks map[common.Hash]bool                // that they say they are of
	hashes []common.Hash                       // of all of them, in their order
	made   creations
	given  bool
	why    error
}

// bodyFor is a block to be decoded, of which the transactions to these matter.
func (p *pass) bodyFor(reads []int) *body {
	if len(reads) == 0 {
		return new(body)
	}
	b := &body{Transactions: sent{to: map[common.Address][]ops.Invocation{}, by: map[common.Address][]ops.Invocation{}, blocks: map[common.Hash]bool{}}}
	for _, i := range reads {
		switch r := p.readings[i].Read; {
		case r.Kind == ops.ReadCreated:
			b.Transactions.made.look(r.To)
		case r.From != (common.Address{}):
			b.Transactions.by[r.From] = nil
		default:
			b.Transactions.to[r.To] = nil
		}
		if p.readings[i].Read.Data == ops.WithFates && b.fates == nil {
			b.fates = new(fates)
		}
	}
	return b
}

// transaction is what is used of one, as the execution APIs name it.
type transaction struct {
	Block *common.Hash    `json:"blockHash"`
	Index *hexutil.Uint64 `json:"transactionIndex"`
	Hash  *common.Hash    `json:"hash"`
	From  *common.Address `json:"from"`
	To    *common.Address `json:"to"`
	Value *hexutil.Big    `json:"value"`
	Gas   hexutil.Uint64  `json:"gas"`
	Nonce *hexutil.Uint64 `json:"nonce"`
	Input json.RawMessage `json:"input"`
}

// UnmarshalJSON implements json.Unmarshaler. It never fails: what cannot be read is
// kept as the reason, and spoils nothing else.
func (s *sent) UnmarshalJSON(raw []byte) error {
	if s.to == nil {
		return nil // nobody asked for them
	}
	if s.given {
		s.why = errors.New("the provider sent two lists of transactions")
	} else {
		s.why = s.take(raw)
	}
	s.given = true
	return nil
}

func (s *sent) take(raw []byte) error {
	if len(raw) > mostSentBytes {
		return fmt.Errorf("the block's transactions take %d bytes, more than %d", len(raw), mostSentBytes)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return errors.New("the provider sent no list of transactions")
	}
	for n := uint64(0); d.More(); n++ {
		if n == mostSent {
			return fmt.Errorf("the block has more than %d transactions", mostSent)
		}
		var t transaction
		if err := d.Decode(&t); err != nil {
			return fmt.Errorf("transaction %d cannot be read: %w", n, bounded(err))
		}
		if err := s.keep(t, n); err != nil {
			return fmt.Errorf("transaction %d cannot be read: %w", n, bounded(err))
		}
	}
	return nil
}

// keep checks a transaction, and keeps it when it was sent to one who matters.
func (s *sent) keep(t transaction, n uint64) error {
	if t.Block == nil || t.Index == nil || t.Hash == nil {
		return errors.New("it does not say where it stands")
	}
	if uint64(*t.Index) != n {
		return fmt.Errorf("it says that it stands at %d", uint64(*t.Index))
	}
	s.hashes = append(s.hashes, *t.Hash)
	if s.blocks[*t.Block] = true; t.To == nil {
		s.made.keep(t, n)
		return nil
	}
	kept, matters := s.to[*t.To]
	whose, his := []ops.Invocation(nil), len(s.by) > 0 && t.From == nil
	if t.From != nil && !his {
		whose, his = s.by[*t.From]
	}
	if !matters && !his {
		return nil
	}
	if t.From == nil || t.Value == nil {
		return errors.New("it does not say who sent it, or what it carries")
	}
	var input hexutil.Bytes
	if err := json.Unmarshal(t.Input, &input); err != nil {
		return fmt.Errorf("its input: %w", err)
	}
	i := ops.Invocation{Tx: *t.Hash, Index: n, From: *t.From, To: *t.To, Value: (*big.Int)(t.Value), Gas: uint64(t.Gas), Data: input}
	if matters {
		s.to[*t.To] = append(kept, i)
	}
	if his {
		s.by[*t.From] = append(whose, i)
	}
	return nil
}

// sent settles the reads of transactions by the block that came.
func (p *pass) sent(reads []int, b *body) error {
	if b.Hash != p.at.Hash {
		return fmt.Errorf("the block: %w", ErrNoBlock)
	}
	why := b.Transactions.why
	if !b.Transactions.given {
		why = errors.New("the provider sent no transactions")
	}
	for block := range b.Transactions.blocks {
		if block != p.at.Hash && why == nil {
			why = fmt.Errorf("a transaction is of block %s", block)
		}
	}
	fated := b.fates.of(b)
	for _, i := range reads {
		r := p.readings[i].Read
		if r.Kind == ops.ReadCreated {
			if failed := cmp.Or(why, b.Transactions.made.why); failed != nil {
				p.refuse(i, "%s", failed)
			}
			continue // what stands there is asked after it
		}
		invocations := b.Transactions.to[r.To]
		if r.From != (common.Address{}) {
			invocations = b.Transactions.by[r.From]
		}
		failed := why
		if r.Data == ops.WithFates && failed == nil {
			invocations, failed = b.fates.tell(invocations), fated
		}
		if failed != nil {
			p.refuse(i, "%s", failed)
			continue
		}
		p.answer(i, ops.ReadOK, calldata.Record(invocations), "")
	}
	return nil
}

// fated are those of the reads that need receipts.
func (p *pass) fated(reads []int) []int {
	var out []int
	for _, i := range reads {
		if p.readings[i].Read.Data == ops.WithFates {
			out = append(out, i)
		}
	}
	return out
}

// unsent settles the reads of transactions that the provider refuses: everything
// else of the block is still to be had.
func (p *pass) unsent(reads []int, err error) {
	for _, i := range reads {
		p.refuse(i, "the block's transactions: %s", bounded(err))
	}
}
