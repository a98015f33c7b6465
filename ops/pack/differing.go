package pack

import (
	"crypto/sha256"
	"fmt"
	"io/fs"

	"github.com/ethereum/go-ethereum/common"
)

// Differing says which files are not what the lock says, by their bytes alone. It is
// for a pack that does not compile; Verify says more of one that does.
func Differing(from fs.FS) []string {
	p := &Pack{reading: Read(from)}
	locked, why := p.locked()
	if why != "" {
		return []string{why}
	}
	var out []string
	look := func(name, want string) {
		if data := p.now(name); data == nil {
			out = append(out, name+": it is locked, and there is no such file")
		} else if common.Hash(sha256.Sum256(data)).Hex() != want {
			out = append(out, name+": its bytes differ from the lock")
		}
	}
	for _, d := range locked.Documents {
		look(d.Name, d.SHA256)
		for _, f := range d.Files {
			look(f.Name, f.SHA256)
		}
	}
	for _, name := range p.reading.books {
		if !contains(locked, name) {
			out = append(out, fmt.Sprintf("%s: it is not in the lock", name))
		}
	}
	return out
}

func contains(l lockFile, name string) bool {
	for _, d := range l.Documents {
		if d.Name == name {
			return true
		}
	}
	return false
}
