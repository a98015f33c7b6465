package calldata

import (
	"fmt"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Layout says where the inputs of an event or a function stand. It is made once, for
// something of which many are read; reading by it allocates nothing.
type Layout struct {
	name   string
	plain  abi.Arguments // what stands in the data
	places []place
	topics int // of a log, its event's own among them
	size   int // of the data, where all of it stands where its head does
	static bool
}

// place is where one input stands: a topic, or the word at an offset of the data; neither,
// for one that takes more than a word or stands elsewhere.
type place struct{ topic, at int }

// EventLayout is the layout of an event.
func EventLayout(event abi.Event) Layout {
	l := layout(event.Inputs)
	l.name, l.topics = event.RawName, 1+len(event.Inputs)-len(l.plain)
	return l
}

// CallLayout is the layout of what a function is called with. No input of it is indexed.
func CallLayout(inputs abi.Arguments) Layout { return layout(inputs) }

func layout(inputs abi.Arguments) Layout {
	l := Layout{plain: inputs.NonIndexed(), static: true, places: make([]place, len(inputs))}
	topic := 1
	for i, in := range inputs {
		l.places[i] = place{topic: -1, at: -1}
		if in.Indexed {
			l.places[i].topic = topic
			topic++
			continue
		}
		head, dynamic := HeadSize(in.Type), Dynamic(in.Type)
		if head == 32 && !dynamic {
			l.places[i].at = l.size
		}
		l.size, l.static = l.size+head, l.static && !dynamic
	}
	return l
}

// FitsLog reports, strictly, what keeps the log from being one of the event.
func (l *Layout) FitsLog(log ops.Log) error {
	if len(log.Topics) != l.topics {
		return fmt.Errorf("%w: event %s has %d topics, not %d", ErrUndecodable, l.name, len(log.Topics), l.topics)
	}
	if err := l.FitsCall(log.Data); err != nil {
		return fmt.Errorf("event %s: %w", l.name, err)
	}
	if l.static && l.size != len(log.Data) {
		return fmt.Errorf("%w: event %s has %d bytes of data, not %d", ErrUndecodable, l.name, len(log.Data), l.size)
	}
	return nil
}

// FitsCall reports what keeps the data from being what the function is called with:
// calldata without its selector. What follows the arguments no contract looks at.
func (l *Layout) FitsCall(data []byte) error {
	if l.static && l.size <= len(data) {
		return nil
	}
	return fits(l.plain, data)
}

// Word is input i of what fits. An input that takes more than a word, or stands elsewhere,
// has none: its word is zero or, where it is indexed, a hash of it.
func (l *Layout) Word(topics []common.Hash, data []byte, i int) common.Hash {
	switch p := l.places[i]; {
	case p.topic >= 0:
		return topics[p.topic]
	case p.at >= 0:
		return common.Hash(data[p.at : p.at+32])
	default:
		return common.Hash{}
	}
}

// Words reads an event strictly: one word for each of its inputs, in their order.
func Words(event abi.Event, log ops.Log) ([]common.Hash, error) {
	l := EventLayout(event)
	if err := l.FitsLog(log); err != nil {
		return nil, err
	}
	words := make([]common.Hash, len(l.places))
	for i := range words {
		words[i] = l.Word(log.Topics, log.Data, i)
	}
	return words, nil
}
