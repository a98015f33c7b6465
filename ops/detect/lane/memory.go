package lane

import "github.com/bulkhead-console/bulkhead/ops"

// Memory is the end at which messages are executed, and what was heard of the other. It
// belongs to one caller.
type Memory struct {
	*Fold
	lane  *Lane
	heard ops.Side

	origins, done index // of what was heard, and of its own side
	gives         map[string]string
}

// NewMemory is a memory without a past, which has heard nothing.
func (l *Lane) NewMemory() *Memory {
	return &Memory{Fold: l.Executed.Start(), lane: l, heard: ops.Side{Lane: l.Executed.Lane, Chain: l.Sent, Why: "nothing was heard of " + l.Sent + ": this console does not look at it"}}
}

// Lane says of which lane it wants to hear.
func (m *Memory) Lane() ops.DetectorID { return m.of.Lane }

// Hear takes in what the other chain knows now.
func (m *Memory) Hear(s ops.Side) { m.heard = s }

// Next judges a block and remembers it.
func (m *Memory) Next(at ops.BlockRef, _ ops.Readings, logs []ops.Log) ops.Assessment {
	m.See(at, logs)
	a, first := m.lane.compare(m.heard, m.Side(), &m.origins, &m.done)
	m.gives = nil
	if first != nil {
		m.gives = map[string]string{Gives[0]: first.ID.Hex()}
	}
	return a
}

// Gives is the first message that is out of order at the newest block that was judged.
func (m *Memory) Gives() map[string]string { return m.gives }
