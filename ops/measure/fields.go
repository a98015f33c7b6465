package measure

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// fields are what one event says, or one call is made with, still encoded: a field is
// decoded by who asks for it, for most events are looked at by a filter and left.
type fields struct {
	of     *source
	topics []common.Hash
	data   []byte
	from   common.Address // of a call
	wei    *big.Int
}

// fields reads a log strictly: every input that the language can hold has to be one.
func (s *source) fields(l ops.Log) (fields, error) {
	f := fields{of: s, topics: l.Topics, data: l.Data}
	if err := s.layout.FitsLog(l); err != nil {
		return fields{}, err
	}
	if i, err := f.improper(s.event.Inputs); err != nil {
		return fields{}, fmt.Errorf("%s of %s %w", s.inputs[i].Name, s.name, err)
	}
	return f, nil
}

// arguments reads a call of the function. What has arguments that the function cannot have
// is none.
func (s *source) arguments(i ops.Invocation) (fields, bool) {
	f := fields{of: s, data: i.Data[selectorSize:], from: i.From, wei: i.Value}
	if s.layout.FitsCall(f.data) != nil {
		return fields{}, false
	}
	_, err := f.improper(s.method.Inputs)
	return f, err == nil
}

// improper finds an input whose word is no value of its type.
func (f fields) improper(inputs abi.Arguments) (int, error) {
	for i := range inputs {
		if _, ok := kindOf(inputs[i].Type); !ok {
			continue
		}
		if word := f.word(i); !calldata.Proper(&inputs[i].Type, word[:]) {
			_, err := decode(inputs[i].Type, word[:])
			return i, err
		}
	}
	return 0, nil
}

func (f fields) word(i int) common.Hash { return f.of.layout.Word(f.topics, f.data, i) }

// value decodes field i: an input, or what a transaction carries.
func (f fields) value(i int) (Value, error) {
	if m := f.of.method; m != nil && i >= len(m.Inputs) {
		if f.of.inputs[i].Name == carriedFrom {
			return AddressValue(f.from), nil
		}
		return NumberValue(new(big.Rat).SetInt(f.wei)), nil
	}
	word := f.word(i)
	return decode(f.of.inputs[i].Type, word[:])
}
