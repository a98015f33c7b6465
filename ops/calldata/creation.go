package calldata

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// creationSize is a creation: where it stands, its transaction's hash, who sent that, who
// created, what, and where the address stands in it.
const creationSize = 8 + common.HashLength + 3*common.AddressLength + 1

// RecordCreations writes creations down as the answer to a read. Equal creations give equal
// bytes.
func RecordCreations(creations []ops.Creation) []byte {
	out := make([]byte, 0, len(creations)*creationSize)
	for _, c := range creations {
		out = append(binary.BigEndian.AppendUint64(out, c.Index), c.Tx[:]...)
		out = append(append(append(out, c.From[:]...), c.By[:]...), c.Contract[:]...)
		out = append(out, byte(c.Where))
	}
	return out
}

// Creations reads what RecordCreations wrote.
func Creations(record []byte) ([]ops.Creation, error) {
	if len(record)%creationSize != 0 {
		return nil, bad("a creation ends too early")
	}
	out := make([]ops.Creation, 0, len(record)/creationSize)
	for ; len(record) > 0; record = record[creationSize:] {
		c := ops.Creation{
			Index: binary.BigEndian.Uint64(record), Tx: common.BytesToHash(record[8:40]), From: common.BytesToAddress(record[40:60]),
			By: common.BytesToAddress(record[60:80]), Contract: common.BytesToAddress(record[80:100]), Where: ops.Holding(record[100]),
		}
		if c.Where == 0 || c.Where&^ops.Holdings != 0 {
			return nil, bad("a creation holds an address in no way that is known: %d", c.Where)
		}
		out = append(out, c)
	}
	return out, nil
}

// Created are the creations that a block's answers have for a read. It fails where that is
// not known.
func Created(now ops.Readings, r ops.Read) ([]ops.Creation, error) {
	return recorded(now, r, Creations)
}
