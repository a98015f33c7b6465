// Package document decodes the YAML documents that people write and sign,
// strictly: an unknown key, a missing one, a wrong type or an unquoted 0x… is a
// fault with file, line, column and what to write instead, and all faults of a
// document are found in one reading.
//
// It must never guess, never drop a key, and never let YAML turn an address or
// an amount into a number. It knows no document by name: policy, runbooks and
// settings describe themselves by their Go types.
package document

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bulkhead-console/bulkhead/ops"
)

// maxSize bounds a document, in bytes; maxFaults bounds what is said of it.
const (
	maxSize   = 1 << 20
	maxFaults = 200
)

// Text is a scalar with its place, for values that are parsed further.
type Text struct {
	Value  string
	Line   int
	Column int // of the first character of the value, after an opening quote
}

// Fault places a message at the text.
func (t Text) Fault(file, message, hint string) ops.Fault {
	return ops.Fault{File: file, Line: t.Line, Column: t.Column, Message: message, Hint: hint}
}

// Places tells where the value of each key stands. A struct that has a field of
// this type gets it filled, for faults about values that carry no place.
type Places map[string]Text

// Read reads a file of a pack, up to one byte more than the limit: so much tells
// that it is too long, and no file fills the memory.
func Read(pack fs.FS, name string, limit int64) ([]byte, error) {
	f, err := pack.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// ReadDocument is Read with the limit of a document.
func ReadDocument(pack fs.FS, name string) ([]byte, error) { return Read(pack, name, maxSize) }

// Decode reads one document into the struct that out points to. Fields are
// matched by their yaml tag; `need:"…"` makes one required and says what to
// write. Everything wrong is returned; out holds what could be read.
func Decode(file string, source []byte, out any) ops.Faults {
	if len(source) > maxSize {
		return ops.Faults{{File: file, Message: fmt.Sprintf("the document is longer than %d bytes", maxSize), Hint: "documents are read aloud: split it"}}
	}
	var root yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(string(source)))
	if err := decoder.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return ops.Faults{{File: file, Message: "the document is empty"}}
		}
		return ops.Faults{syntax(file, err)}
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return ops.Faults{{File: file, Message: "there is a second document after ---", Hint: "one file holds one document"}}
	}
	w := &walker{file: file, lines: strings.Split(string(source), "\n")}
	w.decode(root.Content[0], "the document", settable(out))
	return w.faults
}

// syntax turns the message of the YAML reader, "yaml: line 3: …", into a fault.
func syntax(file string, err error) ops.Fault {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if _, scan := fmt.Sscanf(text, "line %d:", &line); scan == nil {
		_, text, _ = strings.Cut(text, ": ")
	}
	column := 0
	if line > 0 {
		column = 1
	}
	return ops.Fault{File: file, Line: line, Column: column, Message: "this is no YAML: " + text, Hint: "look at the indentation and at quotation marks"}
}
