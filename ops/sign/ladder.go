package sign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	// ErrNoCall means that a ladder is for another call.
	ErrNoCall = errors.New("the ladder is for another call")
	// ErrCode means that a ladder's target runs other code than when it was signed.
	ErrCode = errors.New("the ladder was signed for other code")
	// ErrExpired means that a ladder's time is up.
	ErrExpired = errors.New("the ladder has expired")
	// ErrNonce means that a ladder's nonce is not the account's next.
	ErrNonce = errors.New("the ladder's nonce is not the next one")
	// ErrFee means that no rung of a ladder pays enough.
	ErrFee = errors.New("no rung of the ladder pays enough")
	// ErrLadder means that a file is no ladder, or one that was changed.
	ErrLadder = errors.New("this is no ladder")
)

// Ladder is one call that was signed beforehand, under one nonce at rising fees. It
// signs nothing: it hands out what was signed. It is safe for concurrent use.
type Ladder struct {
	bundle bundle

	mu     sync.Mutex
	signed []*types.Transaction // of each rung; nil while locked
}

// OpenLadder reads the file without decrypting it. The file must be readable by its
// owner alone (mode 0600).
func OpenLadder(path string, chain ops.ChainID) (*Ladder, error) {
	file, err := private(path, "ladder", maxLadder)
	if err != nil {
		return nil, err
	}
	b, err := decodeBundle(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w: make it anew with bulkhead presign", ErrLadder, path, err)
	}
	if b.Head.Chain != chain {
		return nil, fmt.Errorf("%w: %s is for chain %d, and this console for chain %d", ErrLadder, path, b.Head.Chain, chain)
	}
	if !chain.Drill() && light(b.Crypto) {
		return nil, fmt.Errorf("%w: %s is encrypted as lightly as a drill's: make it anew with bulkhead presign", ErrMixed, path)
	}
	return &Ladder{bundle: b}, separate(chain, b.Head.From)
}

// Kind is what a runbook's lane calls this way of signing.
func (l *Ladder) Kind() string { return "presigned" }

// Address is the account that signed.
func (l *Ladder) Address() common.Address { return l.bundle.Head.From }

// Head is what the ladder is for. It must not be changed.
func (l *Ladder) Head() Head { return l.bundle.Head }

// Covers reports whether the ladder is for exactly this call.
func (l *Ladder) Covers(to common.Address, value *big.Int, data []byte) bool {
	h := l.bundle.Head
	return h.To == to && value != nil && h.Value.ToInt().Cmp(value) == 0 && bytes.Equal(h.Data, data)
}

// Unlock decrypts the signatures. It takes most of a second, which is why it happens
// when arming and never when sending.
func (l *Ladder) Unlock(password string) error {
	signed, err := l.bundle.open(password)
	if err != nil {
		return fmt.Errorf("%w: the ladder: %w", ErrPassword, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signed = signed
	return nil
}

// Lock forgets the signatures.
func (l *Ladder) Lock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signed = nil
}

// Unlocked reports whether the ladder can be used now.
func (l *Ladder) Unlocked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.signed != nil
}

// Offer returns the cheapest rung that does, not signed yet: Sign signs it. It needs
// no unlocking. Why there is none has an error of its own each: ErrNoCall, ErrCode,
// ErrExpired, ErrNonce, ErrFee.
func (l *Ladder) Offer(w ops.Wanted) (*types.Transaction, error) {
	h := l.bundle.Head
	switch {
	case !l.Covers(w.To, w.Value, w.Data):
		return nil, fmt.Errorf("%w: %s of %s", ErrNoCall, h.Step, h.Runbook)
	case w.Code != (common.Hash{}) && h.Code != (common.Hash{}) && w.Code != h.Code:
		return nil, fmt.Errorf("%w: %s runs %s, and it was signed for %s: read what is new there, and sign it anew", ErrCode, h.To.Hex(), w.Code.TerminalString(), h.Code.TerminalString())
	case h.Expires > 0 && !w.Time.IsZero() && w.Time.Unix() >= h.Expires:
		return nil, fmt.Errorf("%w: at %d, and the chain is at %d: sign it anew", ErrExpired, h.Expires, w.Time.Unix())
	case h.Nonce < w.Nonce:
		return nil, fmt.Errorf("%w: the ladder is for nonce %d, the account is at %d: it is dead, sign it anew", ErrNonce, h.Nonce, w.Nonce)
	case h.Nonce > w.Nonce:
		return nil, fmt.Errorf("%w: the ladder is for nonce %d, the account is at %d: it waits until the nonces before it are used", ErrNonce, h.Nonce, w.Nonce)
	}
	for i, r := range h.Rungs {
		if w.Least == nil || r.Cap.ToInt().Cmp(w.Least) >= 0 {
			return h.rung(i), nil
		}
	}
	return nil, fmt.Errorf("%w: the highest pays %s wei a gas, and %s are needed", ErrFee, h.Rungs[len(h.Rungs)-1].Cap.ToInt(), w.Least)
}

// Sign gives the signed rung that the transaction is, and signs nothing else.
func (l *Ladder) Sign(_ context.Context, tx *types.Transaction) (*types.Transaction, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.signed == nil {
		return nil, ErrLocked
	}
	signer := types.LatestSignerForChainID(new(big.Int).SetUint64(uint64(l.bundle.Head.Chain)))
	for _, s := range l.signed {
		if tx.Type() == s.Type() && tx.ChainId().Cmp(s.ChainId()) == 0 && signer.Hash(tx) == signer.Hash(s) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("%w: no rung is this transaction", ErrNoCall)
}
