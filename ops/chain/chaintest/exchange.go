package chaintest

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// Call is one call of a request, in a batch or alone.
type Call struct {
	Version string            `json:"jsonrpc"`
	ID      json.RawMessage   `json:"id"`
	Method  string            `json:"method"`
	Params  []json.RawMessage `json:"params"`
}

// answer is the answer to one call.
type answer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// pass carries the calls over and brings the answers back, both as the fault
// would have them.
func (g *Gateway) pass(fault Fault, calls []Call) ([]answer, error) {
	if fault.ask != nil {
		for i := range calls {
			fault.ask(g, &calls[i])
		}
	}
	answers, err := g.forward(calls)
	if err != nil {
		return nil, err
	}
	if fault.result != nil {
		methods := map[string]string{}
		for _, c := range calls {
			methods[string(c.ID)] = c.Method
		}
		for i, a := range answers {
			if a.Error == nil {
				answers[i].Result = fault.result(g, methods[string(a.ID)], a.Result)
			}
		}
	}
	if fault.batch != nil {
		answers = fault.batch(answers)
	}
	return answers, nil
}

// forward asks the provider behind.
func (g *Gateway) forward(calls []Call) ([]answer, error) {
	body, err := json.Marshal(calls)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	upstream := g.upstream
	g.mu.Unlock()
	response, err := http.Post(upstream, "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var answers []answer
	err = json.NewDecoder(response.Body).Decode(&answers)
	return answers, err
}

// parse reads a batch, or a call that comes alone.
func parse(body []byte) (calls []Call, alone bool, err error) {
	if json.Unmarshal(body, &calls) == nil {
		return calls, false, nil
	}
	var one Call
	err = json.Unmarshal(body, &one)
	return []Call{one}, true, err
}
