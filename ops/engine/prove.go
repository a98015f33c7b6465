package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/pack"
	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// ErrOperator means that the console's operator is not proven to be one of the
// people of owners.yaml who may arm.
var ErrOperator = errors.New("the operator is not proven")

// kindArmed is the kind of a journal record of an arming.
const kindArmed = "armed"

// armed is the journal's record of an arming. With a signature it is proof: whoever
// has the owners can make the statement again from these fields and recover Address
// from Signature. Times are whole seconds, as they are signed.
type armed struct {
	By        ops.Operator   `json:"by"`
	Reason    string         `json:"reason"`
	At        time.Time      `json:"at"`
	Until     time.Time      `json:"until"`
	Chain     ops.ChainID    `json:"chain_id"`
	Root      common.Hash    `json:"root"`
	Person    string         `json:"person,omitempty"` // as owners.yaml names who owns the key
	Address   common.Address `json:"address,omitzero"`
	Signature hexutil.Bytes  `json:"signature,omitempty"`
}

// prove opens the operator's key, has it sign the arming, and closes it again: it is
// needed for nothing else. Only a drill on a pack without owners needs none.
func (e *Engine) prove(record *armed, typed string) error {
	owners := e.Rules.pack.Owners
	if owners == nil && e.Rules.ChainID.Drill() {
		return nil
	}
	key := e.OperatorKey
	if key.Store == nil {
		return fmt.Errorf("%w: no key of the operator is named: write operator: {name: …, key: …} in config.yaml, with a key that stands under keys", ErrOperator)
	}
	person, err := e.person(owners, key.Store.Address())
	if err != nil {
		return err
	}
	if err := open(key, typed); err != nil {
		return err
	}
	defer key.Store.Lock()
	record.Person, record.Address = person.Name, key.Store.Address()
	signature, err := key.attest(record.statement())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOperator, err)
	}
	record.Signature = signature
	return nil
}

func (r *armed) statement() statement.Statement {
	return statement.Arming(r.Root, r.Chain, r.Address, r.Person, r.Reason, r.At, r.Until)
}

// person finds who of the owners' people the key is, and whether that is who the
// settings say. A drill's keys are everybody's: there the name is the player's.
func (e *Engine) person(owners *pack.Owners, a common.Address) (pack.Person, error) {
	var person pack.Person
	known := false
	if owners != nil {
		person, known = owners.Person(a)
	}
	switch {
	case !known:
		return person, fmt.Errorf("%w: %s is nobody of %s: add the person there, and have it signed", ErrOperator, a.Hex(), pack.OwnersFile)
	case !person.Arms():
		return person, fmt.Errorf("%w: %s is neither commander nor operator in %s", ErrOperator, person.Name, pack.OwnersFile)
	case e.Rules.ChainID.Drill():
		return person, nil
	case person.Name != e.Operator.Name:
		return person, fmt.Errorf("%w: config.yaml says %s sits here, and the key is %s's: write the name as in %s", ErrOperator, e.Operator.Name, person.Name, pack.OwnersFile)
	case !slices.Contains(person.Roles, e.Operator.Role):
		return person, fmt.Errorf("%w: config.yaml says %s is %s, and %s does not", ErrOperator, person.Name, e.Operator.Role, pack.OwnersFile)
	}
	return person, nil
}

// open unlocks a key with its own password, or with the one that was typed.
func open(k Key, typed string) error {
	if k.Password != nil {
		var err error
		if typed, err = k.Password(); err != nil {
			return err
		}
	}
	if err := k.Store.Unlock(typed); err != nil {
		return fmt.Errorf("%s: %w", k.Store.Address().Hex(), err)
	}
	return nil
}
