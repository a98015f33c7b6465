package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

var (
	// ErrNoSafe means that a runbook has no step that a Safe makes, or not the one that
	// was named.
	ErrNoSafe = errors.New("no Safe makes this call")
	// ErrHash means that the Safe itself hashes the call to something else: nobody may
	// sign it.
	ErrHash = errors.New("the Safe says another hash than was computed here: sign nothing")
)

// SafeDraft is a step's call as the owners of its lane's Safe sign it, with the Safe as
// it stands at the newest block.
type SafeDraft struct {
	Step    contain.Step
	Lane    string
	Tx      safe.Transaction
	State   safe.State
	Count   safe.Count
	At      ops.BlockRef
	Doubts  []string // what acts beside the owners, or was swapped
	Reverts string   // why the call fails today, after the drafts before it; empty where it does not
}

// Owner names an owner as the pack does.
func (r *Rules) Owner(a common.Address) string { return newCouncil(r, "").name(a) }

// SafeDrafts binds the steps of a runbook that a Safe makes, for whatever it answers
// now, under consecutive nonces from the given one on, or from the Safe's own where that
// is nil; a step's id picks one. Each is tried after those before it, and the Safe
// itself is asked for its hash. beside is the folder of the journal.
func (r *Rules) SafeDrafts(ctx context.Context, c Chain, beside string, id ops.RunbookID, step string, nonce *uint64) ([]SafeDraft, error) {
	book, ok := r.book(id)
	if !ok {
		return nil, fmt.Errorf("%w: no runbook has the id %s", ErrNoRunbook, id)
	}
	e := looker(r, c, nil, beside)
	if err := e.judgeNewest(ctx); err != nil {
		return nil, err
	}
	action, rehearsed, err := e.candidate(book)
	if err != nil {
		return nil, err
	}
	if rehearsed != "" {
		return nil, fmt.Errorf("%w: %s takes what only a finding knows, and nothing is found", ErrNoSafe, id)
	}
	at, kept := e.state.head, e.council.collected()
	var out []SafeDraft
	states, taken := map[common.Address]safe.State{}, map[common.Address]uint64{}
	var prior []ops.Message
	for _, s := range action.Steps {
		i := slices.IndexFunc(s.Lanes, func(l contain.Lane) bool { return l.Safe != nil })
		if i < 0 {
			continue
		}
		lane := s.Lanes[i]
		who := lane.Safe.Address
		if _, known := states[who]; !known {
			if states[who], err = safeState(ctx, c, at, who); err != nil {
				return nil, err
			}
		}
		d := SafeDraft{Step: s, Lane: lane.Name, State: states[who], At: at, Doubts: states[who].Doubts(lane.Safe.Known)}
		from := d.State.Nonce
		if nonce != nil {
			from = *nonce
		}
		d.Tx = s.BySafe(r.ChainID, who, from+taken[who])
		taken[who]++
		message := ops.Message{From: who, To: s.Call.To, Data: s.Call.Data}
		if step == "" || s.ID == step {
			d.Count = d.State.CountOf(d.Tx.Hash(), d.Tx.Under(kept))
			if err := d.check(ctx, c, prior, message); err != nil {
				return nil, err
			}
			out = append(out, d)
		}
		prior = append(prior, message)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s %s has no such step with a lane of the kind safe", ErrNoSafe, id, step)
	}
	return out, nil
}

// check holds the hash against the Safe's own word, and tries the call.
func (d *SafeDraft) check(ctx context.Context, c Chain, prior []ops.Message, message ops.Message) error {
	if d.Tx.Nonce < d.State.Nonce {
		return fmt.Errorf("%w: nonce %d is used, the Safe is at %d", ErrNoSafe, d.Tx.Nonce, d.State.Nonce)
	}
	readings, err := c.Read(ctx, d.At, []ops.Read{d.Tx.HashRead()})
	if err != nil {
		return err
	}
	says := readings[0]
	if hash := d.Tx.Hash(); says.Status != ops.ReadOK || len(says.Data) != common.HashLength || common.BytesToHash(says.Data) != hash {
		return fmt.Errorf("%w: %s here, %#x there %s", ErrHash, hash.Hex(), says.Data, says.Err)
	}
	tried, err := c.Try(ctx, ops.Trial{At: d.At, Prior: prior, Action: message})
	if err != nil {
		return fmt.Errorf("%s was not simulated: %w", d.Step.ID, err)
	}
	if !tried.Action.OK {
		d.Reverts = tried.Action.Reason
	}
	return nil
}

func safeState(ctx context.Context, c Chain, at ops.BlockRef, a common.Address) (safe.State, error) {
	readings, err := c.Read(ctx, at, safe.Reads(a))
	if err != nil {
		return safe.State{}, err
	}
	state, err := safe.StateOf(a, ops.ReadingsOf(readings))
	if err == nil {
		err = safe.Supported(state.Version)
	}
	return state, err
}

// SafeLine is one Safe of the runbooks with every set of signatures that was kept for
// it.
type SafeLine struct {
	Address common.Address
	State   safe.State
	Sets    []safe.Set
	Calls   map[common.Hash]string // of the sets' hashes: the step that makes the call, where one does
	Err     error                  // why it could not be read
}

// Safes are those that the runbooks name, as they stand at the newest block.
func (r *Rules) Safes(ctx context.Context, c Chain, beside string) ([]SafeLine, ops.BlockRef, error) {
	at, err := c.Latest(ctx)
	if err != nil {
		return nil, at, err
	}
	watch := newCouncil(r, beside)
	kept := watch.collected()
	var out []SafeLine
	calls := map[common.Address][]safe.Transaction{}
	titles := map[common.Address][]string{}
	for _, b := range r.books {
		action, err := b.bind(nil, nobody)
		if err != nil {
			continue // it takes what a finding gives: its calls are told by target and data
		}
		for _, s := range action.Steps {
			for _, l := range s.Lanes {
				if l.Safe != nil {
					calls[l.Safe.Address] = append(calls[l.Safe.Address], s.BySafe(r.ChainID, l.Safe.Address, 0))
					titles[l.Safe.Address] = append(titles[l.Safe.Address], fmt.Sprintf("%s %s", s.ID, s.Call.Function))
				}
			}
		}
	}
	for _, a := range r.safes() {
		line := SafeLine{Address: a, Calls: map[common.Hash]string{}}
		line.State, line.Err = safeState(ctx, c, at, a)
		line.Sets = line.State.SetsOf(a, kept)
		for _, s := range line.Sets {
			if i := slices.IndexFunc(calls[a], s.Same); i >= 0 {
				line.Calls[s.Hash()] = titles[a][i]
			}
		}
		out = append(out, line)
	}
	return out, at, nil
}

// looker is an engine that looks at one block and keeps no record.
func looker(rules *Rules, c Chain, keys []Key, beside string) *Engine {
	e := &Engine{
		Config: Config{Rules: rules, Chain: c, Keys: keys, Now: time.Now}, state: newState(rules), actions: map[string]contain.Action{}, council: newCouncil(rules, beside),
	}
	e.contain = contain.New(contain.Config{Chain: c, ChainID: rules.ChainID, ChainName: rules.Chain, Journal: nowhere{}})
	return e
}
