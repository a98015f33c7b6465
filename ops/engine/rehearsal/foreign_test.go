package rehearsal_test

import (
	"bufio"
	"context"
	"math/big"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill/contracts"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

// foreign is a chain that is not ours: anvil, where there is one. The gate
// installs it.
type foreign struct {
	*rpc.Client
	t        *testing.T
	http, ws string
	accounts []common.Address
}

var listening = regexp.MustCompile(`Listening on ([0-9.:]+)`)

func newForeign(t *testing.T, more ...string) *foreign {
	t.Helper()
	path, err := exec.LookPath("anvil")
	if err != nil {
		t.Skip("no anvil on PATH: .ci/run installs one")
	}
	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, path, append([]string{"--port", "0", "--no-mining"}, more...)...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = command.Wait() }) // it was killed, which Wait calls an error
	f := &foreign{t: t}
	lines := bufio.NewScanner(out)
	for f.http == "" && lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			f.http, f.ws = "http://"+m[1], "ws://"+m[1]
		}
	}
	go func() { // ends with the process, whose pipe must not fill up
		for lines.Scan() {
		}
	}()
	if f.Client, err = rpc.Dial(f.http); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	f.ask(&f.accounts, "eth_accounts")
	return f
}

func (f *foreign) ask(result any, method string, args ...any) {
	f.t.Helper()
	if err := f.Call(result, method, args...); err != nil {
		f.t.Fatalf("%s: %v", method, err)
	}
}

func (f *foreign) mine(n int) {
	f.t.Helper()
	f.ask(nil, "anvil_mine", hexutil.Uint64(n))
}

// deploy creates a contract from the first account.
func (f *foreign) deploy(code []byte) common.Address {
	f.t.Helper()
	hash := f.send(nil, code)
	var receipt struct {
		Address common.Address `json:"contractAddress"`
		Status  hexutil.Uint64 `json:"status"`
	}
	f.ask(&receipt, "eth_getTransactionReceipt", hash)
	if receipt.Status != 1 {
		f.t.Fatalf("a contract was not created: %+v", receipt)
	}
	return receipt.Address
}

func (f *foreign) send(to *common.Address, data []byte) common.Hash {
	f.t.Helper()
	message := map[string]any{"from": f.accounts[0], "data": hexutil.Bytes(data), "gas": hexutil.Uint64(6_000_000)}
	if to != nil {
		message["to"] = *to
	}
	var hash common.Hash
	f.ask(&hash, "eth_sendTransaction", message)
	f.mine(1)
	return hash
}

// raw is what the node itself says of a view at a block, unpacked by nobody.
func (f *foreign) raw(to common.Address, data []byte, at uint64) *big.Int {
	f.t.Helper()
	var out hexutil.Bytes
	f.ask(&out, "eth_call", map[string]any{"to": to, "data": hexutil.Bytes(data)}, hexutil.Uint64(at))
	return new(big.Int).SetBytes(out)
}

