package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ui"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// mostHex bounds calldata in hex that is read from a file, in bytes.
const mostHex = 8 << 20

func timelockDecode() *cobra.Command {
	c := &cobra.Command{
		Use:   "decode [CALLDATA]",
		Short: "Calldata in plain words, down to the calls that it carries; asks no chain",
		Args:  cobra.MaximumNArgs(1),
	}
	config := configFlag(c)
	file := c.Flags().String("file", "", "read the calldata from here, in hex; - is standard input")
	to := c.Flags().String("to", "", "the contract that it is for: its name in the pack, or its address")
	asJSON := c.Flags().Bool("json", false, "one JSON object for each contract that it may be for")
	c.RunE = func(c *cobra.Command, args []string) error {
		l, err := load(*config, c.ErrOrStderr())
		if err != nil {
			return err
		}
		data, err := calldataOf(c.InOrStdin(), args, *file)
		if err != nil {
			return exit(exitUsage, err)
		}
		targets, err := l.targets(*to, data)
		if err != nil {
			return exit(exitUsage, err)
		}
		unread := false
		for _, t := range targets {
			call, known := t.rules.Decode(t.to, data)
			unread = unread || !known || doubtful(call)
			if err := callTold(c.OutOrStdout(), call, *asJSON); err != nil {
				return exit(exitError, err)
			}
		}
		if unread {
			return exit(exitUnknown, nil)
		}
		return nil
	}
	return c
}

func callTold(out io.Writer, call ops.Call, asJSON bool) error {
	if asJSON {
		return encoded(out, callDocument(call))
	}
	for _, line := range ui.CallText(call) {
		if _, err := fmt.Fprintln(out, safe.Text(line)); err != nil {
			return err
		}
	}
	return nil
}

// doubtful reports whether a part of what a call carries could not be read.
func doubtful(c ops.Call) bool {
	if c.Doubt != "" || strings.HasSuffix(c.Function, "(undecodable)") {
		return true
	}
	for _, i := range c.Inner {
		if doubtful(i) {
			return true
		}
	}
	return false
}

func calldataOf(in io.Reader, args []string, file string) ([]byte, error) {
	var text string
	switch {
	case len(args) == 1 && file != "" || len(args) == 0 && file == "":
		return nil, errors.New("write the calldata, or name a file: 0x… or --file")
	case file == "":
		text = args[0]
	default:
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				return nil, fmt.Errorf("the calldata cannot be read: %w", err)
			}
			defer func() { _ = f.Close() }()
			in = f
		}
		raw, err := io.ReadAll(io.LimitReader(in, mostHex+1))
		if err != nil {
			return nil, fmt.Errorf("the calldata cannot be read: %w", err)
		}
		if len(raw) > mostHex {
			return nil, fmt.Errorf("the calldata is longer than %d bytes in hex", mostHex)
		}
		text = string(bytes.TrimSpace(raw))
	}
	data, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil {
		return nil, fmt.Errorf("that is no calldata, which is hex, 0x and two digits a byte: %w", err)
	}
	return data, nil
}

// target is a contract that calldata is, or may be, for.
type target struct {
	rules *engine.Rules
	to    common.Address
}

// targets are the contract that was named, or every one of the pack whose ABI has the
// function; where none has, nobody, and what it looks like is all there is to say.
func (l loaded) targets(name string, data []byte) ([]target, error) {
	if name == "" {
		var out []target
		for _, w := range l.chains {
			for _, at := range w.rules.Takers(data) {
				out = append(out, target{w.rules, at})
			}
		}
		if len(out) == 0 {
			out = append(out, target{rules: l.chains[0].rules})
		}
		return out, nil
	}
	at, err := document.ParseAddress(name)
	for _, w := range l.chains {
		if a, ok := w.rules.Contract(name); ok {
			return []target{{w.rules, a}}, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("no contract of the pack is called %q, and it is no address: %w", name, err)
	}
	for _, w := range l.chains {
		if w.rules.Knows(at) {
			return []target{{w.rules, at}}, nil
		}
	}
	return []target{{l.chains[0].rules, at}}, nil
}
