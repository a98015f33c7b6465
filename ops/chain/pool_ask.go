package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// block is what one provider says of a block.
type block struct {
	readings []ops.Reading
	logs     []ops.Log
}

// ReadBlock is Client.ReadBlock by a quorum. A read that a provider could not make
// has no vote of it; one in which the votes differ is not known, and says who said
// what. Logs that differ make the whole block unknown.
func (p *Pool) ReadBlock(ctx context.Context, at ops.BlockRef, reads []ops.Read, filter Filter) ([]ops.Reading, []ops.Log, error) {
	ask := func(c *Client) (block, error) {
		readings, logs, err := c.ReadBlock(ctx, at, reads, filter)
		return block{readings, logs}, err
	}
	if len(p.clients) == 1 {
		b, err := ask(p.clients[0])
		return b.readings, b.logs, err
	}
	got, failures := gather(ctx, p, poll[block]{ask: ask, differ: block.differ, pinned: true, lacks: p.lacks})
	what := fmt.Sprintf("block %d", at.Number)
	if len(got) < p.quorum {
		return nil, nil, p.short(what, len(got), failures)
	}
	for _, a := range got[1:] {
		if !slices.EqualFunc(got[0].value.logs, a.value.logs, sameLog) {
			return nil, nil, fmt.Errorf("%w on the logs of %s: %s and %s differ", ErrNoQuorum, what, p.clients[got[0].who].Name(), p.clients[a.who].Name())
		}
	}
	out := make([]ops.Reading, len(reads))
	for i := range reads {
		out[i] = p.vote(got, i)
	}
	return out, got[0].value.logs, nil
}

// lacks reports whether a read has too few votes that those who are still waited
// for can give.
func (p *Pool) lacks(got []said[block], waiting int) bool {
	for i := range got[0].value.readings {
		votes := 0
		for _, a := range got {
			if voted(a.value.readings[i]) {
				votes++
			}
		}
		if votes < p.quorum && votes+waiting >= p.quorum {
			return true
		}
	}
	return false
}

// vote is what a quorum says of one read.
func (p *Pool) vote(got []said[block], i int) ops.Reading {
	var voice *ops.Reading
	votes, unable, text, silent := 0, 0, "", ""
	split := false
	for _, a := range got {
		r := &a.value.readings[i]
		if !voted(*r) {
			if silent = p.clients[a.who].Name() + ": " + r.Err; r.Status == ops.ReadUnable {
				unable++
			}
			continue
		}
		text += fmt.Sprintf("; %s says %s", p.clients[a.who].Name(), shown(*r))
		if voice == nil {
			voice = r
		}
		split = split || !sameReading(*voice, *r)
		if r.Status == ops.ReadReverted && len(r.Data) == 0 {
			voice = r // of two reverts the one that says less: see sameReading
		}
		votes++
	}
	none := ops.Reading{Read: got[0].value.readings[i].Read, At: got[0].value.readings[i].At}
	switch {
	case split:
		none.Err = "the providers disagree" + text
	case votes < p.quorum && votes+unable == len(got): // nobody failed: there are too few who can
		none.Status, none.Err = ops.ReadUnable, fmt.Sprintf("%d of the %d providers needed can: %s", votes, p.quorum, silent)
	case votes < p.quorum:
		none.Err = fmt.Sprintf("%d of the %d providers needed answered: %s", votes, p.quorum, silent)
	default:
		return *voice
	}
	return none
}

// voted reports whether a provider said anything of the read.
func voted(r ops.Reading) bool { return r.Status != ops.ReadNotRun && r.Status != ops.ReadUnable }

func shown(r ops.Reading) string {
	switch {
	case r.Status == ops.ReadReverted:
		return "it reverts"
	case r.Status == ops.ReadNoCode:
		return "there is no contract"
	case r.Read.Kind == ops.ReadInner:
		inner, _ := calldata.Invocations(r.Data)
		return fmt.Sprintf("%d calls inside transactions", len(inner))
	case r.Read.Kind == ops.ReadCreated, r.Read.Kind == ops.ReadInnerCreated:
		made, _ := calldata.Creations(r.Data)
		return fmt.Sprintf("%d contracts that were created", len(made))
	case r.Read.Kind == ops.ReadSent:
		sent, _ := calldata.Invocations(r.Data)
		if r.Read.Data == ops.WithFates {
			done := slices.DeleteFunc(slices.Clone(sent), func(i ops.Invocation) bool { return i.Fate == ops.FateFailed })
			return fmt.Sprintf("%d transactions, %d of them failed", len(sent), len(sent)-len(done))
		}
		return fmt.Sprintf("%d transactions", len(sent))
	default:
		return fmt.Sprintf("0x%x", bytes.TrimLeft(r.Data[:min(len(r.Data), 64)], "\x00"))
	}
}

