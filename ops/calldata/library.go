package calldata

import (
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Names of inputs that say how they are written for people.
const (
	nameRole        = "role"
	nameDelay       = "delay" // in seconds
	nameAmount      = "amount"
	namePredecessor = "predecessor"
)

// function is one function that calldata may be for.
type function struct {
	name   string
	sig    string
	inputs []*abi.Type
	names  []string // of the inputs
	opens  opener   // nil where it carries no calls
	hides  []int    // the inputs that its calls were made of
	tells  func(b *Book, f frame) string
}

// opener takes the calls out of a function's arguments, at most so many of all there
// are. bad is why they cannot be taken out, though the arguments are well encoded.
type opener func(to common.Address, f frame, most int) (calls []ops.Call, all int, bad string)

// entry of the library: a signature, and the names of its inputs that matter.
type entry struct {
	sig   string
	names string
	opens opener
	hides []int
	tells func(b *Book, f frame) string
}

// library are the functions that are known without their contract's ABI. Sources: see
// the group's comment. That a selector and its shape fit proves nothing: any contract
// may have a function of that signature that does something else.
var library map[string]*function

func init() { // an initialiser would go in a circle: what is in words names functions of the library
	library = map[string]*function{}
	for _, e := range []entry{
		// OpenZeppelin contracts/governance/TimelockController.sol, v4.9.6 to v5.7.0.
		{sig: "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", names: "target,value,data,predecessor,salt,delay", opens: one(0, 1, 2), hides: []int{0, 1, 2}},
		{sig: "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)", names: "targets,values,payloads,predecessor,salt,delay", opens: columns, hides: []int{0, 1, 2}},
		{sig: "execute(address,uint256,bytes,bytes32,bytes32)", names: "target,value,data,predecessor,salt", opens: one(0, 1, 2), hides: []int{0, 1, 2}},
		{sig: "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)", names: "targets,values,payloads,predecessor,salt", opens: columns, hides: []int{0, 1, 2}},
		{sig: "cancel(bytes32)", names: "operation"},
		{sig: "updateDelay(uint256)", names: "delay"},
		// contracts/governance/Governor.sol and its timelock extensions.
		{sig: "propose(address[],uint256[],bytes[],string)", names: "targets,values,payloads,description", opens: columns, hides: []int{0, 1, 2}},
		{sig: "queue(address[],uint256[],bytes[],bytes32)", names: "targets,values,payloads,description", opens: columns, hides: []int{0, 1, 2}},
		{sig: "execute(address[],uint256[],bytes[],bytes32)", names: "targets,values,payloads,description", opens: columns, hides: []int{0, 1, 2}},
		{sig: "relay(address,uint256,bytes)", names: "target,value,data", opens: one(0, 1, 2), hides: []int{0, 1, 2}},
		// compound-protocol contracts/Timelock.sol, a3214f6.
		{sig: "queueTransaction(address,uint256,string,bytes,uint256)", names: "target,value,signature,data,eta", opens: compound, hides: []int{0, 1, 2, 3}},
		{sig: "executeTransaction(address,uint256,string,bytes,uint256)", names: "target,value,signature,data,eta", opens: compound, hides: []int{0, 1, 2, 3}},
		{sig: "cancelTransaction(address,uint256,string,bytes,uint256)", names: "target,value,signature,data,eta", opens: compound, hides: []int{0, 1, 2, 3}},
		{sig: "setDelay(uint256)", names: "delay"}, {sig: "setPendingAdmin(address)"}, {sig: "acceptAdmin()"},
		// contracts/access/manager/AccessManager.sol, v5; AccessManaged.setAuthority.
		{sig: "schedule(address,bytes,uint48)", names: "target,data,when", opens: one(0, -1, 1), hides: []int{0, 1}},
		{sig: "execute(address,bytes)", names: "target,data", opens: one(0, -1, 1), hides: []int{0, 1}},
		{sig: "cancel(address,address,bytes)", names: "caller,target,data", opens: one(1, -1, 2), hides: []int{1, 2}},
		{sig: "setTargetClosed(address,bool)"}, {sig: "setTargetFunctionRole(address,bytes4[],uint64)", names: "target,selectors,role"},
		{sig: "setTargetAdminDelay(address,uint32)", names: "target,delay"}, {sig: "setGrantDelay(uint64,uint32)", names: "role,delay"},
		{sig: "grantRole(uint64,address,uint32)", names: "role,account,delay"}, {sig: "revokeRole(uint64,address)", names: "role,account"},
		{sig: "renounceRole(uint64,address)", names: "role,account"}, {sig: "setRoleAdmin(uint64,uint64)", names: "role,role"},
		{sig: "setRoleGuardian(uint64,uint64)", names: "role,role"}, {sig: "labelRole(uint64,string)", names: "role,label"},
		{sig: "updateAuthority(address,address)"}, {sig: "setAuthority(address)"},
		// contracts/access/AccessControl.sol and Ownable.sol.
		{sig: "grantRole(bytes32,address)", names: "role,account"}, {sig: "revokeRole(bytes32,address)", names: "role,account"},
		{sig: "renounceRole(bytes32,address)", names: "role,account"}, {sig: "setRoleAdmin(bytes32,bytes32)", names: "role,role"},
		{sig: "beginDefaultAdminTransfer(address)"}, {sig: "acceptDefaultAdminTransfer()"},
		{sig: "transferOwnership(address)"}, {sig: "acceptOwnership()"}, {sig: "renounceOwnership()"},
		// contracts/utils/Multicall.sol; mds1/multicall3 src/Multicall3.sol.
		{sig: "multicall(bytes[])", opens: own, hides: []int{0}},
		{sig: "aggregate((address,bytes)[])", opens: tuples(0, -1, 1), hides: []int{0}},
		{sig: "tryAggregate(bool,(address,bytes)[])", opens: tuples(1, -1, 1), hides: []int{1}},
		{sig: "blockAndAggregate((address,bytes)[])", opens: tuples(0, -1, 1), hides: []int{0}},
		{sig: "tryBlockAndAggregate(bool,(address,bytes)[])", opens: tuples(1, -1, 1), hides: []int{1}},
		{sig: "aggregate3((address,bool,bytes)[])", opens: tuples(0, -1, 2), hides: []int{0}},
		{sig: "aggregate3Value((address,bool,uint256,bytes)[])", opens: tuples(0, 2, 3), hides: []int{0}},
		// safe-smart-account contracts/Safe.sol, base/ModuleManager.sol, libraries/MultiSend.sol, v1.3.0 to v1.5.0.
		{sig: "multiSend(bytes)", opens: packed, hides: []int{0}},
		{sig: "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)", opens: delegating, hides: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{sig: "execTransactionFromModule(address,uint256,bytes,uint8)", opens: delegating, hides: []int{0, 1, 2, 3}},
		{sig: "execTransactionFromModuleReturnData(address,uint256,bytes,uint8)", opens: delegating, hides: []int{0, 1, 2, 3}},
		// contracts/proxy: ERC1967, UUPS, transparent and its ProxyAdmin, v4 and v5; EIP-2535.
		{sig: "upgradeTo(address)"}, {sig: "upgradeToAndCall(address,bytes)", opens: initialiser(-1, 1), hides: []int{1}},
		{sig: "upgrade(address,address)"}, {sig: "upgradeAndCall(address,address,bytes)", opens: initialiser(0, 2), hides: []int{2}},
		{sig: "changeProxyAdmin(address,address)"}, {sig: "changeAdmin(address)"},
		{sig: "diamondCut((address,uint8,bytes4[])[],address,bytes)", opens: diamond, tells: cut},
		{sig: "initialize()"},
		// contracts/utils/Pausable.sol as it is mostly exposed.
		{sig: "pause()"}, {sig: "unpause()"},
		// EIP-20, and the usual mint.
		{sig: "transfer(address,uint256)", names: "to,amount"}, {sig: "transferFrom(address,address,uint256)", names: "from,to,amount"},
		{sig: "approve(address,uint256)", names: "spender,amount"}, {sig: "mint(address,uint256)", names: "to,amount"},
	} {
		f, err := e.function()
		if err != nil {
			panic(fmt.Sprintf("%s: %v", e.sig, err)) // the signatures stand above
		}
		library[selector(e.sig)] = f
	}
}

func selector(sig string) string { return string(crypto.Keccak256([]byte(sig))[:4]) }

func (e entry) function() (*function, error) {
	parsed, err := abi.ParseSelector(e.sig)
	if err != nil {
		return nil, err
	}
	f := &function{name: parsed.Name, sig: e.sig, opens: e.opens, hides: e.hides, tells: e.tells}
	for _, in := range parsed.Inputs {
		t, err := abi.NewType(in.Type, in.InternalType, in.Components)
		if err != nil {
			return nil, err
		}
		f.inputs = append(f.inputs, &t)
	}
	f.names = make([]string, len(f.inputs))
	copy(f.names, strings.Split(e.names, ","))
	return f, nil
}

// textForm is one string.
var textForm = func() []*abi.Type {
	t, err := abi.NewType("string", "", nil)
	if err != nil {
		panic(err) // string is a type
	}
	return []*abi.Type{&t}
}()

// of is a method of a contract's own ABI: what the library knows of one with the same
// signature, else its name and inputs.
func of(m *abi.Method) *function {
	if f, ok := library[string(m.ID)]; ok && f.sig == m.Sig {
		return f
	}
	f := &function{name: m.RawName, sig: m.Sig}
	for i := range m.Inputs {
		name := ""
		if m.Inputs[i].Name == nameRole {
			name = nameRole
		}
		f.inputs, f.names = append(f.inputs, &m.Inputs[i].Type), append(f.names, name)
	}
	return f
}
