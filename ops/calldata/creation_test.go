package calldata_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

var creations = []ops.Creation{
	{Tx: common.Hash{1}, Index: 7, From: common.Address{2}, By: common.Address{3}, Contract: common.Address{4}, Where: ops.HeldByInit},
	{Tx: common.Hash{5}, Index: 1 << 40, From: common.Address{6}, By: common.Address{6}, Contract: common.Address{7}, Where: ops.Holdings},
}

func TestARecordOfCreationsIsReadAsItWasWritten(t *testing.T) {
	record := calldata.RecordCreations(creations)
	if got, err := calldata.Creations(record); err != nil || !slices.Equal(got, creations) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := calldata.Creations(nil); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, broken := range map[string][]byte{"cut": record[:len(record)-1], "held nowhere": append(record[:len(record)-1:len(record)-1], 0), "held elsewhere": append(record[:len(record)-1:len(record)-1], 4)} {
		if got, err := calldata.Creations(broken); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What is read is written as the same bytes: providers are held against each other by them.
func FuzzCreations(f *testing.F) {
	f.Add(calldata.RecordCreations(creations))
	f.Fuzz(func(t *testing.T, record []byte) {
		if got, err := calldata.Creations(record); err == nil && !bytes.Equal(calldata.RecordCreations(got), record) {
			t.Fatalf("%x is written as %x", record, calldata.RecordCreations(got))
		}
	})
}
