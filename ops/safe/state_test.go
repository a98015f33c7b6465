package safe_test

import (
	"bytes"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/safe"
)

func words(values ...any) []byte {
	var out []byte
	for _, v := range values {
		switch v := v.(type) {
		case int:
			out = append(out, common.BigToHash(big.NewInt(int64(v))).Bytes()...)
		case common.Address:
			out = append(out, common.BytesToHash(v[:]).Bytes()...)
		case string:
			out = append(out, common.RightPadBytes([]byte(v), 32)...)
		}
	}
	return out
}

// answers are those of a Safe with three owners, two of whom have to sign.
func answers(t testing.TB) [][]byte {
	end := common.BytesToAddress([]byte{1})
	return [][]byte{
		words(32, 5, "1.4.1"), words(7), words(2), words(32, 3, owner(t, "ada"), owner(t, "bo"), owner(t, "cy")),
		words(64, end, 1, common.HexToAddress("0xbad")), words(common.HexToAddress("0x51")), words(common.HexToAddress("0x60")), words(0),
	}
}

func readings(at common.Address, data [][]byte) ops.Readings {
	out := ops.Readings{}
	for i, r := range safe.Reads(at) {
		out[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: data[i]}
	}
	return out
}

func TestASafeIsReadWithEverythingThatActsBesideItsOwners(t *testing.T) {
	s, err := safe.StateOf(pause.Safe, readings(pause.Safe, answers(t)))
	if err != nil || s.Version != "1.4.1" || s.Nonce != 7 || s.Threshold != 2 || len(s.Owners) != 3 || s.Owners[1] != owner(t, "bo") || s.More {
		t.Fatalf("%+v, %v", s, err)
	}
	doubts := strings.Join(s.Doubts(safe.Known{Singleton: common.HexToAddress("0x52")}), "\n")
	for _, want := range []string{"CODE WAS SWAPPED", "0x0000000000000000000000000000000000000051", "the module 0x0000000000000000000000000000000000000bad", "the guard 0x0000000000000000000000000000000000000060"} {
		if !strings.Contains(strings.ToLower(doubts), strings.ToLower(want)) {
			t.Errorf("%q is not said in\n%s", want, doubts)
		}
	}
	if d := s.Doubts(safe.Known{Singleton: common.HexToAddress("0x51")}); len(d) != 2 {
		t.Errorf("%q", d)
	}
}

// What the runbook's owners know of is no doubt; what they do not know of is, however
// much they know.
func TestWhatIsKnownOfASafeIsNoDoubt(t *testing.T) {
	s, err := safe.StateOf(pause.Safe, readings(pause.Safe, answers(t)))
	if err != nil {
		t.Fatal(err)
	}
	module, guard, other := common.HexToAddress("0xbad"), common.HexToAddress("0x60"), common.HexToAddress("0x77")
	for name, c := range map[string]struct {
		known safe.Known
		says  []string
	}{
		"all of it":          {safe.Known{Modules: []common.Address{other, module}, Guard: guard}, nil},
		"another module":     {safe.Known{Modules: []common.Address{other}, Guard: guard}, []string{"the module 0x"}},
		"another guard":      {safe.Known{Modules: []common.Address{module}, Guard: other}, []string{"the guard 0x"}},
		"a guard that left":  {safe.Known{Modules: []common.Address{module}, Guard: guard, ModuleGuard: other}, []string{"its module guard 0x"}},
		"nothing but a name": {safe.Known{}, []string{"the module 0x", "the guard 0x"}},
	} {
		got := s.Doubts(c.known)
		if len(got) != len(c.says) {
			t.Errorf("%s: %q", name, got)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.says[i]) {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
	s.More = true
	if got := s.Doubts(safe.Known{Modules: []common.Address{module}, Guard: guard}); len(got) != 1 {
		t.Errorf("more than was listed: %q", got)
	}
}

func TestWhatIsNoSafeIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(data [][]byte)
		says  string
	}{
		"no version":        {func(d [][]byte) { d[0] = nil }, "VERSION"},
		"a control code":    {func(d [][]byte) { d[0] = words(32, 5, "1\x1b[2J") }, "VERSION"},
		"a long version":    {func(d [][]byte) { d[0] = words(32, 33, "1", "1") }, "VERSION"},
		"a huge nonce":      {func(d [][]byte) { d[1] = bytes.Repeat([]byte{0xff}, 32) }, "nonce"},
		"a far list":        {func(d [][]byte) { d[3] = words(1 << 40) }, "getOwners"},
		"too many owners":   {func(d [][]byte) { d[3] = words(32, 31) }, "more than the 30"},
		"owners cut short":  {func(d [][]byte) { d[3] = words(32, 3, owner(t, "ada")) }, "getOwners"},
		"no threshold":      {func(d [][]byte) { d[2] = words(0) }, "no Safe asks for"},
		"above its owners":  {func(d [][]byte) { d[2] = words(4) }, "no Safe asks for"},
		"a dirty singleton": {func(d [][]byte) { d[5] = bytes.Repeat([]byte{0xff}, 32) }, "singleton"},
	} {
		data := answers(t)
		c.spoil(data)
		if s, err := safe.StateOf(pause.Safe, readings(pause.Safe, data)); !errors.Is(err, safe.ErrState) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	all := readings(pause.Safe, answers(t))
	for status, says := range map[ops.ReadStatus]string{ops.ReadNotRun: "not answered", ops.ReadReverted: "is there a Safe", ops.ReadNoCode: "no contract"} {
		r := safe.Reads(pause.Safe)[0]
		all[r] = ops.Reading{Read: r, Status: status}
		if _, err := safe.StateOf(pause.Safe, all); !errors.Is(err, safe.ErrState) || !strings.Contains(err.Error(), says) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// FuzzStateOf: whatever a contract that calls itself a Safe answers, it is read within
// its bounds or refused.
func FuzzStateOf(f *testing.F) {
	data := answers(f)
	f.Add(data[0], data[1], data[2], data[3], data[4], data[5])
	f.Add(words(32, 32, "x"), []byte{}, words(1), words(0, 0), words(1<<40, 1<<40), words(1))
	f.Fuzz(func(t *testing.T, version, nonce, threshold, owners, modules, slot []byte) {
		s, err := safe.StateOf(pause.Safe, readings(pause.Safe, [][]byte{version, nonce, threshold, owners, modules, slot, slot, slot}))
		switch {
		case err != nil && !errors.Is(err, safe.ErrState):
			t.Fatal(err)
		case err == nil && (len(s.Owners) > 30 || len(s.Modules) > 10 || len(s.Version) > 32 || s.Threshold == 0):
			t.Fatalf("%+v", s)
		}
	})
}

func TestTheSafesErrorsAreSaidInWords(t *testing.T) {
	for reason, says := range map[string]string{"GS013": "the call itself failed", "GS026": "nonce moved, or an owner was removed", "EnforcedPause": "", "": ""} {
		if got := safe.Meaning(reason); (says == "") != (got == "") || !strings.Contains(got, says) {
			t.Errorf("%s: %q", reason, got)
		}
	}
}
