package calldata_test

import (
	"fmt"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

var (
	safe    = common.HexToAddress("0x00000000000000000000000000000000000000A1")
	vault   = common.HexToAddress("0x00000000000000000000000000000000000000A2")
	lock    = common.HexToAddress("0x00000000000000000000000000000000000000A3")
	mallory = common.HexToAddress("0x00000000000000000000000000000000000000AA")
	nobody  = common.HexToAddress("0x00000000000000000000000000000000000000FF")
)

// encode is the calldata of a signature's function.
func encode(t testing.TB, signature string, values ...any) []byte {
	t.Helper()
	parsed, err := abi.ParseSelector(signature)
	if err != nil {
		t.Fatal(err)
	}
	var args abi.Arguments
	for _, in := range parsed.Inputs {
		kind, err := abi.NewType(in.Type, in.InternalType, in.Components)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, abi.Argument{Type: kind})
	}
	packed, err := args.Pack(values...)
	if err != nil {
		t.Fatal(err)
	}
	return append(crypto.Keccak256([]byte(signature))[:4], packed...)
}

// book knows the vault by its ABI, and the others by their names alone.
func book(t testing.TB) *calldata.Book {
	t.Helper()
	parsed, err := abi.JSON(strings.NewReader(capABI))
	if err != nil {
		t.Fatal(err)
	}
	return calldata.NewBook(map[common.Address]*abi.ABI{vault: &parsed}, map[common.Address]string{vault: "vault", lock: "timelock", safe: "safe", mallory: "mallory"})
}

// tree is a call in lines, what it carries below it.
func tree(c ops.Call, in string) string {
	how := ""
	if c.Delegate {
		how = "DELEGATE "
	}
	name := c.Name
	if name == "" {
		name = c.To.Hex()
	}
	out := in + how + name + "." + c.Function
	if c.Value != "0" && c.Value != "" {
		out += " value " + c.Value
	}
	if c.Doubt != "" {
		out += " ? " + c.Doubt
	}
	for _, i := range c.Inner {
		out += "\n" + tree(i, in+"  ")
	}
	return out
}

func read(b *calldata.Book, to common.Address, data []byte) string {
	calls, _ := b.Read([]ops.Call{{To: to, Value: "0", Data: data}})
	return tree(calls[0], "")
}

type pair struct {
	Target common.Address `abi:"name0"`
	Data   []byte         `abi:"name1"`
}

type triple struct {
	Target common.Address `abi:"name0"`
	Allow  bool           `abi:"name1"`
	Data   []byte         `abi:"name2"`
}

type facet struct {
	Facet     common.Address `abi:"name0"`
	Action    uint8          `abi:"name1"`
	Selectors [][4]byte      `abi:"name2"`
}

// pack packs calls as a multiSend takes them.
func pack(calls ...ops.Call) []byte {
	var out []byte
	for _, c := range calls {
		operation := byte(0)
		if c.Delegate {
			operation = 1
		}
		value, _ := new(big.Int).SetString(c.Value, 10)
		word := common.BigToHash(value)
		out = append(append(append(out, operation), c.To[:]...), word[:]...)
		word = common.BigToHash(big.NewInt(int64(len(c.Data))))
		out = append(append(out, word[:]...), c.Data...)
	}
	return out
}

