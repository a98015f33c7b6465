package safe

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

var (
	// ErrSignature means that bytes are no signature of an owner's key.
	ErrSignature = errors.New("this is no signature that counts here")
	// ErrContract means an EIP-1271 signature: only the owner's contract can say
	// whether it stands, so it is not taken from a file.
	ErrContract = errors.New("this is the signature of a contract (EIP-1271), which only the chain can check")
	// ErrApproved means that an owner approves on chain: there is nothing to be kept.
	ErrApproved = errors.New("this stands for a hash approved on chain (approveHash), which is no signature")
)

// Signature is one owner's under a Safe transaction, in the form that the Safe takes:
// r, s, v. v is 27 or 28 where the hash itself was signed, 31 or 32 where it was signed
// as a message (eth_sign).
type Signature struct {
	Owner common.Address
	Bytes [crypto.SignatureLength]byte
}

// How says which way it was signed.
func (s Signature) How() string {
	if s.Bytes[64] > 30 {
		return "eth_sign"
	}
	return "ECDSA"
}

// Verify recovers who signed a hash. Any bytes of the right shape give some address:
// compare it with the owners. Contracts' signatures (ErrContract) and hashes approved
// on chain (ErrApproved) are recognised and not taken, anything else is ErrSignature.
func Verify(hash common.Hash, raw []byte) (Signature, error) {
	if len(raw) != crypto.SignatureLength {
		if len(raw) > crypto.SignatureLength && raw[64] == 0 {
			return Signature{}, ErrContract
		}
		return Signature{}, fmt.Errorf("%w: it has %d bytes, not %d", ErrSignature, len(raw), crypto.SignatureLength)
	}
	v := raw[64]
	switch v {
	case 0:
		return Signature{}, fmt.Errorf("%w; or a wallet wrote 0 for 27 or 1 for 28 as its last byte: write 1b or 1c", ErrContract)
	case 1:
		return Signature{}, fmt.Errorf("%w; or a wallet wrote 0 for 27 or 1 for 28 as its last byte: write 1b or 1c", ErrApproved)
	case 31, 32: // EIP-191: the hash was signed as a message
		hash, v = crypto.Keccak256Hash([]byte("\x19Ethereum Signed Message:\n32"), hash[:]), v-4
	case 27, 28:
	default:
		return Signature{}, fmt.Errorf("%w: its last byte is %d, not 27, 28, 31 or 32", ErrSignature, v)
	}
	plain := bytes.Clone(raw)
	plain[64] = v - 27
	r, s := common.BytesToHash(raw[:32]).Big(), common.BytesToHash(raw[32:64]).Big()
	if !crypto.ValidateSignatureValues(plain[64], r, s, true) {
		return Signature{}, fmt.Errorf("%w: r or s is out of range, or s is the higher one of two", ErrSignature)
	}
	key, err := crypto.SigToPub(hash[:], plain)
	if err != nil {
		return Signature{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return Signature{Owner: crypto.PubkeyToAddress(*key), Bytes: [crypto.SignatureLength]byte(raw)}, nil
}

// Of is Verify for a signature that somebody hands over: it must be one of an owner. A
// wallet that signed the hash as a message, and left v at 27 or 28, is understood.
func Of(owners []common.Address, hash common.Hash, raw []byte) (Signature, error) {
	s, err := Verify(hash, raw)
	if err != nil || slices.Contains(owners, s.Owner) {
		return s, err
	}
	if raw[64] < 30 {
		message := bytes.Clone(raw)
		message[64] += 4
		if m, err := Verify(hash, message); err == nil && slices.Contains(owners, m.Owner) {
			return m, nil
		}
	}
	return Signature{}, fmt.Errorf("%w: it would be that of %s, who is no owner: another transaction, nonce or chain was signed, or by another key", ErrSignature, s.Owner.Hex())
}
