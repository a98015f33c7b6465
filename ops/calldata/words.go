package calldata

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/math"

	"github.com/bulkhead-console/bulkhead/ops"
)

// teller writes values of an encoding for people, straight from its bytes: no more of
// them is looked at than is shown. What is encoded has to fit the types.
type teller struct {
	data  []byte
	book  *Book
	token *Token // that the contract is; nil where it is none or not known
	b     []byte
	until int // the length at which the argument is cut
}

// argument writes one argument, cut where it is longer than anybody reads.
func (t *teller) argument(kind *abi.Type, name string, head int) {
	from := len(t.b)
	t.until = from + maxShown
	if !t.named(kind, name, head) {
		t.value(kind, head, 0)
	}
	if utf8.RuneCount(t.b[from:]) > maxShown {
		r := []rune(string(t.b[from:]))[:maxShown]
		t.b = append(append(t.b[:from], string(r)...), "…"...)
	}
}

// named writes what the name of an input says more of than its type does.
func (t *teller) named(kind *abi.Type, name string, head int) bool {
	if Dynamic(*kind) {
		return false
	}
	word := t.data[head : head+32]
	switch {
	case !Proper(kind, word):
		return false
	case name == nameRole && kind.T == abi.FixedBytesTy:
		t.say(t.book.Role(common.BytesToHash(word)))
	case name == nameRole && kind.T == abi.UintTy:
		t.say(ManagerRole(word))
	case name == nameDelay:
		t.say(length(new(big.Int).SetBytes(word)))
	case name == nameAmount && t.token != nil:
		t.say(t.token.Amount(new(big.Int).SetBytes(word)))
	case name == namePredecessor && empty(word):
		t.say("none")
	default:
		return false
	}
	return true
}

func (t *teller) say(s string) { t.b = append(t.b, s...) }

// full reports that there is nothing more to be shown of an argument.
func (t *teller) full() bool { return len(t.b) > t.until+3*maxShown }

// value writes one value whose head is at the position; offsets count from base.
func (t *teller) value(kind *abi.Type, head, base int) {
	if t.full() {
		return
	}
	at := head
	if Dynamic(*kind) {
		n, _ := size(t.data[head : head+32])
		at = base + n
	}
	switch kind.T {
	case abi.StringTy:
		b := counted(t.data[at:])
		if len(b) > maxShown {
			b = append(b[:maxShown:maxShown], "…"...)
		}
		t.say(strconv.Quote(string(b)))
	case abi.BytesTy:
		t.say(bytes(counted(t.data[at:])))
	case abi.SliceTy:
		n, _ := size(t.data[at : at+32])
		t.elements(kind.Elem, n, at+32)
	case abi.ArrayTy:
		t.elements(kind.Elem, kind.Size, at)
	case abi.TupleTy:
		t.say("(")
		inner := at
		for i, e := range kind.TupleElems {
			if i > 0 {
				t.say(", ")
			}
			from := base
			if Dynamic(*kind) {
				from = at
			}
			t.value(e, inner, from)
			inner += HeadSize(*e)
		}
		t.say(")")
	default:
		t.word(kind, t.data[at:at+32])
	}
}

func (t *teller) elements(kind *abi.Type, n, at int) {
	t.say("[")
	for i := range n {
		if t.full() {
			break
		}
		if i > 0 {
			t.say(", ")
		}
		t.value(kind, at+i*HeadSize(*kind), at)
	}
	t.say("]")
}

// word writes a value that takes one word.
func (t *teller) word(kind *abi.Type, word []byte) {
	switch {
	case !Proper(kind, word):
		t.say("0x" + hex.EncodeToString(word) + " (no " + kind.String() + ")")
	case kind.T == abi.AddressTy:
		t.say(t.book.address(common.BytesToAddress(word)))
	case kind.T == abi.BoolTy:
		t.say(strconv.FormatBool(word[31] == 1))
	case kind.T == abi.UintTy:
		t.say(amount(new(big.Int).SetBytes(word)))
	case kind.T == abi.IntTy:
		n := new(big.Int).SetBytes(word)
		if word[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 256))
		}
		t.say(n.String())
	case kind.T == abi.FixedBytesTy && kind.Size == 32:
		if role, ok := t.book.roles[common.BytesToHash(word)]; ok {
			t.say(role)
			return
		}
		t.say("0x" + hex.EncodeToString(word))
	case kind.T == abi.FixedBytesTy && kind.Size == 4:
		t.say(selectorName(word))
	case kind.T == abi.FixedBytesTy:
		t.say("0x" + hex.EncodeToString(word[:kind.Size]))
	default:
		t.say("0x" + hex.EncodeToString(word[:24]))
	}
}

// bytes writes bytes, or the beginning of many.
func bytes(b []byte) string {
	if len(b) > 32 {
		return fmt.Sprintf("0x%x… (%d bytes)", b[:8], len(b))
	}
	return fmt.Sprintf("0x%x", b)
}

// amount writes a round number of 18 decimals as a person would: 1000e18, which
// is also how the language of invariants reads it.
func amount(n *big.Int) string {
	if n.Cmp(math.MaxBig256) == 0 {
		return "2^256-1"
	}
	whole, rest := new(big.Int).QuoRem(n, ether, new(big.Int))
	if rest.Sign() == 0 && whole.Sign() != 0 {
		return whole.String() + "e18"
	}
	return n.String()
}

var ether = big.NewInt(1e18)

// length is a number of seconds as a person says it: 48h, 30m, 36h15m.
func length(n *big.Int) string {
	if !n.IsInt64() || n.Int64() > int64(100*365*24*time.Hour/time.Second) {
		return n.String() + "s"
	}
	return ops.Duration(time.Duration(n.Int64()) * time.Second)
}
