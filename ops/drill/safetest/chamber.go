package safetest

import (
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
)

// Chamber is a Safe on a drill's chain, and a vault that only the Safe can pause.
type Chamber struct {
	Safe, Singleton, Vault common.Address

	t      testing.TB
	client *ethclient.Client
	mine   func()
}

// Deploy creates the Safe and the vault; mine seals the next block of the drill.
func Deploy(t testing.TB, http, version string, mine func()) *Chamber {
	t.Helper()
	client, err := ethclient.Dial(http)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c := &Chamber{t: t, client: client, mine: mine}
	p, world := Read(t, version), drill.Addresses()
	c.Singleton = c.mined(c.Pooled(drill.Deployer, nil, p.Singleton)).ContractAddress
	c.Safe = c.mined(c.Pooled(drill.Deployer, nil, p.ProxyOf(c.Singleton))).ContractAddress
	vault := contracts.Proxy().Deploy(world.VaultV2, contracts.Vault().Call("initialize", world.Token, world.Timelock, c.Safe, big.NewInt(1e18)))
	c.Vault = c.mined(c.Pooled(drill.Deployer, nil, vault)).ContractAddress
	c.Send(c.Safe, SetUp(t))
	return c
}

// World deploys the drill's contracts where every drill has them, on a chain that is no
// drill's own: its deployer must have sent nothing yet.
func World(t testing.TB, http string, mine func()) {
	t.Helper()
	client, err := ethclient.Dial(http)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c := &Chamber{t: t, client: client, mine: mine}
	deployer, world := drill.Address(drill.Deployer), drill.Addresses()
	for _, code := range [][]byte{
		contracts.Token().Deploy(deployer),
		contracts.Timelock().Deploy(big.NewInt(172_800), []common.Address{drill.Address(drill.Proposer)}, []common.Address{drill.Address(drill.Executor)}, deployer),
		contracts.Vault().Deploy(),
		contracts.Proxy().Deploy(world.VaultV1, contracts.Vault().Call("initialize", world.Token, world.Timelock, drill.Address(drill.Guardian), big.NewInt(1e18))),
		contracts.VaultV2().Deploy(),
	} {
		c.mined(c.Pooled(drill.Deployer, nil, code))
	}
}

// book is the runbook of the chamber: the Safe pauses the vault, the guardian sends.
const book = `version: 1
id: R8
name: freeze-second
key: Z
owner: incident-command
class: asset
phrase: freeze second
lanes:
  guardian: {kind: keystore, from: "%s"}
  council: {kind: safe, from: "%s", executor: guardian, singleton: "%s"}
steps:
  - id: R8.1
    title: Pause the second vault
    call: second.pause()
    effect: restricts
    lanes: [council]
    blast_radius: {scope: global, stops: all deposits and withdrawals}
    expect: second.paused() == true
    on_failure: stop
contained_when: {holds: second.paused() == true, blocks: 1, steps: [R8.1]}
`

// Write adds the vault and the runbook R8 to the drill's pack in a folder. It has to
// be signed anew.
func (c *Chamber) Write(folder string) {
	c.t.Helper()
	path := filepath.Join(folder, "policy.yaml")
	policy, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	with := strings.Replace(string(policy), "contracts:\n", fmt.Sprintf("contracts:\n  second: {chain: drill, address: %q, abi: abi/Vault.json, proxy: erc1967}\n", c.Vault.Hex()), 1)
	text := fmt.Sprintf(book, drill.Address(drill.Guardian).Hex(), c.Safe.Hex(), c.Singleton.Hex())
	if err := errors.Join(os.WriteFile(path, []byte(with), 0o600), os.WriteFile(filepath.Join(folder, "runbooks", "freeze-second.yaml"), []byte(text), 0o600)); err != nil {
		c.t.Fatal(err)
	}
}

// Pooled hands somebody's transaction to the pool.
func (c *Chamber) Pooled(from string, to *common.Address, data []byte) *types.Transaction {
	c.t.Helper()
	nonce, err := c.client.PendingNonceAt(c.t.Context(), drill.Address(from))
	if err != nil {
		c.t.Fatal(err)
	}
	id := new(big.Int).SetUint64(uint64(ops.FirstDrillChain))
	tx, err := types.SignNewTx(drill.Key(from), types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: nonce, To: to, Data: data, Gas: 7_000_000, GasFeeCap: big.NewInt(100e9), GasTipCap: big.NewInt(1e9),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.client.SendTransaction(c.t.Context(), tx); err != nil {
		c.t.Fatal(err)
	}
	return tx
}

// Send has the deployer's transaction mined in the next block; it must succeed.
func (c *Chamber) Send(to common.Address, data []byte) {
	c.t.Helper()
	c.mined(c.Pooled(drill.Deployer, &to, data))
}

func (c *Chamber) mined(tx *types.Transaction) *types.Receipt {
	c.t.Helper()
	c.mine()
	r, err := c.client.TransactionReceipt(c.t.Context(), tx.Hash())
	if err != nil || r.Status != types.ReceiptStatusSuccessful {
		c.t.Fatalf("%+v, %v", r, err)
	}
	return r
}
