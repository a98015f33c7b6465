// Package contracts holds the drill's contracts: Solidity, and the ABI and
// bytecode made from it by build.mjs (go generate; solc and OpenZeppelin pinned
// in package.json). A test keeps what is committed true to out/record.json.
//
// It must never be used for anything but drills: what says PLANTED DEFECT is broken
// on purpose.
package contracts

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

//go:embed out/*.json
var out embed.FS

// Artifact is one compiled contract.
type Artifact struct {
	Name     string
	ABI      abi.ABI
	Bytecode []byte // of the creation, without constructor arguments
	JSON     []byte // the ABI as the compiler wrote it, indented
	File     []byte // the whole artifact as committed: {abi, bytecode}
}

// The contracts of the drill. The proxy and the timelock are OpenZeppelin's as
// published. Each is parsed when it is first asked for.
var (
	Token    = lazy("Token")
	Vault    = lazy("Vault")
	VaultV2  = lazy("VaultV2")
	Timelock = lazy("TimelockController")
	Proxy    = lazy("ERC1967Proxy")

	Breaker   = lazy("Breaker")
	Treasury  = lazy("Treasury")
	Till      = lazy("Till")
	Bridge    = lazy("Bridge")
	Pool      = lazy("Pool")
	Router    = lazy("Router")
	Savings   = lazy("Savings")
	SavingsV2 = lazy("SavingsV2")
)

// Deploy is the creation code with its constructor's arguments.
func (a Artifact) Deploy(args ...any) []byte {
	return append(bytes.Clone(a.Bytecode), must(a.ABI.Pack("", args...))...)
}

// Call is the calldata of a function. The drill's calls are fixed at compile
// time, so a wrong name or argument is a mistake of the program and panics.
func (a Artifact) Call(function string, args ...any) []byte {
	return must(a.ABI.Pack(function, args...))
}

func lazy(name string) func() Artifact {
	return sync.OnceValue(func() Artifact { return must(load(name)) })
}

func load(name string) (Artifact, error) {
	raw, err := out.ReadFile("out/" + name + ".json")
	if err != nil {
		return Artifact{}, err
	}
	var file struct {
		ABI      json.RawMessage `json:"abi"`
		Bytecode hexutil.Bytes   `json:"bytecode"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return Artifact{}, fmt.Errorf("%s: %w; run go generate", name, err)
	}
	parsed, err := abi.JSON(bytes.NewReader(file.ABI))
	if err != nil {
		return Artifact{}, fmt.Errorf("%s: %w; run go generate", name, err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, file.ABI, "", "  "); err != nil {
		return Artifact{}, fmt.Errorf("%s: %w; run go generate", name, err)
	}
	indented.WriteByte('\n')
	return Artifact{Name: name, ABI: parsed, Bytecode: file.Bytecode, JSON: indented.Bytes(), File: raw}, nil
}

// must panics: what is embedded was checked by the tests of this package.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
