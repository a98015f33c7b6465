package measure_test

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

const poolABI = `[
{"type":"function","name":"getReserves","stateMutability":"view","inputs":[],"outputs":[{"type":"uint112","name":"reserve0"},{"type":"uint112","name":"reserve1"},{"type":"uint32"}]},
{"type":"function","name":"labelled","stateMutability":"view","inputs":[],"outputs":[{"type":"string","name":"label"},{"type":"uint256","name":"amount"}]},
{"type":"function","name":"info","stateMutability":"view","inputs":[],"outputs":[{"type":"tuple","components":[{"type":"address","name":"keeper"},{"type":"int64","name":"drift"}]}]},
{"type":"function","name":"get","stateMutability":"view","inputs":[],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"get","stateMutability":"view","inputs":[{"type":"address"}],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"get","stateMutability":"view","inputs":[{"type":"bytes32"}],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"pick","stateMutability":"view","inputs":[{"type":"uint8"}],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"pick","stateMutability":"view","inputs":[{"type":"uint256"}],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"token","stateMutability":"view","inputs":[],"outputs":[{"type":"address"}]},
{"type":"function","name":"next","stateMutability":"view","inputs":[{"type":"address"}],"outputs":[{"type":"address"}]},
{"type":"function","name":"index","stateMutability":"view","inputs":[],"outputs":[{"type":"uint8"}]},
{"type":"function","name":"at","stateMutability":"view","inputs":[{"type":"uint16"},{"type":"address"}],"outputs":[{"type":"bool"}]},
{"type":"function","name":"swap","stateMutability":"nonpayable","inputs":[{"type":"uint256"},{"type":"address"}],"outputs":[]}]`

var pool = common.HexToAddress("0x00000000000000000000000000000000000000aA")

// wide is scope with a second contract, of many shapes.
var wide = func() measure.Scope {
	of, err := abi.JSON(strings.NewReader(poolABI))
	if err != nil {
		panic(err)
	}
	out := scope
	out.Contracts = map[string]measure.Contract{"vault": scope.Contracts["vault"], "pool": {Address: pool, ABI: of}}
	return out
}()

func compileWide(t testing.TB, source string) *measure.Measure {
	t.Helper()
	m, err := measure.Compile(source, wide)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return m
}

// faultAt compiles what must fail, and compares the place and the words.
func faultAt(t *testing.T, scope measure.Scope, source string, column int, want string) {
	t.Helper()
	_, err := measure.Compile(source, scope)
	var e *measure.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: no fault (%v)", source, err)
	} else if e.Column != column || !strings.Contains(e.Message, want) {
		t.Errorf("%s: %d: %s, want %d: %s", source, e.Column, e.Message, column, want)
	}
}

// answers gives the named reads their words, one after the other.
func answers(m *measure.Measure, data map[string][]byte) ops.Readings {
	now := ops.Readings{}
	for _, r := range m.Reads() {
		if d, ok := data[r.Name]; ok {
			now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: d, At: blockAt(7, 1_000)}
		}
	}
	return now
}

// blockAt is block n at so many seconds, linked to the one before.
func blockAt(n uint64, seconds int64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: blockHash(n), Parent: blockHash(n - 1), Time: time.Unix(seconds, 0).UTC()}
}

func blockHash(n uint64) common.Hash { return common.BigToHash(new(big.Int).SetUint64(n + 1)) }

func expect(t *testing.T, source string, data map[string][]byte, want string) {
	t.Helper()
	m := compileWide(t, source)
	v, err := m.Evaluate(measure.Frame{Now: answers(m, data), At: blockAt(7, 1_000)})
	got := v.String()
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("%s is %s, want %s (reads %v)", source, got, want, m.Reads())
	}
}

func TestOneOfSeveralOutputsIsPicked(t *testing.T) {
	reserves := map[string][]byte{"pool.getReserves()": slices.Concat(word(11), word(22), word(33))}
	expect(t, "pool.getReserves().reserve0", reserves, "11")
	expect(t, "pool.getReserves().reserve1 / pool.getReserves().reserve0", reserves, "2")
	expect(t, "output(pool.getReserves(), 2)", reserves, "33")
	if m := compileWide(t, "pool.getReserves().reserve1 - output(pool.getReserves(), 0)"); len(m.Reads()) != 1 {
		t.Errorf("one answer was asked for %d times", len(m.Reads()))
	}
	short := map[string][]byte{"pool.getReserves()": slices.Concat(word(11), word(22))}
	expect(t, "pool.getReserves().reserve0", short, "pool.getReserves(): returned 64 bytes where 96 are wanted: the contract does not match its ABI")
	expect(t, "pool.labelled().amount", map[string][]byte{"pool.labelled()": slices.Concat(word(64), word(5), word(2), []byte("ab"), make([]byte, 30))}, "5")
	info := map[string][]byte{"pool.info()": slices.Concat(common.LeftPadBytes(guardian[:], 32), word(-4))}
	expect(t, "pool.info().keeper", info, guardian.Hex())
	expect(t, "pool.info().drift", info, "-4")
	faultAt(t, wide, "pool.getReserves() > 1", 6, "returns 3 values, and one is wanted")
	faultAt(t, wide, "pool.getReserves().reserve9 > 1", 20, `returns nothing called "reserve9"`)
	faultAt(t, wide, "output(pool.getReserves(), 3) > 1", 28, "returns 3 values")
	faultAt(t, wide, "output(pool.getReserves()) > 1", 1, "output wants 2 arguments")
	faultAt(t, wide, "output(7, 1) > 1", 8, "output takes the call")
	faultAt(t, wide, "pool.labelled().label == 1", 6, "returns string")
}

