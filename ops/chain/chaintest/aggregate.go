package chaintest

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
)

// Answer is what one aggregated read comes to. Status is 0 for a revert, 1 for
// ok, 2 for no code.
type Answer struct {
	Status byte
	Data   []byte
}

// Aggregate answers calldata of the aggregator as its code would, without the
// words that tie entries together.
func Aggregate(data []byte, answer func(op byte, to common.Address, data []byte) Answer) []byte {
	var out []byte
	for data = data[min(2, len(data)):]; len(data) >= 32; {
		n, marks := binary.BigEndian.Uint32(data[8:12]), 4*uint32(data[1])
		keep := int(data[5])<<16 | int(data[6])<<8 | int(data[7])
		view := data[0] == 0
		a := answer(data[0], common.BytesToAddress(data[12:32]), data[32+marks:32+marks+n])
		data = data[32+marks+n:]
		size := len(a.Data)
		out = append(out, a.Status, byte(size>>16), byte(size>>8&0xff), byte(size&0xff))
		if view { // of nothing else is a part kept
			size = min(size, keep)
		}
		out = append(out, a.Data[:size]...)
	}
	return out
}

// Word is a number as one ABI word.
func Word(n uint64) []byte {
	return common.LeftPadBytes(binary.BigEndian.AppendUint64(nil, n), 32)
}
