package sign

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// compare holds a signed call against the one that was asked for, and names the first
// field that differs.
func compare(want, got *types.Transaction, from common.Address) error {
	differs := func(field string, want, got any) error {
		return fmt.Errorf("%w: the %s is %v, and %v was asked for: nothing of it was used", ErrAnswer, field, got, want)
	}
	for _, f := range []struct {
		name      string
		want, got *big.Int
	}{
		{"type", big.NewInt(int64(want.Type())), big.NewInt(int64(got.Type()))},
		{"chain", want.ChainId(), got.ChainId()},
		{"nonce", new(big.Int).SetUint64(want.Nonce()), new(big.Int).SetUint64(got.Nonce())},
		{"gas limit", new(big.Int).SetUint64(want.Gas()), new(big.Int).SetUint64(got.Gas())},
		{"fee cap", want.GasFeeCap(), got.GasFeeCap()},
		{"tip", want.GasTipCap(), got.GasTipCap()},
		{"value", want.Value(), got.Value()},
	} {
		if f.want.Cmp(f.got) != 0 {
			return differs(f.name, f.want, f.got)
		}
	}
	switch {
	case got.To() == nil || *got.To() != *want.To():
		return differs("target", want.To(), got.To())
	case !bytes.Equal(got.Data(), want.Data()):
		return differs("calldata", fmt.Sprintf("%#.40x", want.Data()), fmt.Sprintf("%#.40x", got.Data()))
	case len(got.AccessList()) > 0:
		return differs("access list", "none", "one")
	}
	sender, err := types.Sender(types.LatestSignerForChainID(want.ChainId()), got)
	if err != nil {
		return fmt.Errorf("%w: the signature does not stand: %w", ErrAnswer, err)
	}
	if sender != from {
		return differs("sender", from.Hex(), sender.Hex())
	}
	return nil
}
