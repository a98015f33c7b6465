package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/policy"
)

func TestEachRuleOfTheReleaseHasItsFault(t *testing.T) {
	p, _ := policy.Load(pack(t))
	const upgrade = `call: "upgradeToAndCall(address,bytes)"`
	for _, c := range []struct {
		name  string
		pairs []string
		want  string
	}{
		{"a version of another program", []string{"version: 1", "version: 7"}, `3:10: version "7" is not known`},
		{"an unknown timelock", []string{"timelock: T1", "timelock: T2"}, `6:11: no timelock has the id "T2"`},
		{"no operation", []string{"operations:\n", "operations: []\nx:\n"}, `"operations" is empty`},
		{"an unknown purpose", []string{"purpose: upgrade", "purpose: fun"}, `10:14: operation O1: the purpose "fun" is not known`},
		{"a short id", []string{`operation: "0x31`, `operation: "0x`}, "is not bytes32"},
		{"an unquoted salt", []string{`salt: "0xb6520ca9850b26fa51e326d8e27777558e2de48cd4d29516380a1f53a91fbfe7"`, `salt: 0xb652`}, "unquoted 0x"},
		{"an unknown form", []string{"form: single", "form: double"}, `the form "double" is not known`},
		{"a single operation of two calls", []string{"    role_impact: []", "      - {to: vault, value: 0, call: \"pause()\", args: []}\n    role_impact: []"}, "a single operation has one call, not 2"},
		{"no calls", []string{"    calls:\n      - {to: vault, value: 0, " + upgrade + `, args: ["0x842CeF8Aa011d0624a6F8705d3323D4DAE1FaeB4", "0x"]}`, "    calls: []"}, `"calls" is empty`},
		{"an unknown contract", []string{"{to: vault", "{to: safe"}, `no contract is called "safe"`},
		{"no signature", []string{upgrade, `call: "upgradeToAndCall"`}, "is not a function's signature"},
		{"a signature with a space", []string{upgrade, `call: "upgradeToAndCall(address, bytes)"`}, "is not a function's signature"},
		{"a signature with a comma too many", []string{upgrade, `call: "upgradeToAndCall(address,bytes,)"`}, `"" in upgradeToAndCall(address,bytes,) is not a type`},
		{"a type that there is not", []string{upgrade, `call: "upgradeToAndCall(adress,bytes)"`}, `"adress" in`},
		{"a short name of a type", []string{`"setDepositCap(uint256)"`, `"setDepositCap(uint)"`}, `"uint" in setDepositCap(uint) is not a type`},
		{"an argument too few", []string{`, "0x"]`, `]`}, "wants 2 arguments, not 1"},
		{"an argument with a wrong checksum", []string{"0x842CeF8A", "0x842cef8a"}, "argument 1: the checksum of"},
		{"bytes that are none", []string{`"0x"]`, `"0xz"]`}, "is no bytes"},
		{"a number that is none", []string{`["1000000000000000000000"]`, `["1e21"]`}, `argument 1: "1e21" is no uint256`},
		{"a number with a sign", []string{`["1000000000000000000000"]`, `["+1"]`}, `is no uint256`},
		{"a truth that is none", []string{`"setDepositCap(uint256)", args: ["1000000000000000000000"]`, `"setOpen(bool)", args: ["yes"]`}, `"yes" cannot be written here as bool`},
		{"a number that does not fit", []string{`"setDepositCap(uint256)", args: ["1000000000000000000000"]`, `"setFee(uint8)", args: ["256"]`}, `"256" is no uint8`},
		{"a short word", []string{`"setDepositCap(uint256)", args: ["1000000000000000000000"]`, `"setTag(bytes4)", args: ["0x01020304"]`}, "cannot be written here as bytes4"},
		{"an unknown proxy", []string{"proxy: vault", "proxy: safe"}, `no contract is called "safe"`},
		{"a code hash that is none", []string{`codehash: "0x05`, `codehash: "0x`}, "is not bytes32"},
		{"no salt", []string{"    salt: \"0xb6520ca9850b26fa51e326d8e27777558e2de48cd4d29516380a1f53a91fbfe7\"\n", ""}, `operation O1 lacks "salt"`},
		{"an ETA that this kind does not know", []string{"form: single", "eta: \"2026-11-23T12:00:00Z\"\n    form: single"}, `a timelock of the kind "oz" knows no eta`},
		{"a time that is none", []string{"    delay: 48h\n", "    delay: 48h\n    from: \"tomorrow\"\n"}, `operation O1: "tomorrow" is no time`},
		{"an id used twice", []string{"id: O2", "id: O1"}, `the id "O1" is used twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := policy.LoadRelease(edited(t, pack(t), "release.yaml", c.pairs...), p)
			if faults.Err() == nil || !strings.Contains(faults.Error(), c.want) {
				t.Errorf("want %s; got\n%v", c.want, faults)
			}
			if len(faults) > 1 && c.name != "no operation" {
				t.Errorf("one mistake gave\n%v", faults)
			}
		})
	}
}

// What an operation has to say follows from the kind of its timelock.
func TestAnOperationSaysWhatItsKindOfTimelockKnows(t *testing.T) {
	operation := func(kind, form, more string) string {
		p, faults := policy.Load(edited(t, pack(t), "policy.yaml", "kind: oz", "kind: "+kind))
		if faults.Err() != nil {
			t.Fatal(faults)
		}
		source := fmt.Sprintf("version: 1\nname: x\nowner: y\ntimelock: T1\noperations:\n  - {id: O1, purpose: other, operation: '0x%064x', form: %s, delay: 1h, %scalls: [{to: vault, call: \"pause()\", args: []}]}\n", 1, form, more)
		_, faults = policy.LoadRelease(fstest.MapFS{"release.yaml": {Data: []byte(source)}}, p)
		return faults.Error()
	}
	const caller = `caller: "0x842CeF8Aa011d0624a6F8705d3323D4DAE1FaeB4", `
	for _, c := range []struct{ kind, form, more, want string }{
		{"compound", "single", "eta: '2026-11-23T12:00:00Z', ", ""},
		{"compound", "signature", "eta: '2026-11-23T12:00:00Z', ", ""},
		{"compound", "signature", "", `lacks "eta"`},
		{"compound", "signature", "eta: soon, ", `"soon" is no time of a whole second`},
		{"compound", "single", "eta: '2026-11-23T12:00:00.5Z', ", `is no time of a whole second`},
		{"compound", "batch", "eta: '2026-11-23T12:00:00Z', ", `the form "batch" is not known`},
		{"access-manager", "single", caller, ""},
		{"access-manager", "single", "", `lacks "caller"`},
		{"access-manager", "single", `caller: "0x842cef8Aa011d0624a6F8705d3323D4DAE1FaeB4", `, "the checksum of"},
		{"delay", "delegatecall", "", ""},
		{"delay", "single", caller, `a timelock of the kind "delay" knows no caller`},
	} {
		if got := operation(c.kind, c.form, c.more); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// What a release says of code and times is what the queue is held against.
func TestAReleaseSaysWhichCodeAndFromWhen(t *testing.T) {
	p, _ := policy.Load(pack(t))
	r, faults := policy.LoadRelease(edited(t, pack(t), "release.yaml", "    delay: 48h\n", "    delay: 48h\n    from: \"2026-11-21T12:00:00Z\"\n"), p)
	if faults.Err() != nil || r.Operations[0].From.Unix() != 1795262400 {
		t.Errorf("%v, %s", faults, r.Operations[0].From)
	}
	if len(r.Code) != 1 || r.Code[0].Proxy != p.Contracts["vault"].Address || len(r.Code[0].Hashes) != 2 || r.Code[0].Hashes[0][0] != 0x05 {
		t.Errorf("%+v", r.Code)
	}
}

func TestSmallNumbersAndTruthsArePackedToo(t *testing.T) {
	p, _ := policy.Load(pack(t))
	for width, value := range map[int]string{8: "255", 16: "65535", 24: "16777215", 32: "4294967295", 64: "18446744073709551615", 128: "5"} {
		r, faults := policy.LoadRelease(edited(t, pack(t), "release.yaml", `"setDepositCap(uint256)", args: ["1000000000000000000000"]`,
			fmt.Sprintf(`"set(uint%d,bool,string,bytes32)", args: ["%s", "true", "hi", "0x%064x"]`, width, value, 7)), p)
		if faults.Err() != nil {
			t.Fatal(faults)
		}
		data := r.Operations[1].Calls[0].Data
		if got := common.BytesToHash(data[4:36]).Big().String(); got != value || data[4+63] != 1 {
			t.Errorf("uint%d: %x", width, data)
		}
	}
}

func TestWithoutAReleaseNothingIsApprovedAndThatIsAWarning(t *testing.T) {
	p, _ := policy.Load(pack(t))
	r, faults := policy.LoadRelease(fstest.MapFS{}, p)
	if len(r.Operations) != 0 || len(faults) != 1 || faults.Err() != nil || !faults[0].Warning {
		t.Errorf("%+v, %v", r, faults)
	}
}

func FuzzLoadRelease(f *testing.F) {
	good := pack(f)
	p, _ := policy.Load(good)
	f.Add("upgradeToAndCall(address,bytes)", "0x")
	f.Add("f(uint256[0])", "")
	f.Add("f(tuple)", "1")
	f.Add("f(bytes33,)", "true")
	f.Fuzz(func(t *testing.T, signature, argument string) {
		source := fmt.Sprintf("version: 1\nname: x\nowner: y\ntimelock: T1\noperations:\n  - {id: O1, purpose: other, operation: '0x%064x', form: single, predecessor: '0x%064x', salt: '0x%064x', delay: 1h, calls: [{to: vault, call: %q, args: [%q]}]}\n",
			1, 0, 0, signature, argument)
		_, _ = policy.LoadRelease(fstest.MapFS{"release.yaml": {Data: []byte(source)}}, p)
	})
}
