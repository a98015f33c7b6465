package safe

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	// ErrVersion means that the Safe's version hashes otherwise, or is not known.
	ErrVersion = errors.New("the Safe's version cannot be used")
	// ErrState means that what the Safe answered could not be read.
	ErrState = errors.New("the Safe could not be read")
)

// The Safe's own storage: slot 0 holds the singleton, which is its code. The guards
// lie at keccak256("guard_manager.guard.address") and, from 1.5.0 on, at
// keccak256("module_manager.module_guard.address").
var (
	singletonSlot   common.Hash
	guardSlot       = common.HexToHash("0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8")
	moduleGuardSlot = common.HexToHash("0xb104e0b93118902c651344349b610029d694cfdec91c589c91ebafbcd0289947")
)

// sentinel is where the Safe's lists of owners and modules begin and end.
var sentinel = common.BytesToAddress([]byte{1})

const (
	mostOwners  = 30 // as many fit into the bytes that are kept of an answer
	mostModules = 10 // asked for; more are said to be more
)

// State is a Safe at one block. Singleton is read from the raw slot, which no code
// that was put there can hide.
type State struct {
	Version     string
	Nonce       uint64
	Threshold   uint64
	Owners      []common.Address // in the Safe's own order
	Singleton   common.Address
	Guard       common.Address
	ModuleGuard common.Address
	Modules     []common.Address
	More        bool // there are more modules than were listed
}

// the reads in their order: see Reads.
const (
	readVersion = iota
	readNonce
	readThreshold
	readOwners
	readModules
	readSingleton // and after it the guard's and the module guard's
)

// Reads is everything that State is made of; it travels with a block's other reads.
func Reads(at common.Address) []ops.Read {
	call := func(name string, data ...byte) ops.Read {
		return ops.Read{Kind: ops.ReadCall, To: at, Data: string(data), Name: "safe." + name}
	}
	slot := func(name string, key common.Hash) ops.Read {
		return ops.Read{Kind: ops.ReadSlot, To: at, Data: string(key[:]), Name: "safe's " + name}
	}
	first, many := account(sentinel), number(mostModules)
	return []ops.Read{
		call("VERSION()", 0xff, 0xa1, 0xad, 0x74), call("nonce()", 0xaf, 0xfe, 0xd0, 0xe0), call("getThreshold()", 0xe7, 0x52, 0x35, 0xb8),
		call("getOwners()", 0xa0, 0xe6, 0x7e, 0x2b), call("getModulesPaginated()", append(append([]byte{0xcc, 0x2f, 0x84, 0x52}, first[:]...), many[:]...)...),
		slot("singleton", singletonSlot), slot("guard", guardSlot), slot("module guard", moduleGuardSlot),
	}
}

// StateOf reads the answers. They are foreign: what does not decode exactly is
// ErrState, with what it was. The version is not judged: see Supported.
func StateOf(at common.Address, now ops.Readings) (s State, err error) {
	var answers [][]byte
	for _, r := range Reads(at) {
		reading, ok := now[r]
		switch {
		case !ok || reading.Status == ops.ReadNotRun:
			return State{}, fmt.Errorf("%w: %s was not answered %s", ErrState, r.Name, reading.Err)
		case reading.Status == ops.ReadNoCode:
			return State{}, fmt.Errorf("%w: there is no contract at %s on this chain", ErrState, at.Hex())
		case reading.Status != ops.ReadOK:
			return State{}, fmt.Errorf("%w: %s reverts %s: is there a Safe at %s?", ErrState, r.Name, reading.Err, at.Hex())
		}
		answers = append(answers, reading.Data)
	}
	var bad error
	note := func(n int, err error) {
		if err != nil && bad == nil {
			bad = fmt.Errorf("%w: %s: %w", ErrState, Reads(at)[n].Name, err)
		}
	}
	s.Version, err = text(answers[readVersion])
	note(readVersion, err)
	s.Nonce, err = small(answers[readNonce])
	note(readNonce, err)
	s.Threshold, err = small(answers[readThreshold])
	note(readThreshold, err)
	s.Owners, err = list(answers[readOwners], 0, mostOwners)
	note(readOwners, err)
	s.Modules, err = list(answers[readModules], 0, mostModules)
	note(readModules, err)
	next, err := address(answers[readModules], 1)
	note(readModules, err)
	s.More = next != sentinel && next != (common.Address{})
	for i, to := range []*common.Address{&s.Singleton, &s.Guard, &s.ModuleGuard} {
		*to, err = address(answers[readSingleton+i], 0)
		note(readSingleton+i, err)
	}
	if bad == nil && (s.Threshold == 0 || s.Threshold > uint64(len(s.Owners))) {
		bad = fmt.Errorf("%w: %d of %d owners have to sign, which no Safe asks for", ErrState, s.Threshold, len(s.Owners))
	}
	if bad != nil {
		return State{}, bad
	}
	return s, nil
}

// Slot0 is the raw word in which a Safe keeps whose code it runs, whatever the Safe itself
// answers; false where it was not read.
func Slot0(at common.Address, now ops.Readings) (common.Hash, bool) {
	reading, ok := now[Reads(at)[readSingleton]]
	if !ok || reading.Status != ops.ReadOK || len(reading.Data) != common.HashLength {
		return common.Hash{}, false
	}
	return common.BytesToHash(reading.Data), true
}

// Supported fails with ErrVersion for a Safe whose owners sign another hash: before
// 1.3.0 it names no chain, and what comes after 1.x is not known.
func Supported(version string) error {
	number, _, _ := strings.Cut(version, "+") // 1.3.0+L2
	parts := strings.Split(number, ".")
	if len(parts) != 3 {
		return fmt.Errorf("%w: %q is none that is known", ErrVersion, version)
	}
	var v [3]int
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 {
			return fmt.Errorf("%w: %q is none that is known", ErrVersion, version)
		}
		v[i] = n
	}
	switch {
	case v[0] < 1 || v[0] == 1 && v[1] < 3:
		return fmt.Errorf("%w: before 1.3.0 what owners sign names no chain, and this one is %s: migrate it", ErrVersion, version)
	case v[0] > 1:
		return fmt.Errorf("%w: %s is newer than what this program knows", ErrVersion, version)
	}
	return nil
}
