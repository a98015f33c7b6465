package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/settings"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// mostJournal bounds the file that is checked, in bytes: it may be a stranger's. A
// console that writes a record a second for a year writes about 15 GB of them, and one
// that watches a quiet chain some MB.
const mostJournal = 1 << 30

func journalCommand() *cobra.Command {
	c := &cobra.Command{Use: "journal", Short: "Check what a console wrote down"}
	c.AddCommand(journalVerifyCommand())
	return c
}

func journalVerifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: "Is the journal whole, and did the owners' people arm it? exit 0 yes, 5 no",
		Long: `verify follows the chain of hashes from the first record to the last, and makes every
arming again: it recovers who signed it and holds that against the record, and against
the people of owners.yaml where -c or --owners names one. It needs no key, asks no chain
and changes nothing, so whoever has the files can do it.

A journal that ends sooner than it did is whole: compare its last hash with one that was
kept elsewhere. Exit codes: 0 all of it stands, 5 something does not, 6 the last line is
no record, as a crash leaves it, or an alteration.`,
		Args: cobra.ExactArgs(1),
	}
	config := c.Flags().StringP("config", "c", "", "the settings that name the pack with owners.yaml")
	file := c.Flags().String("owners", "", "owners.yaml itself")
	asJSON := c.Flags().Bool("json", false, "one JSON object on standard output")
	c.RunE = func(c *cobra.Command, args []string) error {
		owners, err := ownersFor(*config, *file, c.ErrOrStderr())
		if err != nil {
			return err
		}
		found, err := recheck(args[0], owners)
		if err != nil {
			return err
		}
		if err := found.print(c.OutOrStdout(), *asJSON); err != nil {
			return exit(exitError, err)
		}
		return found.verdict()
	}
	return c
}

// ownersFor reads owners.yaml from the file, or from the pack of the settings; nil where
// neither is named.
func ownersFor(config, file string, talk io.Writer) (*pack.Owners, error) {
	var trusted common.Hash
	switch {
	case config != "" && file != "":
		return nil, exit(exitUsage, errors.New("name the owners once: -c or --owners"))
	case config != "":
		s, faults := settings.Load(config)
		if err := say(talk, faults); err != nil {
			return nil, err
		}
		file, trusted = filepath.Join(s.Pack, pack.OwnersFile), s.Owners
	case file == "":
		return nil, nil
	}
	owners, faults := pack.LoadOwners(named{file})
	if err := say(talk, faults); err != nil {
		return nil, err
	}
	if owners == nil {
		return nil, exit(exitConfig, fmt.Errorf("there is no %s", file))
	}
	if trusted != (common.Hash{}) && trusted != owners.SHA256 {
		return nil, exit(exitRefused, fmt.Errorf("%s is %s, and the settings trust %s", file, owners.SHA256.Hex(), trusted.Hex()))
	}
	return owners, nil
}

// named is a pack of which one file is there, whatever it is called.
type named struct{ file string }

func (n named) Open(name string) (fs.File, error) {
	if name != pack.OwnersFile {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return os.Open(n.file)
}

// rechecked is what a journal was found to be.
type rechecked struct {
	File    string       `json:"journal"`
	Records int          `json:"records"`
	First   time.Time    `json:"first,omitzero"`
	Last    time.Time    `json:"last,omitzero"`
	Hash    string       `json:"last_hash"`
	Torn    int          `json:"torn_bytes"`
	Owners  *common.Hash `json:"owners_sha256"` // null: held against nobody
	Armings []armingJSON `json:"armings"`
}

type armingJSON struct {
	Seq     uint64         `json:"seq"`
	Chain   ops.ChainID    `json:"chain_id"`
	Root    common.Hash    `json:"root"`
	Person  string         `json:"person"`
	Address common.Address `json:"address"`
	Reason  string         `json:"reason"`
	At      time.Time      `json:"at"`
	Until   time.Time      `json:"until"`
	Problem string         `json:"problem"`
}

func recheck(file string, owners *pack.Owners) (rechecked, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return rechecked{}, exit(exitError, err)
	case !info.Mode().IsRegular() || info.Size() > mostJournal:
		return rechecked{}, exit(exitError, fmt.Errorf("%s is no journal: a file of at most %d bytes is wanted, %s", file, mostJournal, journal.Name))
	}
	records, torn, err := journal.Read(file)
	if errors.Is(err, journal.ErrTampered) {
		return rechecked{}, exit(exitRefused, err)
	}
	if err != nil {
		return rechecked{}, exit(exitError, err)
	}
	out := rechecked{File: file, Records: len(records), Torn: torn, Armings: []armingJSON{}}
	if len(records) > 0 {
		out.First, out.Last, out.Hash = records[0].Time, records[len(records)-1].Time, records[len(records)-1].Hash
	}
	if owners != nil {
		out.Owners = &owners.SHA256
	}
	for _, a := range engine.Armings(records, owners) {
		out.Armings = append(out.Armings, armingJSON(a))
	}
	return out, nil
}

func (e rechecked) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(e)
	}
	var errs []error
	line := func(format string, args ...any) {
		_, err := fmt.Fprintln(out, safe.Text(fmt.Sprintf(format, args...)))
		errs = append(errs, err)
	}
	line("%s  %d records, each follows the one before it", e.File, e.Records)
	if e.Records > 0 {
		line("from %s to %s, last %s", e.First.UTC().Format(time.RFC3339), e.Last.UTC().Format(time.RFC3339), e.Hash)
	}
	for _, a := range e.Armings {
		mark := "✓"
		if a.Problem != "" {
			mark = "✖"
		}
		line("%s record %d  armed by %s %s for chain %d until %s: %s", mark, a.Seq, a.Person, a.Address.Hex(), a.Chain, a.Until.UTC().Format(time.RFC3339), a.Reason)
		line("    on the pack %s", a.Root.Hex())
		if a.Problem != "" {
			line("    %s", a.Problem)
		}
	}
	if e.Owners == nil {
		line("no owners were named: that each arming was signed by who it says was checked, and not whether they may arm (-c or --owners)")
	} else {
		line("owners.yaml %s", e.Owners.Hex())
	}
	return errors.Join(errs...)
}

// verdict is how the command ends.
func (e rechecked) verdict() error {
	for _, a := range e.Armings {
		if a.Problem != "" {
			return exit(exitRefused, fmt.Errorf("record %d does not prove who armed: %s", a.Seq, a.Problem))
		}
	}
	if e.Torn > 0 {
		return exit(exitUnknown, fmt.Errorf("the last %d bytes are no record: a crash leaves such, and so does who alters the last one", e.Torn))
	}
	return nil
}
