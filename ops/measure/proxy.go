package measure

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Where proxies keep the address of their code, in the order in which they are
// asked.
var (
	// keccak256("eip1967.proxy.beacon") - 1, ERC-1967
	beaconSlot = common.HexToHash("0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50")
	// keccak256("org.zeppelinos.proxy.implementation"), zos before ERC-1967
	zosSlot = common.HexToHash("0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3")
	// keccak256("PROXIABLE"), ERC-1822
	erc1822Slot = common.HexToHash("0xc5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7")
)

// beaconCall is what a beacon answers with the address of the code, ERC-1967.
var beaconCall = string(crypto.Keccak256([]byte("implementation()"))[:4])

// errNoProxy is the reason of an UNKNOWN: all slots are empty.
var errNoProxy = errors.New("no slot of a known kind of proxy holds an address")

// implementation reads the address of the code behind a proxy: the slot of
// ERC-1967, else what its beacon answers, else the slots of older kinds.
func (c *compiler) implementation(n *ast.CallNode) (node, error) {
	if len(n.Arguments) != 1 {
		return node{}, c.fail(n, "as in implementation(vault)", "implementation wants 1 argument, not %d", len(n.Arguments))
	}
	to, links, who, err := c.target(n.Arguments[0], "implementation(address)")
	if err != nil {
		return node{}, err
	}
	name := "implementation(" + who.String() + ")"
	slot := func(key common.Hash, kind string) node {
		read := ops.Read{Kind: ops.ReadSlot, To: to, Data: string(key[:]), Links: links, Name: "slot(" + who.String() + ", " + slotName(key) + ")"}
		x := c.stateWord(read, bytes32Type, who)
		x.eval = held(x.eval, kind)
		return x
	}
	direct, beacon := slot(ops.ImplementationSlot, "ERC-1967"), slot(beaconSlot, "its beacon")
	if beacon.answer.depth >= maxDepth {
		return node{}, c.fail(n.Arguments[0], "", "reads stand in reads more than %d deep", maxDepth)
	}
	read := ops.Read{Kind: ops.ReadCall, Data: beaconCall, Links: ops.LinkedTo(beacon.answer.link(ops.LinkTarget)), Name: "beacon of " + who.String() + ".implementation()"}
	behind := c.read(read, Address, func(r ops.Reading) (Value, error) { return decode(addressType, r.Data) })
	zos, proxiable := slot(zosSlot, "zos"), slot(erc1822Slot, "ERC-1822")
	return node{kind: Address, eval: func(f *Frame) (Value, error) {
		for _, at := range []node{direct, beacon, zos, proxiable} {
			v, err := at.eval(f)
			if err == nil && v.word == (common.Hash{}) {
				continue
			}
			if err == nil && at.answer.read == beacon.answer.read {
				v, err = behind.eval(f)
			}
			if err != nil {
				return Value{}, fmt.Errorf("%s: %w", name, err)
			}
			return v, nil
		}
		return Value{}, fmt.Errorf("%s: %w", name, errNoProxy)
	}}, nil
}

// held reads a word of storage as the address that a proxy keeps there.
func held(word func(*Frame) (Value, error), kind string) func(*Frame) (Value, error) {
	return func(f *Frame) (Value, error) {
		v, err := word(f)
		if err != nil {
			return Value{}, err
		}
		if common.BytesToHash(v.word[12:]) != v.word {
			return Value{}, fmt.Errorf("the slot of %s holds %s, which is no address", kind, v.word.Hex())
		}
		return AddressValue(common.BytesToAddress(v.word[12:])), nil
	}
}
