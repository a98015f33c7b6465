package contain

import (
	"context"
	"fmt"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Witness tells apart what reads the same: what left a timelock was cancelled, or it was
// executed, and its contract may not say which. It is asked once the effect of a step
// reads as it should at a block; ours says that a transaction of this console made the
// call there and did not revert. why is what came about instead, empty where what was
// wanted did. While nobody can tell yet known is false, and nothing is in effect.
type Witness interface {
	Says(at ops.BlockRef, ours bool) (why string, known bool)
}

// untold is what is said while a witness does not know.
const untold = "whether it is what was wanted, or its opposite, is not known yet"

// attest asks the step's witness, where it has one.
func (s Step) attest(at ops.BlockRef, ours bool) (why string, known bool) {
	if s.Witness == nil {
		return "", true
	}
	return s.Witness.Says(at, ours)
}

// already reports whether what the step would bring about is so at a block, and why it
// came about otherwise than was wanted. What is not known yet is said as blind.
func (c *Containment) already(ctx context.Context, s Step, at ops.BlockRef) (holds, blind bool, why string) {
	if c.holds(ctx, s, at).Verdict != ops.OK {
		return false, false, ""
	}
	why, known := s.attest(at, false)
	if why != "" {
		why = fmt.Sprintf("%s, and nothing was sent: %s", s.Expect.Source(), why)
	}
	return true, !known, why
}
