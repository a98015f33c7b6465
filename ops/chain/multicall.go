package chain

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// multicall3 is where Multicall3 stands on most chains
// (github.com/mds1/multicall3).
var multicall3 = common.HexToAddress("0xcA11bde05977b3631167028862bE2a173976CA11")

// encodeMulticall writes aggregate3((address,bool allowFailure,bytes)[]).
func encodeMulticall(entries []entry) []byte {
	word := func(out []byte, n int) []byte {
		return binary.BigEndian.AppendUint64(append(out, make([]byte, 24)...), uint64(n))
	}
	out := word(word([]byte{0x82, 0xad, 0x56, 0xcb}, 32), len(entries))
	offset := 32 * len(entries)
	for _, e := range entries {
		out = word(out, offset)
		offset += 128 + padded(len(e.data))
	}
	for _, e := range entries {
		out = append(append(out, make([]byte, 12)...), e.target[:]...)
		out = word(word(word(out, 1), 96), len(e.data))
		out = append(append(out, e.data...), make([]byte, padded(len(e.data))-len(e.data))...)
	}
	return out
}

func padded(n int) int { return (n + 31) / 32 * 32 }

// decodeMulticall reads (bool,bytes)[]: each offset is held against the answer,
// and nothing is copied.
func decodeMulticall(entries []entry, b []byte) ([]result, error) {
	bad := fmt.Errorf("%w: it is not Multicall3's", errAggregate)
	number := func(b []byte, at int) (int, bool) {
		if at < 0 || at+32 > len(b) || !allZero(b[at:at+24]) {
			return 0, false
		}
		n := binary.BigEndian.Uint64(b[at+24:])
		return int(n), n <= uint64(len(b))
	}
	if start, ok := number(b, 0); !ok || start != 32 {
		return nil, bad
	}
	if n, ok := number(b, 32); !ok || n != len(entries) {
		return nil, bad
	}
	b = b[64:]
	results := make([]result, len(entries))
	for i, e := range entries {
		at, ok := number(b, 32*i)
		if !ok {
			return nil, bad
		}
		success, ok := number(b, at)
		offset, ok2 := number(b, at+32)
		if !ok || !ok2 {
			return nil, bad
		}
		size, ok := number(b, at+offset)
		from := at + offset + 32
		if !ok || from+size > len(b) {
			return nil, bad
		}
		results[i] = result{end: byte(min(success, 1)), data: b[from : from+min(size, e.keep)]}
		if success == 1 && size == 0 { // no contract, or a function that returns nothing: it does not tell
			results[i].end = endNothing
		}
	}
	return results, nil
}

func allZero(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 })
}
