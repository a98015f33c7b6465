package contain

import (
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// takenUpFor is how old what a person answered, or a control did, may be for the same
// action to rely on it when the key is pressed again after a restart: a restart and an
// arming take minutes, and an hour later the answer may be another.
const takenUpFor = time.Hour

// mindedKey is a step of one action: see Action.Digest.
type mindedKey struct {
	digest common.Hash
	step   string
}

// start is what the journal has to know of a run with its first record; nil afterwards.
func (c *Containment) start(r *run) *Start {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.named {
		return nil
	}
	return &Start{
		Runbook: r.action.Runbook, RunbookHash: r.action.Hash, Args: r.action.Args, Digest: r.digest, Chain: c.ChainID, Nonce: r.nonce, By: r.by, Seconds: r.seconds, Simulated: r.prepared,
	}
}

// mind keeps what an earlier process did in a run that its end cut short.
func (c *Containment) mind(t *tale) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for step, s := range t.steps {
		if !s.asked && s.Why == "" {
			c.keepMinded(t.start.Digest, step, s)
		}
	}
}

// leaveBehind keeps what was done in a run that began in an earlier process. The caller
// holds mu.
func (c *Containment) leaveBehind(r *run) {
	if !r.cut {
		return
	}
	for i, p := range r.steps {
		if s := r.action.Steps[i]; !s.sends() && p.state == done {
			c.keepMinded(r.digest, s.ID, told{Progress: Progress{ID: r.id, Step: s.ID, By: p.by}, at: p.at})
		}
	}
}

// keepMinded is for callers that hold mu.
func (c *Containment) keepMinded(digest common.Hash, step string, s told) {
	if c.minded == nil {
		c.minded = map[mindedKey]told{}
	}
	c.minded[mindedKey{digest, step}] = s
}

// takeUp settles a control or a question that was done in a run of the same action which
// a console's end cut short: nobody is asked twice within the hour. An action that
// loosens asks again.
func (c *Containment) takeUp(r *run, i int, at ops.BlockRef) bool {
	s := r.action.Steps[i]
	c.mu.Lock()
	before, ok := c.minded[mindedKey{r.digest, s.ID}]
	c.mu.Unlock()
	if !ok || r.action.loosens() || c.Now().Sub(before.at) > takenUpFor {
		return false
	}
	from := before.ID
	if before.From != "" {
		from = before.From
	}
	c.note(r, KindStep, Progress{ID: r.id, Step: s.ID, Block: at, By: before.By, Answer: before.Answer, Start: c.start(r), From: from, At: before.at})
	c.update(func() {
		p := &r.steps[i]
		p.state, p.by, p.at, p.why = done, before.By, before.at, fmt.Sprintf("at %s, before the console ended", before.at.UTC().Format("15:04:05Z"))
	})
	return true
}
