package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrNoSimulation means that the provider has no eth_simulateV1.
var ErrNoSimulation = errors.New("the provider cannot simulate")

// simulatedCall is one result of eth_simulateV1.
type simulatedCall struct {
	Status     hexutil.Uint64 `json:"status"`
	GasUsed    hexutil.Uint64 `json:"gasUsed"`
	ReturnData hexutil.Bytes  `json:"returnData"`
	Error      *struct {
		Message string `json:"message"`
		Data    string `json:"data"`
	} `json:"error"`
}

// outcome reads a result; geth puts revert data into error.data, anvil into
// returnData.
func (s simulatedCall) outcome() ops.Outcome {
	o := ops.Outcome{OK: s.Status == 1, Gas: uint64(s.GasUsed)}
	if o.OK {
		return o
	}
	o.Data = s.ReturnData
	if s.Error != nil && len(s.Error.Data) > 2 && len(s.Error.Data) < 1<<16 {
		o.Data = common.FromHex(s.Error.Data)
	}
	o.Data = bytes.Clone(o.Data[:min(len(o.Data), viewReturn)])
	switch {
	case len(o.Data) >= 4:
		o.Reason = RevertReason(o.Data)
	case s.Error != nil:
		o.Reason = clipped(s.Error.Message, maxReason)
	default:
		o.Reason = "no reason given"
	}
	return o
}

// simulation is one trial as a question and its answer.
type simulation struct {
	trial  ops.Trial
	calls  int
	blocks []struct {
		Calls []simulatedCall `json:"calls"`
	}
}

// ask is the trial's entry in a batch: the reads are taken in the same simulated
// block, before and after the action.
func (s *simulation) ask() rpc.BatchElem {
	t := s.trial
	calls := make([]any, 0, len(t.Prior)+2*len(t.Reads)+2)
	for _, m := range t.Prior {
		calls = append(calls, message(m))
	}
	read := func() {
		for _, r := range t.Reads {
			calls = append(calls, map[string]any{"to": r.To, "input": hexutil.Bytes(r.Data), "gas": hexutil.Uint64(viewGas)})
		}
	}
	read()
	calls = append(calls, message(t.Action))
	read()
	if t.Replay != nil {
		calls = append(calls, message(*t.Replay))
	}
	s.calls = len(calls)
	options := map[string]any{"blockStateCalls": []any{map[string]any{"calls": calls}}}
	return rpc.BatchElem{Method: "eth_simulateV1", Args: []any{options, pinned(t.At)}, Result: &s.blocks}
}

// result reads the answer.
func (s *simulation) result(provider string, failed error) (ops.TrialResult, error) {
	t := s.trial
	if failed != nil {
		var coded rpc.Error
		if errors.As(failed, &coded) && coded.ErrorCode() == -32601 {
			return ops.TrialResult{}, fmt.Errorf("provider %s: %w: %w", provider, ErrNoSimulation, failed)
		}
		return ops.TrialResult{}, fmt.Errorf("provider %s: %w", provider, failed)
	}
	if len(s.blocks) != 1 || len(s.blocks[0].Calls) != s.calls {
		return ops.TrialResult{}, fmt.Errorf("provider %s: eth_simulateV1 answered another question than was asked", provider)
	}
	results, n := s.blocks[0].Calls[len(t.Prior):], len(t.Reads)
	out := ops.TrialResult{
		Before: simulatedReads(t, results[:n]),
		Action: results[n].outcome(),
		After:  simulatedReads(t, results[n+1:2*n+1]),
	}
	if t.Replay != nil {
		o := results[2*n+1].outcome()
		out.Replay = &o
	}
	return out, nil
}

// Try runs a trial on top of its block: nothing is sent.
func (c *Client) Try(ctx context.Context, t ops.Trial) (ops.TrialResult, error) {
	s := &simulation{trial: t}
	ask := s.ask()
	return s.result(c.endpoint.Name, c.call(ctx, ask.Result, ask.Method, ask.Args...))
}

func simulatedReads(t ops.Trial, results []simulatedCall) []ops.Reading {
	out := make([]ops.Reading, len(results))
	for i, r := range results {
		out[i] = ops.Reading{Read: t.Reads[i], At: t.At, Status: ops.ReadOK, Data: bytes.Clone(r.ReturnData[:min(len(r.ReturnData), viewReturn)])}
		if t.Reads[i].Kind != ops.ReadCall { // a call in its place would answer another question
			out[i] = ops.Reading{Read: t.Reads[i], At: t.At, Err: "only calls can be read in a simulation"}
		} else if o := r.outcome(); !o.OK {
			out[i].Status, out[i].Err, out[i].Data = ops.ReadReverted, o.Reason, o.Data
		}
	}
	return out
}

// message is a call as the RPC wants it.
func message(m ops.Message) map[string]any {
	arg := map[string]any{"from": m.From, "to": m.To, "input": hexutil.Bytes(m.Data)}
	if m.Value != nil {
		arg["value"] = (*hexutil.Big)(m.Value)
	}
	if m.Gas != 0 {
		arg["gas"] = hexutil.Uint64(m.Gas)
	}
	return arg
}
