package measure

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// read registers a read, once, and makes the node that looks its answer up.
func (c *compiler) read(r ops.Read, kind Kind, decode func(ops.Reading) (Value, error)) node {
	c.need(r)
	return node{kind: kind, eval: func(f *Frame) (Value, error) {
		reading, err := answered(f.Now, r)
		if err != nil {
			return Value{}, err
		}
		v, err := decode(reading)
		if err != nil {
			return Value{}, fmt.Errorf("%s: %w", r.Name, err)
		}
		return v, nil
	}}
}

// need adds a read to those of the measure. A read that others take words from is
// compiled, and so added, before them.
func (c *compiler) need(r ops.Read) {
	if !c.seen[r] {
		c.seen[r] = true
		c.reads = append(c.reads, r)
	}
}

// answered looks an answer up; a missing one is an error with its reason.
func answered(now ops.Readings, r ops.Read) (ops.Reading, error) {
	reading, ok := now[r]
	if !ok {
		return ops.Reading{}, fmt.Errorf("%s was not read", r.Name)
	}
	switch reading.Status {
	case ops.ReadOK:
		return reading, nil
	case ops.ReadReverted:
		return reading, fmt.Errorf("%s reverted%s", r.Name, because(reading.Err))
	case ops.ReadNoCode:
		if r.To == (common.Address{}) && r.Links != "" {
			return reading, fmt.Errorf("%s: there is no contract at the address that was read", r.Name)
		}
		return reading, fmt.Errorf("%s: there is no contract at %s", r.Name, r.To.Hex())
	default:
		return reading, fmt.Errorf("%s was not answered%s", r.Name, because(reading.Err))
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
