package chain

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"
)

// The committed code belongs to the committed source: whoever changes one
// rebuilds the other with go generate.
func TestTheAggregatorIsBuiltFromItsSource(t *testing.T) {
	source, err := os.ReadFile("aggregator.yul")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(source)
	if got := hex.EncodeToString(sum[:]); got != aggregatorSource {
		t.Errorf("aggregator.hex was built from %s, aggregator.yul is %s: run go generate ./ops/chain", aggregatorSource, got)
	}
	if len(aggregatorCode) < 300 || aggregatorCode[0] != 0x60 {
		t.Errorf("%d bytes of code", len(aggregatorCode))
	}
}