// Every read of the language says on a foreign node what that node says when it
// is asked directly, at the same block.
func TestTheLanguageAgreesWithAForeignNode(t *testing.T) {
	f := newForeign(t)
	guardian, stranger := f.accounts[1], f.accounts[2]
	token := f.deploy(contracts.Token().Deploy(f.accounts[0]))
	code := f.deploy(contracts.Vault().Deploy())
	vault := f.deploy(contracts.Proxy().Deploy(code, contracts.Vault().Call("initialize", token, f.accounts[3], guardian, big.NewInt(1e9))))
	f.send(&token, contracts.Token().Call("mint", f.accounts[0], big.NewInt(5_000_000)))
	f.send(&token, contracts.Token().Call("approve", vault, big.NewInt(5_000_000)))
	f.send(&vault, contracts.Vault().Call("deposit", big.NewInt(1_234_567), f.accounts[0]))
	f.mine(3)

	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "anvil", Chain: 31337, HTTP: f.http, WS: f.ws})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	at, err := client.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.send(&vault, contracts.Vault().Call("deposit", big.NewInt(1), f.accounts[0])) // later than what is read
	scope := measure.Scope{
		Contracts: map[string]measure.Contract{"token": {Address: token, ABI: contracts.Token().ABI}, "vault": {Address: vault, ABI: contracts.Vault().ABI}},
		Names:     map[string]measure.Value{"guardian": measure.AddressValue(guardian), "stranger": measure.AddressValue(stranger), "owner": measure.AddressValue(f.accounts[0])},
	}
	var balance, fee hexutil.Big
	var runtime hexutil.Bytes
	f.ask(&balance, "eth_getBalance", guardian, hexutil.Uint64(at.Number))
	f.ask(&runtime, "eth_getCode", vault, hexutil.Uint64(at.Number))
	var head struct {
		BaseFee *hexutil.Big   `json:"baseFeePerGas"`
		Time    hexutil.Uint64 `json:"timestamp"`
	}
	f.ask(&head, "eth_getBlockByNumber", hexutil.Uint64(at.Number), false)
	fee = *head.BaseFee
	supply := f.raw(vault, contracts.Vault().Call("totalSupply"), at.Number)
	held := f.raw(token, contracts.Token().Call("balanceOf", vault), at.Number)
	const slot = `"0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"`
	for source, want := range map[string]string{
		"vault.totalSupply()":                                supply.String(),
		"token.balanceOf(vault)":                             held.String(),
		"token.balanceOf(vault.asset())":                     f.raw(token, contracts.Token().Call("balanceOf", token), at.Number).String(),
		"vault.totalAssets() - token.balanceOf(vault)":       new(big.Int).Sub(f.raw(vault, contracts.Vault().Call("totalAssets"), at.Number), held).String(),
		"balance(guardian)":                                  balance.ToInt().String(),
		"codehash(vault)":                                    crypto.Keccak256Hash(runtime).Hex(),
		"implementation(vault)":                              code.Hex(),
		"slot(vault, " + slot + ")":                          common.BytesToHash(code[:]).Hex(),
		"slot(vault, " + slot + ", address, 0)":              code.Hex(),
		"block.number":                                       new(big.Int).SetUint64(at.Number).String(),
		"block.timestamp":                                    new(big.Int).SetUint64(uint64(head.Time)).String(),
		"block.basefee":                                      fee.ToInt().String(),
		"reverts(vault.pause(), guardian)":                   "false",
		"reverts(vault.pause(), stranger)":                   "true",
		"reverts(vault.deposit(1, owner), owner)":            "false",
		"reverts(vault.pause(), guardian, 100000)":           "false",
		"reverts(vault.pause(), guardian, 25000)":            "true", // a cold slot alone costs more
		"reverts(vault.pause(), guardian, 21000)":            "true", // nothing is left for the call
		"reverts(vault.deposit(9000000, owner), owner)":      "true",
		"within(vault.totalSupply(), 1234567, 1234567)":      "true",
		"bps(vault.totalAssets(), vault.totalSupply() * 2)":  "5000",
		"vault.totalAssets() >= vault.totalSupply() * 99.9%": "true",
	} {
		m, err := measure.Compile(source, scope)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		readings, err := client.Read(t.Context(), at, m.Reads())
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		v, err := m.Evaluate(measure.Frame{At: at, Now: ops.ReadingsOf(readings)})
		if err != nil || v.String() != want {
			t.Errorf("%s is %s, and the node says %s (%v)", source, v, want, err)
		}
	}
	if supply.Cmp(big.NewInt(1_234_567)) != 0 {
		t.Errorf("the supply is %s at the block before the last deposit", supply)
	}
}

// A reorg of a foreign node reaches the feed: the blocks come again from the
// common ancestor, each linked to the one before.
func TestAReorgOfAForeignNodeIsFollowed(t *testing.T) {
	f := newForeign(t)
	client, err := chain.Dial(t.Context(), chain.Endpoint{Name: "anvil", Chain: 31337, HTTP: f.http, WS: f.ws, BlockTime: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	blocks := make(chan ops.BlockRef, 64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = chain.NewPool(1, client).Follow(ctx, func(e chain.Event) {
			if !e.Block.Zero() {
				blocks <- e.Block
			}
		})
	}()
	byNumber, last := map[uint64]common.Hash{}, ops.BlockRef{}
	upTo := func(number uint64) {
		t.Helper()
		for last.Zero() || last.Number != number {
			select {
			case b := <-blocks:
				if parent, ok := byNumber[b.Number-1]; ok && parent != b.Parent {
					t.Fatalf("block %d is not linked", b.Number)
				}
				byNumber[b.Number], last = b.Hash, b
			case <-ctx.Done():
				t.Fatalf("never came to #%d, at #%d", number, last.Number)
			}
		}
	}
	upTo(0)
	for range 6 {
		f.mine(1)
	}
	upTo(6)
	before := byNumber[4]
	f.ask(nil, "anvil_reorg", 3, []any{})
	f.mine(1)
	upTo(7)
	if byNumber[4] == before {
		t.Error("block 4 was not replaced")
	}
	stop()
	<-done
}
