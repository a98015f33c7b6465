package contain

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// ErrSafe means that the lane's Safe would not accept the call now.
var ErrSafe = errors.New("the Safe would not accept it now")

// safeGas is what a Safe takes beside the call, where only the call could be tried:
// checking a signature costs about 7,000, the rest about 50,000.
const safeGas = 100_000

// Safe is the multisig in whose name a lane calls; the lane's own account sends and
// pays. Collected are the signatures that were kept, each proof by itself, of whatever
// call. Name tells an owner as the screen does.
type Safe struct {
	Address   common.Address
	Known     safe.Known // what the runbook was written for
	Collected func() []safe.Kept
	Name      func(common.Address) string
}

// caller is the account that the step's target sees.
func (l Lane) caller() common.Address {
	if l.Safe != nil {
		return l.Safe.Address
	}
	return l.From
}

// BySafe is the step's call as the owners of a Safe sign it, under one of its nonces.
func (s Step) BySafe(chain ops.ChainID, a common.Address, nonce uint64) safe.Transaction {
	return safe.Transaction{Chain: chain, Safe: a, To: s.Call.To, Value: s.value(), Data: s.Call.Data, Nonce: nonce}
}

func (s Step) value() *big.Int {
	value, ok := new(big.Int).SetString(s.Call.Value, 10)
	if !ok {
		return new(big.Int)
	}
	return value
}

// outer is what a lane sends for a step: the call itself, or the Safe's transaction
// that carries it.
type outer struct {
	to     common.Address
	data   []byte
	value  *big.Int
	try    ops.Message   // what a simulation runs
	whole  bool          // which is what would be sent
	safe   *ops.SafeCall // nil unless a Safe calls
	dead   error         // why it cannot be sent: ErrSafe
	blind  bool          // it is not known whether it can
	unread bool          // for nobody answered: ask again
	doubts []string
}

// before are the calls that come before one in the same simulation, by their Safe: how
// many take a nonce, and how many of those are run as they would be sent.
type before struct{ nonces, run map[common.Address]uint64 }

func newBefore() before {
	return before{map[common.Address]uint64{}, map[common.Address]uint64{}}
}

// add counts a step's call; run says that what follows is tried after it.
func (b before) add(o outer, run bool) {
	if o.safe == nil {
		return
	}
	b.nonces[o.safe.Address]++
	if run && o.whole {
		b.run[o.safe.Address]++
	}
}

// outer reads the lane's Safe, where it has one, and wraps the call.
func (c *Containment) outer(ctx context.Context, s Step, l Lane, at ops.BlockRef, b before) outer {
	if l.Safe == nil {
		return c.wrap(s, l, nil, b)
	}
	readings, err := c.Chain.Read(ctx, at, safe.Reads(l.Safe.Address))
	o := c.wrap(s, l, ops.ReadingsOf(readings), b)
	if err != nil {
		o.dead, o.unread = fmt.Errorf("%w: it could not be read: %w", ErrSafe, err), true
	}
	return o
}

// wrap makes what the lane sends, for a Safe as it stands in the readings. It asks
// nothing.
func (c *Containment) wrap(s Step, l Lane, now ops.Readings, b before) outer {
	value := s.value()
	o := outer{
		to: s.Call.To, data: slices.Clone(s.Call.Data), value: value,
		try: ops.Message{From: l.caller(), To: s.Call.To, Data: s.Call.Data}, whole: l.Safe == nil,
	}
	if l.Safe == nil {
		return o
	}
	state, err := safe.StateOf(l.Safe.Address, now)
	if err == nil {
		err = safe.Supported(state.Version)
	}
	if err != nil {
		o.dead, o.blind = fmt.Errorf("%w: %w", ErrSafe, err), errors.Is(err, safe.ErrState)
		return o
	}
	o.doubts = state.Doubts(l.Safe.Known)
	tx := s.BySafe(c.ChainID, l.Safe.Address, c.freeOfSafe(l.Safe.Address, state.Nonce, b.nonces[l.Safe.Address]))
	kept := l.Safe.Collected()
	count := state.CountOf(tx.Hash(), tx.Under(kept))
	o.safe = &ops.SafeCall{
		Address: tx.Safe, Version: state.Version, Nonce: tx.Nonce, Threshold: state.Threshold, Domain: tx.Domain(), Message: tx.Message(), Hash: tx.Hash(),
	}
	o.safe.Signed, o.safe.Missing = count.Names(l.Safe.Name)
	if !count.Enough() {
		o.dead = fmt.Errorf("%w: nonce %d: %s", ErrSafe, tx.Nonce, strings.Join(append([]string{count.Says(l.Safe.Name)}, elsewhere(tx, state.Nonce, kept)...), "; "))
		return o
	}
	o.to, o.data, o.value = tx.Safe, tx.Calldata(count.Assembled()), new(big.Int)
	if tx.Nonce == state.Nonce+b.run[tx.Safe] { // else it would be tried before its time
		o.try, o.whole = ops.Message{From: l.From, To: o.to, Data: o.data}, true
	}
	return o
}

