package pack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// maxFile bounds a file of a pack, in bytes: compiled artifacts are the largest.
const maxFile = 16 << 20

// ErrChanged means that a file of the pack is not what it was when it was read.
var ErrChanged = errors.New("the pack has changed")

// Reading is a pack's folder as it was read. Every file that was asked for is kept,
// so that what is compiled, what is hashed and what is compared later are the same
// bytes. It is safe for concurrent use.
type Reading struct {
	from  fs.FS
	books []string // runbooks/*.yaml, when reading began

	mu    sync.Mutex
	files map[string]kept
}

// kept is one file; without info there was none of the name.
type kept struct {
	data []byte
	info fs.FileInfo
}

// Read begins to read a folder.
func Read(from fs.FS) *Reading {
	return &Reading{from: from, books: runbooks(from), files: map[string]kept{}}
}

func runbooks(from fs.FS) []string {
	names, err := fs.Glob(from, "runbooks/*.yaml")
	if err != nil {
		return nil // the pattern is good: there is no such error
	}
	return names
}

// Open implements fs.FS. Folders are not kept.
func (r *Reading) Open(name string) (fs.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, known := r.files[name]
	if !known {
		if info, err := fs.Stat(r.from, name); err == nil && info.IsDir() {
			return r.from.Open(name)
		}
		var err error
		if k, err = read(r.from, name); err != nil {
			return nil, err
		}
		r.files[name] = k
	}
	if k.info == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &opened{bytes.NewReader(k.data), k.info}, nil
}

// read reads a whole file. That there is none is an answer.
func read(from fs.FS, name string) (kept, error) {
	f, err := from.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return kept{}, nil
	}
	if err != nil {
		return kept{}, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return kept{}, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is longer than %d bytes", name, maxFile)
	}
	return kept{data, info}, err
}

// opened is a kept file, open.
type opened struct {
	*bytes.Reader
	info fs.FileInfo
}

// Stat implements fs.File.
func (o *opened) Stat() (fs.FileInfo, error) { return o.info, nil }

// Close implements fs.File.
func (o *opened) Close() error { return nil }

// Changed compares what was read with what lies on the disk now: ErrChanged names
// the first file that differs by a byte, is gone, or has come. Any other error means
// that it could not be looked at. The lock and the signatures are not looked at:
// they say nothing of what is done.
func (r *Reading) Changed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := runbooks(r.from); !slices.Equal(now, r.books) {
		for _, name := range slices.Concat(now, r.books) {
			if !slices.Contains(now, name) || !slices.Contains(r.books, name) {
				return fmt.Errorf("%w: %s has come or gone since it was read", ErrChanged, name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		if name == LockFile || name == SignaturesFile {
			continue
		}
		was := r.files[name]
		now, err := read(r.from, name)
		switch {
		case err != nil:
			return fmt.Errorf("%s cannot be looked at: %w", name, err)
		case was.info != nil && now.info == nil:
			return fmt.Errorf("%w: %s is gone since it was read", ErrChanged, name)
		case was.info == nil && now.info != nil:
			return fmt.Errorf("%w: %s was not there when it was read", ErrChanged, name)
		case !bytes.Equal(was.data, now.data):
			return fmt.Errorf("%w: %s differs from what was read", ErrChanged, name)
		}
	}
	return nil
}

// bytes are those of a file that was opened.
func (r *Reading) bytes(name string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files[name].data
}
