// Package journal keeps the record: JSON lines, appended, fsynced, each chained to
// the one before by SHA-256. What is to be sent stands here before it is signed,
// and signed before it is sent.
//
// It must never rewrite or delete a record, never report a record as kept before
// the disk said so, and never go on after the disk failed: after a failed fsync
// nobody knows what is on it.
//
// One line is {"hash":"…","record":{…}}: the hash is that of the record's bytes as
// they stand, and the record names the hash of the one before.
package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

var (
	// ErrHeld means that another console writes to this journal.
	ErrHeld = errors.New("another console holds this journal")
	// ErrUnwritable means that a record could not be made durable; nothing may be sent.
	ErrUnwritable = errors.New("the journal cannot be written")
	// ErrTampered means that a record in the middle does not belong to the chain.
	ErrTampered = errors.New("the journal has been altered")
)

// Name is the file of a journal in its folder.
const Name = "journal.jsonl"

// Record is one thing that happened. Prev is the hash of the record before, empty
// for the first. Hash is this record's own, and not part of its bytes.
type Record struct {
	Seq  uint64          `json:"seq"`
	Time time.Time       `json:"time"`
	Prev string          `json:"prev"`
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data"`
	Hash string          `json:"-"`
}

// File is what a journal needs of a file that it appends to; *os.File is one.
type File interface {
	Write([]byte) (int, error)
	Sync() error
	Truncate(size int64) error
	Close() error
}

// Options are the seams of a journal; zero values are the real thing.
type Options struct {
	Now    func() time.Time
	Append func(path string) (File, error) // opens for appending, made if missing
}

// Journal is an open journal. It is safe for concurrent use.
type Journal struct {
	mu        sync.Mutex
	path      string
	lock      *flock.Flock
	file      File
	now       func() time.Time
	last      Record
	records   []Record
	recovered int // bytes of a torn last record that were cut off at opening
	broken    error
}

// Open opens or makes the journal in a folder, checks its chain and cuts off a
// torn last record. Only one process holds a journal: ErrHeld.
func Open(folder string, o Options) (*Journal, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Append == nil {
		o.Append = appendFile
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w: choose another folder with `journal:`", ErrUnwritable, err)
	}
	j := &Journal{path: filepath.Join(folder, Name), now: o.Now, lock: flock.New(filepath.Join(folder, "journal.lock"))}
	if held, err := j.lock.TryLock(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnwritable, err)
	} else if !held {
		return nil, fmt.Errorf("%w: %s: close it, or choose another folder with `journal:`", ErrHeld, folder)
	}
	if err := j.open(o.Append); err != nil {
		return nil, errors.Join(err, j.lock.Unlock())
	}
	return j, nil
}

func (j *Journal) open(appendTo func(string) (File, error)) error {
	records, whole, torn, err := replay(j.path)
	if err != nil {
		return err
	}
	j.records, j.recovered = records, torn
	if len(records) > 0 {
		j.last = records[len(records)-1]
	}
	if j.file, err = appendTo(j.path); err != nil {
		return fmt.Errorf("%w: %w: free space or choose another folder with `journal:`", ErrUnwritable, err)
	}
	if err := j.begin(int64(whole), torn); err != nil {
		return errors.Join(err, j.file.Close())
	}
	return nil
}

// begin makes the file's name durable and cuts off what is torn after so many whole bytes.
func (j *Journal) begin(whole int64, torn int) error {
	if err := syncFolder(filepath.Dir(j.path)); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	if torn == 0 {
		return nil
	}
	if err := j.file.Truncate(whole); err != nil {
		return fmt.Errorf("%w: the torn last record cannot be cut off: %w", ErrUnwritable, err)
	}
	return j.Write("recovered", map[string]int{"bytes_dropped": torn})
}

func appendFile(path string) (File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// syncFolder makes the file's name durable.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Append writes one record and returns when it is on the disk. After an error
// the journal refuses everything: ErrUnwritable.
func (j *Journal) Append(kind string, data any) (Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return Record{}, j.broken
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return Record{}, fmt.Errorf("journal: a %s cannot be written down: %w", kind, err)
	}
	r := Record{Seq: j.last.Seq + 1, Time: j.now().UTC(), Prev: j.last.Hash, Kind: kind, Data: raw}
	line, hash, err := encode(r)
	if err != nil {
		return Record{}, err
	}
	r.Hash = hash
	if _, err := j.file.Write(line); err != nil {
		return Record{}, j.fail(err)
	}
	if err := j.file.Sync(); err != nil {
		return Record{}, j.fail(err)
	}
	j.last = r
	return r, nil
}

// Write is Append for whoever needs no record back.
func (j *Journal) Write(kind string, data any) error {
	_, err := j.Append(kind, data)
	return err
}

func (j *Journal) fail(err error) error {
	j.broken = fmt.Errorf("%w: %w: nothing can be sent from here; free the disk and start anew", ErrUnwritable, err)
	return j.broken
}

// Writable is nil while records can be kept.
func (j *Journal) Writable() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.broken
}

// Records returns what stood in the journal when it was opened, oldest first. What
// is written since is on the disk alone: a console that runs for months must not
// grow with it.
func (j *Journal) Records() []Record { return j.records[:len(j.records):len(j.records)] }

// Path is the journal's file.
func (j *Journal) Path() string { return j.path }

// Close lets go of the journal.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken == nil {
		j.broken = fmt.Errorf("%w: it is closed", ErrUnwritable)
	}
	return errors.Join(j.file.Close(), j.lock.Unlock())
}

// line is one line of the file.
type line struct {
	Hash   string          `json:"hash"`
	Record json.RawMessage `json:"record"`
}

// encode is the line of a record, and its hash. The record's bytes are those of
// json.Marshal: compact, and what HTML would take for its own escaped.
func encode(r Record) (text []byte, hash string, err error) {
	record, err := json.Marshal(r)
	if err != nil {
		return nil, "", fmt.Errorf("journal: %w", err)
	}
	sum := sha256.Sum256(record)
	hash = hex.EncodeToString(sum[:])
	return fmt.Appendf(nil, `{"hash":"%s","record":%s}`+"\n", hash, record), hash, nil
}
