package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// SecondsFolder is where the confirmations of others lie, beside the journal: one
// file each, as `bulkhead runbook second` writes it.
const SecondsFolder = "seconds"

// The bounds of what is read there.
const (
	mostSeconds = 64
	secondSize  = 4 << 10
)

// Second is one person's signature under a plan that somebody else runs. It is
// proof by itself: whoever has the owners can recover Address from Signature.
type Second struct {
	Runbook   ops.RunbookID  `json:"runbook"`
	Plan      common.Hash    `json:"plan"` // its digest
	Chain     ops.ChainID    `json:"chain_id"`
	Root      common.Hash    `json:"root"`
	Address   common.Address `json:"address"`
	At        time.Time      `json:"at"`
	Until     time.Time      `json:"until"`
	Signature hexutil.Bytes  `json:"signature"`
}

// Statement is what is signed.
func (s Second) Statement() statement.Statement {
	return statement.Confirmation(s.Root, s.Chain, string(s.Runbook), s.Plan, s.Address, s.At, s.Until)
}

// Sign opens the key, signs the confirmation with it, and closes it again.
func (s *Second) Sign(k Key) error {
	if err := open(k, ""); err != nil {
		return err
	}
	defer k.Store.Lock()
	var err error
	s.Signature, err = k.attest(s.Statement())
	return err
}

// seconds names who has confirmed a plan beside whoever sits here. A file that does
// not stand is nobody's word.
func (e *Engine) seconds(id ops.RunbookID, plan common.Hash) []string {
	owners := e.Rules.pack.Owners
	folder := filepath.Join(filepath.Dir(e.Journal.Path()), SecondsFolder)
	if owners == nil {
		return nil
	}
	var names []string
	for _, path := range confirmations(folder, id) {
		s, err := readSecond(path)
		if err != nil || e.stands(s, id, plan) != nil {
			continue
		}
		person, known := owners.Person(s.Address)
		if !known || !person.Arms() || e.here(s.Address, person.Name) || slices.Contains(names, person.Name) {
			continue
		}
		names = append(names, person.Name)
	}
	return names
}

// confirmations are the files that are read for a runbook: those that are called as
// `bulkhead runbook second` calls them come first, whatever else lies there.
func confirmations(folder string, id ops.RunbookID) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var own, others []string
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if strings.HasPrefix(entry.Name(), string(id)+"-") {
			own = append(own, path)
		} else {
			others = append(others, path)
		}
	}
	all := append(own, others...)
	return all[:min(len(all), mostSeconds)]
}

// here reports whether the address, or the name, is whoever sits at this console.
func (e *Engine) here(a common.Address, name string) bool {
	return e.OperatorKey.Store != nil && e.OperatorKey.Store.Address() == a || name == e.Operator.Name
}

// stands checks that a confirmation is of this plan, on this pack, now.
func (e *Engine) stands(s Second, id ops.RunbookID, plan common.Hash) error {
	e.mu.Lock()
	root := e.signing.Root
	e.mu.Unlock()
	now := e.Now()
	switch {
	case s.Runbook != id || s.Plan != plan || s.Chain != e.Rules.ChainID || s.Root != root:
		return errors.New("it is of another plan")
	case now.Before(s.At.Add(-time.Minute)) || !now.Before(s.Until):
		return errors.New("it is not of now")
	}
	who, err := s.Statement().Signer(s.Signature)
	if err == nil && who != s.Address {
		err = errors.New("somebody else signed it")
	}
	return err
}

func readSecond(path string) (Second, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return Second{}, err
	case !info.Mode().IsRegular() || info.Size() > secondSize:
		return Second{}, fmt.Errorf("%s is no confirmation: %w", path, fs.ErrInvalid)
	}
	b, err := readBounded(path, secondSize)
	if err != nil {
		return Second{}, err
	}
	var s Second
	return s, json.Unmarshal(b, &s)
}
