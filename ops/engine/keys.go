package engine

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/statement"
)

// Store is one way in which this console has something signed. Unlock lets it sign
// while the console is armed, Lock ends that; Kind is what a runbook's lane calls it:
// keystore, remote or presigned.
type Store interface {
	contain.Signer
	Kind() string
	Unlock(secret string) error
	Lock()
}

// attester is a Store that can sign a statement too: who arms must have one.
type attester interface {
	Attest(s statement.Statement) ([]byte, error)
}

// distant is a Store that may be out of reach. Probe asks it, and takes as long as
// its own deadline.
type distant interface {
	Probe(ctx context.Context)
}

// Key is one signing key of this console and, where the settings refer to it or where
// none is needed, a way to its password.
type Key struct {
	Store    Store
	Password func() (string, error) // nil: the person types it when arming
}

// attest has a statement signed by the key, if it is of a kind that signs statements.
func (k Key) attest(s statement.Statement) ([]byte, error) {
	a, ok := k.Store.(attester)
	if !ok {
		return nil, fmt.Errorf("a key of the kind %s signs no statement: name a keystore as the operator's key", k.Store.Kind())
	}
	return a.Attest(s)
}

// probeEvery is how often a signer elsewhere is asked whether it is there.
const probeEvery = 5 * time.Second

// covering is a Store that is for one call alone.
type covering interface {
	Covers(to common.Address, value *big.Int, data []byte) bool
}

// signer finds the key of a lane: of its account, of its kind and for its call. A lane
// that says keystore is signed by nothing else.
func (e *Engine) signer(kind string, a common.Address, call ops.Call) contain.Signer {
	value, _ := new(big.Int).SetString(call.Value, 10)
	for _, k := range e.Keys {
		if k.Store.Kind() != kind || k.Store.Address() != a {
			continue
		}
		if c, ok := k.Store.(covering); ok && !c.Covers(call.To, value, call.Data) {
			continue
		}
		return k.Store
	}
	return nil
}

// probe asks the signers elsewhere, one after the other, until the context ends. The
// board reads what they said last, and waits for none of them.
func (e *Engine) probe(ctx context.Context) {
	var far []distant
	for _, k := range e.Keys {
		if d, ok := k.Store.(distant); ok {
			far = append(far, d)
		}
	}
	if len(far) == 0 {
		return
	}
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		for _, d := range far {
			d.Probe(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
