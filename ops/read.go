package ops

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
)

// ReadKind says what is read of the chain.
type ReadKind byte

// The kinds of reads.
const (
	ReadCall         ReadKind = iota // a view function: To and Data
	ReadBalance                      // the balance of To, in wei
	ReadCode                         // the EXTCODEHASH of To
	ReadSlot                         // a word of To's storage: Data is its 32-byte key
	ReadTry                          // whether a call of To by From would succeed; nothing of it stays
	ReadBaseFee                      // the base fee of the block in wei, one word; To is zero
	ReadSent                         // the transactions of the block sent straight to To, as package calldata writes them down; with From, those that From sent to anybody; Data WithFates: and how they ended
	ReadInner                        // the calls inside the block's transactions that are to To, and those of To that carry ether, as package calldata writes them down without their data; a transaction itself is none
	ReadCreated                      // the contracts that transactions of the block created and that hold the 20 bytes of To (see Creation), as package calldata writes them down; a creation that failed is none
	ReadInnerCreated                 // the same of those that were created inside transactions, by factories and constructors
	ReadNonce                        // how many transactions To has had mined by the end of the block, one word
)

// Sent reports whether an answer comes with the block's transactions, so that it can be
// read back of past blocks.
func (k ReadKind) Sent() bool { return k == ReadSent || k == ReadCreated }

// Traced reports whether an answer comes with the traces of the block.
func (k ReadKind) Traced() bool { return k == ReadInner || k == ReadInnerCreated }

// Read is one thing to read at one block. It is comparable, so equal reads are
// read once: Data is calldata as a string of bytes. Links names the words of Data
// that are answers of other reads, see Needs.
type Read struct {
	Kind  ReadKind
	From  common.Address // of ReadTry
	Gas   uint64         // of ReadTry: all that the call may use; 0 for as much as a reader grants
	To    common.Address
	Data  string
	Links string
	Name  string // how the policy calls it: vault.totalAssets()
}

// LinkTarget as a Link's Offset means that the word is the address that is read.
const LinkTarget = 0xffff

// Link says that a word of a read is an answer of another one.
type Link struct {
	Offset uint16      // of the 32-byte word in Data, or LinkTarget
	Word   uint8       // which 32-byte word of the answer
	Of     common.Hash // the Key of the read that it comes from
}

const linkSize = 2 + 1 + common.HashLength

// LinkedTo writes links into the form that a Read carries.
func LinkedTo(links ...Link) string {
	var out []byte
	for _, l := range links {
		out = append(binary.BigEndian.AppendUint16(out, l.Offset), l.Word)
		out = append(out, l.Of[:]...)
	}
	return string(out)
}

// Needs lists what the read takes from others; nil when Links is malformed.
func (r Read) Needs() []Link {
	if len(r.Links)%linkSize != 0 {
		return nil
	}
	links := make([]Link, 0, len(r.Links)/linkSize)
	for b := []byte(r.Links); len(b) > 0; b = b[linkSize:] {
		links = append(links, Link{Offset: binary.BigEndian.Uint16(b), Word: b[2], Of: common.BytesToHash(b[3:linkSize])})
	}
	return links
}

// Key names the read by what is read, whatever it is called.
func (r Read) Key() common.Hash {
	b := append([]byte{byte(r.Kind)}, r.From[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Gas)
	b = binary.BigEndian.AppendUint32(append(b, r.To[:]...), uint32(len(r.Data)))
	return sha256.Sum256(append(append(b, r.Data...), r.Links...))
}

// ReadStatus is how a read ended.
type ReadStatus byte

// Only ReadOK carries a value. The zero value is "not run".
const (
	ReadNotRun   ReadStatus = iota // no answer: budget spent, or the provider failed
	ReadOK                         // Data holds the answer
	ReadReverted                   // Data holds the revert reason, if any; of ReadTry with Gas also: it took more
	ReadNoCode                     // there is no contract at the address
	ReadUnable                     // the provider has no means to read such a thing, and will have none at the next block; Err says which
)

// ImplementationSlot is where an ERC-1967 proxy keeps its implementation:
// keccak256("eip1967.proxy.implementation") - 1.
var ImplementationSlot = common.HexToHash("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")

// Reading is the answer to a Read at one block. Data is what the contract
// returned, bounded by the reader; Err says why there is none.
type Reading struct {
	Read   Read
	Status ReadStatus
	Data   []byte
	At     BlockRef
	Err    string
}

// Call is one call as a person reads it and as the chain executes it. Value is
// in wei, decimal.
type Call struct {
	To       common.Address
	Name     string // the policy's name of To, or empty
	Function string // the decoded signature with arguments, or the selector; "looks like" where no ABI of the pack says so
	Value    string
	Data     []byte
	Delegate bool   // the code of To is run as its caller's own: DELEGATECALL
	Inner    []Call // the calls that it carries, in their order
	Doubt    string // why what it carries is not all known; empty where it is
}