func TestAnOverloadIsChosenByItsArguments(t *testing.T) {
	for source, want := range map[string]string{"pool.get()": "get()", "pool.get(guardian)": "get(address)", "pool.get(operation)": "get(bytes32)", "pool.get(pool)": "get(address)", "pool.get(pool.token())": "get(address)"} {
		reads := compileWide(t, source).Reads()
		if got := reads[len(reads)-1].Data[:4]; got != string(crypto.Keccak256([]byte(want))[:4]) {
			t.Errorf("%s calls %x, not %s", source, got, want)
		}
	}
	faultAt(t, wide, "pool.pick(1) > 1", 6, "which pick is meant cannot be told")
	faultAt(t, wide, "pool.get(true) > 1", 6, "no get takes these arguments")
	faultAt(t, wide, "pool.get(1, 2) > 1", 6, "no get takes 2 arguments")
	faultAt(t, wide, "pool.get0(guardian) > 1", 6, `pool has no function "get0"`)
}

// What a read takes from another is asked for before it, by the other's key.
func TestAnArgumentMayBeReadItself(t *testing.T) {
	m := compileWide(t, "vault.balanceOf(pool.next(pool.token()))")
	reads := m.Reads()
	if len(reads) != 3 || reads[2].Name != "vault.balanceOf(pool.next(pool.token()))" || reads[0].Name != "pool.token()" {
		t.Fatalf("%+v", reads)
	}
	for i, r := range reads[1:] {
		links := r.Needs()
		if len(links) != 1 || links[0] != (ops.Link{Offset: 4, Of: reads[i].Key()}) {
			t.Errorf("%s takes %+v", r.Name, links)
		}
	}
	expect(t, "vault.balanceOf(pool.token())", map[string][]byte{"pool.token()": word(1), "vault.balanceOf(pool.token())": word(42)}, "42")
	expect(t, "vault.balanceOf(pool.token())", map[string][]byte{"pool.token()": word(1)}, "vault.balanceOf(pool.token()) was not read")
	second := compileWide(t, "pool.at(pool.index(), pool.info().keeper)").Reads()
	want := []ops.Link{{Offset: 4, Of: second[0].Key()}, {Offset: 36, Of: second[1].Key()}}
	if got := second[2].Needs(); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	other := compileWide(t, "vault.balanceOf(output(pool.info(), 0)) + balance(pool.token()) + slot(pool.token(), 1, uint8)").Reads()
	if last := other[len(other)-1]; last.Kind != ops.ReadSlot || last.To != (common.Address{}) || last.Needs()[0].Offset != ops.LinkTarget {
		t.Errorf("%+v", last)
	}
	compileWide(t, "pool.next(pool.next(pool.next(pool.token())))")
	faultAt(t, wide, "pool.next(pool.next(pool.next(pool.next(pool.token()))))", 16, "more than 4 deep")
	faultAt(t, wide, "balance(pool.next(pool.next(pool.next(pool.token()))))", 14, "more than 4 deep")
	faultAt(t, wide, "pool.at(vault.totalAssets(), guardian)", 15, "is uint16, not uint256")
	faultAt(t, wide, "vault.balanceOf(implementation(vault)) > 1", 17, "is computed from what is read")
}

func TestAWordOfStorageIsReadAsItIsPacked(t *testing.T) {
	packed := slices.Concat([]byte{0xff, 0xfe}, make([]byte, 9), []byte{1}, guardian[:]) // int16 -2 | … | bool true | address
	data := map[string][]byte{"slot(" + vault.Hex() + ", 3)": packed, "slot(" + vault.Hex() + ", " + common.Hash{7}.Hex() + ")": word(9)}
	expect(t, "slot(vault, 3)", data, common.BytesToHash(packed).Hex())
	expect(t, "slot(vault, 3, address, 0)", data, guardian.Hex())
	expect(t, "slot(vault, 3, address)", data, guardian.Hex())
	expect(t, "slot(vault, 3, bool, 20)", data, "true")
	expect(t, "slot(vault, 3, int16, 30)", data, "-2")
	expect(t, "slot(vault, 3, uint16, 30)", data, "65534")
	expect(t, "slot(vault, 3, bool, 30)", data, "slot("+vault.Hex()+", 3): returned 0x"+strings.Repeat("0", 62)+"fe, which is no bool")
	expect(t, "slot(vault, operation, uint128)", data, "9")
	expect(t, `slot(vault, "`+common.Hash{7}.Hex()+`") == operation`, data, "false")
	if r := compileWide(t, "slot(vault, 3)").Reads()[0]; r.Kind != ops.ReadSlot || r.Data != string(word(3)) || r.To != vault {
		t.Errorf("%+v", r)
	}
	faultAt(t, wide, "slot(vault) == operation", 1, "slot wants 2 to 4 arguments")
	faultAt(t, wide, "slot(vault, 0-1) == operation", 14, "-1 is no slot")
	faultAt(t, wide, "slot(vault, pool.index()) == operation", 18, "a constant number or bytes32")
	faultAt(t, wide, "slot(vault, 1, uint128, 17) > 1", 25, "does not fit at offset 17")
	faultAt(t, wide, "slot(vault, 1, uint12, 0) > 1", 16, "no type that a slot is read as")
	faultAt(t, wide, "slot(vault, 1, string, 0) > 1", 16, "no type that a slot is read as")
	faultAt(t, wide, "slot(vault, 1, 5, 0) > 1", 16, "no type that a slot is read as")
	faultAt(t, wide, "slot(vault, 1, uint8, 0.5) > 1", 23, "a whole number from 0 to 31")
}

