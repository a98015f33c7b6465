package ops

import (
	"slices"
	"time"
)

// ChainState is what a snapshot says of one chain alone. What is counted in
// blocks or in chain time is counted by the chain that it happened on.
type ChainState struct {
	Name       string
	ID         ChainID
	Head       BlockRef
	Judged     uint64 // blocks since the start
	Missed     uint64 // blocks since the start that could not be judged
	Followed   uint64 // the last block at which what is in flight was looked after
	BlockTime  time.Duration
	Blind      string // why the chain cannot be seen now; empty when it can
	BlindSince time.Time
	Feeds      []FeedHealth
	Incident   *Incident
	Armed      bool   // something can be sent to it
	Journal    string // where its journal lies
}

// On is the state of one chain. Of a snapshot that shows one chain it is that
// one, by whatever name; a name that nothing is known of has no block.
func (s *Snapshot) On(chain string) ChainState {
	if len(s.Chains) == 0 {
		return ChainState{
			Name: s.Chain, ID: s.ChainID, Head: s.Head, Judged: s.Judged, Missed: s.Missed, Followed: s.Followed, BlockTime: s.BlockTime,
			Blind: s.Blind, BlindSince: s.BlindSince, Feeds: s.Feeds, Incident: s.Incident, Armed: s.Arming.Armed, Journal: s.Journal,
		}
	}
	for i := range s.Chains {
		if s.Chains[i].Name == chain {
			return s.Chains[i]
		}
	}
	return ChainState{Name: chain}
}

// Dark reports whether no chain at all can be seen.
func (s *Snapshot) Dark() bool {
	return s.Blind != "" && !slices.ContainsFunc(s.Chains, func(c ChainState) bool { return c.Blind == "" })
}

// Started reports whether a block of any chain was seen.
func (s *Snapshot) Started() bool {
	return !s.Head.Zero() || slices.ContainsFunc(s.Chains, func(c ChainState) bool { return !c.Head.Zero() })
}
