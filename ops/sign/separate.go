package sign

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// separate keeps drill and live apart: the keys of drills are public.
func separate(chain ops.ChainID, a common.Address) error {
	switch {
	case chain.Drill() && !IsDrillKey(a):
		return fmt.Errorf("%w: %s is no drill key, and chain %d is a drill: take a key that the drill made", ErrMixed, a.Hex(), chain)
	case !chain.Drill() && IsDrillKey(a):
		return fmt.Errorf("%w: %s is a drill's key, which everybody knows, and chain %d is real: take a key of your own", ErrMixed, a.Hex(), chain)
	}
	return nil
}
