package locktest

import (
	"crypto/sha256"
	"embed"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

// CheckPublished holds what is published against the folder that the test runs in: every
// file is whole and says where it comes from, and what was made of the Solidity that lies
// here was made of it as it is.
func CheckPublished(t testing.TB, files embed.FS) {
	t.Helper()
	own, err := filepath.Glob("*.sol")
	if err != nil || len(own) == 0 {
		t.Fatal(own, err)
	}
	names, err := files.ReadDir("published")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, f := range names {
		name := f.Name()[:len(f.Name())-len(".json")]
		if c := ReadFrom(t, files, name); len(c.bytecode) == 0 || len(c.ABI.Methods) == 0 && len(c.ABI.Constructor.Inputs) == 0 {
			t.Errorf("%s is empty", name)
		}
		raw, err := files.ReadFile("published/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		var p struct {
			Origin, License, Compiler, Commit, Integrity string
			Sources                                      map[string]string
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Fatal(err)
		}
		if p.Origin == "" || p.License == "" || p.Compiler == "" || p.Commit == "" && p.Integrity == "" {
			t.Errorf("%s does not say where it comes from", name)
		}
		for _, file := range own {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(source); p.Sources[file] != "" {
				used[file] = true
				if p.Sources[file] != common.Bytes2Hex(sum[:]) {
					t.Errorf("%s was made of another %s: run build.mjs", name, file)
				}
			}
		}
	}
	if len(used) != len(own) {
		t.Errorf("of %v only %v are used", own, used)
	}
}
