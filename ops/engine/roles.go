package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/policy"
	"github.com/bulkhead-console/bulkhead/runbooks"
)

var recordShape = regexp.MustCompile(`^record-roles\((\w+)\)$`)

const (
	mostMembers = 512             // of all roles together: more is a list nobody reads
	rolesWithin = 5 * time.Second // for the three rounds of reads
)

// rolesRecord is who held which role of a contract at a block, as OpenZeppelin's
// AccessControlEnumerable says.
type rolesRecord struct {
	Contract string                      `json:"contract"`
	Address  common.Address              `json:"address"`
	Block    ops.BlockRef                `json:"block"`
	Roles    map[string][]common.Address `json:"roles"`
}

// roleNames are the contract's own names of its roles: views without arguments that
// answer bytes32 and end in _ROLE.
func roleNames(of abi.ABI) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(of.Methods)) {
		m := of.Methods[name]
		if strings.HasSuffix(name, "_ROLE") && len(m.Inputs) == 0 && len(m.Outputs) == 1 && m.Outputs[0].Type.String() == "bytes32" {
			names = append(names, name)
		}
	}
	return names
}

// record checks a step that records roles.
func (a *arranger) record(doc runbooks.Runbook, s runbooks.Step, name string) {
	c, ok := a.policy.Contracts[name]
	switch {
	case !ok:
		a.fault(doc.File, s.Control, "contracts: "+listed(a.policy.Contracts), "step %s: no contract is called %q", s.ID, name)
	case len(roleNames(c.ABI)) == 0 || c.ABI.Methods["getRoleMember"].Sig != "getRoleMember(bytes32,uint256)" || c.ABI.Methods["getRoleMemberCount"].Sig != "getRoleMemberCount(bytes32)":
		a.fault(doc.File, s.Control, "it needs OpenZeppelin's AccessControlEnumerable", "step %s: the roles of %s cannot be listed", s.ID, name)
	}
	if want := "recorded(" + name + ") == true"; s.Expect.Value != want {
		a.fault(doc.File, s.Expect, "write "+want, "step %s: a record is proven by that it was written", s.ID)
	}
}

// recordRoles writes into the journal who holds which role of a contract, all of it
// read at the newest block. It fails where a part of it cannot be read: a list with
// a hole says nothing.
func (e *Engine) recordRoles(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), rolesWithin)
	defer cancel()
	e.mu.Lock()
	at := e.shared.head
	e.mu.Unlock()
	roles, err := e.roles(ctx, at, e.Rules.policy.Contracts[name])
	if err != nil {
		return fmt.Errorf("the roles of %s could not be read: %w", name, err)
	}
	return e.Journal.Write("roles", rolesRecord{Contract: name, Address: e.Rules.policy.Contracts[name].Address, Block: at, Roles: roles})
}

func (e *Engine) roles(ctx context.Context, at ops.BlockRef, c policy.Contract) (map[string][]common.Address, error) {
	read := roleReader{engine: e, at: at, contract: c}
	names := roleNames(c.ABI)
	out := map[string][]common.Address{}
	for _, name := range names {
		read.ask(name)
	}
	ids := read.answers(ctx)
	for i := range ids {
		read.ask("getRoleMemberCount", [32]byte(ids[i]))
	}
	counts := read.answers(ctx)
	total := 0
	for i, count := range counts {
		n := new(big.Int).SetBytes(count)
		if n.Cmp(big.NewInt(mostMembers)) > 0 || total+int(n.Int64()) > mostMembers {
			return nil, fmt.Errorf("they have more than %d members", mostMembers)
		}
		total += int(n.Int64())
		for k := range n.Int64() {
			read.ask("getRoleMember", [32]byte(ids[i]), big.NewInt(k))
		}
	}
	members := read.answers(ctx)
	if read.err != nil {
		return nil, read.err
	}
	for i, name := range names {
		n := int(new(big.Int).SetBytes(counts[i]).Int64())
		out[name] = []common.Address{}
		for _, word := range members[:n] {
			out[name] = append(out[name], common.BytesToAddress(word))
		}
		members = members[n:]
	}
	return out, nil
}

// roleReader asks a contract several views of one word in one request. The first
// error sticks, and then nothing is answered any more.
type roleReader struct {
	engine   *Engine
	at       ops.BlockRef
	contract policy.Contract
	reads    []ops.Read
	err      error
}

func (r *roleReader) ask(view string, args ...any) {
	data, err := r.contract.ABI.Pack(view, args...)
	r.err = errors.Join(r.err, err)
	r.reads = append(r.reads, ops.Read{Kind: ops.ReadCall, To: r.contract.Address, Data: string(data), Name: view})
}

func (r *roleReader) answers(ctx context.Context) [][]byte {
	reads := r.reads
	r.reads = nil
	if r.err != nil || len(reads) == 0 {
		return nil
	}
	readings, err := r.engine.Chain.Read(ctx, r.at, reads)
	if err != nil {
		r.err = err
		return nil
	}
	byRead := ops.ReadingsOf(readings)
	out := make([][]byte, len(reads))
	for i, read := range reads {
		reading := byRead[read]
		if reading.Status != ops.ReadOK || len(reading.Data) != common.HashLength {
			r.err = fmt.Errorf("%s did not answer: %s", read.Name, reading.Err)
			return nil
		}
		out[i] = reading.Data
	}
	return out
}
