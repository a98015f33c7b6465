package chaintest

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Stale is a provider whose chain ends k blocks before the head. It goes on
// answering what is pinned to a newer block.
func Stale(k int) Fault {
	return Fault{
		ask: func(g *Gateway, c *Call) {
			if c.Method == "eth_getBlockByNumber" && len(c.Params) > 0 && string(c.Params[0]) == `"latest"` {
				c.Params[0] = quoted(hexutil.EncodeUint64(g.head(k)))
			}
		},
		result: func(g *Gateway, method string, result json.RawMessage) json.RawMessage {
			if !isBlock(method) {
				return result
			}
			var h Header
			if json.Unmarshal(result, &h) != nil || uint64(h.Number) > g.head(k) {
				return json.RawMessage("null")
			}
			return result
		},
	}
}

// head is the height k blocks below the provider's head.
func (g *Gateway) head(k int) uint64 {
	answers, err := g.forward([]Call{{Version: "2.0", ID: json.RawMessage("1"), Method: "eth_getBlockByNumber", Params: []json.RawMessage{quoted("latest"), json.RawMessage("false")}}})
	var h Header
	if err != nil || len(answers) != 1 || json.Unmarshal(answers[0].Result, &h) != nil || int(h.Number) < k {
		return 0
	}
	return uint64(h.Number) - uint64(k)
}

// Lies flips one byte in each result of eth_call and keeps its length.
func Lies(seed uint64) Fault {
	random := dice(seed)
	return LiesOn("eth_call", func(result json.RawMessage) json.RawMessage {
		var data hexutil.Bytes
		if json.Unmarshal(result, &data) != nil || len(data) == 0 {
			return result
		}
		data[random(len(data))] ^= byte(1 + random(255))
		return quoted(data.String())
	})
}

// LiesOn edits each result of a method.
func LiesOn(method string, edit func(json.RawMessage) json.RawMessage) Fault {
	return Fault{result: func(_ *Gateway, of string, result json.RawMessage) json.RawMessage {
		if of != method {
			return result
		}
		return edit(result)
	}}
}

// Equivocates is a provider with a chain of its own: at each height another hash,
// linked to its own parents. It does not know the blocks of the others.
func Equivocates() Fault {
	return Fault{
		ask: func(_ *Gateway, c *Call) {
			var hash common.Hash
			if c.Method == "eth_getBlockByHash" && len(c.Params) > 0 && json.Unmarshal(c.Params[0], &hash) == nil {
				c.Params[0] = quoted(other(hash).Hex())
			}
		},
		result: func(_ *Gateway, method string, result json.RawMessage) json.RawMessage {
			var h *Header
			if !isBlock(method) || json.Unmarshal(result, &h) != nil || h == nil {
				return result
			}
			h.Hash, h.ParentHash = other(h.Hash), other(h.ParentHash)
			out, err := json.Marshal(h)
			if err != nil {
				return result
			}
			return out
		},
	}
}

// other is another hash, and that one's other is the first.
func other(h common.Hash) common.Hash {
	if h != (common.Hash{}) {
		h[0] ^= 0xff
	}
	return h
}

func isBlock(method string) bool {
	return method == "eth_getBlockByNumber" || method == "eth_getBlockByHash"
}

func quoted(text string) json.RawMessage { return json.RawMessage(`"` + text + `"`) }

// dice is a source of numbers below n that is safe for concurrent use.
func dice(seed uint64) func(n int) int {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	return func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
}

// Lacks is a provider that does not know some methods.
func Lacks(methods ...string) Fault {
	return Fault{ask: func(_ *Gateway, c *Call) {
		if slices.Contains(methods, c.Method) {
			c.Method = "none_" + c.Method
		}
	}}
}
