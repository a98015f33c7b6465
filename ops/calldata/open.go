package calldata

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// one takes out a single call of three inputs. Without a value it carries none.
func one(target, value, data int) opener {
	return func(_ common.Address, f frame, _ int) ([]ops.Call, int, string) {
		return []ops.Call{{To: f.address(target), Value: wei(f, value), Data: f.bytes(data)}}, 1, ""
	}
}

func wei(f frame, i int) string {
	if i < 0 {
		return "0"
	}
	return f.number(i)
}

// columns takes calls out of three lists: targets, values, calldata.
func columns(_ common.Address, f frame, most int) (out []ops.Call, all int, bad string) {
	targets, values, data := f.list(0), f.list(1), f.list(2)
	if targets.n != values.n || targets.n != data.n {
		return nil, 0, "its lists are not of one length: it reverts"
	}
	for i := range min(targets.n, most) {
		out = append(out, ops.Call{To: targets.address(i), Value: values.number(i), Data: data.bytes(i)})
	}
	return out, targets.n, ""
}

// tuples takes calls out of a list of tuples, whose first is the target.
func tuples(in, value, data int) opener {
	return func(_ common.Address, f frame, most int) (out []ops.Call, all int, bad string) {
		l := f.list(in)
		for i := range min(l.n, most) {
			t := l.tuple(i)
			out = append(out, ops.Call{To: t.address(0), Value: wei(t, value), Data: t.bytes(data)})
		}
		return out, l.n, ""
	}
}

// own takes out calls that a contract makes of itself, in its caller's name.
func own(to common.Address, f frame, most int) (out []ops.Call, all int, bad string) {
	l := f.list(0)
	for i := range min(l.n, most) {
		out = append(out, ops.Call{To: to, Value: "0", Data: l.bytes(i)})
	}
	return out, l.n, ""
}

// delegating takes out a Safe's or a module's call: to, value, data, operation.
func delegating(_ common.Address, f frame, _ int) ([]ops.Call, int, string) {
	operation := f.word(3)[31]
	if operation > 1 {
		return nil, 0, fmt.Sprintf("its operation %d is neither a call nor a delegatecall: it reverts", operation)
	}
	return []ops.Call{{To: f.address(0), Value: f.number(1), Data: f.bytes(2), Delegate: operation == 1}}, 1, ""
}

// packedCall is a packed call without its data: operation, target, value, length.
const packedCall = 1 + common.AddressLength + 32 + 32

// packed takes out the calls of a multiSend, which stand without padding. None of them
// counts unless all are whole.
func packed(_ common.Address, f frame, most int) (out []ops.Call, all int, bad string) {
	for b := f.bytes(0); len(b) > 0; all++ {
		if len(b) < packedCall {
			return nil, 0, fmt.Sprintf("its call %d ends too early", all+1)
		}
		n, ok := size(b[53:packedCall])
		if !ok || n > len(b)-packedCall || b[0] > 1 {
			return nil, 0, fmt.Sprintf("its call %d cannot be read", all+1)
		}
		if all < most {
			out = append(out, ops.Call{To: common.BytesToAddress(b[1:21]), Value: decimal(b[21:53]), Data: b[packedCall : packedCall+n : packedCall+n], Delegate: b[0] == 1})
		}
		b = b[packedCall+n:]
	}
	return out, all, ""
}

// compound takes out a transaction of Compound's timelock, whose selector may stand
// apart, as a signature.
func compound(_ common.Address, f frame, _ int) ([]ops.Call, int, string) {
	data := f.bytes(3)
	if signature := f.bytes(2); len(signature) > 0 {
		data = append(crypto.Keccak256(signature)[:4], data...)
	}
	return []ops.Call{{To: f.address(0), Value: f.number(1), Data: data}}, 1, ""
}

// initialiser takes out what is called through a proxy right after its upgrade. The
// proxy is an input, or the contract itself.
func initialiser(proxy, data int) opener {
	return func(to common.Address, f frame, _ int) ([]ops.Call, int, string) {
		b := f.bytes(data)
		if len(b) == 0 {
			return nil, 0, ""
		}
		if proxy >= 0 {
			to = f.address(proxy)
		}
		return []ops.Call{{To: to, Value: "0", Data: b}}, 1, ""
	}
}

// diamond takes out what a cut runs at its end, as the diamond's own code.
func diamond(_ common.Address, f frame, _ int) ([]ops.Call, int, string) {
	if f.address(1) == (common.Address{}) {
		return nil, 0, ""
	}
	return []ops.Call{{To: f.address(1), Value: "0", Data: f.bytes(2), Delegate: true}}, 1, ""
}

// mostShownCuts bounds how many facets of a cut stand in words.
const mostShownCuts = 8

// cut says what a diamondCut changes (EIP-2535).
func cut(b *Book, f frame) string {
	l := f.list(0)
	var parts []string
	for i := range min(l.n, mostShownCuts) {
		facet := l.tuple(i)
		selectors := facet.list(2)
		names := make([]string, 0, 4)
		for n := range min(selectors.n, 4) {
			names = append(names, selectorName(selectors.word(n)))
		}
		if selectors.n > 4 {
			names = append(names, "…")
		}
		does, of := "cuts", " of "+b.address(facet.address(0))
		switch facet.word(1)[31] {
		case 0:
			does = "adds"
		case 1:
			does = "replaces"
		case 2:
			does, of = "removes", ""
		}
		parts = append(parts, fmt.Sprintf("%s %d functions%s: %s", does, selectors.n, of, strings.Join(names, " ")))
	}
	if l.n > mostShownCuts {
		parts = append(parts, fmt.Sprintf("and %d facets more", l.n-mostShownCuts))
	}
	return strings.Join(parts, "; ")
}

// selectorName is a function by its selector, the first four bytes of a word; of one
// that the library knows its signature.
func selectorName(word []byte) string {
	if f, ok := library[string(word[:4])]; ok {
		return f.sig
	}
	return "0x" + hex.EncodeToString(word[:4])
}
