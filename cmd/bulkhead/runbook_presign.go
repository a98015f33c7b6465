package main

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/settings"
	"github.com/bulkhead-console/bulkhead/ops/sign"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// presignFlags say which call is signed beforehand, and by whom.
type presignFlags struct {
	config, runbook, step, key, nonce, out, password string
	rungs                                            int
	expires                                          time.Duration
	show                                             bool
}

func runbookPresign() *cobra.Command {
	var f presignFlags
	c := &cobra.Command{
		Use:   "presign RUNBOOK --key NAME --out FILE",
		Short: "Sign a runbook's call beforehand: one nonce, rising fees, encrypted",
		Long: `Binds a runbook's step, simulates it on the newest block, and signs it at several
fees under one nonce: only one of them can ever be mined. The file is encrypted; name
it in the settings as {name: …, presigned: FILE, password: …}, and as a lane of the
kind presigned in the runbook. It is dead once the account has used the nonce: give it
an account of its own.`,
		Args: cobra.ExactArgs(1),
	}
	flags := c.Flags()
	flags.StringVarP(&f.config, "config", "c", "config.yaml", "the settings of this console")
	flags.StringVar(&f.step, "step", "", "the step's id, where the runbook sends several calls")
	flags.StringVar(&f.key, "key", "", "a keystore that the settings name")
	flags.StringVar(&f.nonce, "nonce", "current", "the nonce: a number, or the account's next")
	flags.IntVar(&f.rungs, "rungs", 6, "how many fees, from 2 to 64 times today's base fee")
	flags.StringVar(&f.out, "out", "", "the file to write; it must not be there yet")
	flags.StringVar(&f.password, "password", "", "the ladder's password, as env:NAME or file:path; asked for without one")
	flags.DurationVar(&f.expires, "expires", 0, "after this time the console no longer uses it (the chain would); 0 for never")
	flags.BoolVar(&f.show, "show", false, "print the signed bytes too: whoever has them can send them")
	c.RunE = func(c *cobra.Command, args []string) error {
		f.runbook = args[0]
		return runPresign(c, f)
	}
	return c
}

func runPresign(c *cobra.Command, f presignFlags) error {
	if f.key == "" || f.out == "" || f.rungs < 1 || f.rungs > 16 || f.expires < 0 {
		return exit(exitUsage, errors.New("name --key and --out; --rungs is 1 to 16"))
	}
	l, err := load(f.config, c.ErrOrStderr())
	if err != nil {
		return err
	}
	w, book, err := l.which(f.runbook)
	if err != nil {
		return err
	}
	named, ok := l.settings.Key(f.key)
	if !ok || named.Keystore == "" {
		return exit(exitConfig, fmt.Errorf("the settings name no keystore %q under keys", f.key))
	}
	store, err := sign.OpenKeystore(named.Keystore, w.rules.ChainID)
	if err != nil {
		return exit(exitConfig, err)
	}
	pool, err := w.dial(c.Context(), c.ErrOrStderr())
	if err != nil {
		return err
	}
	defer pool.Close()
	draft, err := w.rules.Draft(c.Context(), pool, book.ID, f.step, store.Address())
	if err != nil {
		return exit(exitRefused, fmt.Errorf("nothing was signed: %w", err))
	}
	head, err := f.head(book.ID, draft)
	if err != nil {
		return exit(exitUsage, err)
	}
	file, signed, err := f.sign(c, store, named, head)
	if err != nil {
		return exit(exitRefused, err)
	}
	if err := create(f.out, file); err != nil {
		return exit(exitError, err)
	}
	return f.print(c.OutOrStdout(), store, draft, head, signed)
}

// head is what the ladder is for.
func (f presignFlags) head(book ops.RunbookID, d engine.Draft) (sign.Head, error) {
	value, ok := new(big.Int).SetString(d.Step.Call.Value, 10)
	if !ok {
		return sign.Head{}, fmt.Errorf("the call's value %q is no number of wei", d.Step.Call.Value)
	}
	h := sign.Head{
		Runbook: book, Step: d.Step.ID, To: d.Step.Call.To, Value: (*hexutil.Big)(value), Data: d.Step.Call.Data,
		Nonce: d.Account.Nonce, Gas: contain.GasLimit(d.Gas), Code: d.Code,
	}
	if f.nonce != "current" {
		n, err := strconv.ParseUint(f.nonce, 10, 64)
		if err != nil || n < d.Account.Nonce {
			return h, fmt.Errorf("--nonce %s: a number from %d on, the account's next, or current", f.nonce, d.Account.Nonce)
		}
		h.Nonce = n
	}
	if f.expires > 0 {
		h.Expires = d.At.Time.Add(f.expires).Unix()
	}
	caps, tips := contain.Rising(d.Account, f.rungs)
	for i := range caps {
		h.Rungs = append(h.Rungs, sign.Fees{Cap: (*hexutil.Big)(caps[i]), Tip: (*hexutil.Big)(tips[i])})
	}
	return h, nil
}

// sign opens the keystore for as long as it takes.
func (f presignFlags) sign(c *cobra.Command, store *sign.Keystore, key settings.Key, h sign.Head) ([]byte, []*types.Transaction, error) {
	password, err := passwordOf(c, key)
	if err != nil {
		return nil, nil, err
	}
	own, err := passwordOf(c, settings.Key{Keystore: f.out, Password: f.password})
	if err != nil {
		return nil, nil, err
	}
	if err := store.Unlock(password); err != nil {
		return nil, nil, err
	}
	defer store.Lock()
	return store.Presign(c.Context(), h, own)
}

// create writes a file of mode 0600 that was not there.
func create(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the ladder cannot be written: %w", err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("the ladder cannot be written: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}

func (f presignFlags) print(out io.Writer, store *sign.Keystore, d engine.Draft, h sign.Head, signed []*types.Transaction) error {
	text := fmt.Sprintf("%s %s  %s  %s\n  to     %s\n  data   %s\n  from   %s, nonce %d\n  gas    %d, of which it takes %d today\n",
		h.Runbook, h.Step, d.Step.Title, d.Step.Call.Function, h.To.Hex(), h.Data, store.Address().Hex(), h.Nonce, h.Gas, d.Gas)
	if h.Expires > 0 {
		text += fmt.Sprintf("  until  %s\n", time.Unix(h.Expires, 0).UTC().Format(time.RFC3339))
	}
	for i, tx := range signed {
		cost := new(big.Int).Mul(tx.GasFeeCap(), new(big.Int).SetUint64(tx.Gas()))
		text += fmt.Sprintf("  rung %d %s  cap %s wei, tip %s wei, at most %s\n", i+1, tx.Hash().Hex(), tx.GasFeeCap(), tx.GasTipCap(), contain.Ether(cost))
		if f.show {
			raw, err := tx.MarshalBinary()
			if err != nil {
				return exit(exitError, err)
			}
			text += fmt.Sprintf("         %#x\n", raw)
		}
	}
	if _, err := io.WriteString(out, safe.Lines(text)); err != nil {
		return exit(exitError, err)
	}
	return nil
}
