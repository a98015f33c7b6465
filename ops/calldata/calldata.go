// Package calldata turns ABI-encoded foreign bytes, calldata and event data, into
// values and into words that a person reads.
//
// It must never spend more time or memory than the bytes are worth: an encoding
// whose offsets are shared or nested so that it decodes to more than it holds is
// refused before it is decoded. Layout: the Solidity contract ABI specification.
package calldata

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrUndecodable means that the bytes do not fit the types they should hold.
var ErrUndecodable = errors.New("undecodable")

// maxShown bounds one argument in words for people, in characters.
const maxShown = 80

// Unpack decodes arguments, strictly bounded.
func Unpack(args abi.Arguments, data []byte) ([]any, error) {
	if err := fits(args, data); err != nil {
		return nil, err
	}
	values, err := args.Unpack(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	return values, nil
}

// Field reads one field of an event by its name.
func Field(event abi.Event, l ops.Log, name string) (any, error) {
	topic := 1
	for _, in := range event.Inputs {
		if !in.Indexed {
			continue
		}
		if in.Name == name {
			if topic >= len(l.Topics) {
				return nil, fmt.Errorf("%w: the event lacks topic %d", ErrUndecodable, topic)
			}
			return topicValue(in.Type, l.Topics[topic])
		}
		topic++
	}
	plain := event.Inputs.NonIndexed()
	values, err := Unpack(plain, l.Data)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", event.RawName, err)
	}
	for i, in := range plain {
		if in.Name == name {
			return values[i], nil
		}
	}
	return nil, fmt.Errorf("event %s has no field %q", event.Sig, name)
}

func topicValue(t abi.Type, topic common.Hash) (any, error) {
	switch t.T {
	case abi.AddressTy:
		if common.BytesToHash(topic[12:]) != topic {
			return nil, fmt.Errorf("%w: the topic %s is no address", ErrUndecodable, topic)
		}
		return common.BytesToAddress(topic[12:]), nil
	case abi.UintTy:
		n := topic.Big()
		if n.BitLen() > t.Size {
			return nil, fmt.Errorf("%w: the topic %s is no %s", ErrUndecodable, topic, t)
		}
		return n, nil
	default:
		return nil, fmt.Errorf("%w: an indexed %s", ErrUndecodable, t)
	}
}
