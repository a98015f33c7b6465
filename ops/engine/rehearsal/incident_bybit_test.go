package rehearsal_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
)

// safeABI is what a test says to a Safe that package safe never would: a delegatecall.
const safeABI = `[
{"type":"function","name":"getThreshold","inputs":[],"outputs":[{"name":"","type":"uint256"}],"stateMutability":"view"},
{"type":"function","name":"getOwners","inputs":[],"outputs":[{"name":"","type":"address[]"}],"stateMutability":"view"},
{"type":"function","name":"getTransactionHash","inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"data","type":"bytes"},{"name":"operation","type":"uint8"},{"name":"a","type":"uint256"},{"name":"b","type":"uint256"},{"name":"c","type":"uint256"},{"name":"d","type":"address"},{"name":"e","type":"address"},{"name":"nonce","type":"uint256"}],"outputs":[{"name":"","type":"bytes32"}],"stateMutability":"view"},
{"type":"function","name":"execTransaction","inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"data","type":"bytes"},{"name":"operation","type":"uint8"},{"name":"a","type":"uint256"},{"name":"b","type":"uint256"},{"name":"c","type":"uint256"},{"name":"d","type":"address"},{"name":"e","type":"address"},{"name":"signatures","type":"bytes"}],"outputs":[{"name":"","type":"bool"}],"stateMutability":"payable"}]`

// Bybit, 21 February 2025: the owners sign a delegatecall, and "transfer" writes slot 0 of
// the Safe. That is the first of two transactions, and the money goes in the second.
func TestBybitsSlotIsShownBeforeTheSweep(t *testing.T) {
	f := onField(t, ourGround(t))
	of, err := abi.JSON(bytes.NewReader([]byte(safeABI)))
	if err != nil {
		t.Fatal(err)
	}
	trojan := fieldtest.Read(t, "Trojan")
	council, through := f.council()
	f.named("council", locktest.Contract{ABI: of, Source: []byte(safeABI)}, council, "")
	at := f.deploy(trojan.Deploy())
	f.baselined("Z1", "council")
	f.quiet()
	through(at, trojan.Call("transfer", drill.Address(drill.Mallory), new(big.Int))) // as a call it does nothing here
	none, nobody := new(big.Int), common.Address{}
	data := trojan.Call("transfer", drill.Address(drill.Mallory), none)
	pack := func(name string, last any) []byte {
		out, err := of.Pack(name, at, none, data, uint8(1), none, none, none, nobody, nobody, last)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	hash := f.ask(council, pack("getTransactionHash", big.NewInt(1)))
	names := []string{drill.Security, drill.Release}
	if drill.Address(names[0]).Cmp(drill.Address(names[1])) > 0 { // a Safe wants them by address
		names[0], names[1] = names[1], names[0]
	}
	var signatures []byte
	for _, name := range names {
		raw, err := crypto.Sign(hash, drill.Key(name))
		if err != nil {
			t.Fatal(err)
		}
		raw[64] += 27
		signatures = append(signatures, raw...)
	}
	f.send(drill.Deployer, council, pack("execTransaction", signatures))
	written := f.head()
	f.mine(120)
	f.shows("Z1", written, drill.Address(drill.Mallory).Hex())
}
