// Package statement is what people of this console put their signature under: that
// they stand for a document of a pack, and that they arm a console. Each is typed
// data of EIP-712, so that a wallet shows what is signed, field by field.
//
// It must never make a statement out of a bare hash: only the constructors here
// make one, so a key that signs statements alone can be tricked into no
// transaction. Encoding: EIP-712, "Definition of hashStruct"; signatures: the 65
// bytes r, s, v of Ethereum, with v 27 or 28 and the lower s (EIP-2).
package statement

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// ErrSignature means that bytes are no signature of an Ethereum key.
var ErrSignature = errors.New("this is no signature")

// The domain. It names no chain, because a pack spans several: what belongs to one
// chain says so in a field of its own. It names no contract, because none verifies
// it.
const (
	domainName    = "bulkhead"
	domainVersion = "1"
)

// Statement is one thing that can be signed. The zero value says nothing and is
// signed by nobody.
type Statement struct {
	kind   string
	fields []field
}

// field is one value: typ is string, bytes32, address or uint64.
type field struct {
	name, typ string
	text      string      // as a wallet shows it
	word      common.Hash // as it is hashed
}

// Document says that the signer stands, in a role, for a document of a pack:
// sha256 is that of the file, locked that of its entry in the lock, which names
// what belongs to it and what its steps send.
func Document(pack, document, role string, sha256, locked common.Hash) Statement {
	return Statement{"PackDocument", []field{
		text("pack", pack), text("document", document), text("role", role), word("sha256", sha256), word("locked", locked),
	}}
}

// Arming says that the signer arms a console for a chain, on the documents whose
// lock has the root. Times are whole seconds.
func Arming(root common.Hash, chain ops.ChainID, operator common.Address, name, reason string, at, until time.Time) Statement {
	return Statement{"Arming", []field{
		word("root", root), number("chain", uint64(chain)),
		{"operator", "address", operator.Hex(), common.BytesToHash(operator.Bytes())},
		text("name", name), text("reason", reason), number("at", uint64(at.Unix())), number("until", uint64(until.Unix())),
	}}
}

// Confirmation says that the signer has read a plan of a runbook and confirms it
// beside whoever runs it: digest is that of the plan. Times are whole seconds.
func Confirmation(root common.Hash, chain ops.ChainID, runbook string, digest common.Hash, who common.Address, at, until time.Time) Statement {
	return Statement{"Confirmation", []field{
		word("root", root), number("chain", uint64(chain)), text("runbook", runbook), word("plan", digest),
		{"person", "address", who.Hex(), common.BytesToHash(who.Bytes())}, number("at", uint64(at.Unix())), number("until", uint64(until.Unix())),
	}}
}

func text(name, s string) field {
	return field{name, "string", s, crypto.Keccak256Hash([]byte(s))}
}

func word(name string, h common.Hash) field { return field{name, "bytes32", h.Hex(), h} }

func number(name string, n uint64) field {
	return field{name, "uint64", strconv.FormatUint(n, 10), common.BigToHash(new(big.Int).SetUint64(n))}
}

// domain is EIP712Domain as a struct like any other.
var domain = Statement{"EIP712Domain", []field{text("name", domainName), text("version", domainVersion)}}

// encoded is encodeType: PackDocument(string pack,string document,…).
func (s Statement) encoded() string {
	members := make([]string, len(s.fields))
	for i, f := range s.fields {
		members[i] = f.typ + " " + f.name
	}
	return s.kind + "(" + strings.Join(members, ",") + ")"
}

// hash is hashStruct: keccak256(typeHash ‖ the fields' words).
func (s Statement) hash() common.Hash {
	data := crypto.Keccak256([]byte(s.encoded()))
	for _, f := range s.fields {
		data = append(data, f.word[:]...)
	}
	return crypto.Keccak256Hash(data)
}

// Zero reports whether the statement says nothing.
func (s Statement) Zero() bool { return s.kind == "" }

// Digest is what is signed: keccak256(0x1901 ‖ domain ‖ statement).
func (s Statement) Digest() common.Hash {
	separator, body := domain.hash(), s.hash()
	return crypto.Keccak256Hash([]byte{0x19, 0x01}, separator[:], body[:])
}

// member is one field of a type, in the JSON that eth_signTypedData_v4 takes.
type member struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// JSON is the statement as eth_signTypedData_v4 takes it: hardware and other
// wallets sign it elsewhere.
func (s Statement) JSON() ([]byte, error) {
	types, values := map[string][]member{}, map[string]map[string]string{}
	for _, part := range []Statement{domain, s} {
		values[part.kind] = map[string]string{}
		for _, f := range part.fields {
			types[part.kind] = append(types[part.kind], member{f.name, f.typ})
			values[part.kind][f.name] = f.text
		}
	}
	return json.Marshal(map[string]any{"types": types, "primaryType": s.kind, "domain": values[domain.kind], "message": values[s.kind]})
}

// Signer recovers who made the signature. Any other bytes of the right shape give
// some address too: compare it with whom you expect.
func (s Statement) Signer(signature []byte) (common.Address, error) {
	if len(signature) != crypto.SignatureLength {
		return common.Address{}, fmt.Errorf("%w: it has %d bytes, not %d", ErrSignature, len(signature), crypto.SignatureLength)
	}
	raw := append([]byte{}, signature...)
	if raw[64] != 27 && raw[64] != 28 {
		return common.Address{}, fmt.Errorf("%w: its last byte is %d, not 27 or 28", ErrSignature, raw[64])
	}
	raw[64] -= 27
	r, low := common.BytesToHash(raw[:32]).Big(), common.BytesToHash(raw[32:64]).Big()
	if !crypto.ValidateSignatureValues(raw[64], r, low, true) {
		return common.Address{}, fmt.Errorf("%w: r or s is out of range, or s is the higher one of two", ErrSignature)
	}
	digest := s.Digest()
	key, err := crypto.SigToPub(digest[:], raw)
	if err != nil {
		return common.Address{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return crypto.PubkeyToAddress(*key), nil
}
