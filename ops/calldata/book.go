package calldata

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Bounds of what is read of calls that carry calls.
const (
	mostDeep  = 8
	mostCalls = 512      // in all, of what is read together
	mostBytes = 16 << 20 // of calldata, counted once for every call that it is part of
)

// Book is what is known when calldata is read: the contracts' ABIs, which come before
// anything that a selector suggests, and what addresses, roles and tokens are called.
type Book struct {
	contracts map[common.Address]*abi.ABI
	names     map[common.Address]string
	roles     map[common.Hash]string
	tokens    map[common.Address]Token
}

// NewBook makes a book of contracts, by their addresses. Roles are called as constants
// of their ABIs are, whose hash they are: PAYER_ROLE() is keccak256("PAYER_ROLE").
func NewBook(contracts map[common.Address]*abi.ABI, names map[common.Address]string) *Book {
	b := &Book{contracts: contracts, names: names, roles: map[common.Hash]string{}, tokens: map[common.Address]Token{}}
	for _, name := range []string{"PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE", "TIMELOCK_ADMIN_ROLE", "PAUSER_ROLE", "UPGRADER_ROLE", "MINTER_ROLE"} {
		b.roles[crypto.Keccak256Hash([]byte(name))] = name
	}
	for _, contract := range contracts {
		if contract == nil {
			continue
		}
		for name, m := range contract.Methods {
			if strings.HasSuffix(name, "_ROLE") && len(m.Inputs) == 0 && len(m.Outputs) == 1 {
				b.roles[crypto.Keccak256Hash([]byte(name))] = name
			}
		}
	}
	return b
}

// Learn takes in what a contract said of itself as a token.
func (b *Book) Learn(at common.Address, t Token) { b.tokens[at] = t }

// Role is a role by its name, DEFAULT_ADMIN_ROLE where it is zero, else in hex.
func (b *Book) Role(id common.Hash) string {
	if id == (common.Hash{}) {
		return "DEFAULT_ADMIN_ROLE"
	}
	if name, ok := b.roles[id]; ok {
		return name
	}
	return id.Hex()
}

// ManagerRole is what a role of an AccessManager is called, by its word
// (contracts/access/manager/AccessManager.sol).
func ManagerRole(word []byte) string {
	switch n := binary.BigEndian.Uint64(word[24:]); n {
	case 0:
		return "ADMIN_ROLE"
	case math.MaxUint64:
		return "PUBLIC_ROLE"
	default:
		return fmt.Sprintf("role %d", n)
	}
}

// Address is an address by its name, else in hex.
func (b *Book) address(a common.Address) string {
	if name, ok := b.names[a]; ok {
		return name
	}
	return a.Hex()
}

// find is the function that calldata is for. sure means that the contract's own ABI
// says so, and not the selector alone.
func (b *Book) find(to common.Address, data []byte) (f *function, sure bool) {
	if len(data) < 4 {
		return nil, false
	}
	if contract := b.contracts[to]; contract != nil {
		if m, err := contract.MethodById(data[:4]); err == nil {
			return of(m), true
		}
	}
	return library[string(data[:4])], false
}

// Does names the function that a call is for, by its signature: of the contract's own
// ABI, or what its selector looks like; empty where neither knows it. words are its
// arguments, one for each input, where the calldata is encoded as it should be: else
// nil. That they are nil does not mean that the contract would not take it.
func (b *Book) Does(c ops.Call) (signature string, words []common.Hash) {
	f, _ := b.find(c.To, c.Data)
	if f == nil {
		return "", nil
	}
	if !exact(f.inputs, c.Data[4:]) {
		return f.sig, nil
	}
	words = make([]common.Hash, len(f.inputs))
	for i := range f.inputs {
		words[i] = frame{f.inputs, c.Data[4:]}.hash(i)
	}
	return f.sig, words
}

// Read puts calls into words and takes out the calls that they carry. tokens are the
// contracts in whose amounts something is written, and of which nothing is known yet.
func (b *Book) Read(calls []ops.Call) (read []ops.Call, tokens []common.Address) {
	r := &reader{book: b, calls: mostCalls, bytes: mostBytes}
	read = make([]ops.Call, len(calls))
	for i, c := range calls {
		read[i] = r.read(c, 0)
	}
	return read, r.tokens
}