// manyThings is a call with arguments of most kinds.
func manyThings(t testing.TB) []byte {
	t.Helper()
	parsed, err := abi.JSON(strings.NewReader(capABI))
	if err != nil {
		t.Fatal(err)
	}
	type both struct {
		X string
		Y [][]byte
	}
	data, err := parsed.Pack("setMany", [][]*big.Int{{big.NewInt(1), units(2)}, {}}, [2]both{{"a \"b\"", [][]byte{{1}, {}}}, {"", nil}}, [3]int8{1, -1, 127}, true)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func grant(t testing.TB) []byte {
	return encode(t, "grantRole(bytes32,address)", crypto.Keccak256Hash([]byte("EXECUTOR_ROLE")), mallory)
}

const nothing = "0x0000000000000000000000000000000000000000000000000000000000000000"

func TestCallsAreSaidInPlainWordsDownToTheLast(t *testing.T) {
	zero, none := big.NewInt(0), [32]byte{}
	single := func(data []byte) []byte {
		return encode(t, "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", lock, zero, data, none, none, big.NewInt(48*3600))
	}
	exec := func(to common.Address, data []byte, operation uint8) []byte {
		return encode(t, "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)", to, zero, data, operation, zero, zero, zero, nobody, nobody, []byte{1, 2})
	}
	role := "looks like grantRole(EXECUTOR_ROLE, mallory)"
	for _, c := range []struct {
		name string
		to   common.Address
		data []byte
		want string
	}{
		{"a contract's own ABI", vault, encode(t, "setDepositCap(uint256)", units(1000)), "vault.setDepositCap(1000e18)"},
		{"the name of a role of its ABI", vault, encode(t, "grantRole(bytes32,address)", crypto.Keccak256Hash([]byte("KEEPER_ROLE")), mallory), "vault.grantRole(KEEPER_ROLE, mallory)"},
		{"the role zero", vault, encode(t, "grantRole(bytes32,address)", none, mallory), "vault.grantRole(DEFAULT_ADMIN_ROLE, mallory)"},
		{"arguments of most kinds", vault, manyThings(t), `vault.setMany([[1, 2e18], []], [("a \"b\"", [0x01, 0x]), ("", [])], [1, -1, 127], true)`},
		{"the same and a byte more", vault, append(manyThings(t), 0), `vault.setMany([[1, 2e18], []], [("a \"b\"", [0x01, 0x]), ("", [])], [1, -1, 127], true) ? it is not encoded as its arguments are`},
		{"no ABI", lock, grant(t), "timelock." + role},
		{"scheduling", lock, single(grant(t)), "timelock.looks like schedule(predecessor none, salt " + nothing + ", delay 48h, 1 call)\n  timelock." + role},
		{"scheduling a batch", lock, encode(t, "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)", []common.Address{vault, lock}, []*big.Int{big.NewInt(7), zero}, [][]byte{{}, grant(t)}, none, none, big.NewInt(90)),
			"timelock.looks like scheduleBatch(predecessor none, salt " + nothing + ", delay 1m30s, 2 calls)\n  vault.a plain transfer value 7\n  timelock." + role},
		{"a batch whose lists differ", lock, encode(t, "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)", []common.Address{vault}, []*big.Int{}, [][]byte{{}}, none, none),
			"timelock.looks like executeBatch(predecessor none, salt " + nothing + ", undecodable) ? its lists are not of one length: it reverts"},
		{"another delay", lock, encode(t, "updateDelay(uint256)", big.NewInt(60)), "timelock.looks like updateDelay(1m)"},
		{"a Safe's delegatecall", safe, exec(vault, grant(t), 1), "safe.looks like execTransaction(1 call)\n  DELEGATE vault.grantRole(EXECUTOR_ROLE, mallory)"},
		{"a Safe's unknown operation", safe, exec(vault, nil, 2), "safe.looks like execTransaction(undecodable) ? its operation 2 is neither a call nor a delegatecall: it reverts"},
		{"many in one", safe, encode(t, "multiSend(bytes)", pack(ops.Call{To: lock, Value: "0", Data: grant(t)}, ops.Call{To: mallory, Value: "5", Delegate: true})),
			"safe.looks like multiSend(2 calls)\n  timelock." + role + "\n  DELEGATE mallory.a plain transfer value 5"},
		{"many in one, cut off", safe, encode(t, "multiSend(bytes)", pack(ops.Call{To: lock, Value: "0", Data: grant(t)})[:90]), "safe.looks like multiSend(undecodable) ? its call 1 cannot be read"},
		{"many of its own", vault, encode(t, "multicall(bytes[])", [][]byte{encode(t, "setDepositCap(uint256)", big.NewInt(5)), {}}), "vault.looks like multicall(2 calls)\n  vault.setDepositCap(5)\n  vault.a plain transfer"},
		{"Multicall3", safe, encode(t, "aggregate3((address,bool,bytes)[])", []triple{{lock, true, grant(t)}}), "safe.looks like aggregate3(1 call)\n  timelock." + role},
		{"Multicall2", safe, encode(t, "tryAggregate(bool,(address,bytes)[])", true, []pair{{lock, grant(t)}}), "safe.looks like tryAggregate(true, 1 call)\n  timelock." + role},
		{"an upgrade with its initialiser", vault, encode(t, "upgradeToAndCall(address,bytes)", mallory, encode(t, "initialize()")), "vault.looks like upgradeToAndCall(mallory, 1 call)\n  vault.looks like initialize()"},
		{"an upgrade without", vault, encode(t, "upgradeToAndCall(address,bytes)", mallory, []byte{}), "vault.looks like upgradeToAndCall(mallory, no call)"},
		{"an admin's upgrade", safe, encode(t, "upgradeAndCall(address,address,bytes)", vault, mallory, encode(t, "setDepositCap(uint256)", big.NewInt(5))), "safe.looks like upgradeAndCall(vault, mallory, 1 call)\n  vault.setDepositCap(5)"},
		{"a diamond", safe, encode(t, "diamondCut((address,uint8,bytes4[])[],address,bytes)", []facet{{mallory, 0, [][4]byte{{1, 2, 3, 4}, [4]byte(grant(t))}}, {common.Address{}, 2, [][4]byte{{5}}}}, mallory, []byte{}),
			"safe.looks like diamondCut(adds 2 functions of mallory: 0x01020304 grantRole(bytes32,address); removes 1 functions: 0x05000000, 1 call)\n  DELEGATE mallory.a plain transfer"},
		{"Compound's", lock, encode(t, "queueTransaction(address,uint256,string,bytes,uint256)", vault, zero, "setDepositCap(uint256)", common.BigToHash(big.NewInt(9)).Bytes(), big.NewInt(5)), "timelock.looks like queueTransaction(eta 5, 1 call)\n  vault.setDepositCap(9)"},
		{"a manager's", lock, encode(t, "setTargetFunctionRole(address,bytes4[],uint64)", vault, [][4]byte{{1, 2, 3, 4}}, uint64(0)), "timelock.looks like setTargetFunctionRole(vault, [0x01020304], ADMIN_ROLE)"},
		{"a manager's call", lock, encode(t, "execute(address,bytes)", vault, encode(t, "setDepositCap(uint256)", big.NewInt(9))), "timelock.looks like execute(1 call)\n  vault.setDepositCap(9)"},
		{"nothing that is known", nobody, []byte{1, 2, 3, 4, 5}, nobody.Hex() + ".0x0102030405"},
		{"no selector", nobody, []byte{1}, nobody.Hex() + ".0x01 (no selector)"},
		{"a byte too many", vault, append(encode(t, "setDepositCap(uint256)", big.NewInt(5)), 0), "vault.setDepositCap(5) ? it is not encoded as its arguments are"},
		{"cut off", vault, encode(t, "setDepositCap(uint256)", big.NewInt(5))[:20], "vault.setDepositCap(undecodable) ? it is not encoded as its arguments are"},
		{"a fake", nobody, append(grant(t), 0), nobody.Hex() + ".looks like grantRole(undecodable)"},
		{"a fake that would carry calls", nobody, encode(t, "multicall(bytes[])", [][]byte{{1}})[:70], nobody.Hex() + ".looks like multicall(undecodable) ? it is not encoded as its arguments are"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := read(book(t), c.to, c.data); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func units(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1e18)) }

// A selector that the contract's ABI gives to something else is that.
func TestAContractsOwnABIComesBeforeWhatItsSelectorLooksLike(t *testing.T) {
	parsed, err := abi.JSON(strings.NewReader(`[{"type":"function","name":"upgradeTo","inputs":[{"name":"version","type":"address"}],"outputs":[]}]`))
	if err != nil {
		t.Fatal(err)
	}
	b := calldata.NewBook(map[common.Address]*abi.ABI{vault: &parsed}, nil)
	if got := read(b, vault, encode(t, "upgradeTo(address)", nobody)); got != vault.Hex()+".upgradeTo("+nobody.Hex()+")" {
		t.Error(got)
	}
	if sig, words := b.Does(ops.Call{To: vault, Data: append(grant(t), 1)}); sig != "grantRole(bytes32,address)" || words != nil {
		t.Errorf("%s %v: bytes too many do not hide what it is", sig, words)
	}
	if sig, words := b.Does(ops.Call{To: nobody, Data: grant(t)}); sig != "grantRole(bytes32,address)" || len(words) != 2 || common.BytesToAddress(words[1][:]) != mallory {
		t.Errorf("%s %v", sig, words)
	}
}

// nested is a multicall in a multicall, so deep.
func nested(t testing.TB, deep int, core []byte) []byte {
	for range deep {
		core = encode(t, "multicall(bytes[])", [][]byte{core})
	}
	return core
}

func TestNestingEndsAndIsSaidToEnd(t *testing.T) {
	core := encode(t, "setDepositCap(uint256)", big.NewInt(5))
	for deep := range 40 {
		got := read(book(t), vault, nested(t, deep, core))
		if whole := strings.HasSuffix(got, "setDepositCap(5)"); whole != (deep < 8) || whole == strings.Contains(got, "nested more than 8 deep") {
			t.Errorf("%d deep: %s", deep, got)
		}
	}
	var many [][]byte
	for range 2000 {
		many = append(many, core)
	}
	calls, _ := book(t).Read([]ops.Call{{To: vault, Value: "0", Data: encode(t, "multicall(bytes[])", many)}})
	if c := calls[0]; len(c.Inner) != 511 || c.Function != "looks like multicall(2000 calls)" || c.Doubt != "1489 calls more than are read" {
		t.Errorf("%d of them, %s, %s", len(c.Inner), c.Function, c.Doubt)
	}
}

// hostile are encodings that lie, each of a function that carries calls.
func hostile(t testing.TB) map[string][]byte {
	honest := encode(t, "multicall(bytes[])", [][]byte{{1, 2, 3, 4}, {5, 6, 7, 8}})
	change := func(at int, n int64) []byte {
		out := slices.Clone(honest)
		copy(out[4+at:], common.BigToHash(big.NewInt(n)).Bytes())
		return out
	}
	return map[string][]byte{
		"an offset that goes back": change(0, 0), "one that goes on": change(0, 64), "two that are one": change(96, 64), "more than there are": change(32, 3), "fewer than there are": change(32, 1),
		"padding that is not empty": append(honest[:len(honest)-1:len(honest)-1], 1), "a length beyond": change(128, 1<<40), "a length that is negative": change(32, -1), "itself": change(64, 0),
		"the selector alone": honest[:4], "half a word": honest[:20],
	}
}

func TestAnEncodingThatLiesIsUndecodable(t *testing.T) {
	for name, data := range hostile(t) {
		if got := read(book(t), nobody, data); got != nobody.Hex()+".looks like multicall(undecodable) ? it is not encoded as its arguments are" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestAMegabyteOfCalldataIsReadInLittleMemory(t *testing.T) {
	for name, data := range megabytes(t) {
		b := book(t)
		b.Read(nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b.Read([]ops.Call{{To: vault, Value: "0", Data: data}})
		runtime.ReadMemStats(&after)
		if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 1<<20 {
			t.Errorf("%s: %d bytes of memory for %d", name, bytes, len(data))
		}
	}
}

// megabytes are 1 MB each of what takes most work.
func megabytes(t testing.TB) map[string][]byte {
	const size = 1 << 20
	return map[string][]byte{
		"one after the other": encode(t, "multicall(bytes[])", make([][]byte, size/64)),
		"one in the other":    nested(t, 12, make([]byte, size)),
		"packed":              encode(t, "multiSend(bytes)", make([]byte, size/packedSize*packedSize)),
		"tuples":              encode(t, "aggregate3((address,bool,bytes)[])", make([]triple, size/160)),
		"nothing known":       make([]byte, size),
	}
}

const packedSize = 1 + 20 + 32 + 32

func BenchmarkReadAMegabyte(b *testing.B) {
	for name, data := range megabytes(b) {
		known := book(b)
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				known.Read([]ops.Call{{To: vault, Value: "0", Data: data}})
			}
		})
	}
}

// What is read takes no more than its bounds, whatever the bytes.
func FuzzRead(f *testing.F) {
	known := book(f)
	for _, data := range hostile(f) {
		f.Add(data)
	}
	f.Add(nested(f, 9, grant(f)))
	f.Add(encode(f, "multiSend(bytes)", pack(ops.Call{To: lock, Value: "0", Data: grant(f)})))
	f.Add(encode(f, "diamondCut((address,uint8,bytes4[])[],address,bytes)", []facet{{mallory, 0, [][4]byte{{1}}}}, mallory, []byte{}))
	f.Add(manyThings(f))
	f.Add(append(manyThings(f), 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, to := range []common.Address{vault, nobody} {
			calls, _ := known.Read([]ops.Call{{To: to, Value: "0", Data: data}})
			count := 0
			var visit func(c ops.Call, deep int)
			visit = func(c ops.Call, deep int) {
				if count++; count > 512 || deep > 8 || c.Function == "" || len(c.Function) > 8000 {
					t.Fatalf("%d calls, %d deep: %q", count, deep, c.Function)
				}
				for _, i := range c.Inner {
					visit(i, deep+1)
				}
			}
			visit(calls[0], 1)
			_, _ = known.Does(calls[0])
		}
	})
}

// Whatever passes as exact is what an encoder makes of it, to the byte.
func FuzzExactIsWhatAnEncoderMakes(f *testing.F) {
	signatures := []string{"multicall(bytes[])", "aggregate3((address,bool,bytes)[])", "diamondCut((address,uint8,bytes4[])[],address,bytes)", "labelRole(uint64,string)", "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)"}
	f.Add(0, encode(f, signatures[0], [][]byte{{1}, {}})[4:])
	f.Add(1, encode(f, signatures[1], []triple{{lock, true, []byte{1}}})[4:])
	f.Add(2, encode(f, signatures[2], []facet{{mallory, 0, [][4]byte{{1}}}}, mallory, []byte{})[4:])
	f.Add(3, encode(f, signatures[3], uint64(1), "x")[4:])
	f.Add(4, encode(f, signatures[4], []common.Address{vault}, []*big.Int{big.NewInt(1)}, [][]byte{{1, 2}}, [32]byte{}, [32]byte{1}, big.NewInt(5))[4:])
	known := calldata.NewBook(nil, nil)
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		signature := signatures[uint(which)%uint(len(signatures))]
		call := append(crypto.Keccak256([]byte(signature))[:4], data...)
		_, words := known.Does(ops.Call{Data: call})
		if words == nil {
			return
		}
		parsed, err := abi.ParseSelector(signature)
		if err != nil {
			t.Fatal(err)
		}
		var args abi.Arguments
		for _, in := range parsed.Inputs {
			kind, err := abi.NewType(in.Type, in.InternalType, in.Components)
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, abi.Argument{Type: kind})
		}
		values, err := args.Unpack(data)
		if err != nil {
			t.Fatalf("%s passes, and cannot be decoded: %v", signature, err)
		}
		if again, err := args.Pack(values...); err != nil || string(again) != string(data) {
			t.Fatalf("%s passes, and is encoded otherwise: %v\n%x\n%x", signature, err, data, again)
		}
	})
}

