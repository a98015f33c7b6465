package rehearsal_test

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops/drill"
)

// delegates has somebody's account run the code at an address from the next block on
// (EIP-7702). Another sends it.
func (g *ground) delegates(who string, to common.Address) {
	g.t.Helper()
	var auth types.SetCodeAuthorization
	g.reads(&auth, `{"chainId": "0x%x", "address": %q, "nonce": "0x%x", "yParity": "0x0", "r": "0x0", "s": "0x0"}`, uint64(g.id), to.Hex(), g.nonce(who))
	auth, err := types.SignSetCode(drill.Key(who), auth)
	if err != nil {
		g.t.Fatal(err)
	}
	list, err := json.Marshal([]types.SetCodeAuthorization{auth})
	if err != nil {
		g.t.Fatal(err)
	}
	tx := new(types.Transaction)
	g.reads(tx, `{"type": "0x4", "chainId": "0x%x", "nonce": "0x%x", "to": %q, "gas": "0x40000", "maxFeePerGas": "0x174876e800", "maxPriorityFeePerGas": "0x3b9aca00",
		"value": "0x0", "input": "0x", "accessList": [], "v": "0x0", "yParity": "0x0", "r": "0x0", "s": "0x0", "authorizationList": %s}`, uint64(g.id), g.nonce(drill.Proposer), drill.Address(who).Hex(), list)
	tx, err = types.SignTx(tx, types.LatestSignerForChainID(new(big.Int).SetUint64(uint64(g.id))), drill.Key(drill.Proposer))
	if err != nil {
		g.t.Fatal(err)
	}
	g.nonces[drill.Proposer], g.nonces[who] = tx.Nonce()+1, auth.Nonce+1
	if err := g.eth.SendTransaction(g.t.Context(), tx); err != nil {
		g.t.Fatal(err)
	}
}

// reads fills a value from its JSON: its numbers are of a type that tests do not import.
func (g *ground) reads(into any, format string, args ...any) {
	g.t.Helper()
	if err := json.Unmarshal(fmt.Appendf(nil, format, args...), into); err != nil {
		g.t.Fatal(err)
	}
}
