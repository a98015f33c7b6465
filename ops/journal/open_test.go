package journal_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/journal"
)

// A journal that cannot be opened says why, and lets go of its folder: when what was
// wrong is right again it opens.
func TestAJournalThatDoesNotOpenLetsGoOfItsFolder(t *testing.T) {
	left := 0
	failing := func(n int) journal.Options {
		return journal.Options{Append: func(path string) (journal.File, error) {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			left = n
			return fullDisk{f, &left}, err
		}}
	}
	for name, c := range map[string]struct {
		spoil   func(whole []byte) []byte
		options journal.Options
		want    error
		says    string
	}{
		"altered":            {func(b []byte) []byte { b[40] ^= 1; return b }, journal.Options{}, journal.ErrTampered, "record 1"},
		"not to be appended": {func(b []byte) []byte { return b }, journal.Options{Append: func(string) (journal.File, error) { return nil, errFull }}, journal.ErrUnwritable, "free space"},
		"not to be cut":      {func(b []byte) []byte { return b[:len(b)-3] }, failing(0), journal.ErrUnwritable, "cannot be cut off"},
		"cut, and then full": {func(b []byte) []byte { return b[:len(b)-3] }, failing(1), journal.ErrUnwritable, "no space left"},
	} {
		t.Run(name, func(t *testing.T) {
			folder, whole := written(t, 3)
			path := filepath.Join(folder, journal.Name)
			if err := os.WriteFile(path, c.spoil(append([]byte{}, whole...)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := journal.Open(folder, c.options); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v", err)
			}
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			j := open(t, folder)
			if len(j.Records()) != 3 || j.Path() != path {
				t.Errorf("%d records in %s", len(j.Records()), j.Path())
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A folder whose name cannot be made durable, and a lock that is none, are no journal.
func TestAFolderThatIsGoneIsNoJournal(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "journal")
	_, err := journal.Open(folder, journal.Options{Append: func(string) (journal.File, error) {
		f, failed := os.Create(filepath.Join(t.TempDir(), "elsewhere"))
		return f, errors.Join(failed, os.RemoveAll(folder))
	}})
	if !errors.Is(err, journal.ErrUnwritable) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "journal.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(folder, journal.Options{}); !errors.Is(err, journal.ErrUnwritable) || errors.Is(err, journal.ErrHeld) {
		t.Errorf("a lock that is a folder: %v", err)
	}
	if _, _, err := journal.Read(folder); err == nil || errors.Is(err, journal.ErrTampered) {
		t.Errorf("a folder was read: %v", err)
	}
}

// What cannot be written down at all is said, and breaks nothing: the disk has no part in
// it.
func TestWhatCannotBeWrittenDownBreaksNothing(t *testing.T) {
	year := 2030
	j, err := journal.Open(t.TempDir(), journal.Options{Now: func() time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if err := j.Write("note", make(chan int)); err == nil || errors.Is(err, journal.ErrUnwritable) {
		t.Errorf("a channel: %v", err)
	}
	year = 10_000 // no timestamp of RFC 3339 has such a year
	if err := j.Write("note", "x"); err == nil || errors.Is(err, journal.ErrUnwritable) {
		t.Errorf("a time that cannot be written: %v", err)
	}
	year = 2030
	if r, err := j.Append("note", "x"); err != nil || r.Seq != 1 || j.Writable() != nil {
		t.Errorf("afterwards: %+v, %v", r, err)
	}
}

// made is a line whose hash is true, whatever stands in it.
func made(record string) string {
	sum := sha256.Sum256([]byte(record))
	return fmt.Sprintf(`{"hash":"%s","record":%s}`, hex.EncodeToString(sum[:]), record) + "\n"
}

// A true hash is not enough: the record has to be one, to follow the one before it, and to
// stand as it is written.
func TestALineWithATrueHashIsNoRecordByThat(t *testing.T) {
	first := `{"seq":1,"time":"2030-01-01T00:00:00Z","prev":"","kind":"note","data":1}`
	sum := sha256.Sum256([]byte(first))
	follows := fmt.Sprintf(`{"seq":2,"time":"2030-01-01T00:00:00Z","prev":"%s","kind":"note","data":2}`, hex.EncodeToString(sum[:]))
	path := filepath.Join(t.TempDir(), journal.Name)
	for name, c := range map[string]struct{ second, says string }{
		"as it is written":    {made(follows), ""},
		"no record":           {made(`{"seq":"two"}`), "it is no record"},
		"a field more":        {made(strings.Replace(follows, "{", `{"more":1,`, 1)), "it is no record"},
		"the same again":      {made(first), "does not follow"},
		"of another":          {made(strings.Replace(follows, `"prev":"`, `"prev":"00`, 1)), "does not follow"},
		"one is left out":     {made(strings.Replace(follows, `"seq":2`, `"seq":3`, 1)), "does not follow"},
		"with spaces":         {made(strings.Replace(follows, ",", ", ", 1)), "not as it was written"},
		"with spaces outside": {strings.Replace(made(follows), `,"record"`, `, "record"`, 1), "not as it was written"},
	} {
		// a third line, so that the second is not taken for one that a crash tore
		if err := os.WriteFile(path, []byte(made(first)+c.second+"{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		records, torn, err := journal.Read(path)
		if c.says == "" && (err != nil || len(records) != 2 || torn != 3) || c.says != "" && (!errors.Is(err, journal.ErrTampered) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %d records, %d torn, %v", name, len(records), torn, err)
		}
	}
}

// Whatever a file holds, what is read of it is a chain that begins at its first byte.
func FuzzRead(f *testing.F) {
	f.Add([]byte(made(`{"seq":1,"time":"2030-01-01T00:00:00Z","prev":"","kind":"note","data":1}`)))
	f.Add([]byte("{}\n{}\n"))
	path := filepath.Join(f.TempDir(), journal.Name)
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		records, torn, err := journal.Read(path)
		if err != nil {
			if !errors.Is(err, journal.ErrTampered) || len(records) > 0 {
				t.Errorf("%d records, %v", len(records), err)
			}
			return
		}
		prev := ""
		for i, r := range records {
			if r.Seq != uint64(i+1) || r.Prev != prev {
				t.Errorf("record %d: %+v", i, r)
			}
			prev = r.Hash
		}
		if torn > len(content) {
			t.Errorf("%d bytes torn of %d", torn, len(content))
		}
	})
}
