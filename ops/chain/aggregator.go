package chain

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

//go:generate node compile_aggregator.mjs

// The builds: each the SHA-256 of its .yul and, on the next line, the runtime code
// that it compiles to.
var (
	//go:embed aggregator.hex
	aggregatorBuild string
	//go:embed slots.hex
	slotsBuild string

	//go:embed deployless.hex
	deploylessBuild string

	aggregatorCode = built(aggregatorBuild)
	slotsCode      = built(slotsBuild)
	deploylessCode = deployless()
)

func built(build string) []byte {
	_, code, _ := strings.Cut(strings.TrimSpace(build), "\n")
	return common.FromHex(code)
}

// deployless is what comes before the calldata; see deployless.yul.
func deployless() []byte {
	// PUSH2 size, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN: creation code
	// that returns what follows it
	size := len(aggregatorCode)
	create := append([]byte{0x61, byte(size >> 8), byte(size), 0x80, 0x60, 12, 0x60, 0, 0x39, 0x60, 0, 0xf3}, aggregatorCode...)
	return append(binary.BigEndian.AppendUint16(built(deploylessBuild), uint16(len(create))), create...)
}

// aggregatorAddress is where the override puts the code: nobody has the key.
var aggregatorAddress = common.BytesToAddress(crypto.Keccak256([]byte("bulkhead.aggregator")))

const (
	viewGas    = 2_000_000  // of one view; far above any honest one
	viewReturn = 4096       // bytes kept of one answer: a list of 126 addresses
	callGas    = 50_000_000 // of the whole eth_call: geth's default cap
	mostGas    = 0xffffff   // what an entry can carry
)

// errAggregate means that the answer is not what the aggregator writes: the
// provider does not apply state overrides, or garbles them.
var errAggregate = errors.New("the answer to the aggregated read is malformed")

// The aggregator's operations and the ends of its entries; see aggregator.yul.
const (
	opView    = 0
	opBalance = 1
	opCode    = 2

	endReverted = 0
	endOK       = 1
	endNoCode   = 2
	endUnkept   = 3
	endNothing  = 4 // not of the aggregator: nothing came back, and why is not told

	markTarget = 0x7fff // the word in the place is the target
	markKeep   = 0x8000 // and the number of the word that is kept
	mostMarks  = 255
	mostPlaces = 0xffff
)

// mark ties an entry to a kept word.
type mark struct{ what, place uint16 }

// entry is one thing that the aggregator does.
type entry struct {
	op     byte
	gas    uint32
	keep   int // bytes kept of its answer
	target common.Address
	data   []byte
	marks  []mark
	reads  []int // what its answer answers: one read, or a word for each; none where only the code is asked for
}

// result is how an entry ended. Data is what was kept.
type result struct {
	end  byte
	data []byte
}

// encode writes the entries for the aggregator, with so many places for words.
func encode(entries []entry, places int) []byte {
	size := 2
	for _, e := range entries {
		size += 32 + 4*len(e.marks) + len(e.data)
	}
	out := binary.BigEndian.AppendUint16(make([]byte, 0, size), uint16(places))
	for _, e := range entries {
		var head [32]byte
		head[0], head[1] = e.op, byte(len(e.marks))
		head[2], head[3], head[4] = byte(e.gas>>16), byte(e.gas>>8), byte(e.gas)
		head[5], head[6], head[7] = byte(e.keep>>16), byte(e.keep>>8), byte(e.keep)
		binary.BigEndian.PutUint32(head[8:], uint32(len(e.data)))
		copy(head[12:], e.target[:])
		out = append(out, head[:]...)
		for _, m := range e.marks {
			out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, m.what), m.place)
		}
		out = append(out, e.data...)
	}
	return out
}

// decode reads the results back. Entries that the gas did not reach have none:
// there are fewer results than entries.
func decode(entries []entry, b []byte) ([]result, error) {
	if len(b) == 0 && len(entries) > 0 { // the gas always suffices for the first
		return nil, fmt.Errorf("%w: it is empty: the provider applies no state overrides, or grants no gas", errAggregate)
	}
	results := make([]result, 0, len(entries))
	for i, e := range entries {
		if len(b) == 0 {
			return results, nil
		}
		if len(b) < 4 {
			return nil, fmt.Errorf("%w: it ends inside result %d", errAggregate, i)
		}
		end, size := b[0], int(b[1])<<16|int(b[2])<<8|int(b[3])
		b = b[4:]
		kept := size
		if e.op == opView {
			kept = min(size, e.keep)
		}
		switch {
		case end > endUnkept:
			return nil, fmt.Errorf("%w: result %d ended with %d", errAggregate, i, end)
		case len(b) < kept:
			return nil, fmt.Errorf("%w: result %d is cut short", errAggregate, i)
		}
		results = append(results, result{end: end, data: b[:kept:kept]})
		b = b[kept:]
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("%w: %d bytes too many", errAggregate, len(b))
	}
	return results, nil
}
