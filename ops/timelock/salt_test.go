package timelock_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

func calls(signature string, types []string, values ...any) []byte {
	return append(crypto.Keccak256([]byte(signature))[:4], pack(types, values...)...)
}

// A salt that no event carries stands in the scheduling transaction, whoever wrapped it.
func TestASaltIsFoundInTheSchedulingTransaction(t *testing.T) {
	c, salt := call(1), crypto.Keccak256Hash([]byte("a salt"))
	governor := common.HexToAddress("0x408ED6354d4973f66138C91495F2f2FCbd8724C3")
	schedule := calls("schedule(address,uint256,bytes,bytes32,bytes32,uint256)", []string{"address", "uint256", "bytes", "bytes32", "bytes32", "uint256"},
		c.To, new(big.Int), c.Data, common.Hash{}, salt, big.NewInt(delay))
	safe := calls("execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
		[]string{"address", "uint256", "bytes", "uint8", "uint256", "uint256", "uint256", "address", "address", "bytes"},
		address, new(big.Int), schedule, uint8(0), new(big.Int), new(big.Int), new(big.Int), common.Address{}, common.Address{}, []byte{1, 2, 3})
	packed := append([]byte{0}, address[:]...) // multiSend: operation, to, value, length, data
	packed = append(append(packed, make([]byte, 32)...), common.BigToHash(big.NewInt(int64(len(schedule)))).Bytes()...)
	many := calls("multiSend(bytes)", []string{"bytes"}, append(packed, schedule...))
	queue := func(description common.Hash) []byte {
		return calls("queue(address[],uint256[],bytes[],bytes32)", []string{"address[]", "uint256[]", "bytes[]", "bytes32"},
			[]common.Address{c.To}, []*big.Int{new(big.Int)}, [][]byte{c.Data}, description)
	}
	var masked common.Hash // GovernorTimelockControl, from 5.0 on
	for i := range masked {
		masked[i] = salt[i]
		if i < len(governor) {
			masked[i] ^= governor[i]
		}
	}
	single := timelock.HashOperation(c, common.Hash{}, salt)
	batch := timelock.HashOperationBatch([]ops.Call{c}, common.Hash{}, salt)
	for name, s := range map[string]struct {
		id    common.Hash
		to    common.Address
		data  []byte
		found bool
	}{
		"directly":                   {single, address, schedule, true},
		"through a Safe":             {single, governor, safe, true},
		"through many":               {single, governor, many, true},
		"by a governor before 5.0":   {batch, governor, queue(salt), true},
		"by a governor from 5.0 on":  {batch, governor, queue(masked), true},
		"of another governor":        {batch, address, queue(masked), false},
		"cut off":                    {single, address, schedule[:100], false},
		"of nothing":                 {single, address, nil, false},
		"a megabyte without a salt":  {single, address, bytes.Repeat([]byte{0x01, 0xd5, 0x06, 0x2a}, 1<<18), false},
		"an id that is nobody's":     {common.Hash{7}, address, schedule, false},
		"a salt of another call":     {timelock.HashOperation(call(2), common.Hash{}, salt), address, schedule, false},
		"a forged one, of zero salt": {timelock.HashOperation(c, common.Hash{}, common.Hash{}), address, schedule, true},
	} {
		t.Run(name, func(t *testing.T) {
			lock := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{single: "O1", batch: "O1"}}
			l := lock.Start()
			log := scheduled(at(1, 0), s.id, 0, c, big.NewInt(delay))
			log.Tx = common.Hash{42}
			l.Take([]ops.Log{log})
			unread := l.Unread(func(common.Hash) bool { return false }, 8)
			if len(unread) != 1 || unread[0] != log.Tx {
				t.Fatalf("asked for %v", unread)
			}
			l.Learn(log.Tx, ops.Message{From: vault, To: s.to, Data: s.data})
			o := l.Queue(at(2, 1), nil)[0]
			if ok := o.Checks[0].Verdict == ops.OK; ok != s.found || (o.Approved == ops.Unknown) == s.found {
				t.Errorf("%+v", o)
			}
			if s.found && s.id != timelock.HashOperation(c, common.Hash{}, common.Hash{}) && (o.Salt != salt || o.Approved != ops.OK) {
				t.Errorf("%+v", o)
			}
			if o.Proposer != vault || (o.Through == common.Address{}) != (s.to == address) {
				t.Errorf("proposed by %s through %s", o.Proposer, o.Through)
			}
			if again := l.Unread(func(common.Hash) bool { return false }, 8); len(again) != 0 {
				t.Errorf("asked again for %v", again)
			}
		})
	}
}

// What was scheduled before under the same id has the same salt: it is known at once.
func TestASaltIsRememberedWhenItsOperationComesAgain(t *testing.T) {
	c, salt := call(1), common.Hash{9}
	id := timelock.HashOperation(c, common.Hash{}, salt)
	l := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{id: "vault-v2 O1"}}.Start()
	first := scheduled(at(1, 0), id, 0, c, big.NewInt(delay))
	first.Tx = common.Hash{1}
	l.Take([]ops.Log{first})
	l.Learn(first.Tx, ops.Message{To: address, Data: salt[:]})
	if o := l.Queue(at(1, 0), nil)[0]; o.Salt != salt {
		t.Fatalf("%+v", o)
	}
	again := scheduled(at(3, 12), id, 0, c, big.NewInt(delay))
	again.Tx = common.Hash{3}
	l.Take([]ops.Log{cancelled(at(2, 6), id), again})
	if o := l.Queue(at(3, 12), nil)[0]; o.Salt != salt || o.Approved != ops.OK || o.Again.Number != 2 {
		t.Errorf("%+v", o)
	}
	if unread := l.Unread(func(common.Hash) bool { return false }, 8); len(unread) != 1 { // who it was is still of interest
		t.Errorf("asked for %v", unread)
	}
}
