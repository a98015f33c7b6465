package chain

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// The committed code belongs to the committed source: whoever changes one
// rebuilds the other with go generate.
func TestWhatIsInjectedIsBuiltFromItsSource(t *testing.T) {
	for name, build := range map[string]string{"aggregator": aggregatorBuild, "slots": slotsBuild, "deployless": deploylessBuild} {
		source, err := os.ReadFile(name + ".yul")
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(source)
		hash, _, _ := strings.Cut(build, "\n")
		if got := hex.EncodeToString(sum[:]); got != hash {
			t.Errorf("%s.hex was built from %s, %s.yul is %s: run go generate ./ops/chain", name, hash, name, got)
		}
		if code := built(build); len(code) < 20 {
			t.Errorf("%s: %d bytes of code", name, len(code))
		}
	}
}
