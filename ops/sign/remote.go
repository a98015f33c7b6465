package sign

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/bulkhead-console/bulkhead/ops"
)

var (
	// ErrAddress means that the remote signer's address cannot be used.
	ErrAddress = errors.New("the address of the remote signer cannot be used")
	// ErrAnswer means that the remote signer's answer is not what was asked for.
	ErrAnswer = errors.New("the remote signer answered something else")
	// ErrSilent means that the remote signer does not answer: nobody knows whether it
	// signed, and what it may have signed was not received.
	ErrSilent = errors.New("the remote signer does not answer")
)

// The methods that a remote signer can be asked with.
const (
	EthSign     = "eth_signTransaction"     // geth, web3signer
	AccountSign = "account_signTransaction" // clef
)

// defaultTimeout is how long one answer is waited for where nothing is said.
const defaultTimeout = 10 * time.Second

// Signer is where a remote signer is found and what is asked of it. The zero Method
// is EthSign, the zero Timeout ten seconds for each question.
type Signer struct {
	URL     string
	Address common.Address
	Chain   ops.ChainID
	Method  string
	Timeout time.Duration
}

// Remote is a signer that is asked over JSON-RPC. It holds no key: Unlock lets it be
// asked, Lock ends that. It is safe for concurrent use.
type Remote struct {
	Signer
	client *http.Client
	open   atomic.Bool

	mu    sync.Mutex
	found error // by the last probe
}

// OpenRemote asks nothing yet. The address must be https://, or http:// on this
// machine (ErrAddress).
func OpenRemote(s Signer) (*Remote, error) {
	if err := checkURL(s.URL); err != nil {
		return nil, err
	}
	if s.Method == "" {
		s.Method = EthSign
	}
	if s.Method != EthSign && s.Method != AccountSign {
		return nil, fmt.Errorf("the method %q is not known: %s or %s", s.Method, EthSign, AccountSign)
	}
	if s.Timeout <= 0 {
		s.Timeout = defaultTimeout
	}
	// no proxy: whoever stands between could have something else signed
	transport := &http.Transport{ResponseHeaderTimeout: s.Timeout, MaxResponseHeaderBytes: maxAnswer, IdleConnTimeout: time.Minute}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // what is to be signed goes where the settings say, and nowhere else
	}}
	return &Remote{Signer: s, client: client}, separate(s.Chain, s.Address)
}

// checkURL lets nothing that is to be signed travel in the clear.
func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%w: write https://host:port", ErrAddress)
	}
	ip := net.ParseIP(u.Hostname())
	switch {
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()):
		return nil
	default:
		return fmt.Errorf("%w: %s://%s is not encrypted: write https://, http:// is for this machine alone", ErrAddress, u.Scheme, u.Host)
	}
}

// Kind is what a runbook's lane calls this way of signing.
func (r *Remote) Kind() string { return "remote" }

// Address is the account that the signer signs for.
func (r *Remote) Address() common.Address { return r.Signer.Address }

// Unlock lets the signer be asked. It needs no password: the signer keeps the key.
func (r *Remote) Unlock(string) error {
	r.open.Store(true)
	return nil
}

// Lock ends that the signer is asked.
func (r *Remote) Lock() { r.open.Store(false) }

// Unlocked reports whether the signer may be asked now.
func (r *Remote) Unlocked() bool { return r.open.Load() }

// Sign asks the signer once and waits as long as its timeout or the context allows
// (ErrSilent). What comes back is held against what was asked, field by field, and
// its sender recovered (ErrAnswer).
func (r *Remote) Sign(ctx context.Context, tx *types.Transaction) (*types.Transaction, error) {
	if !r.Unlocked() {
		return nil, ErrLocked
	}
	id := new(big.Int).SetUint64(uint64(r.Chain))
	if tx.ChainId().Cmp(id) != 0 {
		return nil, fmt.Errorf("the transaction is for chain %s and the signer for chain %s: nothing was asked", tx.ChainId(), id)
	}
	if tx.Type() != types.DynamicFeeTxType || tx.To() == nil || len(tx.AccessList()) > 0 {
		return nil, errors.New("only a call with a fee cap and without an access list is given to a remote signer: nothing was asked")
	}
	result, err := r.ask(ctx, r.Method, request(r.Signer.Address, tx))
	if err != nil {
		return nil, err
	}
	signed, err := decodeSigned(result)
	if err != nil {
		return nil, err
	}
	if err := compare(tx, signed, r.Signer.Address); err != nil {
		return nil, err
	}
	return signed, nil
}

// asked is a transaction as geth, clef and web3signer read it.
type asked struct {
	From    common.Address  `json:"from"`
	To      *common.Address `json:"to"`
	Gas     hexutil.Uint64  `json:"gas"`
	FeeCap  *hexutil.Big    `json:"maxFeePerGas"`
	TipCap  *hexutil.Big    `json:"maxPriorityFeePerGas"`
	Value   *hexutil.Big    `json:"value"`
	Nonce   hexutil.Uint64  `json:"nonce"`
	Data    hexutil.Bytes   `json:"data"`
	ChainID *hexutil.Big    `json:"chainId"`
}

func request(from common.Address, tx *types.Transaction) asked {
	return asked{
		From: from, To: tx.To(), Gas: hexutil.Uint64(tx.Gas()), FeeCap: (*hexutil.Big)(tx.GasFeeCap()), TipCap: (*hexutil.Big)(tx.GasTipCap()),
		Value: (*hexutil.Big)(tx.Value()), Nonce: hexutil.Uint64(tx.Nonce()), Data: tx.Data(), ChainID: (*hexutil.Big)(tx.ChainId()),
	}
}

// Probe asks the signer something harmless and keeps whether it answered: any
// JSON-RPC answer will do, a refusal too.
func (r *Remote) Probe(ctx context.Context) {
	method := "eth_accounts"
	if r.Method == AccountSign {
		method = "account_version" // account_list would ask clef's owner
	}
	_, err := r.ask(ctx, method)
	if errors.Is(err, errRefused) {
		err = nil
	}
	if ctx.Err() != nil {
		return // whoever asked went away: that says nothing of the signer
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found = err
}

// Reachable is what the last probe found: nil while there was none. It asks nothing.
func (r *Remote) Reachable() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.found
}