func TestTheCodeBehindAProxyIsFoundInTheSlotOfItsKind(t *testing.T) {
	minusOne := func(text string) string {
		return common.BigToHash(new(big.Int).Sub(crypto.Keccak256Hash([]byte(text)).Big(), big.NewInt(1))).Hex()
	}
	slot := func(key string) string { return "slot(" + vault.Hex() + ", " + key + ")" }
	direct, beacon := slot(minusOne("eip1967.proxy.implementation")), slot(minusOne("eip1967.proxy.beacon"))
	zos, old := slot(crypto.Keccak256Hash([]byte("org.zeppelinos.proxy.implementation")).Hex()), slot(crypto.Keccak256Hash([]byte("PROXIABLE")).Hex())
	behind := "beacon of " + vault.Hex() + ".implementation()"
	name := "implementation(" + vault.Hex() + ")"
	for _, c := range []struct {
		direct, beacon, behind, zos, old int64
		want                             string
	}{
		{1, 2, 3, 4, 5, common.Address{19: 1}.Hex()},
		{0, 2, 3, 4, 5, common.Address{19: 3}.Hex()},
		{0, 0, 0, 4, 5, common.Address{19: 4}.Hex()},
		{0, 0, 0, 0, 5, common.Address{19: 5}.Hex()},
		{0, 0, 0, 0, 0, name + ": no slot of a known kind of proxy holds an address"},
		{-1, 0, 0, 0, 0, name + ": the slot of ERC-1967 holds " + common.BytesToHash(word(-1)).Hex() + ", which is no address"},
	} {
		expect(t, "implementation(vault)", map[string][]byte{direct: word(c.direct), beacon: word(c.beacon), behind: word(c.behind), zos: word(c.zos), old: word(c.old)}, c.want)
	}
	expect(t, "implementation(vault)", map[string][]byte{direct: word(0), beacon: word(2)}, name+": "+behind+" was not read")
	expect(t, "implementation(vault)", map[string][]byte{zos: word(2)}, name+": "+direct+" was not read")
	reads := compileWide(t, "implementation(vault)").Reads()
	if call := reads[2]; call.Kind != ops.ReadCall || call.Data != "\x5c\x60\xda\x1b" || call.Needs()[0] != (ops.Link{Offset: ops.LinkTarget, Of: reads[1].Key()}) {
		t.Errorf("%+v", call)
	}
}

func TestABlockSaysItsNumberItsTimeAndItsFee(t *testing.T) {
	expect(t, "block.number", nil, "7")
	expect(t, "block.timestamp", nil, "1000")
	expect(t, "block.basefee * 2", map[string][]byte{"block.basefee": word(30)}, "60")
	expect(t, "codehash(vault) == operation", map[string][]byte{"codehash(" + vault.Hex() + ")": common.Hash{7}.Bytes()}, "true")
	faultAt(t, wide, "block.coinbase == guardian", 7, `block has no "coinbase"`)
	m, err := measure.CompileCondition("block.timestamp - prev(block.timestamp) < 60s && vault.totalAssets() > 0", wide)
	if err != nil {
		t.Fatal(err)
	}
	now, parent := ops.Readings{}, ops.Readings{}
	now[m.Reads()[0]] = ops.Reading{Status: ops.ReadOK, Data: word(1), At: blockAt(8, 1_059)}
	parent[m.Reads()[0]] = ops.Reading{Status: ops.ReadOK, Data: word(1), At: blockAt(7, 1_000)}
	if a := m.Judge(now, parent); a.Verdict != ops.OK {
		t.Errorf("%+v", a)
	}
	for range 20 { // whichever answer comes first
		now[ops.Read{Name: "another, not answered"}] = ops.Reading{}
		if a := m.Judge(now, parent); a.Verdict != ops.OK {
			t.Fatalf("%+v", a)
		}
	}
	if a := m.Judge(nil, nil); a.Verdict != ops.Unknown {
		t.Errorf("%+v", a)
	}
}
