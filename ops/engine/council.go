package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// SafeFolder is where the signatures of Safes' owners lie, beside the journal: one file
// each, as `bulkhead safe sign` and `bulkhead safe add` write them.
const SafeFolder = "safe"

// mostKept bounds how many of them are read.
const mostKept = 512

// council knows what the owners of Safes signed. A file is verified once, and again
// when it changes. It is safe for concurrent use.
type council struct {
	folder string // empty: nothing is kept
	chain  ops.ChainID
	owners *pack.Owners

	mu    sync.Mutex
	files map[string]keptFile
}

// keptFile is what a file was when it was read.
type keptFile struct {
	size     int64
	changed  time.Time
	kept     safe.Kept
	verified bool
}

// newCouncil keeps its files in a folder beside the journal's file; none where beside
// is empty.
func newCouncil(r *Rules, beside string) *council {
	c := &council{chain: r.ChainID, files: map[string]keptFile{}}
	if r.pack != nil {
		c.owners = r.pack.Owners
	}
	if beside != "" {
		c.folder = filepath.Join(beside, SafeFolder)
	}
	return c
}

// of is what containment has to know of a lane's Safe.
func (c *council) of(a common.Address, known safe.Known) *contain.Safe {
	return &contain.Safe{Address: a, Known: known, Collected: c.collected, Name: c.name}
}

// name is a person's of owners.yaml, or the ends of the address.
func (c *council) name(a common.Address) string {
	if c.owners != nil {
		if p, ok := c.owners.Person(a); ok {
			return p.Name
		}
	}
	return a.Hex()[:6] + "…" + a.Hex()[38:]
}

// collected are the signatures of this chain that stand. A file that does not is
// nobody's word.
func (c *council) collected() []safe.Kept {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.folder == "" {
		return nil
	}
	folder, err := os.Open(c.folder)
	if err != nil {
		return nil
	}
	entries, err := folder.ReadDir(mostKept)
	if err = errors.Join(err, folder.Close()); err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	files, out := make(map[string]keptFile, len(entries)), []safe.Kept(nil)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > safe.KeptSize {
			continue
		}
		f, known := c.files[entry.Name()]
		if !known || f.size != info.Size() || !f.changed.Equal(info.ModTime()) {
			f = keptFile{size: info.Size(), changed: info.ModTime()}
			if raw, err := readBounded(filepath.Join(c.folder, entry.Name()), safe.KeptSize); err == nil {
				f.kept, err = safe.DecodeKept(raw)
				f.verified = err == nil
			}
		}
		files[entry.Name()] = f
		if f.verified && f.kept.Chain == c.chain {
			out = append(out, f.kept)
		}
	}
	c.files = files
	return out
}

// Keep writes a signature into the folder beside the journal, whole or not at all, and
// returns its path.
func Keep(beside string, k safe.Kept) (string, error) {
	raw, err := k.Encode()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(beside, SafeFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("the signature was not kept: %w", err)
	}
	path := filepath.Join(folder, fmt.Sprintf("%s-%d-%s-%s.json", k.Safe.Hex(), k.Nonce, k.Hash().Hex()[2:10], k.Owner.Hex()))
	if err := replace(path, raw); err != nil {
		return "", fmt.Errorf("the signature was not kept: %w", err)
	}
	return path, nil
}
