package chain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/bulkhead-console/bulkhead/ops"
)

// sent notes who sent a transaction. Only who looks for creations has to know.
func (f *finder) sent(from *common.Address, tx int) {
	if from == nil {
		f.hidden = fmt.Errorf("the trace of transaction %s does not say who sent it", f.txs[tx])
		return
	}
	f.sender = *from
}

// born takes a contract that was created, by what it was created from and what stands there
// (which nodes leave out where that is nothing).
func (f *finder) born(kind string, by, at *common.Address, tx int, init, code json.RawMessage) {
	if len(f.holding) == 0 || f.hidden != nil || !strings.HasPrefix(strings.ToLower(clipped(kind, 16)), "create") {
		return
	}
	var from, stands hexutil.Bytes
	if len(init) == 0 || json.Unmarshal(init, &from) != nil || len(code) > 0 && string(code) != "null" && json.Unmarshal(code, &stands) != nil {
		f.hidden = fmt.Errorf("the code of a contract that transaction %s creates cannot be read", f.txs[tx])
		return
	}
	for held, found := range f.holding {
		c := ops.Creation{Tx: f.txs[tx], Index: uint64(tx), From: f.sender, By: *by, Contract: *at}
		if bytes.Contains(from, held[:]) {
			c.Where |= ops.HeldByInit
		}
		if bytes.Contains(stands, held[:]) {
			c.Where |= ops.HeldByCode
		}
		if c.Where != 0 {
			f.holding[held] = append(found, c)
		}
	}
}
