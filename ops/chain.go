package ops

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// ChainID is an EIP-155 chain id.
type ChainID uint64

// The range of chain ids reserved for drills. It is bounded above because real
// chains live beyond it (Sepolia is 11155111, Aurora 1313161554).
const (
	FirstDrillChain ChainID = 7331001
	LastDrillChain  ChainID = 7331999
)

// Drill reports whether the chain is one of the reserved drill chains. Nothing
// else, no flag and no setting, makes a drill.
func (c ChainID) Drill() bool { return c >= FirstDrillChain && c <= LastDrillChain }

// Mode says whether what is on the screen is rehearsed or real.
type Mode int

// A console is in exactly one mode; it follows from the chain id alone.
const (
	Live Mode = iota
	Drill
)

// ModeOf derives the mode from the chain id.
func ModeOf(c ChainID) Mode {
	if c.Drill() {
		return Drill
	}
	return Live
}

// String is the word shown at the top of every screen.
func (m Mode) String() string {
	if m == Drill {
		return "DRILL"
	}
	return "LIVE"
}

// BlockRef names one block: a number alone does not survive a reorg, so every
// statement about the chain carries the hash too. Time is the block's own
// timestamp, in UTC.
type BlockRef struct {
	Chain  ChainID     `json:"chain_id"`
	Number uint64      `json:"number"`
	Hash   common.Hash `json:"hash"`
	Parent common.Hash `json:"-"`
	Time   time.Time   `json:"time"`
}

// Zero reports whether the reference names no block at all.
func (b BlockRef) Zero() bool { return b.Hash == (common.Hash{}) }

// Log is one event as it stands in one block.
type Log struct {
	Block   BlockRef
	Address common.Address
	Topics  []common.Hash
	Data    []byte
	Tx      common.Hash
	Index   uint
}

// FeedState is what is known of one provider connection.
type FeedState int

// A feed starts down; it is live only while heads arrive in time.
const (
	FeedDown FeedState = iota
	FeedLive
	FeedStalled
	FeedAside // it is asked, and does not count: it failed, or said what nobody else says
)

// String is the word shown for a feed.
func (s FeedState) String() string {
	return [...]string{"down", "live", "stalled", "aside"}[s]
}

// FeedHealth is the state of one provider of heads, with the reason when it is
// not live and since when (wall clock).
type FeedHealth struct {
	Name  string
	State FeedState
	Why   string
	Since time.Time
	Last  BlockRef
}
