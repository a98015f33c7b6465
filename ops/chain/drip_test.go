package chain_test

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/chain/chaintest"
)

// A provider that answers one read a request makes progress, and holds the block up
// for as many requests as there are reads: 1,000 reads at 2 s are half an hour.
func TestAProviderThatDripsAnswersIsGivenUp(t *testing.T) {
	s := chaintest.Serve(t, chaintest.New(drill))
	s.Call = func(data []byte) ([]byte, error) {
		answer, err := echo(data)
		return answer[:min(len(answer), 36)], err
	}
	_, _ = client(t, chain.Endpoint{HTTP: s.HTTP}).Read(t.Context(), ops.BlockRef{Hash: s.Head().Hash}, reads(500))
	if n := s.Requests(); n > 60 {
		t.Errorf("one block took %d requests in a row, each of which may take a whole timeout", n)
	}
}
