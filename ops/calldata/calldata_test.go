package calldata_test

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

func arguments(t testing.TB, types ...string) abi.Arguments {
	t.Helper()
	var out abi.Arguments
	for _, s := range types {
		parsed, err := abi.NewType(s, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, abi.Argument{Type: parsed})
	}
	return out
}

// bomb is 19 kB that a general decoder turns into hundreds of megabytes: each
// level holds the same offset many times over.
func bomb() []byte {
	word := func(n int64) []byte { return common.BigToHash(big.NewInt(n)).Bytes() }
	data := word(32)
	const n = 200
	for level := range 3 {
		data = append(data, word(n)...)
		for range n {
			if level < 2 {
				data = append(data, word(n*32)...) // all point at the next level
			} else {
				data = append(data, word(7)...)
			}
		}
	}
	return data
}

func TestAnEncodingThatHoldsMoreThanItsBytesIsRefused(t *testing.T) {
	_, err := calldata.Unpack(arguments(t, "uint256[][][]"), bomb())
	if !errors.Is(err, calldata.ErrUndecodable) {
		t.Fatalf("the bomb was decoded: %v", err)
	}
	allocations := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		args, data := arguments(b, "uint256[][][]"), bomb()
		for b.Loop() {
			_, _ = calldata.Unpack(args, data)
		}
	})
	if bytes := allocations.AllocedBytesPerOp(); bytes > 1<<20 {
		t.Errorf("refusing it took %d bytes, more than 1 MiB", bytes)
	}
}

func TestWhatSolidityEncodesIsDecoded(t *testing.T) {
	for _, types := range [][]string{
		{"uint256", "address", "bool"}, {"bytes", "string"}, {"uint256[]", "bytes[]"}, {"uint256[2][]", "bytes32"}, {"uint256[][]"},
	} {
		args := arguments(t, types...)
		values := map[string]any{
			"uint256": big.NewInt(7), "address": common.HexToAddress("0x1"), "bool": true, "bytes": []byte("abc"), "string": "hello",
			"uint256[]": []*big.Int{big.NewInt(1), big.NewInt(2)}, "bytes[]": [][]byte{{1}, {}}, "bytes32": [32]byte{9},
			"uint256[2][]": [][2]*big.Int{{big.NewInt(1), big.NewInt(2)}}, "uint256[][]": [][]*big.Int{{big.NewInt(1)}, {}},
		}
		var in []any
		for _, s := range types {
			in = append(in, values[s])
		}
		packed, err := args.Pack(in...)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := calldata.Unpack(args, packed); err != nil || len(out) != len(in) {
			t.Errorf("%v: %v, %v", types, out, err)
		}
	}
}

const capABI = `[{"type":"function","name":"setDepositCap","stateMutability":"nonpayable","inputs":[{"name":"cap","type":"uint256"}],"outputs":[]},
{"type":"function","name":"grantRole","stateMutability":"nonpayable","inputs":[{"name":"role","type":"bytes32"},{"name":"account","type":"address"}],"outputs":[]},
{"type":"function","name":"KEEPER_ROLE","stateMutability":"view","inputs":[],"outputs":[{"type":"bytes32"}]},
{"type":"function","name":"setMany","stateMutability":"nonpayable","inputs":[{"name":"a","type":"uint256[][]"},{"name":"b","type":"tuple[2]","components":[{"name":"x","type":"string"},{"name":"y","type":"bytes[]"}]},{"name":"c","type":"int8[3]"},{"name":"d","type":"bool"}],"outputs":[]},
{"type":"event","name":"Withdraw","inputs":[{"name":"sender","type":"address","indexed":true},{"name":"assets","type":"uint256"}]}]`

func TestAFieldOfAnEventIsReadByName(t *testing.T) {
	parsed, _ := abi.JSON(strings.NewReader(capABI))
	event := parsed.Events["Withdraw"]
	l := ops.Log{Topics: []common.Hash{event.ID, common.HexToHash("0xaa")}, Data: common.BigToHash(big.NewInt(5)).Bytes()}
	if v, err := calldata.Field(event, l, "assets"); err != nil || v.(*big.Int).Int64() != 5 {
		t.Errorf("assets: %v, %v", v, err)
	}
	if v, err := calldata.Field(event, l, "sender"); err != nil || v.(common.Address) != common.HexToAddress("0xaa") {
		t.Errorf("sender: %v, %v", v, err)
	}
	if _, err := calldata.Field(event, ops.Log{Topics: l.Topics[:1]}, "sender"); err == nil {
		t.Error("a topic that is not there was read")
	}
	if _, err := calldata.Field(event, l, "nothing"); err == nil {
		t.Error("a field that is not there was read")
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(bomb())
	f.Add([]byte{})
	args := arguments(f, "uint256[][][]", "bytes", "string[]", "uint256[3][]")
	f.Fuzz(func(t *testing.T, data []byte) {
		if values, err := calldata.Unpack(args, data); err == nil && len(values) != len(args) {
			t.Fatal("no error and not every value")
		}
	})
}

func BenchmarkRefuseBomb(b *testing.B) {
	b.ReportAllocs()
	args, data := arguments(b, "uint256[][][]"), bomb()
	for b.Loop() {
		_, _ = calldata.Unpack(args, data)
	}
}

func TestTheWordsOfAnEventStandInTheOrderOfItsInputs(t *testing.T) {
	of, err := abi.JSON(strings.NewReader(`[{"type":"event","name":"E","inputs":[{"type":"uint256","name":"a"},{"type":"address","name":"b","indexed":true},{"type":"uint8[2]","name":"c"},{"type":"string","name":"d"},{"type":"bool","name":"e"}]},
		{"type":"event","name":"Plain","inputs":[{"type":"uint256","name":"a"},{"type":"uint256","name":"b"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	word := func(n byte) []byte { return common.Hash{31: n}.Bytes() }
	data := slices.Concat(word(1), word(2), word(3), word(160), word(5), word(0))
	good := ops.Log{Topics: []common.Hash{of.Events["E"].ID, {31: 9}}, Data: data}
	words, err := calldata.Words(of.Events["E"], good)
	want := []common.Hash{{31: 1}, {31: 9}, {}, {}, {31: 5}}
	if err != nil || !slices.Equal(words, want) {
		t.Errorf("%v %v", words, err)
	}
	for name, l := range map[string]ops.Log{
		"no topic":         {Data: data},
		"a topic too many": {Topics: append(good.Topics[:2:2], common.Hash{}), Data: data},
		"cut off":          {Topics: good.Topics, Data: data[:160]},
		"a string outside": {Topics: good.Topics, Data: slices.Concat(word(1), word(2), word(3), word(250), word(5), word(0))},
	} {
		if _, err := calldata.Words(of.Events["E"], l); !errors.Is(err, calldata.ErrUndecodable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	plain := ops.Log{Topics: []common.Hash{of.Events["Plain"].ID}, Data: append(slices.Concat(word(1), word(2)), 0)}
	if _, err := calldata.Words(of.Events["Plain"], plain); !errors.Is(err, calldata.ErrUndecodable) {
		t.Errorf("a byte too many: %v", err)
	}
}
