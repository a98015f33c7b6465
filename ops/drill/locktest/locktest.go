// Package locktest holds the timelocks that tests deploy, as their authors published
// them: TimelockController, AccessManager and Governor of OpenZeppelin, the Timelock and
// GovernorBravo of Compound, the Delay modifier of Zodiac. published has the bytecode of
// each, with origin, compiler, licence and hashes; build.mjs made it. The governors have
// a vote of one block and nothing else of their own (Dao.sol, Bravo.sol).
//
// It must never be imported by anything but tests.
package locktest

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops/drill"
)

//go:embed published/*.json
var files embed.FS

// Versions are those of the TimelockController: without CallSalt, without
// getOperationState, and with both.
var Versions = []string{"4.8.3", "4.9.6", "5.7.0"}

// Contract is one of published.
type Contract struct {
	ABI      abi.ABI
	Source   []byte // of the ABI, as JSON
	bytecode []byte
	t        testing.TB
}

// Read is a contract by the name of its file, held against its hash.
func Read(t testing.TB, name string) Contract {
	t.Helper()
	return ReadFrom(t, files, name)
}

// ReadFrom is Read of another folder's published.
func ReadFrom(t testing.TB, files embed.FS, name string) Contract {
	t.Helper()
	raw, err := files.ReadFile("published/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		ABI      json.RawMessage `json:"abi"`
		Bytecode hexutil.Bytes   `json:"bytecode"`
		Hash     string          `json:"bytecode_sha256"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	parsed, err := abi.JSON(bytes.NewReader(p.ABI))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(p.Bytecode); common.Bytes2Hex(sum[:]) != p.Hash {
		t.Fatalf("%s is not what was published", name)
	}
	return Contract{parsed, p.ABI, p.Bytecode, t}
}

// Deploy is the creation code with its constructor's arguments.
func (c Contract) Deploy(args ...any) []byte {
	return append(bytes.Clone(c.bytecode), c.Call("", args...)...)
}

// Call is the calldata of a function.
func (c Contract) Call(function string, args ...any) []byte {
	c.t.Helper()
	data, err := c.ABI.Pack(function, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return data
}

// TimelockController is the creation code of a version: drill.Proposer proposes and
// cancels, the executor executes (the zero address is everybody), drill.Deployer
// administers.
func (c Contract) TimelockController(minDelay time.Duration, executor common.Address) []byte {
	return c.Deploy(big.NewInt(int64(minDelay/time.Second)), []common.Address{drill.Address(drill.Proposer)}, []common.Address{executor}, drill.Address(drill.Deployer))
}
