package chain_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

var vault = common.HexToAddress("0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa")

// reads are n different reads of the vault.
func reads(n int) []ops.Read {
	out := make([]ops.Read, n)
	for i := range out {
		out[i] = ops.Read{To: vault, Data: string(chaintest.Word(uint64(i))), Name: fmt.Sprintf("vault.f(%d)", i)}
	}
	return out
}

func echo(data []byte) ([]byte, error) {
	return chaintest.Aggregate(data, func(_ byte, _ common.Address, data []byte) chaintest.Answer {
		return chaintest.Answer{Status: 1, Data: data}
	}), nil
}

func TestAllReadsAndLogsOfABlockAreOneRequestPinnedToItsHash(t *testing.T) {
	for _, n := range []int{1, 10, 1000} {
		s := chaintest.Serve(t, chaintest.New(drill))
		s.Call = echo
		s.Mine(3)
		s.Emit(s.At(2), types.Log{Address: vault, Index: 4})
		s.Emit(s.At(2), types.Log{Address: vault, Index: 3})
		s.Emit(s.At(2), types.Log{Address: common.Address{1}, Index: 1})
		c := client(t, chain.Endpoint{HTTP: s.HTTP})
		at, err := c.Canonical(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		before := s.Requests()
		readings, logs, err := c.ReadBlock(t.Context(), at, reads(n), chain.Filter{Addresses: []common.Address{vault}})
		if err != nil {
			t.Fatal(err)
		}
		if asked := s.Requests() - before; asked != 1 {
			t.Errorf("%d reads took %d requests", n, asked)
		}
		if want := fmt.Sprintf(`{"blockHash":"%s","requireCanonical":true}`, at.Hash); s.Pins()[0] != want {
			t.Errorf("pinned to %s, want %s", s.Pins()[0], want)
		}
		for i, r := range readings {
			if r.Status != ops.ReadOK || r.At != at || !bytes.Equal(r.Data, chaintest.Word(uint64(i))) {
				t.Fatalf("reading %d: %+v", i, r)
			}
		}
		if len(logs) != 2 || logs[0].Index != 3 || logs[1].Index != 4 || logs[0].Block != at {
			t.Errorf("logs: %+v", logs)
		}
	}
}

func TestWhatIsNotAskedIsNotRequested(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	c := client(t, chain.Endpoint{HTTP: s.HTTP})
	if readings, logs, err := c.ReadBlock(t.Context(), ops.BlockRef{}, nil, chain.Filter{}); err != nil || len(readings) != 0 || logs != nil || s.Requests() != 0 {
		t.Errorf("%v %v %v after %d requests", readings, logs, err, s.Requests())
	}
}

func TestEachReadKeepsItsOwnFate(t *testing.T) {
	fates := []chaintest.Answer{
		{Status: 1, Data: chaintest.Word(7)},
		{Status: 0, Data: common.FromHex("0xd93c0665")},
		{Status: 2},
		{Status: 1, Data: make([]byte, 5000)},
		{Status: 1},
	}
	i := 0
	data := chaintest.Aggregate(chain.EncodeReads(reads(len(fates))), func(byte, common.Address, []byte) chaintest.Answer {
		i++
		return fates[i-1]
	})
	readings, err := chain.DecodeReads(reads(7), ops.BlockRef{}, data)
	if err != nil {
		t.Fatal(err)
	}
	want := []ops.ReadStatus{ops.ReadOK, ops.ReadReverted, ops.ReadNoCode, ops.ReadOK, ops.ReadOK, ops.ReadNotRun, ops.ReadNotRun}
	for i, r := range readings {
		if r.Status != want[i] {
			t.Errorf("read %d is %d, want %d", i, r.Status, want[i])
		}
	}
	if readings[1].Err != "EnforcedPause" || len(readings[3].Data) != chain.ViewReturn || readings[5].Err == "" {
		t.Errorf("%+v", readings)
	}
}

func TestAnAnswerThatIsNotTheAggregatorsIsAnError(t *testing.T) {
	good := chaintest.Aggregate(chain.EncodeReads(reads(2)), func(byte, common.Address, []byte) chaintest.Answer {
		return chaintest.Answer{Status: 1, Data: chaintest.Word(1)}
	})
	wrong := bytes.Clone(good)
	wrong[0] = 4
	for name, b := range map[string][]byte{
		"nothing, where no override is applied": {}, "cut in a header": good[:38], "cut in the data": good[:len(good)-1],
		"too much": append(bytes.Clone(good), 0), "an unknown status": wrong,
	} {
		if readings, err := chain.DecodeReads(reads(2), ops.BlockRef{}, b); !errors.Is(err, chain.ErrAggregate) || readings != nil {
			t.Errorf("%s: %v, %v", name, readings, err)
		}
	}
	if readings, err := chain.DecodeReads(reads(2), ops.BlockRef{}, good[:36]); err != nil || readings[1].Status != ops.ReadNotRun {
		t.Errorf("an answer that ends between two results: %v, %v", readings, err)
	}
}

func FuzzDecodeReads(f *testing.F) {
	f.Add([]byte{})
	f.Add(append([]byte{1, 0, 0, 32}, make([]byte, 32)...))
	f.Add(append([]byte{0, 0, 0, 0, 0, 0xff, 0xff, 0xff}, make([]byte, 1024)...))
	asked := reads(3)
	f.Fuzz(func(t *testing.T, b []byte) {
		readings, err := chain.DecodeReads(asked, ops.BlockRef{}, b)
		if err != nil {
			return
		}
		if len(readings) != len(asked) {
			t.Fatalf("%d readings for %d reads", len(readings), len(asked))
		}
		for _, r := range readings {
			if len(r.Data) > chain.ViewReturn || r.Status == ops.ReadNotRun && len(r.Data) > 0 {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func TestARevertIsPutIntoFewWords(t *testing.T) {
	word := func(n int64) []byte { return common.BigToHash(big.NewInt(n)).Bytes() }
	text := func(length int64, s string) []byte {
		return append(append(append(common.FromHex("0x08c379a0"), word(32)...), word(length)...), s...)
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "no reason given"},
		{"three bytes", []byte{1, 2, 3}, "no reason given"},
		{"a known error", common.FromHex("0xd93c0665"), "EnforcedPause"},
		{"a known error with arguments", append(common.FromHex("0xe2517d3f"), make([]byte, 64)...), "AccessControlUnauthorizedAccount"},
		{"an unknown error", []byte{0xde, 0xad, 0xbe, 0xef, 1}, "error 0xdeadbeef"},
		{"words", text(5, "hello"), "hello"},
		{"words with padding", text(2, "hello"), "he"},
		{"no words", text(0, ""), ""},
		{"words that are not there", text(100, "hello"), "error 0x08c379a0"},
		{"an offset elsewhere", append(common.FromHex("0x08c379a0"), append(word(64), word(0)...)...), "error 0x08c379a0"},
		{"long words", text(300, strings.Repeat("x", 300)), strings.Repeat("x", 200) + "…"},
		{"long words that were cut on the way", text(1<<40, strings.Repeat("x", 900)), strings.Repeat("x", 200) + "…"},
		{"words that are no text", text(2, "\xff\xfe"), "\ufffd"},
		{"a panic", append(common.FromHex("0x4e487b71"), word(0x11)...), "panic 0x11"},
		{"half a panic", common.FromHex("0x4e487b7100"), "error 0x4e487b71"},
	} {
		if got := chain.RevertReason(c.data); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzRevertReason(f *testing.F) {
	f.Add([]byte{})
	f.Add(common.FromHex("0x08c379a0"))
	f.Add(append(common.FromHex("0x08c379a0"), bytes.Repeat([]byte{0xff}, 96)...))
	f.Add(append(common.FromHex("0x4e487b71"), make([]byte, 32)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s := chain.RevertReason(data); len(s) > 210 {
			t.Fatalf("%d bytes of words", len(s))
		}
	})
}

func BenchmarkEncodeReads(b *testing.B) {
	asked := reads(1000)
	b.ReportAllocs()
	for b.Loop() {
		_ = chain.EncodeReads(asked)
	}
}

func BenchmarkDecodeReads(b *testing.B) {
	asked := reads(1000)
	answer, _ := echo(chain.EncodeReads(asked))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chain.DecodeReads(asked, ops.BlockRef{}, answer); err != nil {
			b.Fatal(err)
		}
	}
}
