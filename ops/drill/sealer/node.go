package sealer

import (
	"fmt"
	"maps"
	"math/big"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/eth/filters"
	"github.com/ethereum/go-ethereum/eth/tracers"
	_ "github.com/ethereum/go-ethereum/eth/tracers/native" // or every named tracer panics in its handler
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/p2p"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"
)

// modules are the JSON-RPC namespaces that the chain serves.
var modules = []string{"eth", "net", "web3", "debug"}

// boot starts a node without peers, disk or consensus client, listening on two
// random ports of the loopback interface.
func boot(c Config) (*node.Node, *eth.Ethereum, error) {
	n, err := node.New(nodeConfig())
	if err != nil {
		return nil, nil, fmt.Errorf("making the drill's node: %w", err)
	}
	backend, err := eth.New(n, ethConfig(c))
	if err != nil {
		_ = n.Close() // the first error is the one to tell
		return nil, nil, fmt.Errorf("making the drill's chain: %w", err)
	}
	system := filters.NewFilterSystem(backend.APIBackend, filters.Config{})
	n.RegisterAPIs([]rpc.API{{Namespace: "eth", Service: filters.NewFilterAPI(system)}})
	n.RegisterAPIs(tracers.APIs(backend.APIBackend))
	if err := n.Start(); err != nil {
		_ = n.Close()
		return nil, nil, fmt.Errorf("starting the drill's node (may this user listen on 127.0.0.1?): %w", err)
	}
	backend.SetSynced() // or the pool refuses transactions
	return n, backend, nil
}

func nodeConfig() *node.Config {
	c := node.DefaultConfig
	c.DataDir, c.IPCPath = "", ""
	c.P2P = p2p.Config{NoDiscovery: true, NoDial: true, MaxPeers: 0, ListenAddr: ""}
	c.HTTPHost, c.HTTPPort, c.HTTPModules = "127.0.0.1", 0, modules
	c.WSHost, c.WSPort, c.WSModules = "127.0.0.1", 0, modules
	return &c
}

func ethConfig(c Config) *ethconfig.Config {
	rules := *params.AllDevChainProtocolChanges
	rules.ChainID = new(big.Int).SetUint64(uint64(c.Chain))
	rules.BogotaTime = nil // its gas schedule is not settled: pause() would cost three times as much

	alloc := core.SystemContractAllocs()
	maps.Copy(alloc, c.Alloc)

	e := ethconfig.Defaults
	e.NetworkId = uint64(c.Chain)
	e.Genesis = &core.Genesis{
		Config:    &rules,
		Timestamp: uint64(c.Genesis.Unix()),
		GasLimit:  e.Miner.GasCeil,
		Alloc:     alloc,
	}
	e.SyncMode = ethconfig.FullSync
	e.TxPool.NoLocals = true
	e.LogNoHistory = true
	// Every block can be read back for as long as the drill runs; a block of ten
	// transactions costs about 50 kB of memory.
	e.StateScheme, e.NoPruning = rawdb.HashScheme, true
	return &e
}
