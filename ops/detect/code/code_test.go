package code_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/code"
)

var (
	good  = common.Hash{1}
	bad   = common.Hash{2}
	shell = common.Hash{9}
	logic = common.BytesToHash(common.Address{7}.Bytes())
)

// answers gives each read of a detector, by a part of its name, a word.
func answers(reads []ops.Read, words map[string]common.Hash) ops.Readings {
	now := ops.Readings{}
	for _, r := range reads {
		reading := ops.Reading{Read: r, Status: ops.ReadOK, Data: make([]byte, common.HashLength)}
		for name, word := range words {
			if r.Name == name {
				reading.Data = word.Bytes()
			}
		}
		now[r] = reading
	}
	return now
}

func TestCodeThatNobodyApprovedIsABreach(t *testing.T) {
	plain := code.Watched{Name: "token", Address: common.Address{1}, Approved: []common.Hash{good}}
	proxy := code.Watched{Name: "vault", Address: common.Address{2}, Behind: code.Proxy, Approved: []common.Hash{good}}
	for _, tt := range []struct {
		name  string
		of    code.Detector
		words map[string]common.Hash
		want  ops.Verdict
		why   string
	}{
		{"as approved", code.Detector{plain}, map[string]common.Hash{"codehash(token)": good}, ops.OK, ""},
		{"another contract at its address", code.Detector{plain}, map[string]common.Hash{"codehash(token)": bad}, ops.Breach, "token runs code 0x02000000…, which nobody approved"},
		{"nothing there any more", code.Detector{plain}, nil, ops.Breach, "token has no code any more"},
		{"behind the slot", code.Detector{proxy}, map[string]common.Hash{
			"codehash(vault)": shell, "the implementation of vault (ERC-1967)": logic, "codehash of the implementation of vault (ERC-1967)": good}, ops.OK, ""},
		{"another one behind the slot", code.Detector{proxy}, map[string]common.Hash{
			"codehash(vault)": shell, "the implementation of vault (ERC-1967)": logic, "codehash of the implementation of vault (ERC-1967)": bad}, ops.Breach, "vault runs code 0x02000000… at 0x07"},
		{"the slot counts before the beacon", code.Detector{proxy}, map[string]common.Hash{
			"codehash(vault)": shell, "the implementation of vault (ERC-1967)": logic, "codehash of the implementation of vault (ERC-1967)": bad,
			"the implementation of vault (its beacon)": logic, "what the beacon of vault answers": logic, "codehash of what the beacon of vault answers": good}, ops.Breach, "nobody approved"},
		{"behind its beacon", code.Detector{proxy}, map[string]common.Hash{
			"codehash(vault)": shell, "the implementation of vault (its beacon)": logic, "what the beacon of vault answers": logic, "codehash of what the beacon of vault answers": good}, ops.OK, ""},
		{"a beacon that was swapped", code.Detector{proxy}, map[string]common.Hash{
			"codehash(vault)": shell, "the implementation of vault (its beacon)": logic, "what the beacon of vault answers": logic, "codehash of what the beacon of vault answers": bad}, ops.Breach, "nobody approved"},
		{"a proxy of before ERC-1967", code.Detector{proxy}, map[string]common.Hash{
			"codehash(vault)": shell, "the implementation of vault (zos)": logic, "codehash of the implementation of vault (zos)": good}, ops.OK, ""},
		{"no slot holds an address", code.Detector{proxy}, map[string]common.Hash{"codehash(vault)": shell}, ops.Breach, "no slot of a known kind"},
		{"a slot that holds no address", code.Detector{proxy}, map[string]common.Hash{"codehash(vault)": shell, "the implementation of vault (ERC-1967)": {1}}, ops.Unknown, "which is no address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.of.Judge(answers(tt.of.Reads(), tt.words), nil)
			if a.Verdict != tt.want || !strings.Contains(a.Why, tt.why) {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestAMissingAnswerIsNeverTheHopedForHash(t *testing.T) {
	of := code.Detector{
		{Name: "vault", Address: common.Address{2}, Behind: code.Proxy, Approved: []common.Hash{{}, good}},
		{Name: "token", Address: common.Address{1}, Approved: []common.Hash{{}, good}},
	}
	whole := map[string]common.Hash{"codehash(token)": good, "codehash(vault)": shell, "the implementation of vault (ERC-1967)": logic, "codehash of the implementation of vault (ERC-1967)": good}
	if a := of.Judge(answers(of.Reads(), whole), nil); a.Verdict != ops.OK {
		t.Fatal(a)
	}
	for name := range whole {
		now := answers(of.Reads(), whole)
		for r := range now {
			if r.Name == name {
				now[r] = ops.Reading{Read: r, Err: "budget spent"}
			}
		}
		if a := of.Judge(now, nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, "budget spent") {
			t.Errorf("without %s it is %s: %s", name, a.Verdict, a.Why)
		}
	}
}

// list is an array of addresses as the ABI encodes it.
func list(n int64, addresses ...common.Address) []byte {
	out := append(common.BigToHash(big.NewInt(32)).Bytes(), common.BigToHash(big.NewInt(n)).Bytes()...)
	for _, a := range addresses {
		out = append(out, common.BytesToHash(a[:]).Bytes()...)
	}
	return out
}

func TestEveryFacetOfADiamondIsHeldAgainstTheList(t *testing.T) {
	of := code.Detector{{Name: "hub", Address: common.Address{3}, Behind: code.Diamond, Approved: []common.Hash{good}}}
	old, cut := common.Address{4}, common.Address{5}
	judge := func(loupe []byte, hashes map[common.Address]common.Hash) ops.Assessment {
		now := ops.Readings{}
		for _, r := range of.Reads() {
			reading := ops.Reading{Read: r, Status: ops.ReadOK, Data: shell.Bytes()}
			if r.Kind == ops.ReadCall {
				reading.Data = loupe
			}
			now[r] = reading
		}
		for _, r := range of.Asks(now) {
			if hash, ok := hashes[r.To]; ok {
				now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: hash.Bytes()}
			}
		}
		return of.Judge(now, nil)
	}
	for _, tt := range []struct {
		name   string
		loupe  []byte
		hashes map[common.Address]common.Hash
		want   ops.Verdict
		why    string
	}{
		{"as approved", list(2, old, old), map[common.Address]common.Hash{old: good}, ops.OK, ""},
		{"a facet that is new is not known for a block", list(2, old, cut), map[common.Address]common.Hash{old: good}, ops.Unknown, "asked for in the next block"},
		{"and in breach then", list(2, old, cut), map[common.Address]common.Hash{old: good, cut: bad}, ops.Breach, "hub has the facet 0x05"},
		{"no facet", list(0), nil, ops.Breach, "has no facet"},
		{"more than are read", list(1 << 40), nil, ops.Unknown, "at most 126 are read"},
		{"fewer than it says", list(2, old), nil, ops.Unknown, "at most 126 are read"},
		{"no list", good.Bytes(), nil, ops.Unknown, "answers no list of addresses"},
		{"no addresses", append(list(1), good.Bytes()...), nil, ops.Unknown, "answers what is no address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := judge(tt.loupe, tt.hashes); a.Verdict != tt.want || !strings.Contains(a.Why, tt.why) {
				t.Errorf("%+v", a)
			}
		})
	}
}

// Whatever a diamond answers, nothing breaks, and no more is asked for than fits.
func FuzzFacets(f *testing.F) {
	f.Add(list(2, common.Address{4}, common.Address{5}))
	f.Add(list(1 << 40))
	f.Add([]byte{})
	of := code.Detector{{Name: "hub", Address: common.Address{3}, Behind: code.Diamond, Approved: []common.Hash{good}}}
	f.Fuzz(func(t *testing.T, loupe []byte) {
		now := ops.Readings{}
		for _, r := range of.Reads() {
			now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: loupe}
		}
		if asks := of.Asks(now); len(asks) > 126 || len(asks)*common.HashLength > len(loupe) {
			t.Errorf("%d reads of %d bytes", len(asks), len(loupe))
		}
		if a := of.Judge(now, nil); a.Verdict == ops.OK {
			t.Error("nothing was known of the facets, and all is well")
		}
	})
}
