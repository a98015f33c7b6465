package ops

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Operator is the person at the console.
type Operator struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

// Command is something a person wants done. It travels from a key to engine.Do
// and nowhere else.
type Command interface{ command() }

// Arm unlocks the console for a while. Reason is written to the journal; Secret
// is the keystore's password, empty when the settings refer to it.
type Arm struct {
	Reason string
	Secret string
}

// Lock ends arming at once.
type Lock struct{}

// Contain confirms a prepared plan: Digest names it, Phrase is what the person
// typed. Prepared is when the plan that was shown was prepared: what is sent is
// that plan and no newer one.
type Contain struct {
	Digest   common.Hash
	Prepared time.Time
	Phrase   string
}

// Answer is what a person says to the question of a runbook under way: Receipt is
// its id.
type Answer struct {
	Receipt string
	Step    string
	Text    string
}

func (Arm) command()     {}
func (Lock) command()    {}
func (Contain) command() {}
func (Answer) command()  {}

// Arming says whether a person can send at all, who, and for how long (wall
// clock). NeedsSecret means that arming must ask for the keystore's password.
type Arming struct {
	Armed       bool
	By          Operator
	Reason      string
	Until       time.Time
	NeedsSecret bool
	Refused     string // why arming is impossible: no signer, no journal
}