// pick is choose for the board: it goes by what was read of the block, and asks
// nothing. An account that was not looked at yet is taken to pay.
func (c *Containment) pick(s Step, r reckoning, b before) (out choice) {
	for n := 0; ; n = out.lane + 1 {
		next, more := 0, false
		out.lane, out.goes = s.lane(n)
		if out.lane+1 < len(s.Lanes) {
			next, more = s.lane(out.lane + 1)
		}
		l := s.Lanes[out.lane]
		out.outer = c.wrap(s, l, r.now, b)
		why := out.outer.dead
		if account, known := r.accounts[l.From]; why == nil && more && known && !l.Print {
			why = c.barred(l, s, account, r.at)
		}
		if why == nil || !more {
			return out
		}
		out.passed = append(out.passed, fmt.Sprintf("lane %s: %s; %s would send", l.Name, why, s.Lanes[next].Name))
	}
}

// behindIt says of the Safes whose lanes follow the one that would send what they lack,
// while nobody needs them yet. It makes nothing less ready.
func (c *Containment) behindIt(s Step, n int, now ops.Readings, v *verdict) {
	for _, l := range s.Lanes[n+1:] {
		if l.Safe == nil {
			continue
		}
		if o := c.wrap(s, l, now, newBefore()); o.dead != nil {
			v.worse(ops.Ready, "behind it, lane %s: %s", l.Name, o.dead)
		}
	}
}

// elsewhere says what was signed of the same call under other nonces: what is below the
// Safe's can never be used again.
func elsewhere(tx safe.Transaction, at uint64, kept []safe.Kept) (out []string) {
	others := map[uint64]int{}
	for _, k := range kept {
		if tx.Same(k.Transaction) && k.Nonce != tx.Nonce {
			others[k.Nonce]++
		}
	}
	nonces := make([]uint64, 0, len(others))
	for n := range others {
		nonces = append(nonces, n)
	}
	slices.Sort(nonces)
	for _, n := range nonces {
		worth := ": they wait"
		if n < at {
			worth = ", which is used: void"
		}
		out = append(out, fmt.Sprintf("%d are for nonce %d%s", others[n], n, worth))
	}
	return out
}

// freeOfSafe is the first nonce of a Safe, from its own on, that no action on its way
// holds; skip leaves out as many more, for the calls that come before.
func (c *Containment) freeOfSafe(a common.Address, nonce, skip uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; ; nonce++ {
		switch {
		case c.holdsOfSafe(a, nonce, (*flight).open) != nil:
		case skip == 0:
			return nonce
		default:
			skip--
		}
	}
}

// holdsOfSafe is the flight that takes a Safe's nonce, of those that count. The caller
// holds mu.
func (c *Containment) holdsOfSafe(a common.Address, nonce uint64, counts func(*flight) bool) *flight {
	for _, r := range c.runs {
		for _, p := range r.steps {
			if f := p.flight; f != nil && f.safe != nil && f.safe.Address == a && f.safe.Nonce == nonce && counts(f) {
				return f
			}
		}
	}
	return nil
}

// overtaken reports whether something else has used the nonce of the Safe that a flight
// takes. What cannot be read is no answer.
func (c *Containment) overtaken(ctx context.Context, f *flight, at ops.BlockRef) bool {
	if f.safe == nil {
		return false
	}
	readings, err := c.Chain.Read(ctx, at, safe.Reads(f.safe.Address))
	if err != nil {
		return false
	}
	state, err := safe.StateOf(f.safe.Address, ops.ReadingsOf(readings))
	return err == nil && state.Nonce > f.safe.Nonce
}

// because says why a transaction that was mined reverted, where it was a Safe's: it is
// tried again on top of its block.
func (c *Containment) because(ctx context.Context, f *flight, s signed, at ops.BlockRef) string {
	if f.safe == nil {
		return ""
	}
	t, err := c.Chain.Try(ctx, ops.Trial{At: at, Action: ops.Message{From: f.lane.From, To: *s.tx.To(), Data: s.tx.Data()}})
	if err != nil || t.Action.OK {
		return ""
	}
	return "; tried again there it reverts with " + reverts(f.lane, t.Action.Reason)
}

// reverts is the reason of a revert, with what it means where a Safe gave it.
func reverts(l Lane, reason string) string {
	if meaning := safe.Meaning(reason); l.Safe != nil && meaning != "" {
		return meaning
	}
	return reason
}
