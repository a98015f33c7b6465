package chaintest

import (
	"encoding/json"

	"github.com/ethereum/go-ethereum/common"
)

// missingMethod is how a node says that it does not know a method.
type missingMethod string

func (m missingMethod) Error() string { return "the method " + string(m) + " does not exist" }

// ErrorCode is that of JSON-RPC 2.0.
func (m missingMethod) ErrorCode() int { return -32601 }

func (s *Server) traced(method string) (any, error) {
	if s.TraceBlock == nil {
		return nil, missingMethod(method)
	}
	return s.TraceBlock(method)
}

// debug and trace hold the methods of nodes that trace.
type (
	debug struct{ s *Server }
	trace struct{ s *Server }
)

// TraceBlockByHash is debug_traceBlockByHash.
func (d *debug) TraceBlockByHash(common.Hash, *json.RawMessage) (any, error) {
	return d.s.traced("debug_traceBlockByHash")
}

// Block is trace_block.
func (t *trace) Block(json.RawMessage) (any, error) { return t.s.traced("trace_block") }
