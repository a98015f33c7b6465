package drill

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

//go:embed pack/*.yaml
var pack embed.FS

// WritePack writes the drill's documents into dir, which is made if missing:
// policy.yaml, release.yaml with the artifact it names, abi/*.json and, from the
// given file system, every *.yaml into runbooks/. Files of these names are
// overwritten.
func (d *Drill) WritePack(dir string, runbooks fs.FS) error {
	documents, err := fs.Sub(pack, "pack")
	if err != nil {
		return fmt.Errorf("reading the embedded pack: %w", err)
	}
	if err := copyYAML(dir, documents); err != nil {
		return err
	}
	if err := copyYAML(filepath.Join(dir, "runbooks"), runbooks); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"VaultV2.json": contracts.VaultV2().File,
		// As with the vault: the upgraded code has all that the code before it had.
		"abi/Savings.json":  contracts.SavingsV2().JSON,
		"abi/Breaker.json":  contracts.Breaker().JSON,
		"abi/Treasury.json": contracts.Treasury().JSON,
		"abi/Till.json":     contracts.Till().JSON,
		"abi/Bridge.json":   contracts.Bridge().JSON,
		"abi/Router.json":   contracts.Router().JSON,
		// V2 has all of V1's functions and events, so one ABI serves both.
		"abi/Vault.json":              contracts.VaultV2().JSON,
		"abi/Token.json":              contracts.Token().JSON,
		"abi/TimelockController.json": contracts.Timelock().JSON,
	} {
		if err := write(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return nil
}

func copyYAML(dir string, from fs.FS) error {
	names, err := fs.Glob(from, "*.yaml")
	if err != nil {
		return fmt.Errorf("listing the documents for %s: %w", dir, err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(from, name)
		if err != nil {
			return fmt.Errorf("reading the document %s: %w", name, err)
		}
		if err := write(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing the drill's pack (choose a folder you may write to): %w", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("writing the drill's pack (choose a folder you may write to): %w", err)
	}
	return nil
}
