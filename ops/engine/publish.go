package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// share gives Prepare what it needs of the pass, and remembers the transaction
// of the breach that moved most: the one worth trying again in a simulation.
func (e *Engine) share(logs []ops.Log) {
	s := &e.state
	replay := common.Hash{}
	breached := slices.ContainsFunc(s.findings, clocked)
	for _, c := range e.Rules.canaries {
		if tx, ok := c.Largest(logs); ok && breached {
			replay = tx
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if replay == (common.Hash{}) && breached {
		replay = e.shared.replay // a block without one keeps the one before
	}
	e.shared = shared{head: s.head, blind: s.blind, findings: s.findings, queue: s.queue, timelocks: s.timelocks, replay: replay}
}

// measureBoard tells of every committed action whether it would work now.
func (e *Engine) measureBoard(ctx context.Context, at ops.BlockRef, now ops.Readings) {
	s := &e.state
	board := make([]ops.Readiness, len(e.Rules.books))
	var candidates []contain.Candidate
	var places []int
	for i, b := range e.Rules.books {
		board[i] = b.line(answers(e.Rules, b.doc.ID))
		action, rehearsed, err := e.candidate(b)
		if err != nil {
			board[i].At, board[i].State, board[i].Why = at, ops.ReadyUnknown, []string{"nothing to act on now"}
			board[i].Needed = slices.Sorted(maps.Keys(b.doc.Params))
			if arguments(s.findings, b.doc.ID) != nil { // there is a case, and it cannot be answered so
				board[i].Needed, board[i].Why = nil, []string{err.Error()}
			}
			continue
		}
		if rehearsed != "" {
			board[i].Why = append(board[i].Why, "tried on "+rehearsed)
		}
		candidates, places = append(candidates, contain.Candidate{Action: action, Line: board[i]}), append(places, i)
	}
	if len(candidates) > 0 {
		for n, line := range e.contain.Board(ctx, at, now, candidates) {
			line.Why = e.Rules.namedAll(line.Why)
			board[places[n]] = line
		}
	}
	s.board = board
}

// candidate is a runbook bound to what it answers now, or to something that waits,
// so that it can be tried.
func (e *Engine) candidate(b book) (action contain.Action, rehearsed string, err error) {
	args := arguments(e.state.findings, b.doc.ID)
	if args == nil && len(b.doc.Params) > 0 {
		args, rehearsed = e.rehearse(b)
	}
	if args, err = b.chosen(args, e.state.queue, e.state.timelocks); err != nil {
		return action, rehearsed, err
	}
	action, err = e.action(b, args)
	return action, rehearsed, err
}

// boardReads lists what the board will be judged by at the next block.
func (e *Engine) boardReads() []ops.Read {
	var actions []contain.Action
	for _, b := range e.Rules.books {
		if action, _, err := e.candidate(b); err == nil {
			actions = append(actions, action)
		}
	}
	return e.contain.BoardReads(actions)
}

// rehearse finds something that waits, so that a runbook without a finding can
// still be tried in a simulation.
func (e *Engine) rehearse(b book) (map[string]string, string) {
	for name, p := range b.doc.Params {
		if name != detect.OperationArg || p.Type.Value != "bytes32" {
			return nil, ""
		}
	}
	of := e.Rules.calledBy(b)
	for _, o := range e.state.queue {
		if (o.State == ops.OperationWaiting || o.State == ops.OperationReady) && (len(of) == 0 || of[o.Timelock]) {
			args := map[string]string{detect.OperationArg: o.ID.Hex()}
			if o.Nonce != "" {
				args[detect.NonceArg] = o.Nonce
			}
			return args, o.Short
		}
	}
	return nil, ""
}

// progress puts a containment's newest stage on the screen, once.
func (e *Engine) progress(r ops.Receipt) {
	if r.ID == "" || r.Repeated {
		return
	}
	now := told{r.Step, r.Stage, r.Asks != nil}
	if r.Stage == ops.StageContained { // whatever step comes after it
		now.step = ""
	}
	e.mu.Lock()
	was := e.told[r.ID]
	e.told[r.ID] = now
	e.mu.Unlock()
	if was == now || now == (told{stage: ops.StageContained}) && was.stage == ops.StageContained {
		return
	}
	entry := ops.Entry{Time: e.Now().UTC(), Block: max(r.Mined.Number, e.headNumber()), Verdict: ops.OK}
	text := fmt.Sprintf("%s %s %s", r.Runbook, r.Name, r.Stage)
	if len(r.Steps) > 1 && r.Step != r.Steps[0].Step && !r.Done() {
		text = fmt.Sprintf("%s %s %s", r.Step, r.Name, r.Stage)
	}
	switch {
	case now.asks && !was.asks:
		text = fmt.Sprintf("%s asks: %s", r.Asks.Step, r.Asks.Challenge)
	case r.Stage == ops.StageSent:
		text += fmt.Sprintf(": transaction %s to %s", r.Tx.Hex()[:10], r.Provider)
	case r.Stage == ops.StageInEffect:
		text += fmt.Sprintf(": mined at #%d and read back there", r.Mined.Number)
	case r.Stage == ops.StageFailed:
		text += ": " + r.Why
		entry.Alarm, entry.Verdict = true, ops.Breach
	}
	entry.Text = text
	e.log.add(entry)
}

func (e *Engine) headNumber() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.shared.head.Number
}
