package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
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
can be sent from here. Each line is one record of its journal (kind finding when a
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
		live, err := l.open(c.Context(), c.ErrOrStderr(), filepath.Join(l.settings.Journal, "watch"), nil, func(j *journal.Journal) engine.Journal {
			return told{j, out}
		})
		if err != nil {
			return err
		}
		err = stream(c.Context(), live.engine, out)
		if err = errors.Join(err, live.close()); err != nil {
			return exit(exitError, err)
		}
		return nil
	}
	return c
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
}

type recordJSON struct {
	Seq     uint64    `json:"seq,omitempty"`
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	Data    any       `json:"data"`
	Missing string    `json:"not_in_journal,omitempty"`
}

// Write implements engine.Journal.
func (t told) Write(kind string, data any) error {
	record, err := t.Append(kind, data)
	line := recordJSON{Seq: record.Seq, Time: record.Time, Kind: kind, Data: data}
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
func stream(ctx context.Context, e *engine.Engine, out *lines) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }() // waited for below
	var last blockJSON
	for s := range e.Snapshots(ctx) {
		now := summary(s)
		if now == last || s.Head.Zero() {
			continue
		}
		last = now
		out.put(recordJSON{Time: s.Now.UTC(), Kind: "block", Data: now})
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
