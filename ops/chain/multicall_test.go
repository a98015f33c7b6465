package chain

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

const multicallABI = `[{"type":"function","name":"aggregate3","stateMutability":"payable",
"inputs":[{"name":"calls","type":"tuple[]","components":[{"name":"target","type":"address"},{"name":"allowFailure","type":"bool"},{"name":"callData","type":"bytes"}]}],
"outputs":[{"name":"returnData","type":"tuple[]","components":[{"name":"success","type":"bool"},{"name":"returnData","type":"bytes"}]}]}]`

type call3 struct {
	Target       common.Address
	AllowFailure bool
	CallData     []byte
}

type result3 struct {
	Success    bool
	ReturnData []byte
}

func multicall(t testing.TB) abi.Method {
	t.Helper()
	parsed, err := abi.JSON(strings.NewReader(multicallABI))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Methods["aggregate3"]
}

// What we write and read by hand is what the contract's ABI says.
func TestMulticallIsWrittenAndReadAsItsABISays(t *testing.T) {
	m := multicall(t)
	var entries []entry
	var calls []call3
	var results []result3
	for n := range 70 {
		data := bytes.Repeat([]byte{byte(n + 1)}, n)
		entries = append(entries, entry{target: common.Address{byte(n)}, data: data, keep: 64})
		calls = append(calls, call3{common.Address{byte(n)}, true, data})
		results = append(results, result3{n%3 == 0, data})
	}
	want, err := m.Inputs.Pack(calls)
	if err != nil {
		t.Fatal(err)
	}
	if got := encodeMulticall(entries); !bytes.Equal(got, append(bytes.Clone(m.ID), want...)) {
		t.Errorf("written:\n%x\nand it is:\n%x", got, want)
	}
	answer, err := m.Outputs.Pack(results)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeMulticall(entries, answer)
	if err != nil {
		t.Fatal(err)
	}
	for n, r := range got {
		want := byte(endReverted)
		switch {
		case results[n].Success && n == 0: // nothing came back, and why is not told
			want = endNothing
		case results[n].Success:
			want = endOK
		}
		if r.end != want || !bytes.Equal(r.data, results[n].ReturnData[:min(n, 64)]) {
			t.Errorf("result %d: %+v", n, r)
		}
	}
}

// FuzzDecodeMulticall: whatever comes, an answer or an error.
func FuzzDecodeMulticall(f *testing.F) {
	m := multicall(f)
	answer, err := m.Outputs.Pack([]result3{{true, []byte{1}}, {false, make([]byte, 40)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Add(answer[:100])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		results, err := decodeMulticall([]entry{{keep: 32}, {keep: 32}}, b)
		if err == nil && (len(results) != 2 || len(results[0].data) > 32) {
			t.Fatalf("%x is %+v", b, results)
		}
	})
}
