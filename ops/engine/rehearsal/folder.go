package rehearsal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/sign"
)

// Keystores are the key files that a drill's console needs.
type Keystores struct {
	Guardian string // sends the containment
	Backup   string // sends it where the guardian cannot
	Operator string // proves who arms
}

// Owners are the drill's key names by the roles in which they sign the pack.
var Owners = map[string][]string{
	pack.Security: {drill.Security}, pack.Release: {drill.Release}, pack.IncidentCommand: {drill.Command}, pack.Approver: {drill.Security, drill.Release},
}

// WriteFolder writes the pack, signed, and the keystores of guardian, backup and operator.
func WriteFolder(folder string, d *drill.Drill, runbooks fs.FS) (Keystores, error) {
	if err := d.WritePack(folder, runbooks); err != nil {
		return Keystores{}, fmt.Errorf("the drill's pack cannot be written: %w: choose another folder with --folder", err)
	}
	if err := Sign(folder); err != nil {
		return Keystores{}, fmt.Errorf("the drill's pack cannot be signed: %w", err)
	}
	out := Keystores{Guardian: filepath.Join(folder, "guardian.json"), Backup: filepath.Join(folder, "backup.json"), Operator: filepath.Join(folder, "operator.json")}
	return out, errors.Join(StoreKey(out.Guardian, drill.Guardian), StoreKey(out.Backup, drill.Backup), StoreKey(out.Operator, drill.Operator))
}

// StoreKey writes the keystore of one of the drill's people.
func StoreKey(path, name string) error {
	if err := sign.Store(path, drill.Key(name), Password); err != nil {
		return fmt.Errorf("the drill's key cannot be written: %w", err)
	}
	return nil
}

// Key opens a keystore of the drill for an engine.
func Key(path string) (engine.Key, error) {
	store, err := sign.OpenKeystore(path, ops.FirstDrillChain)
	return engine.Key{Store: store, Password: func() (string, error) { return Password, nil }}, err
}

// Sign locks the drill's pack in a folder and signs it with the keys of its owners,
// which everybody has.
func Sign(folder string) error {
	rules, faults := engine.LoadRules(os.DirFS(folder))
	if err := faults.Err(); err != nil {
		return err
	}
	p := rules[0].Pack()
	lock, err := p.Lock()
	if err != nil {
		return err
	}
	var all []pack.Signature
	for role, names := range Owners {
		for _, d := range p.Due(role) {
			for _, name := range names {
				raw, err := sign.Attest(drill.Key(name), p.Statement(d, role))
				if err != nil {
					return err
				}
				signature, err := p.Signed(d, role, raw)
				if err != nil {
					return err
				}
				all = pack.Joined(all, signature)
			}
		}
	}
	return errors.Join(
		os.WriteFile(filepath.Join(folder, pack.LockFile), lock, 0o644),
		os.WriteFile(filepath.Join(folder, pack.SignaturesFile), pack.EncodeSignatures(all), 0o644),
	)
}
