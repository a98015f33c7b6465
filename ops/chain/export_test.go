package chain

import (
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Pace lets a test turn the feed's clockwork: how often it asks on its socket, and
// how long it waits for a head.
func (f *Feed) Pace(beat, patience time.Duration) { f.beat, f.patience = beat, patience }

// Remembered and MaxGap are how far back a feed can go.
const (
	Remembered = remembered
	MaxGap     = maxGap
	MaxBody    = maxBody
	ViewReturn = viewReturn
	CallGas    = callGas
)

// EncodeReads and DecodeReads are the two sides of the aggregator's format.
func EncodeReads(reads []ops.Read) []byte { return encodeReads(reads) }

// DecodeReads reads what the aggregator wrote.
func DecodeReads(reads []ops.Read, at ops.BlockRef, b []byte) ([]ops.Reading, error) {
	return decodeReads(reads, at, b)
}

// AggregatorCode is the code that is injected.
func AggregatorCode() []byte { return aggregatorCode }

// ErrAggregate is the error of a malformed answer.
var ErrAggregate = errAggregate
