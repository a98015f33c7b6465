package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// Runbooks are the documents of the chain's runbooks.
func (r *Rules) Runbooks() []runbooks.Runbook {
	out := make([]runbooks.Runbook, len(r.books))
	for i, b := range r.books {
		out[i] = b.doc
	}
	return out
}

// Answered lists the detectors that a runbook answers.
func (r *Rules) Answered(id ops.RunbookID) []ops.DetectorID { return answers(r, id) }

// nowhere is the journal of what keeps no record because it sends nothing.
type nowhere struct{}

func (nowhere) Write(string, any) error {
	return errors.New("a simulation writes nothing: it sends nothing")
}
func (nowhere) Writable() error { return nil }

// Simulate judges the newest block and tries a runbook on it, for whatever it
// answers there: the plan that its key would show, and its line of the board. It
// sends nothing, writes nothing and unlocks nothing. beside is the folder of the
// journal, where signatures of Safes' owners lie; empty for none.
func Simulate(ctx context.Context, rules *Rules, c Chain, keys []Key, beside string, id ops.RunbookID) (ops.Plan, ops.Readiness, error) {
	book, ok := rules.book(id)
	if !ok {
		return ops.Plan{}, ops.Readiness{}, fmt.Errorf("%w: no runbook has the id %s", ErrNoRunbook, id)
	}
	e := looker(rules, c, keys, beside)
	if err := e.judgeNewest(ctx); err != nil {
		return ops.Plan{}, ops.Readiness{}, err
	}
	s := &e.state
	action, rehearsed, err := e.candidate(book)
	if err != nil {
		return ops.Plan{}, ops.Readiness{}, err
	}
	plan, err := e.contain.Prepare(ctx, action, s.head, nil)
	if err != nil {
		return ops.Plan{}, ops.Readiness{}, err
	}
	plan.View = e.Rules.namedPlan(plan.View)
	plan.View.About = about(action.Args, s.queue)
	if rehearsed != "" {
		plan.View.About = "nothing is found that it answers: tried on " + rehearsed
	}
	board := e.contain.Board(ctx, s.head, s.readings, []contain.Candidate{{Action: action, Line: book.line(answers(rules, id))}})
	board[0].Why = e.Rules.namedAll(board[0].Why)
	return plan.View, board[0], nil
}
