package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
)

func watchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "watch",
		Short: "Findings and what changes, as one JSON object a line, until it is ended",
		Long: `Judges every block as the console does, without screen and without keys: nothing
can be sent from here. Several chains are judged side by side, and a chain that
cannot be reached is tried again without holding up the others. Each line is one record of its journal (kind finding when a
verdict changed, incident-opened, reorg, retracted, feed …); a line of kind block
says of the newest block how many findings are ok, in breach and unknown. Records
are never skipped; of blocks that follow each other faster than they are read only
the newest has a line. Its journal lies in the folder watch beside the console's.`,
		Args: cobra.NoArgs,
	}
	config := configFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		out := &lines{out: c.OutOrStdout()}
		talk := &synced{w: c.ErrOrStderr()}
		ctx, stop := context.WithCancel(c.Context())
		defer stop()
		between := &between{across: l.across()}
		ended := make([]error, len(l.chains))
		var loops sync.WaitGroup
		for i, w := range l.chains {
			loops.Go(func() {
				if ended[i] = l.watch(ctx, w, between, out, talk); ended[i] != nil {
					stop() // what is wrong is not the chain's: the settings, the disk, the pipe
				}
			})
		}
		loops.Wait()
		return errors.Join(ended...)
	}
	return c
}

// unreachable is how long a chain that nobody answers for is left alone.
const unreachable = 5 * time.Second

// watch runs the loop of one chain. A chain that cannot be reached is tried again
// until it can: it stops no other.
func (l loaded) watch(ctx context.Context, w watched, b *between, out *lines, talk io.Writer) error {
	for {
		live, err := l.open(ctx, w, talk, l.folder(w, "watch"), hands{}, func(j *journal.Journal) engine.Journal { return told{j, out, w.Name} })
		var code exitCode
		switch {
		case err == nil:
			err = stream(ctx, w.Name, live.engine, b, out)
			if err = errors.Join(err, live.close()); err != nil {
				return exit(exitError, err)
			}
			return nil
		case ctx.Err() != nil:
			return nil
		case !errors.As(err, &code) || code.code != exitUnknown || len(l.chains) == 1:
			return err
		}
		b.lose(w.Name, err.Error())
		out.put(recordJSON{Chain: w.Name, Time: time.Now().UTC(), Kind: "unreachable", Data: map[string]string{"why": err.Error()}})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(unreachable):
		}
	}
}

// lines writes JSON objects, whole, from several goroutines.
type lines struct {
	mu  sync.Mutex
	out io.Writer
	err error
}

func (l *lines) put(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		e := json.NewEncoder(l.out)
		e.SetEscapeHTML(false) // an expression is read by people too
		l.err = e.Encode(v)
	}
}

func (l *lines) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// told is a journal whose records are also printed, written or not: a full disk
// must not hide a breach.
type told struct {
	*journal.Journal
	lines *lines
	chain string
}

type recordJSON struct {
	Chain   string    `json:"chain"`
	Seq     uint64    `json:"seq,omitempty"`
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	Data    any       `json:"data"`
	Missing string    `json:"not_in_journal,omitempty"`
}

// Write implements engine.Journal.
func (t told) Write(kind string, data any) error {
	record, err := t.Append(kind, data)
	line := recordJSON{Chain: t.chain, Seq: record.Seq, Time: record.Time, Kind: kind, Data: data}
	if err != nil {
		line.Time, line.Missing = time.Now().UTC(), err.Error()
	}
	t.lines.put(line)
	return err
}

// blockJSON is the newest block that was judged.
type blockJSON struct {
	Number  uint64      `json:"number"`
	Hash    common.Hash `json:"hash"`
	Time    time.Time   `json:"time"`
	OK      int         `json:"ok"`
	Breach  int         `json:"breach"`
	Unknown int         `json:"unknown"`
	Judged  uint64      `json:"judged_blocks"`
	Missed  uint64      `json:"missed_blocks"`
	Blind   string      `json:"blind,omitempty"`
}

// stream runs the engine and prints until the context ends or nobody reads.
func stream(ctx context.Context, chain string, e *engine.Engine, b *between, out *lines) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }() // waited for below
	var last blockJSON
	for s := range e.Snapshots(ctx) {
		b.see(s, e)
		now := summary(s)
		if now == last || s.Head.Zero() {
			continue
		}
		last = now
		out.put(recordJSON{Chain: chain, Time: s.Now.UTC(), Kind: "block", Data: now})
		if out.failed() != nil {
			break
		}
	}
	stop()
	return errors.Join(out.failed(), <-ended)
}

func summary(s ops.Snapshot) blockJSON {
	b := blockJSON{Number: s.Head.Number, Hash: s.Head.Hash, Time: s.Head.Time, Judged: s.Judged, Missed: s.Missed, Blind: s.Blind}
	for _, f := range s.Findings {
		switch f.Verdict {
		case ops.OK:
			b.OK++
		case ops.Breach:
			b.Breach++
		default:
			b.Unknown++
		}
	}
	return b
}
