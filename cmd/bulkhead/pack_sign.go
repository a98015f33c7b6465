package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/settings"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

// signFlags say who signs what, and with what.
type signFlags struct {
	as, document            string
	key, keystore, password string
	hash                    bool
	signature               string
}

func packSignCommand(f *packFlags) *cobra.Command {
	var s signFlags
	c := &cobra.Command{
		Use:   "sign --as ROLE",
		Short: "Sign the documents that a role owns, as EIP-712 typed data",
		Long: `Signs, in a role of owners.yaml, every document of the role that is locked:
security signs policy.yaml, release release.yaml, incident-command the runbooks, all
three owners.yaml; approver signs the release for those whom policy.yaml names. The
signatures are kept in pack.signatures.yaml.

With --hash nothing is signed: for each document one JSON object a line holds the
digest and the typed data, for a hardware or another wallet (jq .typed_data, then for
instance cast wallet sign --data). --signature takes in what it made.`,
		Args: cobra.NoArgs,
	}
	flags := c.Flags()
	flags.StringVar(&s.as, "as", "", "the role: "+strings.Join(pack.Owning, ", ")+" or "+pack.Approver)
	flags.StringVar(&s.document, "document", "", "only this document")
	flags.StringVar(&s.key, "key", "", "a key that the settings name")
	flags.StringVar(&s.keystore, "keystore", "", "a keystore file (mode 0600)")
	flags.StringVar(&s.password, "password", "", "its password, as env:NAME or file:path; asked for without one")
	flags.BoolVar(&s.hash, "hash", false, "print what is to be signed, and sign nothing")
	flags.StringVar(&s.signature, "signature", "", "take in a signature that was made elsewhere: 0x and 130 digits")
	c.RunE = func(c *cobra.Command, _ []string) error { return runSign(c, f, s) }
	return c
}

func runSign(c *cobra.Command, f *packFlags, s signFlags) error {
	if err := s.check(); err != nil {
		return exit(exitUsage, err)
	}
	set, err := f.settings(c.ErrOrStderr(), s.key != "")
	if err != nil {
		return err
	}
	p, err := openPack(set.Pack, c.ErrOrStderr())
	if err != nil {
		return err
	}
	due, err := s.due(p)
	if err != nil {
		return err
	}
	if s.hash {
		return printStatements(c, p, due, s.as)
	}
	var made []pack.Signature
	if s.signature != "" {
		made, err = s.taken(p, due)
	} else {
		made, err = s.made(c, p, due, set)
	}
	if err != nil {
		return err
	}
	return keep(c, p, made)
}

// check finds flags that do not go together.
func (s signFlags) check() error {
	ways := 0
	for _, given := range []bool{s.key != "", s.keystore != "", s.hash, s.signature != ""} {
		if given {
			ways++
		}
	}
	switch {
	case s.as == "" || !slices.Contains(append([]string{pack.Approver}, pack.Owning...), s.as):
		return fmt.Errorf("--as is the role in which it is signed: %s or %s, not %q", strings.Join(pack.Owning, ", "), pack.Approver, s.as)
	case ways != 1:
		return errors.New("name one of --key, --keystore, --hash and --signature")
	case s.password != "" && s.keystore == "":
		return errors.New("--password belongs to --keystore")
	case s.signature != "" && s.document == "":
		return errors.New("--signature is over one document: name it with --document")
	}
	return nil
}

// due finds what the role signs. What is not locked is not signed: the lock is what
// the signer has read.
func (s signFlags) due(p openedPack) ([]pack.Document, error) {
	lock, err := p.Lock()
	if err != nil {
		return nil, exit(exitConfig, err)
	}
	there, err := os.ReadFile(filepath.Join(p.folder, pack.LockFile))
	if err != nil || string(there) != string(lock) {
		return nil, exit(exitRefused, fmt.Errorf("nothing was signed: %s is not that of these documents: run bulkhead pack lock, and read it", pack.LockFile))
	}
	due := p.Due(s.as)
	if s.document != "" {
		due = slices.DeleteFunc(due, func(d pack.Document) bool { return d.Name != s.document })
	}
	if len(due) == 0 {
		return nil, exit(exitUsage, fmt.Errorf("nothing to sign: %s owns no document %s", s.as, s.document))
	}
	return due, nil
}

