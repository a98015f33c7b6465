package settings

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// ErrSecret means that a reference to a secret leads nowhere.
var ErrSecret = errors.New("a secret cannot be read")

// maxSecret bounds a secret's file, in bytes.
const maxSecret = 4096

// reference reports whether the text refers to a secret.
func reference(s string) bool {
	return strings.HasPrefix(s, "env:") || strings.HasPrefix(s, "file:")
}

// Secret resolves env:NAME or file:path. The file must be readable by its owner
// alone (mode 0600); a newline at its end is not part of the secret.
func Secret(ref string) (string, error) {
	if name, ok := strings.CutPrefix(ref, "env:"); ok {
		value, set := os.LookupEnv(name)
		if !set || value == "" {
			return "", fmt.Errorf("%w: the environment has no %s", ErrSecret, name)
		}
		return value, nil
	}
	path, ok := strings.CutPrefix(ref, "file:")
	if !ok {
		return "", fmt.Errorf("%w: %q is neither env:NAME nor file:path", ErrSecret, ref)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSecret, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%w: %s can be read by others (mode %04o): chmod 600 it", ErrSecret, path, info.Mode().Perm())
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("%w: %s has %d bytes, more than %d", ErrSecret, path, info.Size(), maxSecret)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSecret, err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
