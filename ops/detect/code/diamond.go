package code

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// mostFacets bounds what a diamond can make a reader ask for: as many as one answer holds.
const mostFacets = 126

// cut judges the facets of a diamond.
func (w Watched) cut(now ops.Readings) (wrong, unclear []string) {
	facets, err := facets(now, w.loupe())
	if err != nil {
		return nil, []string{w.Name + ": " + err.Error()}
	}
	if len(facets) == 0 {
		return []string{w.Name + " is a diamond, and has no facet"}, nil
	}
	for _, a := range facets {
		hash, err := wordIn(now, w.facet(a))
		switch {
		case err != nil:
			unclear = append(unclear, w.Name+": "+err.Error())
		case !slices.Contains(w.Approved, hash):
			wrong = append(wrong, fmt.Sprintf("%s has the facet %s with code %s, which nobody approved", w.Name, a.Hex(), short(hash)))
		}
	}
	return wrong, unclear
}

// facets decodes what a diamond answers: an array of addresses, strictly. One that is named
// twice counts once.
func facets(now ops.Readings, r ops.Read) ([]common.Address, error) {
	reading, ok := now[r]
	if !ok || reading.Status != ops.ReadOK {
		return nil, fmt.Errorf("%s was not answered: %s", r.Name, reading.Err)
	}
	const word = common.HashLength
	data := reading.Data
	if len(data) < 2*word || new(big.Int).SetBytes(data[:word]).Cmp(big.NewInt(word)) != 0 {
		return nil, errors.New(r.Name + " answers no list of addresses")
	}
	n := new(big.Int).SetBytes(data[word : 2*word])
	if !n.IsUint64() || n.Uint64() > mostFacets || uint64(len(data)) != (2+n.Uint64())*word {
		return nil, fmt.Errorf("%s answers a list of %s in %d bytes, and at most %d are read", r.Name, n, len(data), mostFacets)
	}
	var out []common.Address
	for at := 2 * word; at < len(data); at += word {
		if new(big.Int).SetBytes(data[at:at+12]).Sign() != 0 {
			return nil, errors.New(r.Name + " answers what is no address")
		}
		if a := common.BytesToAddress(data[at+12 : at+word]); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out, nil
}