// sameReading compares two answers. Some providers do not tell what a revert said.
func sameReading(a, b ops.Reading) bool {
	if a.Status == ops.ReadReverted && b.Status == a.Status && (len(a.Data) == 0 || len(b.Data) == 0) {
		return true
	}
	return a.Status == b.Status && bytes.Equal(a.Data, b.Data)
}

func sameLog(a, b ops.Log) bool {
	return a.Block == b.Block && a.Index == b.Index && a.Tx == b.Tx && a.Address == b.Address && slices.Equal(a.Topics, b.Topics) && bytes.Equal(a.Data, b.Data)
}

// differ says what two providers say differently of a block.
func (a block) differ(b block) string {
	if !slices.EqualFunc(a.logs, b.logs, sameLog) {
		return fmt.Sprintf("its logs are others than the rest has (%d, %d)", len(a.logs), len(b.logs))
	}
	for i, r := range a.readings {
		o := b.readings[i]
		if voted(r) && voted(o) && !sameReading(r, o) {
			return fmt.Sprintf("%s: it says %s, others %s", r.Read.Name, shown(r), shown(o))
		}
	}
	return ""
}

// Read is ReadBlock without logs.
func (p *Pool) Read(ctx context.Context, at ops.BlockRef, reads []ops.Read) ([]ops.Reading, error) {
	readings, _, err := p.ReadBlock(ctx, at, reads, Filter{})
	return readings, err
}

// Logs is Client.Logs by a quorum. Each has the last block of the range, so who names
// other logs dissents: one that leaves some out must not keep history from being
// read for ever.
func (p *Pool) Logs(ctx context.Context, from, to uint64, filter Filter) ([]ops.Log, error) {
	return agree(ctx, p, true, fmt.Sprintf("the logs of blocks %d to %d", from, to), func(c *Client) ([]ops.Log, error) { return c.Logs(ctx, from, to, filter) },
		func(a, b []ops.Log) string {
			if slices.EqualFunc(a, b, sameLog) {
				return ""
			}
			return fmt.Sprintf("%d logs, %d logs", len(a), len(b))
		})
}

// CheckChain refuses when a provider that counts serves another chain
// (ErrWrongChain), and fails when fewer than a quorum answer.
func (p *Pool) CheckChain(ctx context.Context) error {
	answered, failures := 0, []error(nil)
	for _, c := range p.clients {
		err := c.CheckChain(ctx)
		if errors.Is(err, ErrWrongChain) {
			return err
		}
		if err != nil {
			failures = append(failures, err)
			continue
		}
		answered++
	}
	if answered >= p.quorum {
		return nil
	}
	return p.short("the chain that is served", answered, failures)
}

// Latest is the head of the first provider that answers.
func (p *Pool) Latest(ctx context.Context) (ops.BlockRef, error) {
	return first(ctx, p, func(c *Client) (ops.BlockRef, error) { return c.Latest(ctx) })
}

// Header is Client.Header by a quorum.
func (p *Pool) Header(ctx context.Context, hash common.Hash) (ops.BlockRef, error) {
	return agree(ctx, p, true, "block "+hash.Hex(), func(c *Client) (ops.BlockRef, error) { return c.Header(ctx, hash) }, func(a, b ops.BlockRef) string {
		if a == b {
			return ""
		}
		return fmt.Sprintf("block %s: it has it as #%d of %s after %s, others as #%d of %s after %s", hash.TerminalString(),
			a.Number, a.Time, a.Parent.TerminalString(), b.Number, b.Time, b.Parent.TerminalString())
	})
}

// Canonical is Client.Canonical by a quorum.
func (p *Pool) Canonical(ctx context.Context, number uint64) (ops.BlockRef, error) {
	refs, err := p.headers(ctx, number, number)
	if err != nil {
		return ops.BlockRef{}, err
	}
	return refs[0], nil
}

// Blocks is Client.Blocks by a quorum.
func (p *Pool) Blocks(ctx context.Context, from, to uint64) ([]ops.BlockRef, error) {
	return p.headers(ctx, from, min(to, from+headerBatch-1))
}

