package rehearsal_test

import (
	"bytes"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

// sealed is the drill's pack, signed, in memory.
func sealed(t *testing.T) fstest.MapFS {
	t.Helper()
	folder := t.TempDir()
	if _, err := rehearsal.WriteFolder(folder, &drill.Drill{}, runbooks.Embedded); err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	from := os.DirFS(folder)
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// why says what is wrong with a pack, as bulkhead pack verify does.
func why(from fs.FS) []string {
	rules, faults := engine.LoadRules(from)
	if faults.Err() != nil {
		return pack.Differing(from)
	}
	return rules[0].Pack().Verify().Why()
}

// One bit of any byte of the drill's own documents, and of what they name: wherever it
// was tried, the pack is refused and the file is named, whether it still compiles or
// not.
func TestNoByteOfTheDrillsPackCanBeChanged(t *testing.T) {
	whole := sealed(t)
	if got := why(whole); len(got) > 0 {
		t.Fatal(got)
	}
	documents := []string{"owners.yaml", "policy.yaml", "release.yaml", "runbooks/freeze-vault.yaml", "runbooks/cancel-operation.yaml", "abi/Vault.json", "abi/Token.json", "abi/TimelockController.json", "VaultV2.json"}
	random := rand.New(rand.NewPCG(3, 5))
	compiled := 0
	for _, name := range documents {
		for range 40 {
			data := bytes.Clone(whole[name].Data)
			at := random.IntN(len(data))
			data[at] ^= 1 << random.IntN(8)
			changed := maps.Clone(whole)
			changed[name] = &fstest.MapFile{Data: data}
			if _, faults := engine.LoadRules(changed); faults.Err() == nil {
				compiled++
			}
			if got := why(changed); !slices.ContainsFunc(got, func(w string) bool { return strings.Contains(w, name) }) {
				t.Fatalf("%s, byte %d: %q", name, at, got)
			}
		}
	}
	if all := 40 * len(documents); compiled == 0 || compiled == all {
		t.Errorf("%d of %d compiled: one half of the ways was not tried", compiled, all)
	}
}
