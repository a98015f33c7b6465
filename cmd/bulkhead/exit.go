package main

import "fmt"

// Exit codes, as documented in the help and the README.
const (
	exitOK      = 0
	exitError   = 1
	exitUsage   = 2
	exitConfig  = 3
	exitBreach  = 4
	exitRefused = 5
	exitUnknown = 6
	exitFailed  = 7
)

// exitCode is an error that says how the program ends. err may be nil: then
// everything was said already.
type exitCode struct {
	code int
	err  error
}

func (e exitCode) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e exitCode) Unwrap() error { return e.err }

func exit(code int, err error) error { return exitCode{code: code, err: err} }
