package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/engine/rehearsal"
)

// configTemplate is a config.yaml for the drill's chain. The paths count from
// its folder.
const configTemplate = `# Written by bulkhead drill --serve. The chain ends with that command.
version: 1
pack: .
journal: console
operator: {name: %q, role: commander, key: operator}
chains:
  drill:
    endpoints: [{name: drill, http: %q, ws: %q}]
    block_time: %s
keys:
  - {name: guardian, keystore: guardian.json, password: "file:password"}
  - {name: backup, keystore: backup.json, password: "file:password"}
  - {name: operator, keystore: operator.json, password: "file:password"}
`

// serve lets the drill's chain run for others: it writes a ready config.yaml,
// prints its path and plays until it is ended.
func serve(ctx context.Context, run *rehearsal.Run, out, talk io.Writer) error {
	path, err := writeConfig(run)
	if err != nil {
		return exit(exitError, err)
	}
	_, err = fmt.Fprintln(out, path)
	_, _ = fmt.Fprintf(talk, "The drill's chain runs at %s and %s. In another terminal:\n  bulkhead console -c %s\nctrl-c ends it.\n", run.Drill.HTTP(), run.Drill.WS(), path)
	if err = errors.Join(err, run.Play(ctx)); err != nil {
		return exit(exitError, err)
	}
	return nil
}

// writeConfig writes config.yaml and the password it refers to.
func writeConfig(run *rehearsal.Run) (string, error) {
	seconds := max(int(run.Interval.Seconds()), 1)
	config := fmt.Sprintf(configTemplate, run.Operator.Name, run.Drill.HTTP(), run.Drill.WS(), fmt.Sprintf("%ds", seconds))
	path := filepath.Join(run.Folder, "config.yaml")
	err := errors.Join(
		ownerKeys(run.Folder),
		os.WriteFile(filepath.Join(run.Folder, "password"), []byte(rehearsal.Password+"\n"), 0o600),
		os.WriteFile(path, []byte(config), 0o600),
	)
	if err != nil {
		return "", fmt.Errorf("the drill's settings cannot be written: %w", err)
	}
	return path, nil
}

// ownerKeys writes the keystores of the pack's owners, so that signing can be
// rehearsed too: bulkhead pack sign --as security --keystore security.json.
func ownerKeys(folder string) error {
	var errs []error
	for _, name := range []string{drill.Security, drill.Release, drill.Command} {
		errs = append(errs, rehearsal.StoreKey(filepath.Join(folder, name+".json"), name))
	}
	return errors.Join(errs...)
}
