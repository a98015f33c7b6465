package chain_test

import (
	"bytes"
	"errors"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
)

// Small programs, by their opcodes.
var programs = map[byte][]byte{
	1:  common.FromHex("0x60003560005260206000f3"),           // returns its first argument
	2:  common.FromHex("0x63d93c066560e01b60005260046000fd"), // reverts with EnforcedPause()
	3:  common.FromHex("0x5b600056"),                         // loops for ever
	4:  common.FromHex("0x62061a806000f3"),                   // returns 400 kB
	5:  common.FromHex("0x600160005500"),                     // writes, which a view may not
	6:  common.FromHex("0x62061a806000fd"),                   // reverts with 400 kB
	7:  common.FromHex("0x00"),                               // returns nothing
	10: common.FromHex("0x60003560005260206000f3"),
	11: common.FromHex("0x3360005260206000f3"),                   // returns its caller
	12: common.FromHex("0x6000548060010160005560005260206000f3"), // counts in its storage
}

// words is the storage of account 10, which has the code of program 1.
var words = map[byte]byte{1: 11, 2: 22, 3: 1}

// aggregate runs the injected code in an EVM without a node, for one round.
func aggregate(t *testing.T, gas uint64, asked []ops.Read) []ops.Reading {
	t.Helper()
	return rounds(t, gas, 1, asked)
}

func rounds(t *testing.T, gas uint64, n int, asked []ops.Read) []ops.Reading {
	t.Helper()
	db, err := state.New(types.EmptyRootHash, state.NewDatabaseForTesting())
	if err != nil {
		t.Fatal(err)
	}
	for n, code := range programs {
		db.SetCode(common.Address{n}, code, 0)
	}
	db.SetBalance(common.Address{9}, types.NewEmptyStateAccount().Balance.SetUint64(77), 0)
	for key, word := range words {
		db.SetState(common.Address{10}, common.Hash{31: key}, common.Hash{31: word})
	}
	readings, err := chain.Aggregated(asked, n, func(code map[common.Address][]byte, to common.Address, data []byte) []byte {
		before := db.Copy()
		for address, code := range code {
			before.SetCode(address, code, 0)
		}
		out, _, err := runtime.Call(to, data, &runtime.Config{State: before, GasLimit: gas, BlockNumber: big.NewInt(1), Difficulty: new(big.Int)})
		if err != nil && !errors.Is(err, vm.ErrExecutionReverted) {
			t.Fatal(err)
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	return readings
}

func to(n byte, data ...byte) ops.Read {
	return ops.Read{To: common.Address{n}, Data: string(common.LeftPadBytes(data, 32))}
}

func TestOneBadViewSpoilsOnlyItself(t *testing.T) {
	readings := aggregate(t, chain.CallGas, []ops.Read{
		to(1, 5), to(2), to(200), to(4), to(3), to(5), to(6), to(7), {Kind: ops.ReadBalance, To: common.Address{9}}, {Kind: ops.ReadCode, To: common.Address{1}}, to(1, 6),
	})
	for i, want := range []ops.ReadStatus{
		ops.ReadOK, ops.ReadReverted, ops.ReadNoCode, ops.ReadOK, ops.ReadReverted, ops.ReadReverted, ops.ReadReverted, ops.ReadOK, ops.ReadOK, ops.ReadOK, ops.ReadOK,
	} {
		if readings[i].Status != want {
			t.Errorf("read %d is %d, want %d", i, readings[i].Status, want)
		}
	}
	if readings[0].Data[31] != 5 || readings[10].Data[31] != 6 || readings[8].Data[31] != 77 {
		t.Errorf("%v, %v, %v", readings[0].Data, readings[10].Data, readings[8].Data)
	}
	if readings[1].Err != "EnforcedPause" || len(readings[3].Data) != chain.ViewReturn || len(readings[6].Data) != chain.ViewReturn || len(readings[7].Data) != 0 {
		t.Errorf("%+v", readings)
	}
	if !bytes.Equal(readings[9].Data, crypto.Keccak256(programs[1])) {
		t.Errorf("code hash %x", readings[9].Data)
	}
}

func TestAThousandViewsFitIntoOneCall(t *testing.T) {
	asked := make([]ops.Read, 1000)
	for i := range asked {
		asked[i] = to(1, byte(i>>8), byte(i))
	}
	for i, r := range aggregate(t, chain.CallGas, asked) {
		if r.Status != ops.ReadOK || int(r.Data[30])<<8|int(r.Data[31]) != i {
			t.Fatalf("read %d: %+v", i, r)
		}
	}
}

func TestWhatTheGasDoesNotReachWasNotRun(t *testing.T) {
	asked := []ops.Read{to(1, 1)}
	for range 40 { // 40 endless loops of 2 M gas each are more than 50 M
		asked = append(asked, to(3))
	}
	asked = append(asked, to(1, 2))
	readings := aggregate(t, chain.CallGas, asked)
	if readings[0].Status != ops.ReadOK || readings[1].Status != ops.ReadReverted {
		t.Errorf("the first were run: %+v, %+v", readings[0], readings[1])
	}
	if last := readings[len(readings)-1]; last.Status != ops.ReadNotRun || last.Err == "" || last.Data != nil {
		t.Errorf("the last was not: %+v", last)
	}
}

func TestTheAnswerOfEveryLengthIsKeptToTheByte(t *testing.T) {
	// CALLDATASIZE, 0, 0, CALLDATACOPY; CALLDATASIZE, 0, RETURN: gives back all it gets
	programs[8] = common.FromHex("0x366000600037366000f3")
	defer delete(programs, 8)
	var asked []ops.Read
	for n := range 80 {
		asked = append(asked, ops.Read{To: common.Address{8}, Data: string(bytes.Repeat([]byte{byte(n + 1)}, n))})
	}
	for i, r := range aggregate(t, chain.CallGas, asked) {
		if r.Status != ops.ReadOK || string(r.Data) != asked[i].Data {
			t.Fatalf("read of %d bytes: %+v", i, r)
		}
	}
}
