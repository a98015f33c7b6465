package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/pack"
)

// lookEvery is how often the pack on the disk is compared with what was read. What
// is sent does not wait for it: arming and confirming look by themselves.
const lookEvery = 2 * time.Second

// inspect holds the pack against its signatures and against the disk, for the screen
// and for arming. Its error says why a console must not be armed on it.
func (e *Engine) inspect() error {
	p := e.Rules.pack
	signing := p.Verify()
	if err := p.Changed(); err != nil {
		signing.Problems = append(signing.Problems, err.Error()+": start the console again on what lies there, if that is what was signed")
	}
	if i := slices.IndexFunc(signing.Documents, func(d ops.SignedDocument) bool { return d.Name == pack.OwnersFile }); e.Trusted != (common.Hash{}) &&
		(i < 0 || signing.Documents[i].SHA256 != e.Trusted) {
		signing.Problems = append(signing.Problems, fmt.Sprintf("%s is not the one that config.yaml trusts under owners (%s)", pack.OwnersFile, e.Trusted.Hex()))
	}
	e.mu.Lock()
	e.signing = signing
	e.mu.Unlock()
	return e.unsigned(signing)
}

// unsigned is why the console must not be armed on its pack. A drill may rehearse on
// a pack that has no owners at all, and says NOT SIGNED; one that has them is held to
// them everywhere.
func (e *Engine) unsigned(s ops.Signing) error {
	why := s.Why()
	switch {
	case len(why) == 0, !s.Owned && e.Rules.ChainID.Drill() && e.Trusted == (common.Hash{}):
		return nil
	case len(why) == 1:
		return fmt.Errorf("%w: %s", pack.ErrUnsigned, why[0])
	default:
		return fmt.Errorf("%w: %s; and %d more: bulkhead pack verify tells all", pack.ErrUnsigned, why[0], len(why)-1)
	}
}

// unchanged refuses to send when a document on the disk is not the one that was
// read, and signed. A disk that cannot be read is a doubt: what is in memory is what
// was signed.
func (e *Engine) unchanged() error {
	err := e.Rules.pack.Changed()
	if !errors.Is(err, pack.ErrChanged) {
		return nil
	}
	e.record("refused", map[string]any{"by": e.Operator, "why": err.Error()}, ops.Entry{
		Block: e.headNumber(), Alarm: true, Verdict: ops.Unknown, Text: "REFUSED, nothing was sent: " + err.Error(),
	})
	return fmt.Errorf("nothing was sent: %w: put it back, or have it signed and start the console again", err)
}

// look inspects the pack until the context ends, so that the screen says soon that
// it has changed.
func (e *Engine) look(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			was := e.whole()
			e.tell(was, e.inspect())
			if now := e.whole(); now != was {
				e.standTo(now)
			}
		}
	}
}

// tell writes down that a pack which was signed is not any more, or is again.
func (e *Engine) tell(was bool, why error) {
	entry := ops.Entry{Block: e.headNumber(), Verdict: ops.OK, Text: "the pack is what its owners signed again"}
	switch {
	case was == (why == nil):
		return
	case why != nil:
		entry.Alarm, entry.Verdict, entry.Text = true, ops.Unknown, why.Error()
	case !e.whole():
		return // a drill without owners is never signed
	}
	e.record("pack", map[string]any{"signed": why == nil, "what": entry.Text}, entry)
}

func (e *Engine) whole() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.signing.Whole()
}
