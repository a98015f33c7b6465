package chain

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

//go:generate node compile_aggregator.mjs

// aggregatorBuild is the SHA-256 of aggregator.yul and, on the next line, the
// runtime code that it compiles to.
//
//go:embed aggregator.hex
var aggregatorBuild string

var aggregatorSource, aggregatorHex, _ = strings.Cut(strings.TrimSpace(aggregatorBuild), "\n")

// aggregatorCode is the runtime code of aggregator.yul.
var aggregatorCode = common.FromHex(aggregatorHex)

// aggregatorAddress is where the override puts the code: nobody has the key.
var aggregatorAddress = common.BytesToAddress(crypto.Keccak256([]byte("bulkhead.aggregator")))

const (
	viewGas    = 2_000_000  // of one view; far above any honest one
	viewReturn = 1024       // bytes kept of one answer
	callGas    = 50_000_000 // of the whole eth_call: geth's default cap
)

// errAggregate means that the answer is not what the aggregator writes: the
// provider does not apply state overrides, or garbles them.
var errAggregate = errors.New("the answer to the aggregated read is malformed")

var operations = map[ops.ReadKind]byte{ops.ReadCall: 0, ops.ReadBalance: 1, ops.ReadCode: 2}

// encodeReads writes the entries for the aggregator.
func encodeReads(reads []ops.Read) []byte {
	size := 0
	for _, r := range reads {
		size += 32 + len(r.Data)
	}
	out := make([]byte, 0, size)
	for _, r := range reads {
		var head [32]byte
		head[0] = operations[r.Kind]
		binary.BigEndian.PutUint32(head[1:], viewGas)
		head[5], head[6], head[7] = byte(viewReturn>>16), byte(viewReturn>>8&0xff), byte(viewReturn&0xff)
		binary.BigEndian.PutUint32(head[8:], uint32(len(r.Data)))
		copy(head[12:], r.To[:])
		out = append(append(out, head[:]...), r.Data...)
	}
	return out
}

// decodeReads reads the results back. Reads that were not run stay ReadNotRun.
func decodeReads(reads []ops.Read, at ops.BlockRef, b []byte) ([]ops.Reading, error) {
	readings := make([]ops.Reading, len(reads))
	for i, r := range reads {
		readings[i] = ops.Reading{Read: r, At: at, Err: "the gas of the read was spent"}
	}
	if len(b) == 0 && len(reads) > 0 { // the gas always suffices for the first
		return nil, fmt.Errorf("%w: it is empty: the provider applies no state overrides, or grants no gas", errAggregate)
	}
	for i := range reads {
		if len(b) == 0 {
			return readings, nil
		}
		if len(b) < 8 {
			return nil, fmt.Errorf("%w: it ends inside result %d", errAggregate, i)
		}
		status := b[0]
		size := int(b[5])<<16 | int(b[6])<<8 | int(b[7])
		b = b[8:]
		kept := min(size, viewReturn)
		if len(b) < kept {
			return nil, fmt.Errorf("%w: result %d is cut short", errAggregate, i)
		}
		if err := settle(&readings[i], status, b[:kept:kept]); err != nil {
			return nil, fmt.Errorf("%w in result %d", err, i)
		}
		b = b[kept:]
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("%w: %d bytes too many", errAggregate, len(b))
	}
	return readings, nil
}

func settle(r *ops.Reading, status byte, data []byte) error {
	r.Data, r.Err = data, ""
	switch status {
	case 0:
		r.Status, r.Err = ops.ReadReverted, RevertReason(data)
	case 1:
		r.Status = ops.ReadOK
	case 2:
		r.Status = ops.ReadNoCode
	default:
		return fmt.Errorf("%w: status %d", errAggregate, status)
	}
	return nil
}
