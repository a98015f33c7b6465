package sign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Bounds of a ladder's file.
const (
	maxLadder = 128 << 10 // bytes
	maxData   = 16 << 10  // bytes of calldata
	mostRungs = 16
)

// Head is what a ladder is for: one call under one nonce. It lies in the open, so that
// a locked console can tell whether the ladder can still be used; the signatures do
// not.
type Head struct {
	Version uint64         `json:"version"`
	Chain   ops.ChainID    `json:"chain_id"`
	From    common.Address `json:"from"`
	Runbook ops.RunbookID  `json:"runbook"`
	Step    string         `json:"step"`
	To      common.Address `json:"to"`
	Value   *hexutil.Big   `json:"value"`
	Data    hexutil.Bytes  `json:"data"`
	Nonce   uint64         `json:"nonce"`
	Gas     uint64         `json:"gas"`
	Code    common.Hash    `json:"code"`    // of the target, when it was signed; zero for any
	Expires int64          `json:"expires"` // unix seconds of the chain; 0 for never
	Rungs   []Fees         `json:"rungs"`   // rising
}

// Fees are what one rung pays for a gas, in wei.
type Fees struct {
	Cap *hexutil.Big `json:"fee_cap"`
	Tip *hexutil.Big `json:"tip"`
}

// bundle is a ladder's file: its head, and the signatures encrypted.
type bundle struct {
	Head   Head                `json:"head"`
	Crypto keystore.CryptoJSON `json:"crypto"`
}

// secret is what is encrypted: which head it belongs to, and a signature for each
// rung.
type secret struct {
	Head       common.Hash     `json:"head"`
	Signatures []hexutil.Bytes `json:"signatures"`
}

// decodeBundle reads a ladder's file without opening it.
func decodeBundle(file []byte) (bundle, error) {
	var b bundle
	if len(file) > maxLadder {
		return b, fmt.Errorf("more than %d bytes", maxLadder)
	}
	if err := strict(file, &b); err != nil {
		return b, err
	}
	if err := b.Head.check(); err != nil {
		return b, err
	}
	return b, sealed(b.Crypto)
}

// strict decodes one JSON value that has no other fields and nothing after it.
func strict(text []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(out); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands after it")
	}
	return nil
}

// check finds what no ladder can be.
func (h Head) check() error {
	switch {
	case h.Version != 1:
		return fmt.Errorf("version %d is not known: this program reads version 1", h.Version)
	case len(h.Rungs) == 0 || len(h.Rungs) > mostRungs:
		return fmt.Errorf("%d rungs: a ladder has 1 to %d", len(h.Rungs), mostRungs)
	case len(h.Data) > maxData:
		return fmt.Errorf("%d bytes of calldata: at most %d", len(h.Data), maxData)
	case h.Value == nil || h.Gas == 0 || h.Expires < 0:
		return errors.New("it lacks value or gas, or expired before time began")
	}
	for i, r := range h.Rungs {
		if r.Cap == nil || r.Tip == nil || r.Tip.ToInt().Cmp(r.Cap.ToInt()) > 0 || r.Tip.ToInt().Sign() <= 0 {
			return fmt.Errorf("rung %d lacks a fee, or its tip is above its cap", i+1)
		}
		if i > 0 && (!replaces(h.Rungs[i-1].Cap, r.Cap) || !replaces(h.Rungs[i-1].Tip, r.Tip)) {
			return fmt.Errorf("rung %d does not pay an eighth more than the one before it, cap and tip: no pool would take it in its place", i+1)
		}
	}
	return nil
}

// replaces reports whether a fee is an eighth above another: pools ask for a tenth.
func replaces(old, better *hexutil.Big) bool {
	least := new(big.Int).Mul(old.ToInt(), big.NewInt(9))
	return new(big.Int).Mul(better.ToInt(), big.NewInt(8)).Cmp(least) >= 0
}

// digest ties the signatures to all of the head, what the chain does not see of it too.
func (h Head) digest() (common.Hash, error) {
	text, err := json.Marshal(h)
	return crypto.Keccak256Hash(text), err
}

// rung is the transaction of one rung, not signed.
func (h Head) rung(i int) *types.Transaction {
	to := h.To
	return types.NewTx(&types.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(uint64(h.Chain)), Nonce: h.Nonce, GasTipCap: h.Rungs[i].Tip.ToInt(), GasFeeCap: h.Rungs[i].Cap.ToInt(), Gas: h.Gas,
		To: &to, Value: h.Value.ToInt(), Data: slices.Clone(h.Data),
	})
}

// open decrypts the signatures and puts each under its rung: the sender that follows
// from it must be the head's.
func (b bundle) open(password string) ([]*types.Transaction, error) {
	text, err := keystore.DecryptDataV3(b.Crypto, password)
	if err != nil {
		return nil, err
	}
	var s secret
	if err := strict(text, &s); err != nil {
		return nil, err
	}
	if want, err := b.Head.digest(); err != nil || want != s.Head || len(s.Signatures) != len(b.Head.Rungs) {
		return nil, errors.New("its signatures belong to another ladder: somebody changed what it says of itself")
	}
	signer := types.LatestSignerForChainID(new(big.Int).SetUint64(uint64(b.Head.Chain)))
	var out []*types.Transaction
	for i, signature := range s.Signatures {
		if len(signature) != crypto.SignatureLength {
			return nil, fmt.Errorf("the signature of rung %d has %d bytes", i+1, len(signature))
		}
		tx, err := b.Head.rung(i).WithSignature(signer, signature)
		if err != nil {
			return nil, fmt.Errorf("the signature of rung %d does not stand: %w", i+1, err)
		}
		if from, err := types.Sender(signer, tx); err != nil || from != b.Head.From {
			return nil, fmt.Errorf("rung %d was not signed by %s", i+1, b.Head.From.Hex())
		}
		out = append(out, tx)
	}
	return out, nil
}
