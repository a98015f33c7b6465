package measure

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/file"
)

// Error is a fault in an expression. Line and Column count from 1.
type Error struct {
	Line    int
	Column  int
	Message string
	Hint    string
	Snippet string // the line and, under it, a caret at the fault
}

// Error is the message with its position.
func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// newError places a message at a byte offset of the source.
func newError(source string, at int, message, hint string) *Error {
	at = min(max(at, 0), len(source))
	start := strings.LastIndexByte(source[:at], '\n') + 1
	end := len(source)
	if i := strings.IndexByte(source[start:], '\n'); i >= 0 {
		end = start + i
	}
	line := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, source[start:end])
	return &Error{
		Line: strings.Count(source[:start], "\n") + 1, Column: at - start + 1, Message: message, Hint: hint,
		Snippet: line + "\n" + strings.Repeat(" ", at-start) + "^",
	}
}

// fromParser turns expr's error into ours, with the text as the person wrote it.
func fromParser(source string, err error) error {
	var e *file.Error
	if !errors.As(err, &e) {
		return newError(source, 0, err.Error(), "")
	}
	message := e.Message
	switch {
	case strings.Contains(message, "Identifier"), strings.Contains(message, "Number"):
		message = "something is missing or too much here"
	case strings.Contains(message, "EOF"), strings.Contains(message, "unexpected end"):
		message = "the expression ends too early"
	}
	return newError(source, e.From, message, "")
}
