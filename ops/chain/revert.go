package chain

import (
	"encoding/hex"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// maxReason bounds the text of a revert, in bytes.
const maxReason = 200

// Selectors of Error(string) and Panic(uint256), from the Solidity specification.
var (
	errorSelector = [4]byte{0x08, 0xc3, 0x79, 0xa0}
	panicSelector = [4]byte{0x4e, 0x48, 0x7b, 0x71}
)

// customErrors are the errors without arguments that OpenZeppelin 5 contracts
// revert with; any other custom error is shown by its selector.
var customErrors = selectors(
	"EnforcedPause()", "ExpectedPause()", "ReentrancyGuardReentrantCall()", "InvalidInitialization()",
	"NotInitializing()", "UUPSUnauthorizedCallContext()", "ERC1967NonPayable()", "FailedCall()",
)

// customErrorsWithData are shown by name; their arguments are left out.
var customErrorsWithData = selectors(
	"AccessControlUnauthorizedAccount(address,bytes32)", "ERC20InsufficientBalance(address,uint256,uint256)",
	"ERC20InsufficientAllowance(address,uint256,uint256)", "TimelockUnexpectedOperationState(bytes32,bytes32)",
	"TimelockUnauthorizedCaller(address)", "TimelockInsufficientDelay(uint256,uint256)", "OwnableUnauthorizedAccount(address)",
)

func selectors(signatures ...string) map[[4]byte]string {
	out := make(map[[4]byte]string, len(signatures))
	for _, s := range signatures {
		name := s
		for i := range s {
			if s[i] == '(' {
				name = s[:i]
				break
			}
		}
		out[[4]byte(crypto.Keccak256([]byte(s))[:4])] = name
	}
	return out
}

// RevertReason puts revert data into a few words. The data is foreign: nothing
// is decoded beyond a bounded string, and what is not understood is shown as hex.
func RevertReason(data []byte) string {
	if len(data) < 4 {
		return "no reason given"
	}
	selector := [4]byte(data[:4])
	if name, ok := customErrors[selector]; ok {
		return name
	}
	if name, ok := customErrorsWithData[selector]; ok {
		return name
	}
	switch selector {
	case errorSelector:
		if s, ok := revertString(data[4:]); ok {
			return s
		}
	case panicSelector:
		if len(data) >= 36 {
			return fmt.Sprintf("panic %#x", new(big.Int).SetBytes(data[4:36]))
		}
	}
	return "error 0x" + hex.EncodeToString(selector[:])
}

// revertString reads the one string of Error(string) without a general decoder.
func revertString(b []byte) (string, bool) {
	if len(b) < 64 || common.BytesToHash(b[:32]) != common.BigToHash(big.NewInt(32)) {
		return "", false
	}
	length := new(big.Int).SetBytes(b[32:64])
	text := b[64:]
	if !length.IsInt64() || length.Int64() > int64(len(text)) {
		if len(text) < maxReason { // claims more than there is, and not because we cut it
			return "", false
		}
		length.SetInt64(int64(len(text)))
	}
	text = text[:length.Int64()]
	return clipped(string(text[:min(len(text), maxReason+1)]), maxReason), true
}
