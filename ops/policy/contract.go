package policy

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

// Diamond is the kind of a contract whose functions are run by its facets (ERC-2535).
const Diamond = "diamond"

// maxABI bounds an ABI file, in bytes.
const maxABI = 4 << 20

func (c *checker) contract(name string, f contractFile, chains map[string]chainFile) Contract {
	out := Contract{Chain: f.Chain.Value, Proxy: f.Proxy.Value, File: f.ABI.Value, At: f.Address}
	if _, ok := chains[f.Chain.Value]; !ok && f.Chain.Line > 0 {
		c.fault(f.Chain, "chains: "+strings.Join(slices.Sorted(maps.Keys(chains)), ", "), "%s is on chain %q, which is not named under chains", name, f.Chain.Value)
	}
	if !nameShape.MatchString(name) {
		c.fault(f.Address, "letters, digits and _, beginning with a letter", "no expression can name a contract %q", name)
	}
	if p := f.Proxy.Value; p != "" && p != "erc1967" && p != Diamond {
		c.fault(f.Proxy, "write erc1967 or diamond, or leave it out", "%s: proxies of kind %q are not known", name, p)
	}
	if f.Address.Line > 0 {
		a, err := document.ParseAddress(f.Address.Value)
		if err != nil {
			c.fault(f.Address, "compare it with its source, digit by digit", "%s: %s", name, err)
		}
		out.Address = a
	}
	if f.ABI.Line > 0 {
		out.ABI = c.abi(name, f.ABI)
	}
	return out
}

func (c *checker) abi(name string, at document.Text) abi.ABI {
	source, err := document.Read(c.pack, at.Value, maxABI)
	if err != nil {
		c.fault(at, "the path counts from the pack's folder", "%s: its ABI cannot be read: %v", name, err)
		return abi.ABI{}
	}
	if len(source) > maxABI {
		c.fault(at, "", "%s: its ABI is longer than %d bytes", name, maxABI)
		return abi.ABI{}
	}
	parsed, err := abi.JSON(bytes.NewReader(source))
	if err != nil {
		c.fault(at, "it is the JSON list that the compiler writes", "%s: %s is no ABI: %v", name, at.Value, err)
	}
	return parsed
}
