package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/settings"
)

func packCommand() *cobra.Command {
	var f packFlags
	c := &cobra.Command{
		Use:   "pack",
		Short: "Check, lock, sign and verify the documents that a console goes by",
		Long: `The documents of a pack have different owners, named in owners.yaml. lock writes
down what each of them is, byte for byte, and what every runbook step sends; each
owner signs the documents that are its own; verify says whether what lies there is
what was signed. A live console arms on nothing else.`,
	}
	flags := c.PersistentFlags()
	flags.StringVarP(&f.config, "config", "c", "config.yaml", "the settings that name the pack and the keys")
	flags.StringVar(&f.folder, "pack", "", "the pack's folder, without settings")
	c.AddCommand(packCheckCommand(&f), packLockCommand(&f), packSignCommand(&f), packVerifyCommand(&f))
	return c
}

// packFlags say where the pack lies.
type packFlags struct {
	config string
	folder string
}

// settings reads the settings, unless the folder is named and they are not needed.
func (f *packFlags) settings(talk io.Writer, needed bool) (settings.Settings, error) {
	if f.folder != "" && !needed {
		return settings.Settings{Pack: f.folder}, nil
	}
	s, faults := settings.Load(f.config)
	if err := say(talk, faults); err != nil {
		return s, err
	}
	if f.folder != "" {
		s.Pack = f.folder
	}
	return s, nil
}

// opened is a pack without a fault, and the chains that it is for.
type openedPack struct {
	*pack.Pack
	folder string
	chains []ops.ChainID
}

// open reads a pack and says every fault of it; with one that stops it ends with
// exit 3.
func openPack(folder string, talk io.Writer) (openedPack, error) {
	rules, faults := engine.LoadRules(os.DirFS(folder))
	if err := say(talk, faults); err != nil {
		return openedPack{}, err
	}
	p := openedPack{Pack: rules[0].Pack(), folder: folder}
	for _, r := range rules {
		p.chains = append(p.chains, r.ChainID)
	}
	return p, nil
}

// load is settings and openPack in one.
func (f *packFlags) load(c *cobra.Command) (openedPack, error) {
	s, err := f.settings(c.ErrOrStderr(), false)
	if err != nil {
		return openedPack{}, err
	}
	return openPack(s.Pack, c.ErrOrStderr())
}

func packCheckCommand(f *packFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "All mistakes of all documents at once; exit 3 if there are any",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := f.load(c)
			if err != nil {
				return err
			}
			for _, d := range p.Documents {
				if _, err := fmt.Fprintf(c.OutOrStdout(), "%s  %s  %s\n", d.SHA256, d.Owner, d.Name); err != nil {
					return exit(exitError, err)
				}
			}
			return nil
		},
	}
}

func packLockCommand(f *packFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "lock",
		Short: "Write pack.lock.yaml: the hash of every document, and what every step sends",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := f.load(c)
			if err != nil {
				return err
			}
			if p.Owners == nil {
				return exit(exitConfig, fmt.Errorf("%s is missing: it says who signs what is locked", filepath.Join(p.folder, pack.OwnersFile)))
			}
			lock, err := p.Lock()
			if err != nil {
				return exit(exitConfig, err)
			}
			if err := replace(filepath.Join(p.folder, pack.LockFile), lock); err != nil {
				return exit(exitError, err)
			}
			if _, err := fmt.Fprintln(c.OutOrStdout(), p.Root().Hex()); err != nil {
				return exit(exitError, err)
			}
			_, _ = fmt.Fprintf(c.ErrOrStderr(), "%d documents are locked in %s. Now each owner reads it and signs: bulkhead pack sign --as ROLE\n", len(p.Documents), pack.LockFile)
			return nil
		},
	}
}

// replace writes a whole file or leaves what was there.
func replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
