// Package safe knows Safe multisigs from version 1.3.0 on: what their owners sign,
// whether a signature stands, whether there are enough of them, and the call that
// carries them. Everything is computed here, without any service.
//
// It must never read a chain, sign, send, or make anything but a plain call without a
// refund: a delegatecall cannot be written down in it. Facts: Safe.sol and
// GnosisSafe.sol of versions 1.3.0, 1.4.1 and 1.5.0 (safe-smart-account), EIP-712.
package safe

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// The types of what is hashed: keccak256 of
// EIP712Domain(uint256 chainId,address verifyingContract), and of
// SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce).
var (
	domainType = common.HexToHash("0x47e79534a245952e8b16893a336b85a3d9ea9fa8c573f3d803afb92a79469218")
	txType     = common.HexToHash("0xbb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8")
)

// Transaction is one plain call that a Safe makes: the operation is CALL, safeTxGas,
// baseGas and gasPrice are 0, and nobody is refunded. Value is in wei, nil for none.
type Transaction struct {
	Chain ops.ChainID
	Safe  common.Address
	To    common.Address
	Value *big.Int
	Data  []byte
	Nonce uint64 // the Safe's, not that of whoever sends it
}

func number(n uint64) common.Hash { return common.BigToHash(new(big.Int).SetUint64(n)) }

func account(a common.Address) common.Hash { return common.BytesToHash(a[:]) }

func (t Transaction) value() *big.Int {
	if t.Value == nil {
		return new(big.Int)
	}
	return t.Value
}

// Domain is the hash of the Safe and its chain: keccak256(domainType ‖ chain ‖ Safe).
func (t Transaction) Domain() common.Hash {
	chain, verifier := number(uint64(t.Chain)), account(t.Safe)
	return crypto.Keccak256Hash(domainType[:], chain[:], verifier[:])
}

// Message is the hash of the call: hashStruct of SafeTx.
func (t Transaction) Message() common.Hash {
	to, value, nonce, data := account(t.To), common.BigToHash(t.value()), number(t.Nonce), crypto.Keccak256Hash(t.Data)
	var zero common.Hash // operation, safeTxGas, baseGas, gasPrice, gasToken and refundReceiver
	return crypto.Keccak256Hash(txType[:], to[:], value[:], data[:], zero[:], zero[:], zero[:], zero[:], zero[:], zero[:], nonce[:])
}

// Hash is what the owners sign: keccak256(0x1901 ‖ Domain ‖ Message). It is what the
// Safe's getTransactionHash says.
func (t Transaction) Hash() common.Hash {
	domain, message := t.Domain(), t.Message()
	return crypto.Keccak256Hash([]byte{0x19, 0x01}, domain[:], message[:])
}

// execTransaction is the selector of the call that carries the signatures.
var execTransaction = []byte{0x6a, 0x76, 0x12, 0x02}

// Calldata is execTransaction with the signatures, which must be sorted by owner: see
// Count.
func (t Transaction) Calldata(signatures []byte) []byte {
	const head = 10 * 32
	to, value := account(t.To), common.BigToHash(t.value())
	out := append([]byte{}, execTransaction...)
	word := func(h common.Hash) { out = append(out, h[:]...) }
	tail := func(b []byte) {
		word(number(uint64(len(b))))
		out = append(append(out, b...), make([]byte, padding(len(b)))...)
	}
	word(to)
	word(value)
	word(number(head))
	for range 6 { // operation, safeTxGas, baseGas, gasPrice, gasToken and refundReceiver
		word(common.Hash{})
	}
	word(number(head + 32 + uint64(len(t.Data)+padding(len(t.Data)))))
	tail(t.Data)
	tail(signatures)
	return out
}

// padding fills bytes up to whole words.
func padding(n int) int { return (32 - n%32) % 32 }

// hashCall is the selector of getTransactionHash.
var hashCall = []byte{0xd8, 0xd1, 0x1f, 0x78}

// HashRead asks the Safe itself for the hash: it must be that of Hash.
func (t Transaction) HashRead() ops.Read {
	body := t.Calldata(nil)[4 : 4+9*32] // the same first nine arguments
	data := append(append([]byte{}, hashCall...), body...)
	nonce, size := number(t.Nonce), number(uint64(len(t.Data)))
	data = append(append(append(data, nonce[:]...), size[:]...), t.Data...)
	return ops.Read{Kind: ops.ReadCall, To: t.Safe, Data: string(append(data, make([]byte, padding(len(t.Data)))...)), Name: "safe.getTransactionHash()"}
}

type member struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// JSON is the transaction as eth_signTypedData_v4 takes it: a hardware or another
// wallet signs it elsewhere, and shows it field by field.
func (t Transaction) JSON() ([]byte, error) {
	decimal := func(n uint64) string { return strconv.FormatUint(n, 10) }
	var nobody common.Address
	out, err := json.Marshal(map[string]any{
		"types": map[string][]member{
			"EIP712Domain": {{"chainId", "uint256"}, {"verifyingContract", "address"}},
			"SafeTx": {
				{"to", "address"}, {"value", "uint256"}, {"data", "bytes"}, {"operation", "uint8"}, {"safeTxGas", "uint256"}, {"baseGas", "uint256"},
				{"gasPrice", "uint256"}, {"gasToken", "address"}, {"refundReceiver", "address"}, {"nonce", "uint256"},
			},
		},
		"primaryType": "SafeTx",
		"domain":      map[string]string{"chainId": decimal(uint64(t.Chain)), "verifyingContract": t.Safe.Hex()},
		"message": map[string]string{
			"to": t.To.Hex(), "value": t.value().String(), "data": hexutil.Encode(t.Data), "operation": "0", "safeTxGas": "0", "baseGas": "0",
			"gasPrice": "0", "gasToken": nobody.Hex(), "refundReceiver": nobody.Hex(), "nonce": decimal(t.Nonce),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("the Safe transaction cannot be written down: %w", err)
	}
	return out, nil
}
