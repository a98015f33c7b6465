package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func runbookRun() *cobra.Command {
	c := &cobra.Command{
		Use:   "run RUNBOOK",
		Short: "Confirm a runbook by its phrase and follow it to the end: 0 contained, 5 refused, 7 failed",
		Long: `Arms the console, shows the plan, takes its phrase from the terminal and follows
the runbook until it is contained or has failed. The phrase is typed by a person:
what comes out of a pipe confirms in drills alone.`,
		Args: cobra.ExactArgs(1),
	}
	config := configFlag(c)
	reason := c.Flags().String("reason", "", "why the console is armed; it goes to the journal")
	_ = c.MarkFlagRequired("reason") // it fails for a flag that there is not
	c.RunE = func(c *cobra.Command, args []string) error {
		l, w, b, err := find(c, *config, args[0])
		if err != nil {
			return err
		}
		if typed, ok := c.InOrStdin().(*os.File); !w.rules.ChainID.Drill() && (!ok || !term.IsTerminal(typed.Fd())) {
			return exit(exitRefused, errors.New("the phrase is typed by a person: there is no terminal here; nothing was sent"))
		}
		live, err := l.start(c.Context(), w, c.ErrOrStderr())
		if err != nil {
			return err
		}
		p := person{e: live.engine, in: bufio.NewScanner(c.InOrStdin()), talk: c.ErrOrStderr(), out: c.OutOrStdout()}
		return errors.Join(p.run(c.Context(), b.ID, *reason), live.close())
	}
	return c
}

// person is somebody at a terminal without a screen.
type person struct {
	e    *engine.Engine
	in   *bufio.Scanner
	talk io.Writer
	out  io.Writer
	told []string // lines of the receipt that were printed
}

// run watches the chain while the person confirms and the runbook goes its way.
func (p *person) run(ctx context.Context, id ops.RunbookID, reason string) error {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.e.Run(ctx) }() // waited for below
	err := p.act(ctx, id, reason)
	stop()
	return errors.Join(err, <-ended)
}

func (p *person) act(ctx context.Context, id ops.RunbookID, reason string) error {
	pictures := p.e.Snapshots(ctx)
	if err := p.until(ctx, pictures, func(s ops.Snapshot) bool { return !s.Head.Zero() && s.Blind == "" }); err != nil {
		return exit(exitUnknown, err)
	}
	if _, err := p.e.Do(ctx, ops.Arm{Reason: safe.Text(reason)}); err != nil {
		return exit(exitRefused, err)
	}
	defer func() { _, _ = p.e.Do(context.WithoutCancel(ctx), ops.Lock{}) }()
	plan, err := p.e.Prepare(ctx, id)
	if err != nil {
		return exit(exitRefused, err)
	}
	_, _ = fmt.Fprint(p.talk, ui.PlanText(plan))
	if len(plan.Refusals) > 0 {
		return exit(exitRefused, errors.New("nothing was sent: "+strings.Join(plan.Refusals, "; ")))
	}
	phrase, err := p.ask(fmt.Sprintf("Type  %s  then enter; anything else cancels.\n> ", plan.Phrase))
	if err != nil {
		return exit(exitRefused, err)
	}
	if phrase != plan.Phrase {
		return exit(exitRefused, errors.New("cancelled: nothing was sent"))
	}
	receipt, err := p.e.Do(ctx, ops.Contain{Digest: plan.Digest, Prepared: plan.Prepared, Phrase: phrase})
	if err != nil {
		return exit(exitRefused, err)
	}
	return p.follow(ctx, pictures, receipt.ID)
}

// follow prints each stage, answers what is asked, and ends with the receipt.
func (p *person) follow(ctx context.Context, pictures <-chan ops.Snapshot, id string) error {
	for {
		var r ops.Receipt
		err := p.until(ctx, pictures, func(s ops.Snapshot) bool {
			i := slices.IndexFunc(s.Receipts, func(r ops.Receipt) bool { return r.ID == id })
			if i < 0 {
				return false
			}
			r = s.Receipts[i]
			p.tell(r)
			return r.Done() || r.Asks != nil
		})
		switch {
		case err != nil:
			return exit(exitUnknown, err)
		case r.Stage == ops.StageFailed:
			return exit(exitFailed, errors.New(r.Why))
		case r.Stage == ops.StageContained && r.Asks == nil:
			return nil
		}
		text, err := p.ask(fmt.Sprintf("%s asks: %s\nexpected: %s\n> ", r.Asks.Step, safe.Text(r.Asks.Challenge), safe.Text(r.Asks.Expected)))
		if err != nil {
			return exit(exitRefused, fmt.Errorf("%w: %s goes on asking", err, r.Asks.Step))
		}
		if _, err := p.e.Do(ctx, ops.Answer{Receipt: id, Step: r.Asks.Step, Text: safe.Text(text)}); err != nil {
			return exit(exitRefused, err)
		}
	}
}

// tell prints what of a receipt is new.
func (p *person) tell(r ops.Receipt) {
	for _, line := range ui.ReceiptText(r) {
		if !slices.Contains(p.told, line) {
			p.told = append(p.told, line)
			_, _ = fmt.Fprintf(p.out, "%s %s\n", time.Now().UTC().Format("15:04:05"), line)
		}
	}
}

// until waits for a picture of which something is true.
func (p *person) until(ctx context.Context, pictures <-chan ops.Snapshot, enough func(ops.Snapshot) bool) error {
	for s := range pictures {
		if enough(s) {
			return nil
		}
	}
	return fmt.Errorf("it was ended before: %w", context.Cause(ctx))
}

// ask reads one line that a person types.
func (p *person) ask(prompt string) (string, error) {
	_, _ = fmt.Fprint(p.talk, prompt)
	if !p.in.Scan() {
		return "", errors.New("nothing was typed")
	}
	return p.in.Text(), nil
}