// headers is Client.headers by a quorum.
func (p *Pool) headers(ctx context.Context, from, to uint64) ([]ops.BlockRef, error) {
	return agree(ctx, p, false, fmt.Sprintf("blocks %d to %d", from, to), func(c *Client) ([]ops.BlockRef, error) { return c.headers(ctx, from, to) },
		func(a, b []ops.BlockRef) string {
			if slices.Equal(a, b) {
				return ""
			}
			return "other blocks"
		})
}

// CodeHash is Client.CodeHash by a quorum.
func (p *Pool) CodeHash(ctx context.Context, at ops.BlockRef, address common.Address, proxy bool) (common.Hash, error) {
	return agree(ctx, p, true, "the code of "+address.Hex(), func(c *Client) (common.Hash, error) { return c.CodeHash(ctx, at, address, proxy) }, equal[common.Hash])
}

// Inclusion is Client.Inclusion by a quorum: one provider alone does not make a
// transaction mined. Nor is it unmined while one that counts says otherwise: those
// that have no receipt may only be behind, so all are waited for.
func (p *Pool) Inclusion(ctx context.Context, hash common.Hash) (*ops.Inclusion, error) {
	q := poll[*ops.Inclusion]{
		ask: func(c *Client) (*ops.Inclusion, error) { return c.Inclusion(ctx, hash) },
		differ: func(a, b *ops.Inclusion) string {
			if (a == nil) != (b == nil) || a != nil && (a.Block != b.Block || a.OK != b.OK) { // the whole block: one provider alone sets no time
				return "one has it mined otherwise than the other"
			}
			return ""
		},
		lacks: func(got []said[*ops.Inclusion], waiting int) bool {
			return waiting > 0 && slices.ContainsFunc(got, func(a said[*ops.Inclusion]) bool { return a.value == nil })
		},
	}
	return consent(ctx, p, "the receipt of "+hash.Hex(), q)
}

// Account is Client.Account at the first provider that answers, as are Try and
// Message: what they say is shown and simulated, never judged by.
func (p *Pool) Account(ctx context.Context, a common.Address) (ops.Account, error) {
	return first(ctx, p, func(c *Client) (ops.Account, error) { return c.Account(ctx, a) })
}

// Try is Client.Try at the first provider that answers.
func (p *Pool) Try(ctx context.Context, t ops.Trial) (ops.TrialResult, error) {
	return first(ctx, p, func(c *Client) (ops.TrialResult, error) { return c.Try(ctx, t) })
}

// Repeat is Client.Repeat at the first provider that answers.
func (p *Pool) Repeat(ctx context.Context, at ops.BlockRef, messages []ops.Message) ([]ops.Outcome, error) {
	return first(ctx, p, func(c *Client) ([]ops.Outcome, error) { return c.Repeat(ctx, at, messages) })
}

// Message is Client.Message at the first provider that answers.
func (p *Pool) Message(ctx context.Context, hash common.Hash) (ops.Message, error) {
	return first(ctx, p, func(c *Client) (ops.Message, error) { return c.Message(ctx, hash) })
}

// Messages is Client.Messages at the first provider that answers.
func (p *Pool) Messages(ctx context.Context, hashes []common.Hash) (map[common.Hash]ops.Message, error) {
	return first(ctx, p, func(c *Client) (map[common.Hash]ops.Message, error) { return c.Messages(ctx, hashes) })
}

// Known reports whether any provider has seen the transaction.
func (p *Pool) Known(ctx context.Context, hash common.Hash) (bool, error) {
	var failures []error
	for _, c := range p.clients {
		known, err := c.Known(ctx, hash)
		if known {
			return true, nil
		}
		failures = append(failures, err)
	}
	return false, errors.Join(failures...)
}

// Send hands the same signed transaction to every provider at once and returns
// as soon as one accepts it. What the others say does not matter: it has one
// nonce, and is one transaction.
func (p *Pool) Send(ctx context.Context, raw []byte) error {
	if len(p.clients) == 1 {
		return p.clients[0].Send(ctx, raw)
	}
	ended := make(chan error, len(p.clients))
	for _, c := range p.clients {
		p.late.Go(func() { ended <- c.Send(ctx, raw) })
	}
	var failures []error
	for range p.clients {
		err := <-ended
		if err == nil {
			return nil
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}
