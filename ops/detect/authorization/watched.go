package authorization

import (
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

// Watched is one contract and the ways in which it keeps rights, as its ABI shows them.
type Watched struct {
	Name    string
	Address common.Address

	control bool // OpenZeppelin's AccessControl
	counted bool // AccessControlEnumerable
	manager bool // AccessManager
	owned   bool
	pending bool
	managed bool // AccessManaged: an authority decides
	admined bool // Compound's Timelock: an admin, and one to come
	modular bool // Zodiac's Modifier: modules act through it
	proxy   bool // behind ERC-1967 slots
	safe    bool
	start   bool // it can be initialised

	roles    map[common.Hash]string // by their names
	baseline []Fact                 // of this contract
}

// Watch finds the ways in which a contract keeps rights. A baseline may name more roles.
func Watch(name string, address common.Address, of abi.ABI, proxy bool, baseline []Fact) Watched {
	has := func(method string) bool {
		for _, m := range of.Methods {
			if m.Sig == method {
				return true
			}
		}
		return false
	}
	w := Watched{
		Name: name, Address: address, proxy: proxy,
		control: has("hasRole(bytes32,address)"), counted: has("getRoleMemberCount(bytes32)"), manager: has("hasRole(uint64,address)"),
		admined: has("admin()") && has("pendingAdmin()"), modular: has("getModulesPaginated(address,uint256)"),
		owned: has("owner()"), pending: has("pendingOwner()"), managed: has("authority()"), safe: has("getThreshold()") && has("getOwners()"),
		roles: map[common.Hash]string{},
	}
	if w.control {
		w.roles[common.Hash{}] = "DEFAULT_ADMIN_ROLE"
	}
	for _, m := range of.Methods {
		if strings.HasSuffix(m.Name, "_ROLE") && len(m.Inputs) == 0 && w.control {
			if m.Name != "DEFAULT_ADMIN_ROLE" {
				w.roles[crypto.Keccak256Hash([]byte(m.Name))] = m.Name
			}
		}
	}
	for _, e := range of.Events {
		w.start = w.start || e.ID == initialized4 || e.ID == initialized5
	}
	for _, f := range baseline {
		if f.Contract == name {
			w.baseline = append(w.baseline, f)
		}
	}
	return w
}

// Ways reports whether there is any way in which the contract keeps rights.
func (w Watched) Ways() bool {
	return w.control || w.manager || w.owned || w.managed || w.admined || w.modular || w.proxy || w.safe || w.start
}

// role is how a role is called: by the constant whose hash it is, else in hex.
func (w Watched) role(id common.Hash) string {
	if name, ok := w.roles[id]; ok {
		return name
	}
	return id.Hex()
}

// roleCalled finds a role by what it is called.
func (w Watched) roleCalled(name string) (common.Hash, bool) {
	for id, known := range w.roles {
		if known == name {
			return id, true
		}
	}
	if w.control && len(name) == 66 && strings.HasPrefix(name, "0x") {
		return common.HexToHash(name), true
	}
	return common.Hash{}, false
}

// reads are those of every block.
func (w Watched) reads() []ops.Read {
	out := w.plain()
	if w.safe {
		out = append(out, safe.Reads(w.Address)...)
	}
	return out
}

func (w Watched) fact(right, holder string) Fact { return Fact{w.Name, right, holder} }

func (w Watched) view(data, name string) ops.Read {
	return ops.Read{Kind: ops.ReadCall, To: w.Address, Data: data, Name: w.Name + "." + name}
}

func selector(signature string) string { return string(crypto.Keccak256([]byte(signature))[:4]) }
