package chain_test

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
)

// of is a read of the account's program 1, which returns its argument, where the
// argument is a word of another read's answer.
func of(n byte, other ops.Read, offset uint16) ops.Read {
	r := to(n)
	r.Links = ops.LinkedTo(ops.Link{Offset: offset, Of: other.Key()})
	r.Name = "f(" + other.Name + ")"
	return r
}

func named(r ops.Read, name string) ops.Read {
	r.Name = name
	return r
}

func address(n byte) []byte { return common.Address{n}.Bytes() }

// A read that is made of another is answered in the same call.
func TestAReadMadeOfAnotherIsAnsweredInTheSameCall(t *testing.T) {
	inner := named(to(1, 42), "inner")
	owner := named(to(1, address(1)...), "owner") // its answer is the address of program 1
	outer, deeper := of(1, inner, 0), of(1, of(1, inner, 0), 0)
	target := named(to(200, 7), "target()")
	target.Links = ops.LinkedTo(ops.Link{Offset: ops.LinkTarget, Of: owner.Key()})
	readings := aggregate(t, chain.CallGas, []ops.Read{inner, outer, deeper, owner, target})
	for i, want := range []byte{42, 42, 42} {
		if readings[i].Status != ops.ReadOK || readings[i].Data[31] != want {
			t.Errorf("read %d: %+v", i, readings[i])
		}
	}
	if readings[4].Status != ops.ReadOK || readings[4].Data[31] != 7 {
		t.Errorf("the target was not found: %+v", readings[4])
	}
}

// The beacon of a proxy that has none is not asked for: the slot says so.
func TestNobodyIsAskedAtTheZeroAddress(t *testing.T) {
	empty := slot(10, 9)
	beacon := named(to(200), "beacon.implementation()")
	beacon.Links = ops.LinkedTo(ops.Link{Offset: ops.LinkTarget, Of: empty.Key()})
	asked := 0
	readings, err := chain.Aggregated([]ops.Read{empty, beacon}, 3, func(map[common.Address][]byte, common.Address, []byte) []byte {
		asked++
		return append([]byte{1, 0, 0, 32}, make([]byte, 32)...)
	})
	if err != nil || asked != 1 || readings[1].Status != ops.ReadNoCode {
		t.Errorf("asked %d times: %+v, %v", asked, readings[1], err)
	}
}

// A read that comes before what it is made of is answered in the next round.
func TestTheOrderOfReadsDoesNotMatter(t *testing.T) {
	inner := named(to(1, 42), "inner")
	asked := []ops.Read{of(1, inner, 0), inner}
	if readings := aggregate(t, chain.CallGas, asked); readings[0].Status != ops.ReadNotRun || readings[1].Status != ops.ReadOK {
		t.Errorf("in one round: %+v", readings)
	}
	if readings := rounds(t, chain.CallGas, 2, asked); readings[0].Status != ops.ReadOK || readings[0].Data[31] != 42 {
		t.Errorf("in two: %+v", readings[0])
	}
}

// What is made of something that cannot be known cannot be known, and says of
// what; all else is answered.
func TestOneFailingReadSpoilsOnlyWhatIsMadeOfIt(t *testing.T) {
	reverting, codeless, short := named(to(2), "paused()"), named(to(200), "nowhere()"), named(to(7), "nothing()")
	malformed := to(1)
	malformed.Links = "x"
	outside := to(1)
	outside.Links = ops.LinkedTo(ops.Link{Offset: 1, Of: reverting.Key()})
	asked := []ops.Read{reverting, of(1, reverting, 0), codeless, of(1, codeless, 0), short, of(1, short, 0), malformed, outside, of(1, to(1, 99), 0), to(1, 5)}
	readings := rounds(t, chain.CallGas, 2, asked)
	for i, want := range map[int]string{1: "paused(), which it is made of: EnforcedPause", 3: "there is no contract", 5: "its answer has 0 bytes", 6: "malformed", 7: "malformed", 8: "malformed"} {
		if readings[i].Status != ops.ReadNotRun || !strings.Contains(readings[i].Err, want) {
			t.Errorf("read %d: %+v, want %q", i, readings[i], want)
		}
	}
	if readings[9].Status != ops.ReadOK || readings[9].Data[31] != 5 {
		t.Errorf("%+v", readings[9])
	}
}

func slot(n, key byte) ops.Read {
	return ops.Read{Kind: ops.ReadSlot, To: common.Address{n}, Data: string(common.LeftPadBytes([]byte{key}, 32))}
}

// Raw words of storage and views of the same contract do not disturb each other.
func TestStorageIsReadBesideViews(t *testing.T) {
	asked := []ops.Read{slot(10, 1), to(10, 77), slot(10, 2), slot(10, 9), slot(200, 1), {Kind: ops.ReadSlot, To: common.Address{10}, Data: "short"}}
	readings := aggregate(t, chain.CallGas, asked)
	for i, want := range []byte{11, 77, 22, 0, 0} {
		if readings[i].Status != ops.ReadOK || readings[i].Data[31] != want {
			t.Errorf("read %d: %+v", i, readings[i])
		}
	}
	if readings[5].Status != ops.ReadNotRun || readings[5].Err == "" {
		t.Errorf("%+v", readings[5])
	}
	// a view that is made of storage waits for the next round
	if r := rounds(t, chain.CallGas, 2, []ops.Read{slot(10, 3), of(1, slot(10, 3), 0)}); r[1].Status != ops.ReadOK || r[1].Data[31] != 1 {
		t.Errorf("%+v", r[1])
	}
}

func TestManyWordsOfOneContractAreOneEntry(t *testing.T) {
	var asked []ops.Read
	for n := range 2500 {
		asked = append(asked, ops.Read{Kind: ops.ReadSlot, To: common.Address{10}, Data: string(common.BigToHash(common.Big1).Bytes()[:30]) + string([]byte{byte(n >> 8), byte(n)})})
	}
	data := chain.EncodeReads(asked)
	if len(data) > 2500*32+4*32 {
		t.Errorf("%d bytes for 2,500 words", len(data))
	}
	for i, r := range aggregate(t, chain.CallGas, asked) {
		want := byte(0)
		if i < 256 {
			want = words[byte(i)]
		}
		if r.Status != ops.ReadOK || r.Data[31] != want {
			t.Fatalf("word %d: %+v", i, r)
		}
	}
}
