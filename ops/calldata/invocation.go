package calldata

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// invocationSize is an invocation without its data: where it stands, its hash, from and
// to whom it is, what it carries, its gas, how it ended, and the length of the data.
const invocationSize = 8 + common.HashLength + 2*common.AddressLength + 32 + 8 + 1 + 4

// Record writes invocations down as the answer to a read. Equal invocations give
// equal bytes.
func Record(invocations []ops.Invocation) []byte {
	size := 0
	for _, i := range invocations {
		size += invocationSize + len(i.Data)
	}
	out := make([]byte, 0, size)
	for _, i := range invocations {
		out = binary.BigEndian.AppendUint64(out, i.Index)
		out = append(append(append(out, i.Tx[:]...), i.From[:]...), i.To[:]...)
		value := common.BigToHash(i.Value)
		out = append(binary.BigEndian.AppendUint64(append(out, value[:]...), i.Gas), byte(i.Fate))
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(i.Data))), i.Data...)
	}
	return out
}

// Invocations reads what Record wrote. Their data is part of the bytes given.
func Invocations(record []byte) ([]ops.Invocation, error) {
	var out []ops.Invocation
	for len(record) > 0 {
		if len(record) < invocationSize {
			return nil, bad("a transaction ends too early")
		}
		i := ops.Invocation{Index: binary.BigEndian.Uint64(record), Tx: common.BytesToHash(record[8:40]), From: common.BytesToAddress(record[40:60]), To: common.BytesToAddress(record[60:80])}
		i.Value, i.Gas, i.Fate = new(big.Int).SetBytes(record[80:112]), binary.BigEndian.Uint64(record[112:]), ops.Fate(record[120])
		if i.Fate > ops.FateFailed {
			return nil, bad("a transaction ended in no way that is known: %d", i.Fate)
		}
		n, rest := uint64(binary.BigEndian.Uint32(record[121:])), record[invocationSize:]
		if n > uint64(len(rest)) {
			return nil, bad("a transaction promises %d bytes of data and has %d", n, len(rest))
		}
		i.Data, record = rest[:n:n], rest[n:]
		out = append(out, i)
	}
	return out, nil
}

// Invoked are the invocations that a block's answers have for a read. It fails where that is
// not known.
func Invoked(now ops.Readings, r ops.Read) ([]ops.Invocation, error) {
	return recorded(now, r, Invocations)
}

// recorded reads an answer to a read that came as a record.
func recorded[T any](now ops.Readings, r ops.Read, read func(record []byte) ([]T, error)) ([]T, error) {
	answer := now[r]
	if answer.Status != ops.ReadOK {
		return nil, fmt.Errorf("%s are not known%s", r.Name, strings.TrimSuffix(": "+answer.Err, ": "))
	}
	out, err := read(answer.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	return out, nil
}

// Arguments reads what a function is called with, calldata without its selector: one
// word for each of its inputs, in their order. An input that takes more than a word,
// or stands elsewhere, has none: its word is zero. What follows the arguments no
// contract looks at.
func Arguments(inputs abi.Arguments, data []byte) ([]common.Hash, error) {
	if err := fits(inputs, data); err != nil {
		return nil, err
	}
	words, at := make([]common.Hash, len(inputs)), 0
	for i, in := range inputs {
		if HeadSize(in.Type) == 32 && !Dynamic(in.Type) {
			words[i] = common.BytesToHash(data[at : at+32])
		}
		at += HeadSize(in.Type)
	}
	return words, nil
}
