package calldata

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"

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
	return Select(record, func(common.Address, []byte) bool { return true })
}

// Select reads those of what Record wrote that are wanted, by who sent them and their data.
// The others have to be whole too, and cost nothing else.
func Select(record []byte, wanted func(from common.Address, data []byte) bool) ([]ops.Invocation, error) {
	var out []ops.Invocation
	for len(record) > 0 {
		if len(record) < invocationSize {
			return nil, bad("a transaction ends too early")
		}
		head, fate := record[:invocationSize], ops.Fate(record[120])
		if fate > ops.FateFailed {
			return nil, bad("a transaction ended in no way that is known: %d", fate)
		}
		n, rest := uint64(binary.BigEndian.Uint32(record[121:])), record[invocationSize:]
		if n > uint64(len(rest)) {
			return nil, bad("a transaction promises %d bytes of data and has %d", n, len(rest))
		}
		from, data := common.BytesToAddress(head[40:60]), rest[:n:n]
		if record = rest[n:]; !wanted(from, data) {
			continue
		}
		out = append(out, ops.Invocation{
			Index: binary.BigEndian.Uint64(head), Tx: common.BytesToHash(head[8:40]), From: from, To: common.BytesToAddress(head[60:80]),
			Value: new(big.Int).SetBytes(head[80:112]), Gas: binary.BigEndian.Uint64(head[112:]), Fate: fate, Data: data,
		})
	}
	return out, nil
}

// Invoked are the invocations that a block's answers have for a read. It fails where that is
// not known.
func Invoked(now ops.Readings, r ops.Read) ([]ops.Invocation, error) {
	return recorded(now, r, Invocations)
}

// InvokedBy are those of Invoked that some accounts sent.
func InvokedBy(now ops.Readings, r ops.Read, accounts map[common.Address]bool) ([]ops.Invocation, error) {
	return recorded(now, r, func(record []byte) ([]ops.Invocation, error) {
		return Select(record, func(from common.Address, _ []byte) bool { return accounts[from] })
	})
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
