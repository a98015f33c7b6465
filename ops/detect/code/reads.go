package code

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Where proxies keep the address of their code, beside ops.ImplementationSlot.
var (
	// keccak256("eip1967.proxy.beacon") - 1, ERC-1967
	beaconSlot = common.HexToHash("0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50")
	// keccak256("org.zeppelinos.proxy.implementation"), zos before ERC-1967
	zosSlot = common.HexToHash("0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3")
	// keccak256("PROXIABLE"), ERC-1822
	erc1822Slot = common.HexToHash("0xc5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7")
)

const (
	beaconCall = "\x5c\x60\xda\x1b" // implementation(), ERC-1967
	loupeCall  = "\x52\xef\x6b\x2c" // facetAddresses(), ERC-2535
)

// way is one in which the code behind a proxy is found: reads of which each is made of the
// one before, the last but one the address of the code and the last its hash.
type way []ops.Read

// ways are all of them, in the order in which they count; they are read with the block.
func (w Watched) ways() []way {
	held := func(slot common.Hash, kind string) way {
		at := w.slot(slot, kind)
		return way{at, codeOf(at)}
	}
	beacon := w.slot(beaconSlot, "its beacon")
	behind := ops.Read{Kind: ops.ReadCall, Data: beaconCall, Links: to(beacon), Name: "what the beacon of " + w.Name + " answers"}
	return []way{
		held(ops.ImplementationSlot, "ERC-1967"),
		{beacon, behind, codeOf(behind)},
		held(zosSlot, "zos"),
		held(erc1822Slot, "ERC-1822"),
	}
}

// address is where the code stands; zero where the proxy is of another kind.
func (x way) address(now ops.Readings) (at common.Address, err error) {
	for _, r := range x[:len(x)-1] {
		if at, err = addressIn(now, r); err != nil || at == (common.Address{}) {
			return at, err
		}
	}
	return at, nil
}

func (x way) code() ops.Read { return x[len(x)-1] }

// own reads the hash of a contract's own code.
func (w Watched) own() ops.Read {
	return ops.Read{Kind: ops.ReadCode, To: w.Address, Name: "codehash(" + w.Name + ")"}
}

// loupe asks a diamond for its facets.
func (w Watched) loupe() ops.Read {
	return ops.Read{Kind: ops.ReadCall, To: w.Address, Data: loupeCall, Name: w.Name + ".facetAddresses()"}
}

// facet reads the hash of a facet's code.
func (w Watched) facet(a common.Address) ops.Read {
	return ops.Read{Kind: ops.ReadCode, To: a, Name: "codehash(facet " + a.Hex() + " of " + w.Name + ")"}
}

func (w Watched) slot(key common.Hash, kind string) ops.Read {
	return ops.Read{Kind: ops.ReadSlot, To: w.Address, Data: string(key[:]), Name: "the implementation of " + w.Name + " (" + kind + ")"}
}

// codeOf reads the hash of the code at the address that another read answers.
func codeOf(at ops.Read) ops.Read {
	return ops.Read{Kind: ops.ReadCode, Links: to(at), Name: "codehash of " + at.Name}
}

func to(r ops.Read) string {
	return ops.LinkedTo(ops.Link{Offset: ops.LinkTarget, Of: r.Key()})
}

// wordIn is an answer of one word; zero where there is nothing to have one.
func wordIn(now ops.Readings, r ops.Read) (common.Hash, error) {
	reading, ok := now[r]
	switch {
	case !ok:
		return common.Hash{}, fmt.Errorf("%s is asked for in the next block", r.Name)
	case reading.Status == ops.ReadNoCode:
		return common.Hash{}, nil
	case reading.Status != ops.ReadOK || len(reading.Data) < common.HashLength:
		return common.Hash{}, fmt.Errorf("%s was not answered: %s", r.Name, reading.Err)
	}
	return common.BytesToHash(reading.Data[:common.HashLength]), nil
}

func addressIn(now ops.Readings, r ops.Read) (common.Address, error) {
	word, err := wordIn(now, r)
	if err != nil {
		return common.Address{}, err
	}
	if !bytes.Equal(word[:12], make([]byte, 12)) {
		return common.Address{}, fmt.Errorf("%s is %s, which is no address", r.Name, word)
	}
	return common.BytesToAddress(word[12:]), nil
}
