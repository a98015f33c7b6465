// Package fieldtest holds the contracts that tests of detectors deploy: what broke in the
// incidents of the field, each reduced to the lines that mattered, a lane between two
// chains, a registry of exam papers, and contracts that mislead whoever reads them.
// published has the bytecode of each, with compiler, licence and hashes; build.mjs made it
// of the Solidity beside it. They are broken on purpose.
//
// It must never be imported by anything but tests, and nothing of it may be deployed on a
// chain that matters.
package fieldtest

import (
	"embed"
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
)

//go:embed published/*.json
var files embed.FS

// Read is a contract by its name, held against its hash.
func Read(t testing.TB, name string) locktest.Contract {
	t.Helper()
	return locktest.ReadFrom(t, files, name)
}