func ExampleBook_Read() {
	b := calldata.NewBook(nil, nil)
	calls, _ := b.Read([]ops.Call{{Data: common.FromHex("0x64d623530000000000000000000000000000000000000000000000000000000000000e10")}})
	fmt.Println(calls[0].Function)
	// Output: looks like updateDelay(1h)
}

func TestATokensAmountIsSaidInItsOwnUnits(t *testing.T) {
	word := func(n int64) []byte { return common.BigToHash(big.NewInt(n)).Bytes() }
	text := func(s string) []byte { return encode(t, "f(string)", s)[4:] }
	answer := func(b []byte) ops.Reading { return ops.Reading{Status: ops.ReadOK, Data: b} }
	pay := encode(t, "transfer(address,uint256)", mallory, big.NewInt(1_500_000))
	for _, c := range []struct {
		name             string
		decimals, symbol ops.Reading
		want             string
	}{
		{"six decimals", answer(word(6)), answer(text("USDC")), "1.5 USDC"},
		{"eighteen", answer(word(18)), answer(text("dUSD")), "0.0000000000015 dUSD"},
		{"none", answer(word(0)), answer(text("PT-eETH")), "1500000 PT-eETH"},
		{"an old token's bytes32", answer(word(5)), answer(common.RightPadBytes([]byte("MKR"), 32)), "15 MKR"},
		{"a letter of another alphabet", answer(word(6)), answer(text("USD₮0")), "1.5 USD₮0"},
		{"an escape sequence", answer(word(6)), answer(text("\x1b[2J")), "1500000"},
		{"words", answer(word(6)), answer(text("0 to Ada")), "1500000"},
		{"digits alone", answer(word(6)), answer(text("000")), "1500000"},
		{"a megabyte", answer(word(6)), answer(text(strings.Repeat("A", 1<<20))), "1500000"},
		{"no text", answer(word(6)), answer(make([]byte, 64)), "1500000"},
		{"an empty one", answer(word(6)), answer(make([]byte, 32)), "1500000"},
		{"decimals beyond any", answer(word(78)), answer(text("USDC")), "1500000"},
		{"decimals that are no number", answer([]byte{6}), answer(text("USDC")), "1500000"},
		{"no token", ops.Reading{Status: ops.ReadReverted}, answer(text("USDC")), "1500000"},
	} {
		b := book(t)
		call := []ops.Call{{To: nobody, Value: "0", Data: pay}}
		if _, wants := b.Read(call); len(wants) != 1 || wants[0] != nobody {
			t.Errorf("%s: it asks %v", c.name, wants)
		}
		if token, is := calldata.TokenOf(c.decimals, c.symbol); is {
			b.Learn(nobody, token)
		}
		calls, _ := b.Read(call)
		if want := "looks like transfer(mallory, " + c.want + ")"; calls[0].Function != want {
			t.Errorf("%s: %s, want %s", c.name, calls[0].Function, want)
		}
	}
	b := book(t)
	b.Learn(nobody, calldata.Token{Symbol: "USDC", Decimals: 6})
	endless := encode(t, "approve(address,uint256)", mallory, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))
	if got := read(b, nobody, endless); !strings.HasSuffix(got, "approve(mallory, unlimited USDC)") {
		t.Error(got)
	}
}

// Whatever a contract calls itself, a symbol is short and of characters that are one.
func FuzzTokenOf(f *testing.F) {
	f.Add(common.BigToHash(big.NewInt(6)).Bytes(), encode(f, "f(string)", "USDC")[4:])
	f.Add(common.BigToHash(big.NewInt(18)).Bytes(), common.RightPadBytes([]byte("MKR"), 32))
	f.Add([]byte{}, encode(f, "f(string)", "\x1b[2J")[4:])
	f.Fuzz(func(t *testing.T, decimals, symbol []byte) {
		token, is := calldata.TokenOf(ops.Reading{Status: ops.ReadOK, Data: decimals}, ops.Reading{Status: ops.ReadOK, Data: symbol})
		if !is {
			return
		}
		if len(token.Symbol) > 48 || token.Symbol == "" || strings.ContainsAny(token.Symbol, " \x1b\n\u202e\u200b") || token.Decimals > 77 {
			t.Fatalf("%q, %d", token.Symbol, token.Decimals)
		}
		if n := big.NewInt(12345); !strings.HasSuffix(token.Amount(n), " "+token.Symbol) {
			t.Fatal(token.Amount(n))
		}
	})
}
