package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
)

// What the timelock commands print with --json: one object a line. Times are UTC, of
// the chain; delays in seconds; amounts in wei.

type hazardJSON struct {
	Kind    ops.HazardKind `json:"kind"`
	Verdict ops.Verdict    `json:"verdict"`
	Text    string         `json:"text"`
}

type callJSON struct {
	To       common.Address `json:"to"`
	Name     string         `json:"name,omitempty"`
	Words    string         `json:"words"`
	Value    string         `json:"value"`
	Data     hexutil.Bytes  `json:"data"`
	Delegate bool           `json:"delegatecall,omitempty"`
	Doubt    string         `json:"doubt,omitempty"`
	Inner    []callJSON     `json:"calls,omitempty"`
}

type operationJSON struct {
	Timelock    string          `json:"timelock"`
	Short       string          `json:"short"`
	ID          common.Hash     `json:"id"`
	State       string          `json:"state"`
	Approved    ops.Verdict     `json:"approved"`
	ApprovedAs  string          `json:"approved_as,omitempty"`
	Scheduled   uint64          `json:"scheduled_block"`
	Tx          common.Hash     `json:"transaction"`
	Proposer    *common.Address `json:"proposer,omitempty"`
	Through     *common.Address `json:"through,omitempty"`
	ETA         *time.Time      `json:"eta,omitempty"`
	Delay       int64           `json:"delay"`
	MinDelay    int64           `json:"min_delay"`
	Ended       uint64          `json:"ended_block,omitempty"`
	Predecessor common.Hash     `json:"predecessor"`
	Salt        common.Hash     `json:"salt"`
	Batch       bool            `json:"batch"`
	Executors   []string        `json:"executors,omitempty"`
	Cancellers  []string        `json:"cancellers,omitempty"`
	Voids       []string        `json:"cancelling_voids,omitempty"`
	Blocked     string          `json:"blocked,omitempty"`
	Hazards     []hazardJSON    `json:"hazards"`
	Calls       []callJSON      `json:"calls"`
}

type timelockJSON struct {
	Chain      string          `json:"chain"`
	ChainID    ops.ChainID     `json:"chain_id"`
	Block      uint64          `json:"block"`
	ID         string          `json:"id"`
	Kind       string          `json:"kind"`
	Name       string          `json:"name"`
	Address    common.Address  `json:"address"`
	MinDelay   int64           `json:"min_delay"`
	Least      int64           `json:"policy_min_delay"`
	Hazards    []hazardJSON    `json:"hazards"`
	Operations []operationJSON `json:"operations"`
}

func encoded(out io.Writer, document any) error { return json.NewEncoder(out).Encode(document) }

func hazardDocuments(hazards []ops.Hazard) []hazardJSON {
	out := make([]hazardJSON, len(hazards))
	for i, h := range hazards {
		out[i] = hazardJSON(h)
	}
	return out
}

func callDocuments(calls []ops.Call) []callJSON {
	out := make([]callJSON, len(calls))
	for i, c := range calls {
		out[i] = callDocument(c)
	}
	return out
}

func callDocument(c ops.Call) callJSON {
	return callJSON{To: c.To, Name: c.Name, Words: c.Function, Value: c.Value, Data: c.Data, Delegate: c.Delegate, Doubt: c.Doubt, Inner: callDocuments(c.Inner)}
}

func operationDocument(o ops.Operation) operationJSON {
	out := operationJSON{
		Timelock: o.Timelock, Short: o.Short, ID: o.ID, State: o.State.String(), Approved: o.Approved, ApprovedAs: o.ApprovedAs, Scheduled: o.Scheduled.Number, Tx: o.Tx,
		Delay: int64(o.Delay.Seconds()), MinDelay: int64(o.MinDelay.Seconds()), Ended: o.Ended.Number, Predecessor: o.Predecessor, Salt: o.Salt, Batch: o.Batch,
		Executors: o.Executors, Cancellers: o.Cancellers, Voids: o.Voids, Blocked: o.Blocked, Hazards: hazardDocuments(o.Hazards), Calls: callDocuments(o.Calls),
	}
	if o.Proposer != (common.Address{}) {
		out.Proposer = &o.Proposer
	}
	if o.Through != (common.Address{}) {
		out.Through = &o.Through
	}
	if !o.ETA.IsZero() {
		out.ETA = &o.ETA
	}
	return out
}

func timelockDocument(s ops.Snapshot, t ops.Timelock, queue []ops.Operation) timelockJSON {
	out := timelockJSON{
		Chain: s.Chain, ChainID: s.ChainID, Block: s.Head.Number, ID: t.ID, Kind: t.Kind, Name: t.Name, Address: t.Address,
		MinDelay: int64(t.MinDelay.Seconds()), Least: int64(t.Least.Seconds()), Hazards: hazardDocuments(t.Hazards), Operations: make([]operationJSON, len(queue)),
	}
	for i, o := range queue {
		out.Operations[i] = operationDocument(o)
	}
	return out
}
