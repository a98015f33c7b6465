package ops_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bulkhead-console/bulkhead/"

// leaves are packages that every other may import: they know no sibling.
var leaves = []string{"ops", "ops/document", "ops/calldata", "ops/statement", "ops/safe", "ops/detect/history", "ops/detect/watch"}

// The rules of the house. A rule names who may import what; whatever else does
// is an error with the file's name.
var rules = []struct {
	name   string
	target func(imported string) bool
	may    func(importer string) bool
}{
	{"only the engine and cmd join the packages under ops",
		func(imported string) bool { return strings.HasPrefix(imported, module+"ops/") && !leaf(imported) },
		func(importer string) bool { return under(importer, "ops/engine", "cmd", "ops/drill") }},
	{"the drill imports nothing of the console it rehearses",
		func(imported string) bool {
			return strings.HasPrefix(imported, module+"ops/") && !leaf(imported) && !strings.HasPrefix(imported, module+"ops/drill")
		},
		func(importer string) bool { return !under(importer, "ops/drill") }},
	{"ui imports nouns only",
		func(imported string) bool {
			return strings.HasPrefix(imported, module+"ops/") || strings.HasPrefix(imported, module+"runbooks")
		},
		func(importer string) bool { return !under(importer, "ui") }},
	{"nothing under ops or runbooks imports a screen",
		func(imported string) bool {
			return strings.HasPrefix(imported, module+"ui") || strings.HasPrefix(imported, "charm.land/")
		},
		func(importer string) bool { return under(importer, "ui", "cmd") }},
	{"only the settings know Viper",
		func(imported string) bool { return imported == "github.com/spf13/viper" },
		func(importer string) bool { return importer == "ops/settings" }},
	{"only chain and drill know an RPC client",
		func(imported string) bool {
			return slices.Contains([]string{"github.com/ethereum/go-ethereum/rpc", "github.com/ethereum/go-ethereum/ethclient"}, imported)
		},
		func(importer string) bool { return under(importer, "ops/chain", "ops/drill") }},
	{"only the drill links a node",
		func(imported string) bool {
			const geth = "github.com/ethereum/go-ethereum/"
			return slices.Contains([]string{geth + "eth", geth + "node", geth + "core", geth + "miner", geth + "ethclient/simulated"}, imported)
		},
		func(importer string) bool { return under(importer, "ops/drill") }},
	{"the nouns depend on nothing but go-ethereum's common types",
		func(imported string) bool {
			return strings.Contains(strings.Split(imported, "/")[0], ".") && !strings.HasPrefix(imported, "github.com/ethereum/go-ethereum/common")
		},
		func(importer string) bool { return importer != "ops" }},
}

func leaf(imported string) bool {
	return slices.Contains(leaves, strings.TrimPrefix(imported, module))
}

func under(importer string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return importer == r || strings.HasPrefix(importer, r+"/") })
}

func TestTheHouseKeepsItsImportRules(t *testing.T) {
	checked := 0
	eachFile(t, func(file string) {
		importer := path.Dir(file)
		for _, imported := range imports(t, file) {
			checked++
			if imported == module+importer || strings.HasPrefix(imported, module+importer+"/") {
				continue // its own parts
			}
			for _, rule := range rules {
				if rule.target(imported) && !rule.may(importer) {
					t.Errorf("%s imports %s: %s", file, imported, rule.name)
				}
			}
		}
	})
	if checked < 100 {
		t.Fatalf("only %d imports were looked at: the walk went wrong", checked)
	}
}

func TestTheLeavesKnowNoSibling(t *testing.T) {
	eachFile(t, func(file string) {
		if !slices.Contains(leaves, path.Dir(file)) {
			return
		}
		for _, imported := range imports(t, file) {
			if strings.HasPrefix(imported, module) && imported != module+"ops" {
				t.Errorf("%s imports %s", file, imported)
			}
		}
	})
}

// No file is longer than a person reads in one go, and every package says what it
// is for.
func TestRoomsAreSmallAndSayWhatTheyAreFor(t *testing.T) {
	said := map[string]bool{}
	eachFile(t, func(file string) {
		source, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(source), "\n"); n > 500 {
			t.Errorf("%s has %d lines", file, n)
		}
		text := string(source)
		said[path.Dir(file)] = said[path.Dir(file)] || strings.HasPrefix(text, "// Package ") || strings.HasPrefix(text, "// Command ") || strings.Contains(text, "\n// Package ")
	})
	for dir, ok := range said {
		if !ok {
			t.Errorf("package %s has no comment", dir)
		}
	}
}

func TestNothingElseLiesAtTheTop(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"cmd", "ui", "ops", "runbooks", "go.mod", "go.sum", "config.example.yaml", "README.md", "LICENSE", "NOTICE"}
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) && !strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s does not belong at the top", e.Name())
		}
	}
}

// eachFile walks the program's own Go files, tests left out: a test may use
// whatever shows it.
func eachFile(t *testing.T, visit func(file string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != ".." || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") {
			visit(filepath.ToSlash(strings.TrimPrefix(p, ".."+string(filepath.Separator))))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range parsed.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	return out
}
