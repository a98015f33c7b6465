package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Read checks a journal's file from its first record to its last. A torn last
// record is left out and its length in bytes returned; anything else that does
// not fit is ErrTampered.
func Read(path string) (records []Record, torn int, err error) {
	records, _, torn, err = replay(path)
	return records, torn, err
}

// replay is Read, and how many bytes the whole records take.
func replay(path string) (records []Record, whole, torn int, err error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, 0, nil
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("the journal cannot be read: %w", err)
	}
	prev := ""
	for rest := content; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		last := end < 0 || end == len(rest)-1
		var r Record
		if end >= 0 {
			r, err = decode(rest[:end], uint64(len(records)+1), prev)
		} else {
			err = errors.New("it does not end")
		}
		if err != nil {
			if last {
				return records, len(content) - len(rest), len(rest), nil
			}
			return nil, 0, 0, fmt.Errorf("%w: record %d: %w: keep the file as evidence and choose another folder with `journal:`", ErrTampered, len(records)+1, err)
		}
		records, prev = append(records, r), r.Hash
		rest = rest[end+1:]
	}
	return records, len(content), 0, nil
}

func decode(b []byte, seq uint64, prev string) (Record, error) {
	var l line
	if err := strict(b, &l); err != nil {
		return Record{}, fmt.Errorf("it is no record: %w", err)
	}
	sum := sha256.Sum256(l.Record)
	if hex.EncodeToString(sum[:]) != l.Hash {
		return Record{}, errors.New("its hash is not that of its bytes")
	}
	var r Record
	if err := strict(l.Record, &r); err != nil {
		return Record{}, fmt.Errorf("it is no record: %w", err)
	}
	if r.Seq != seq || r.Prev != prev {
		return Record{}, errors.New("it does not follow the record before it")
	}
	// the bytes around the record are ours too: a flipped bit there is an alteration
	whole, err := json.Marshal(l)
	if err != nil || !bytes.Equal(whole, b) {
		return Record{}, errors.New("its line is not as it was written")
	}
	r.Hash = l.Hash
	return r, nil
}

func strict(b []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(out)
}
