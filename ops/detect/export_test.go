package detect

import "github.com/bulkhead-console/bulkhead/ops"

// Pair is how two values that are compared are shown.
func (u Unit) Pair(a, b string) (ops.Quantity, ops.Quantity) { return u.pair(a, b) }

// Decimal is how a number is written.
var Decimal = decimal
