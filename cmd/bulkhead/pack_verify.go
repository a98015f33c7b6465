package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func packVerifyCommand(f *packFlags) *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Is what lies there what its owners signed? exit 0 yes, 5 no",
		Args:  cobra.NoArgs,
	}
	asJSON := c.Flags().Bool("json", false, "one JSON object on standard output")
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := f.settings(c.ErrOrStderr(), false)
		if err != nil {
			return err
		}
		p, err := openPack(s.Pack, c.ErrOrStderr())
		if err != nil {
			return broken(s.Pack, err)
		}
		signing := p.Verify()
		if err := verified(c.OutOrStdout(), signing, *asJSON); err != nil {
			return exit(exitError, err)
		}
		if why := signing.Why(); len(why) > 0 {
			return exit(exitRefused, fmt.Errorf("%w:\n  %s", pack.ErrUnsigned, strings.Join(why, "\n  ")))
		}
		return nil
	}
	return c
}

// broken says of a pack that cannot even be compiled which files differ from its
// lock: a byte too many is often the cause.
func broken(folder string, failed error) error {
	differ := pack.Differing(os.DirFS(folder))
	if len(differ) == 0 {
		return failed
	}
	return exit(exitRefused, fmt.Errorf("%w:\n  %s", pack.ErrUnsigned, strings.Join(differ, "\n  ")))
}

// signingJSON is a pack as `pack verify --json` prints it.
type signingJSON struct {
	Pack      string         `json:"pack"`
	Root      common.Hash    `json:"root"`
	Signed    bool           `json:"signed"`
	Problems  []string       `json:"problems"`
	Documents []documentJSON `json:"documents"`
}

type documentJSON struct {
	Document string       `json:"document"`
	Owner    string       `json:"owner"`
	SHA256   common.Hash  `json:"sha256"`
	Locked   common.Hash  `json:"locked"`
	Signers  []signerJSON `json:"signers"`
	Problems []string     `json:"problems"`
}

type signerJSON struct {
	Role    string         `json:"role"`
	Address common.Address `json:"address"`
	Person  string         `json:"person,omitempty"`
}

func verified(out io.Writer, s ops.Signing, asJSON bool) error {
	if asJSON {
		doc := signingJSON{Pack: s.Pack, Root: s.Root, Signed: s.Whole(), Problems: append([]string{}, s.Problems...), Documents: []documentJSON{}}
		for _, d := range s.Documents {
			line := documentJSON{Document: d.Name, Owner: d.Owner, SHA256: d.SHA256, Locked: d.Locked, Signers: []signerJSON{}, Problems: append([]string{}, d.Problems...)}
			for _, signer := range d.Signers {
				line.Signers = append(line.Signers, signerJSON(signer))
			}
			doc.Documents = append(doc.Documents, line)
		}
		return json.NewEncoder(out).Encode(doc)
	}
	var errs []error
	line := func(format string, args ...any) {
		_, err := fmt.Fprintln(out, safe.Text(fmt.Sprintf(format, args...)))
		errs = append(errs, err)
	}
	line("%s  root %s", s.Pack, s.Root.Hex())
	for _, d := range s.Documents {
		mark := "✓"
		if len(d.Problems) > 0 {
			mark = "✖"
		}
		line("%s %s  %s", mark, d.Name, d.SHA256.Hex())
		for _, signer := range d.Signers {
			line("    %s: %s", signer.Role, strings.TrimSpace(signer.Address.Hex()+" "+signer.Person))
		}
	}
	return errors.Join(errs...)
}
