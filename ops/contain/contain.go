// Package contain is the only road to sending. It plans a committed action,
// simulates it, takes a person's confirmation, writes down what is about to
// happen, signs, sends once, and reads the effect back from the mined block.
//
// It must never send what was not committed and confirmed, never sign before the
// intent is durable, never send before the signed bytes are durable, never sign
// anything twice for one confirmation, and never say IN EFFECT or CONTAINED
// before the chain does. Blindness and clocks never send.
package contain

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	// ErrRefused means that the plan names a reason why it cannot be run at all.
	ErrRefused = errors.New("refused, nothing was sent")
	// ErrPhrase means that what was typed is not the action's phrase.
	ErrPhrase = errors.New("the phrase does not match, nothing was sent")
	// ErrJournal means that the intent could not be made durable: nothing was sent.
	ErrJournal = errors.New("nothing was sent: the journal cannot be written")
	// ErrStale means that the plan's nonce was taken since it was prepared: nothing
	// was sent, prepare it again.
	ErrStale = errors.New("the plan is out of date, nothing was sent: prepare it again")
	// ErrShots means that an action was run as often as its owners allow.
	ErrShots = errors.New("it was run as often as its owners allow, nothing was sent")
	// ErrSigner means that nothing was signed.
	ErrSigner = errors.New("nothing was signed or sent")
)

// Chain is what containment needs of a provider. Each call has the provider's
// own deadline. Send may fail although the transaction was accepted.
type Chain interface {
	Name() string
	CheckChain(ctx context.Context) error
	Account(ctx context.Context, a common.Address) (ops.Account, error)
	CodeHash(ctx context.Context, at ops.BlockRef, a common.Address, proxy bool) (common.Hash, error)
	Try(ctx context.Context, t ops.Trial) (ops.TrialResult, error)
	Survey(ctx context.Context, s ops.Survey) (ops.SurveyResult, error)
	Read(ctx context.Context, at ops.BlockRef, reads []ops.Read) ([]ops.Reading, error)
	Send(ctx context.Context, raw []byte) error
	Known(ctx context.Context, tx common.Hash) (bool, error)
	Inclusion(ctx context.Context, tx common.Hash) (*ops.Inclusion, error)
}

// Signer is one lane's key. Sign refuses when locked and for another chain; it
// may take until the context ends, and what it returns is held against what it was
// given.
type Signer interface {
	Address() common.Address
	Unlocked() bool
	Sign(ctx context.Context, tx *types.Transaction) (*types.Transaction, error)
}

// Journal keeps records. Write returns when the record is on the disk.
type Journal interface {
	Write(kind string, data any) error
	Writable() error
}

// Control runs a step that changes the console itself, such as freezing
// promotion, and says whether it holds.
type Control func(control string) error

// Config is what a Containment is made of.
type Config struct {
	Chain     Chain
	ChainID   ops.ChainID
	ChainName string
	Journal   Journal
	Control   Control
	Seconds   func(ops.RunbookID, common.Hash) []string // who else has confirmed a plan, by its digest; nil: nobody can
	Relay     Relay                                     // gets what is sent before everybody else does; nil: everybody at once
	Moved     func()                                    // called when something came of what was begun, from any goroutine; nil: nobody wants to know
	Now       func() time.Time

	// PublicAfter is for how many blocks the relay has a transaction to itself; 0 for two.
	PublicAfter uint64
}

// Containment runs committed actions. It is safe for concurrent use: whoever
// confirms first runs, everybody else learns so. Whoever made it closes it.
type Containment struct {
	Config
	mu     sync.Mutex
	runs   []*run
	tip    ops.BlockRef                      // that was followed last
	doubt  uint64                            // up to which block what is over is looked at again
	behind map[common.Address]common.Address // of each proxy, the implementation that its slot named last

	shot   map[ops.RunbookID]uint64 // how often each was run by an earlier process, failed, and was in effect all the same
	minded map[mindedKey]told       // what was done in runs that a console's end cut short

	errands errands
}

// New makes a Containment that has nothing in flight.
func New(c Config) *Containment {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.PublicAfter == 0 {
		c.PublicAfter = defaultHidden
	}
	life, end := context.WithCancel(context.Background())
	return &Containment{Config: c, errands: errands{life: life, end: end}}
}

// Receipts lists what was run, oldest first.
func (c *Containment) Receipts() []ops.Receipt {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]ops.Receipt, len(c.runs))
	for i, r := range c.runs {
		out[i] = r.receipt(c.provider())
	}
	return out
}

func (c *Containment) provider() string {
	if c.Chain == nil {
		return ""
	}
	return c.Chain.Name()
}

// Reads lists what has to be read at every block to judge what is in flight.
func (c *Containment) Reads() []ops.Read {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []ops.Read
	for _, r := range c.runs {
		if r.ended == ops.StageNone {
			out = append(out, r.action.Until.Reads()...)
		}
	}
	return out
}