// reader is one reading of calls, and what it may still spend.
type reader struct {
	book   *Book
	calls  int
	bytes  int
	tokens []common.Address
}

func (r *reader) read(c ops.Call, depth int) ops.Call {
	c.Name, c.Inner, c.Doubt = r.book.names[c.To], nil, ""
	r.calls--
	r.bytes -= len(c.Data)
	f, sure := r.book.find(c.To, c.Data)
	if f == nil {
		c.Function = raw(c.Data)
		return c
	}
	looks := ""
	if !sure {
		looks = "looks like "
	}
	if r.bytes < 0 {
		c.Function, c.Doubt = raw(c.Data), "there is more calldata than is read"
		return c
	}
	arguments := c.Data[4:]
	if !exact(f.inputs, arguments) {
		c.Function = looks + f.name + "(undecodable)"
		if sure && f.opens == nil && fitting(f, arguments) == nil {
			c.Function = looks + f.name + "(" + r.arguments(c.To, f, arguments, nil) + ")"
		}
		if sure || f.opens != nil {
			c.Doubt = "it is not encoded as its arguments are"
		}
		return c
	}
	c.Function = looks + f.name + "(" + r.open(&c, f, frame{f.inputs, arguments}, depth) + ")"
	return c
}

func fitting(f *function, data []byte) error {
	args := make(abi.Arguments, len(f.inputs))
	for i, t := range f.inputs {
		args[i].Type = *t
	}
	return fits(args, data)
}

// open takes out what a call carries, and says its arguments.
func (r *reader) open(c *ops.Call, f *function, args frame, depth int) string {
	said := ""
	if f.opens != nil {
		inner, all, bad := f.opens(c.To, args, max(r.calls, 0))
		switch {
		case bad != "":
			c.Doubt, inner = bad, nil
		case depth+1 >= mostDeep && all > 0:
			c.Doubt, inner = fmt.Sprintf("it is nested more than %d deep", mostDeep), nil
		case len(inner) < all:
			c.Doubt = fmt.Sprintf("%d calls more than are read", all-len(inner))
		}
		for i := range inner {
			if r.calls <= 0 {
				c.Doubt = fmt.Sprintf("%d calls more than are read", all-i)
				break
			}
			c.Inner = append(c.Inner, r.read(inner[i], depth+1))
		}
		said = counting(all)
		if bad != "" {
			said = "undecodable"
		}
	}
	more := r.arguments(c.To, f, args.data, f.hides)
	if f.tells != nil {
		more = f.tells(r.book, args)
	}
	if said == "" || more == "" {
		return said + more
	}
	return more + ", " + said
}

func counting(calls int) string {
	switch calls {
	case 0:
		return "no call"
	case 1:
		return "1 call"
	default:
		return fmt.Sprintf("%d calls", calls)
	}
}

// arguments says the arguments, but for those that are hidden. They have to fit.
func (r *reader) arguments(to common.Address, f *function, data []byte, hidden []int) string {
	t := &teller{data: data, book: r.book}
	if slices.Contains(f.names, nameAmount) {
		if token, ok := r.book.tokens[to]; ok {
			t.token = &token
		} else if !slices.Contains(r.tokens, to) {
			r.tokens = append(r.tokens, to)
		}
	}
	head := 0
	for i, in := range f.inputs {
		if !slices.Contains(hidden, i) {
			if len(t.b) > 0 {
				t.say(", ")
			}
			if hidden != nil && f.names[i] != "" {
				t.say(f.names[i] + " ")
			}
			t.argument(in, f.names[i], head)
		}
		head += HeadSize(*in)
	}
	return string(t.b)
}

// raw is calldata that nothing is known of.
func raw(data []byte) string {
	switch {
	case len(data) == 0:
		return "a plain transfer"
	case len(data) < 4:
		return "0x" + hex.EncodeToString(data) + " (no selector)"
	case len(data) <= 36:
		return "0x" + hex.EncodeToString(data)
	default:
		return fmt.Sprintf("0x%x… (%d bytes)", data[:4], len(data))
	}
}
