package measure

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/expr-lang/expr/ast"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// Event is what a log must be of to matter: an address and its first topic.
type Event struct {
	Address common.Address
	Topic   common.Hash
}

// source is one event of one contract, or the calls of one of its functions.
type source struct {
	contract common.Address
	name     string        // vault.Withdraw
	inputs   abi.Arguments // what a filter can name
	event    abi.Event
	layout   calldata.Layout
	method   *abi.Method // of calls
	sent     ops.Read    // of calls: where they stand
}

func (s *source) matches(l ops.Log) bool {
	return s.method == nil && l.Address == s.contract && len(l.Topics) > 0 && l.Topics[0] == s.event.ID
}

// eventOf finds contract.Event.
func (c *compiler) eventOf(n ast.Node, usage string) (source, error) {
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return source{}, c.fail(n, usage, "an event is wanted: contract.Event")
	}
	id, ok := m.Node.(*ast.IdentifierNode)
	property, named := m.Property.(*ast.StringNode)
	if !ok || !named {
		return source{}, c.fail(n, usage, "an event is wanted: contract.Event")
	}
	contract, ok := c.scope.Contracts[id.Value]
	if !ok {
		return source{}, c.fail(id, "contracts: "+known(c.scope.Contracts, map[string]int{}), "no contract is called %q", id.Value)
	}
	var found []abi.Event
	names := map[string]bool{}
	for _, e := range contract.ABI.Events {
		names[e.RawName] = true
		if e.RawName == property.Value {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 0:
		return source{}, c.fail(property, "it has: "+known(names, map[string]int{}), "%s has no event %q", id.Value, property.Value)
	case len(found) > 1:
		return source{}, c.fail(property, "", "%s has %d events %s, and which is meant cannot be told", id.Value, len(found), property.Value)
	case found[0].Anonymous:
		return source{}, c.fail(property, "name an event that has a topic of its own", "%s is anonymous: it cannot be told from others", found[0].Sig)
	}
	return source{contract: contract.Address, name: id.Value + "." + property.Value, inputs: found[0].Inputs, layout: calldata.EventLayout(found[0]), event: found[0]}, nil
}

// eventField finds contract.Event.field.
func (c *compiler) eventField(n ast.Node, usage string) (source, int, error) {
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return source{}, 0, c.fail(n, usage, "a field of an event is wanted: contract.Event.field")
	}
	if _, ok := m.Node.(*ast.MemberNode); !ok {
		return source{}, 0, c.fail(n, usage, "a field of an event is wanted: contract.Event.field")
	}
	of, err := c.eventOf(m.Node, usage)
	if err != nil {
		return source{}, 0, err
	}
	property, ok := m.Property.(*ast.StringNode)
	if !ok {
		return source{}, 0, c.fail(n, usage, "a field of an event is wanted: contract.Event.field")
	}
	i, err := c.field(property, of, property.Value)
	return of, i, err
}

// field finds an input by its name.
func (c *compiler) field(n ast.Node, of source, name string) (int, error) {
	names := map[string]bool{}
	for i, in := range of.inputs {
		if in.Name != name {
			names[in.Name] = true
			continue
		}
		if of.method != nil && i < len(of.method.Inputs) && slices.ContainsFunc(carried, func(c abi.Argument) bool { return c.Name == name }) {
			return 0, c.fail(n, fmt.Sprintf("write %s.%s for the input, %s.%s for the transaction's", ofInput, name, ofTx, name),
				"%q is an input of %s, and what the transaction has", name, of.name)
		}
		if _, ok := kindOf(in.Type); !ok {
			return 0, c.fail(n, "numbers, booleans, addresses and bytes32 can be measured", "%s of %s is %s", name, of.name, in.Type)
		}
		return i, nil
	}
	return 0, c.fail(n, "it has: "+known(names, map[string]int{}), "%s has no field %q", of.name, name)
}
