package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// progressSize bounds a progress file that is read, in bytes.
const progressSize = 16 << 20

// ErrProgress means that a file holds no progress of this replay.
var ErrProgress = errors.New("the progress cannot be taken up: name another file, or remove it")

type progressFile struct {
	Of   Basis    `json:"of"`
	Done Progress `json:"done"`
}

// SaveProgress writes how far a replay is, whole or not at all.
func SaveProgress(path string, of Basis, done Progress) error {
	raw, err := json.Marshal(progressFile{of, done})
	if err == nil {
		err = replace(path, raw)
	}
	if err != nil {
		return fmt.Errorf("the progress cannot be kept: %w", err)
	}
	return nil
}

// ProgressEnd is the last block of the replay whose progress a file keeps; newest where
// there is none, or where it is damaged, which loading it says.
func ProgressEnd(path string, newest uint64) uint64 {
	var f progressFile
	raw, err := readBounded(path, progressSize)
	if err != nil || json.Unmarshal(raw, &f) != nil {
		return newest
	}
	return f.Of.To
}

// LoadProgress reads how far a replay is: nowhere, where there is no file. One of another
// policy, release, chain or range is refused.
func LoadProgress(path string, of Basis) (Progress, error) {
	raw, err := readBounded(path, progressSize)
	if errors.Is(err, fs.ErrNotExist) {
		return Progress{}, nil
	}
	var f progressFile
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	switch {
	case err != nil:
		return Progress{}, fmt.Errorf("%w: %w", ErrProgress, err)
	case f.Of != of:
		return Progress{}, fmt.Errorf("%w: %s is of another policy, release, chain or range", ErrProgress, path)
	case f.Done.Next < of.From || f.Done.Next > of.To+1 || f.Done.Last.Number+1 != f.Done.Next || f.Done.Tallies == nil || f.Done.Verdicts == nil || f.Done.Broke == nil:
		return Progress{}, fmt.Errorf("%w: %s is damaged", ErrProgress, path)
	}
	return f.Done, nil
}
