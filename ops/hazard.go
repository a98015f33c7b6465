package ops

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// HazardKind is one way in which something that waits in a timelock can be wrong.
type HazardKind string

// The kinds of hazards, as policy.yaml names them as signs. HazardUnread has no sign of
// its own: what could not be read of an operation may be any of those that its calls
// show.
const (
	HazardUnexpected HazardKind = "unexpected"   // in no approved release
	HazardMissing    HazardKind = "missing"      // approved, and not where the release says it should be
	HazardReplaced   HazardKind = "replaced"     // stands in the place of an approved one
	HazardAgain      HazardKind = "again"        // cancelled, and scheduled again
	HazardDuplicate  HazardKind = "duplicate"    // another one that waits makes the same calls
	HazardDelay      HazardKind = "delay"        // it waits, or lets others wait, for less than it must
	HazardRole       HazardKind = "role"         // who may do what changes
	HazardOrder      HazardKind = "order"        // anybody may choose its place among others
	HazardSelf       HazardKind = "self"         // it calls the timelock itself
	HazardID         HazardKind = "id"           // its id is not that of its calls, or the contract says something else
	HazardDelegate   HazardKind = "delegatecall" // it runs foreign code as its own
	HazardCode       HazardKind = "code"         // it upgrades to code that the release does not name
	HazardUnread     HazardKind = "unread"       // part of its calls could not be read
)

// Hazard is one thing that is wrong: BREACH. It is UNKNOWN where that could not be
// found out, and OK where an approved release says that it should be so, or where its kind
// of timelock does not let it be wrong: Text says why.
type Hazard struct {
	Kind    HazardKind
	Verdict Verdict
	Text    string
}

// Signs are the kinds that a policy can name, the gravest first.
var Signs = []HazardKind{
	HazardUnexpected, HazardID, HazardReplaced, HazardCode, HazardDelegate, HazardRole, HazardDelay, HazardSelf, HazardAgain, HazardDuplicate, HazardOrder, HazardMissing,
}

// Timelock is a queue contract as a whole, beside what waits in it.
type Timelock struct {
	Chain    string // its chain's name, where several are shown together; else empty
	ID       string
	Kind     string
	Name     string // what the policy calls the contract
	Address  common.Address
	MinDelay time.Duration // the contract's, at the judged block; 0 while it is not known
	Least    time.Duration // that the policy allows
	Hazards  []Hazard      // of no single operation that waits, the gravest first
}