// toSign is one document as `pack sign --hash` prints it.
type toSign struct {
	Document string          `json:"document"`
	Role     string          `json:"role"`
	Digest   common.Hash     `json:"digest"`
	Typed    json.RawMessage `json:"typed_data"`
}

func printStatements(c *cobra.Command, p openedPack, due []pack.Document, role string) error {
	for _, d := range due {
		statement := p.Statement(d, role)
		typed, err := statement.JSON()
		if err == nil {
			err = json.NewEncoder(c.OutOrStdout()).Encode(toSign{d.Name, role, statement.Digest(), typed})
		}
		if err != nil {
			return exit(exitError, err)
		}
	}
	return nil
}

// taken checks a signature that was made elsewhere.
func (s signFlags) taken(p openedPack, due []pack.Document) ([]pack.Signature, error) {
	raw, err := hexutil.Decode(s.signature)
	if err != nil {
		return nil, exit(exitUsage, fmt.Errorf("--signature is 0x and 130 hexadecimal digits: %w", err))
	}
	signature, err := p.Signed(due[0], s.as, raw)
	if err != nil {
		return nil, exit(exitRefused, fmt.Errorf("nothing was kept: %w", err))
	}
	return []pack.Signature{signature}, nil
}

// made signs with a keystore.
func (s signFlags) made(c *cobra.Command, p openedPack, due []pack.Document, set settings.Settings) ([]pack.Signature, error) {
	k := settings.Key{Name: s.key, Keystore: s.keystore, Password: s.password}
	if s.key != "" {
		named, ok := set.Key(s.key)
		if !ok {
			return nil, exit(exitConfig, fmt.Errorf("the settings name no key %q under keys", s.key))
		}
		if k = named; k.Keystore == "" {
			return nil, exit(exitConfig, fmt.Errorf("the key %q is no keystore: have it signed elsewhere, with --hash and --signature", s.key))
		}
	}
	var store *sign.Keystore
	for _, chain := range p.chains { // a drill's key must not sign for a real chain, nor the other way round
		var err error
		if store, err = sign.OpenKeystore(k.Keystore, chain); err != nil {
			return nil, exit(exitConfig, err)
		}
	}
	if !p.May(s.as, store.Address()) {
		return nil, exit(exitRefused, fmt.Errorf("nothing was signed: %s is not named as %s", store.Address().Hex(), s.as))
	}
	password, err := passwordOf(c, k)
	if err != nil {
		return nil, exit(exitConfig, err)
	}
	if err := store.Unlock(password); err != nil {
		return nil, exit(exitRefused, err)
	}
	defer store.Lock()
	var made []pack.Signature
	for _, d := range due {
		raw, err := store.Attest(p.Statement(d, s.as))
		if err != nil {
			return nil, exit(exitError, err)
		}
		signature, err := p.Signed(d, s.as, raw)
		if err != nil {
			return nil, exit(exitRefused, err)
		}
		made = append(made, signature)
	}
	return made, nil
}

// passwordOf resolves the reference, or asks at a terminal.
func passwordOf(c *cobra.Command, k settings.Key) (string, error) {
	if k.Password != "" {
		return settings.Secret(k.Password)
	}
	in, ok := c.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(in.Fd()) {
		return "", fmt.Errorf("the keystore %s needs a password, and there is no terminal to ask at: name it with --password env:NAME or file:path", k.Keystore)
	}
	_, _ = fmt.Fprintf(c.ErrOrStderr(), "Password of %s: ", k.Keystore)
	typed, err := term.ReadPassword(in.Fd())
	_, _ = fmt.Fprintln(c.ErrOrStderr())
	return string(typed), err
}

// keep joins signatures to those that there are.
func keep(c *cobra.Command, p openedPack, made []pack.Signature) error {
	all, err := p.Signatures()
	if err != nil {
		return exit(exitRefused, fmt.Errorf("nothing was kept: the signatures that there are cannot be read: %w", err))
	}
	for _, s := range made {
		all = pack.Joined(all, s)
	}
	if err := replace(filepath.Join(p.folder, pack.SignaturesFile), pack.EncodeSignatures(all)); err != nil {
		return exit(exitError, err)
	}
	for _, s := range made {
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%s  %s  %s\n", s.Document, s.Role, s.By.Hex()); err != nil {
			return exit(exitError, err)
		}
	}
	return nil
}
