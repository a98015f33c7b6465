package calldata_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

func word(n int64) []byte { return common.BigToHash(big.NewInt(n)).Bytes() }

// shared is a list whose n elements all point at the same tail.
func shared(n int64, tail []byte) []byte {
	data := append(word(32), word(n)...)
	for range n {
		data = append(data, word(n*32)...)
	}
	return append(data, tail...)
}

func TestElementsThatShareTheirBytesAreRefusedBeforeTheyAreCopied(t *testing.T) {
	text := append(word(16_000), make([]byte, 16_000)...)
	list := append(word(500), make([]byte, 16_000)...)
	wide := append(word(5), make([]byte, 5*100*32)...)
	for name, data := range map[string][]byte{"string[]": shared(500, text), "bytes[]": shared(500, text), "uint256[][]": shared(500, list), "uint256[100][][]": shared(100, wide)} {
		args := arguments(t, name)
		if _, err := calldata.Unpack(args, data); !errors.Is(err, calldata.ErrUndecodable) {
			t.Errorf("%s: decoded: %v", name, err)
		}
	}
}

func TestAnHonestEncodingOfAnySizeIsNotRefused(t *testing.T) {
	args := arguments(t, "string[]", "uint256[3][]", "bytes")
	for n := range 40 {
		texts, triples := []string{}, [][3]*big.Int{}
		for i := range n {
			texts = append(texts, strings.Repeat("x", i))
			triples = append(triples, [3]*big.Int{big.NewInt(int64(i)), new(big.Int), new(big.Int)})
		}
		packed, err := args.Pack(texts, triples, make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		if values, err := calldata.Unpack(args, packed); err != nil || len(values[0].([]string)) != n || len(values[1].([][3]*big.Int)) != n {
			t.Errorf("%d elements: %v", n, err)
		}
	}
}

func TestATypeThatTakesNoRoomIsRefusedAndNotDividedBy(t *testing.T) {
	empty := abi.Type{T: abi.ArrayTy, Size: 0, Elem: &abi.Type{T: abi.UintTy, Size: 256}}
	args := abi.Arguments{{Type: abi.Type{T: abi.SliceTy, Elem: &empty}}}
	if _, err := calldata.Unpack(args, append(word(32), word(1)...)); !errors.Is(err, calldata.ErrUndecodable) {
		t.Errorf("%v", err)
	}
}

func TestATopicThatIsNotOfItsTypeIsNoValue(t *testing.T) {
	const source = `[{"type":"event","name":"E","inputs":[{"name":"who","type":"address","indexed":true},{"name":"n","type":"uint8","indexed":true},{"name":"text","type":"string","indexed":true}]}]`
	parsed, err := abi.JSON(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	event := parsed.Events["E"]
	dirty := common.HexToHash("0x0100000000000000000000000000000000000000000000000000000000000001")
	good := ops.Log{Topics: []common.Hash{event.ID, common.HexToHash("0xaa"), common.HexToHash("0xff"), {}}}
	bad := ops.Log{Topics: []common.Hash{event.ID, dirty, common.HexToHash("0x0100"), {}}}
	for _, field := range []string{"who", "n"} {
		if _, err := calldata.Field(event, good, field); err != nil {
			t.Errorf("%s: %v", field, err)
		}
		if v, err := calldata.Field(event, bad, field); !errors.Is(err, calldata.ErrUndecodable) {
			t.Errorf("%s: %v, %v", field, v, err)
		}
	}
	if v, err := calldata.Field(event, good, "text"); !errors.Is(err, calldata.ErrUndecodable) {
		t.Errorf("an indexed text is only its hash: %v, %v", v, err)
	}
}
