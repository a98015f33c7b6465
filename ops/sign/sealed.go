package sign

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/ethereum/go-ethereum/accounts/keystore"
)

// Bounds of what a key is derived with: a file must not fill the memory.
const (
	mostScryptN = 1 << 20
	mostScryptR = 8
	mostScryptP = 16
	mostRounds  = 10_000_000
)

// sealed checks what is encrypted before it is opened: the library takes the types
// and the sizes of these fields for granted.
func sealed(c keystore.CryptoJSON) error {
	number := func(name string, most float64) bool {
		n, ok := c.KDFParams[name].(float64)
		return ok && n == float64(int(n)) && n >= 1 && n <= most
	}
	text := func(name string) bool {
		s, ok := c.KDFParams[name].(string)
		return ok && len(s) <= 128
	}
	dklen, _ := c.KDFParams["dklen"].(float64)
	iv, err := hex.DecodeString(c.CipherParams.IV)
	switch {
	case err != nil || len(iv) != 16:
		return errors.New("its cipher has no start of 16 bytes")
	case dklen != 32 || !text("salt"):
		return errors.New("its key derivation has no salt, or a key that is not 32 bytes long")
	case c.KDF == "scrypt" && number("n", mostScryptN) && number("r", mostScryptR) && number("p", mostScryptP):
		return nil
	case c.KDF == "pbkdf2" && number("c", mostRounds) && text("prf"):
		return nil
	}
	return fmt.Errorf("its key derivation %.20q is not known, or asks for too much", c.KDF)
}

// light reports whether the encryption is weaker than a real key's must be.
func light(c keystore.CryptoJSON) bool {
	n, _ := c.KDFParams["n"].(float64)
	return c.KDF != "scrypt" || n < keystore.StandardScryptN
}

// private reads a file that its owner alone may read (mode 0600), up to a size.
func private(path, what string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the %s cannot be read: %w", what, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the %s %s can be read by others (mode %04o): chmod 600 it", what, path, info.Mode().Perm())
	}
	if info.Size() > most {
		return nil, fmt.Errorf("the %s %s has %d bytes, more than %d", what, path, info.Size(), most)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the %s cannot be read: %w", what, err)
	}
	return file, nil
}
