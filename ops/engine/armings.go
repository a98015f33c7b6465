package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/pack"
)

// armedWithin is how far the time of an arming may lie from that of its record: the one is
// signed and the other written a moment later, by the same clock. More is a signature of
// another time.
const armedWithin = 5 * time.Minute

// Arming is one arming that a journal tells of. Problem says why it does not prove who
// armed; empty when it does.
type Arming struct {
	Seq     uint64 // of its record
	Chain   ops.ChainID
	Root    common.Hash // of the lock that the console was armed on
	Person  string
	Address common.Address
	Reason  string
	At      time.Time
	Until   time.Time
	Problem string
}

// Armings makes the statement of every arming in a journal again, recovers who signed it,
// and holds that against the record and the owners; nil owners: against the record alone.
// It asks nothing and needs no key: whoever has the file can do it.
func Armings(records []journal.Record, owners *pack.Owners) []Arming {
	var out []Arming
	for _, r := range records {
		if r.Kind != kindArmed {
			continue
		}
		var a armed
		if err := json.Unmarshal(r.Data, &a); err != nil {
			out = append(out, Arming{Seq: r.Seq, Problem: fmt.Sprintf("it cannot be read: %s", err)})
			continue
		}
		out = append(out, Arming{
			Seq: r.Seq, Chain: a.Chain, Root: a.Root, Person: a.Person, Address: a.Address, Reason: a.Reason, At: a.At, Until: a.Until, Problem: a.problem(r, owners),
		})
	}
	return out
}

// problem says why a record is no proof of who armed.
func (r *armed) problem(record journal.Record, owners *pack.Owners) string {
	if len(r.Signature) == 0 {
		return fmt.Sprintf("nobody signed it: %q may be anybody", r.By.Name)
	}
	signer, err := r.statement().Signer(r.Signature)
	switch {
	case err != nil:
		return err.Error()
	case signer != r.Address:
		return fmt.Sprintf("its signature is %s's, or it was altered: %s is said to have armed", signer.Hex(), r.Address.Hex())
	case record.Time.Sub(r.At).Abs() > armedWithin:
		return fmt.Sprintf("it was signed for %s, and written at %s", r.At.UTC().Format(time.RFC3339), record.Time.UTC().Format(time.RFC3339))
	case owners == nil:
		return ""
	}
	person, known := owners.Person(signer)
	switch {
	case !known:
		return fmt.Sprintf("%s is nobody of %s", signer.Hex(), pack.OwnersFile)
	case person.Name != r.Person:
		return fmt.Sprintf("%s is %s in %s, and the record says %q", signer.Hex(), person.Name, pack.OwnersFile, r.Person)
	case !person.Arms():
		return fmt.Sprintf("%s is neither commander nor operator in %s", person.Name, pack.OwnersFile)
	case !r.Chain.Drill() && !slices.Contains(person.Roles, r.By.Role):
		return fmt.Sprintf("%s armed as %q, which %s does not say of them", person.Name, r.By.Role, pack.OwnersFile)
	}
	return ""
}
