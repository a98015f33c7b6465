package authorization_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/authorization"
)

var (
	target  = common.HexToAddress("0x00000000000000000000000000000000000000A1")
	alice   = common.HexToAddress("0x00000000000000000000000000000000000000B1")
	mallory = common.HexToAddress("0x00000000000000000000000000000000000000B2")
	pauser  = crypto.Keccak256Hash([]byte("PAUSER_ROLE"))
)

const controlABI = `[
{"type":"function","name":"hasRole","stateMutability":"view","inputs":[{"type":"bytes32"},{"type":"address"}],"outputs":[{"type":"bool"}]},
{"type":"function","name":"PAUSER_ROLE","stateMutability":"view","inputs":[],"outputs":[{"type":"bytes32"}]}]`

const ownedABI = `[
{"type":"function","name":"owner","stateMutability":"view","inputs":[],"outputs":[{"type":"address"}]},
{"type":"function","name":"pendingOwner","stateMutability":"view","inputs":[],"outputs":[{"type":"address"}]},
{"type":"event","name":"Initialized","inputs":[{"type":"uint64"}]}]`

const managerABI = `[
{"type":"function","name":"hasRole","stateMutability":"view","inputs":[{"type":"uint64"},{"type":"address"}],"outputs":[{"type":"bool"},{"type":"uint32"}]}]`

func of(t *testing.T, source string) abi.ABI {
	t.Helper()
	out, err := abi.JSON(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// watching is a detector of one contract with a baseline.
func watching(t *testing.T, source string, proxy bool, baseline ...authorization.Fact) *authorization.Detector {
	t.Helper()
	d := &authorization.Detector{Baseline: map[authorization.Fact]bool{}, Impact: map[common.Hash][]authorization.Fact{}}
	for _, f := range baseline {
		d.Baseline[f] = true
	}
	d.Watched = []authorization.Watched{authorization.Watch("vault", target, of(t, source), proxy, baseline)}
	return d
}

func at(n uint64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: common.BigToHash(new(big.Int).SetUint64(n + 1))}
}

func granted(n uint64, index uint, role common.Hash, who common.Address, revoked bool) ops.Log {
	topic := crypto.Keccak256Hash([]byte("RoleGranted(bytes32,address,address)"))
	if revoked {
		topic = crypto.Keccak256Hash([]byte("RoleRevoked(bytes32,address,address)"))
	}
	return ops.Log{Block: at(n), Address: target, Index: index, Topics: []common.Hash{topic, role, common.BytesToHash(who[:]), {}}}
}

// chain answers what a memory asks, by a part of the question's name.
type chain map[string][]byte

func (c chain) now(d *authorization.Detector, m *authorization.Memory) ops.Readings {
	now := ops.Readings{}
	for _, r := range append(d.Reads(), m.Asks()...) {
		reading := ops.Reading{Read: r, Status: ops.ReadOK, Data: make([]byte, 32)}
		if strings.Contains(r.Name, "hasRole(role") {
			reading.Data = make([]byte, 64)
		}
		for name, data := range c {
			if strings.Contains(r.Name, name) {
				if reading.Data = data; data == nil {
					reading = ops.Reading{Read: r, Err: "budget spent"}
				}
			}
		}
		now[r] = reading
	}
	return now
}

func word(a common.Address) []byte { return common.BytesToHash(a[:]).Bytes() }

var yes = common.BigToHash(big.NewInt(1)).Bytes()

func fact(right, holder string) authorization.Fact {
	return authorization.Fact{Contract: "vault", Right: right, Holder: holder}
}

func TestAnEventIsBelievedUntilTheContractIsAsked(t *testing.T) {
	d := watching(t, controlABI, false, fact("PAUSER_ROLE", alice.Hex()))
	m := d.NewMemory()
	m.Known(0, 4)
	answers := chain{"PAUSER_ROLE, " + alice.Hex(): yes}
	if a := m.Next(at(5), answers.now(d, m), nil); a.Verdict != ops.OK {
		t.Fatalf("%+v", a)
	}
	if a := m.Next(at(6), answers.now(d, m), []ops.Log{granted(6, 1, pauser, mallory, false)}); a.Verdict != ops.Breach || m.Gives()["account"] != mallory.Hex() || m.Gives()["role"] != pauser.Hex() {
		t.Errorf("the block of the event: %+v, given %v", a, m.Gives())
	}
	if a := m.Next(at(7), answers.now(d, m), nil); a.Verdict != ops.OK {
		t.Errorf("the contract says otherwise: %+v", a)
	}
	answers["PAUSER_ROLE, "+mallory.Hex()] = yes
	if a := m.Next(at(8), answers.now(d, m), nil); a.Verdict != ops.Breach {
		t.Errorf("and then that it is so: %+v", a)
	}
	answers["PAUSER_ROLE, "+mallory.Hex()] = nil
	if a := m.Next(at(9), answers.now(d, m), nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, "budget spent") {
		t.Errorf("a right that could not be read is nobody's: %+v", a)
	}
}

func TestEventsThatLookAlikeAreNotTakenForOthers(t *testing.T) {
	elsewhere, unindexed, long := granted(5, 1, pauser, mallory, false), granted(5, 2, pauser, mallory, false), granted(5, 3, pauser, mallory, false)
	elsewhere.Address = mallory
	unindexed.Topics, unindexed.Data = unindexed.Topics[:1], make([]byte, 96)
	long.Topics[2] = common.Hash{1, 2, 3}
	for name, tt := range map[string]struct {
		log  ops.Log
		want ops.Verdict
	}{
		"of another contract":   {elsewhere, ops.OK},
		"an unindexed twin":     {unindexed, ops.Unknown},
		"to what is no account": {long, ops.Unknown},
	} {
		d := watching(t, controlABI, false)
		m := d.NewMemory()
		m.Known(0, 4)
		if a := m.Next(at(5), chain{}.now(d, m), []ops.Log{tt.log}); a.Verdict != tt.want {
			t.Errorf("%s: %+v", name, a)
		}
		m.Drop(5)
		if a := m.Next(at(5), chain{}.now(d, m), nil); a.Verdict != ops.OK {
			t.Errorf("%s, dropped by a reorg: %+v", name, a)
		}
	}
}

func TestAHoleInTheHistoryIsNoCalm(t *testing.T) {
	d := watching(t, controlABI, false)
	m := d.NewMemory()
	if a := m.Next(at(5), chain{}.now(d, m), nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, "#0 to #4") {
		t.Errorf("nothing before was read: %+v", a)
	}
	m = d.NewMemory()
	m.Known(0, 4)
	m.Next(at(5), chain{}.now(d, m), nil)
	if a := m.Next(at(9), chain{}.now(d, m), nil); a.Verdict != ops.Unknown || !strings.Contains(a.Why, "#6 to #8") {
		t.Errorf("three blocks were skipped: %+v", a)
	}
	m.Through(9)
	m.Book(at(7), []ops.Log{granted(7, 0, pauser, mallory, false)})
	if a := m.Next(at(10), chain{"PAUSER_ROLE, " + mallory.Hex(): yes}.now(d, m), nil); a.Verdict != ops.Breach {
		t.Errorf("read back, one of them gave a role: %+v", a)
	}
}

// Events may come in any order, twice, and be dropped: what stands last counts.
func TestTheLastEventOfAChainCounts(t *testing.T) {
	d := watching(t, controlABI, false)
	m := d.NewMemory()
	m.Known(0, 9)
	gave, took := granted(6, 3, pauser, mallory, false), granted(6, 4, pauser, mallory, true)
	for _, logs := range [][]ops.Log{{took}, {gave}, {gave, took}} {
		m.Book(at(6), logs)
	}
	nothing := ops.Readings{} // nobody was asked
	if a := m.Next(at(10), nothing, nil); a.Verdict != ops.Unknown && a.Verdict != ops.OK {
		t.Errorf("taken again: %+v", a)
	}
	m.Drop(10)
	m.Book(at(8), []ops.Log{granted(8, 0, pauser, mallory, false)})
	m.Through(9)
	if a := m.Next(at(10), nothing, nil); a.Verdict != ops.Breach {
		t.Errorf("given once more: %+v", a)
	}
	m.Drop(8)
	m.Known(0, 9)
	if a := m.Next(at(10), nothing, nil); a.Verdict == ops.Breach {
		t.Errorf("that block is no more: %+v", a)
	}
}

func TestWhatAnExecutedReleaseGivesIsNoExpansion(t *testing.T) {
	d := watching(t, controlABI, false)
	id := common.Hash{5}
	d.Impact[id] = []authorization.Fact{fact("PAUSER_ROLE", mallory.Hex())}
	m := d.NewMemory()
	m.Known(0, 4)
	m.Book(at(3), []ops.Log{granted(3, 0, pauser, mallory, false)})
	answers := chain{"PAUSER_ROLE, " + mallory.Hex(): yes}
	if a := m.Next(at(5), answers.now(d, m), nil); a.Verdict != ops.Breach {
		t.Errorf("before it was executed: %+v", a)
	}
	m.Heed(map[common.Hash]bool{id: true})
	if a := m.Next(at(6), answers.now(d, m), nil); a.Verdict != ops.OK {
		t.Errorf("afterwards: %+v", a)
	}
}

func TestOwnersAdminsAndInitialisations(t *testing.T) {
	base := []authorization.Fact{fact("owner", alice.Hex()), fact("proxy admin", alice.Hex()), fact("initialized", "1 times")}
	start := func(n uint64) ops.Log {
		return ops.Log{Block: at(n), Address: target, Topics: []common.Hash{crypto.Keccak256Hash([]byte("Initialized(uint64)"))}, Data: yes}
	}
	for name, tt := range map[string]struct {
		answers chain
		logs    []ops.Log
		why     string
	}{
		"as signed":             {chain{"owner()": word(alice), "the proxy admin": word(alice)}, nil, ""},
		"another owner":         {chain{"owner()": word(mallory), "the proxy admin": word(alice)}, nil, mallory.Hex() + " has owner of vault; no more: " + alice.Hex() + " has owner"},
		"an owner to come":      {chain{"vault.owner()": word(alice), "pendingOwner()": word(mallory), "the proxy admin": word(alice)}, nil, mallory.Hex() + " has pending owner of vault"},
		"another admin":         {chain{"owner()": word(alice), "the proxy admin": word(mallory)}, nil, mallory.Hex() + " has proxy admin of vault"},
		"the admin's owner":     {chain{"owner()": word(alice), "the proxy admin": word(alice), "the owner of the proxy admin": word(mallory)}, nil, mallory.Hex() + " has owner of the proxy admin of vault"},
		"initialised once more": {chain{"owner()": word(alice), "the proxy admin": word(alice)}, []ops.Log{start(5)}, "2 times has initialized of vault; no more: 1 times has initialized"},
	} {
		t.Run(name, func(t *testing.T) {
			d := watching(t, ownedABI, true, base...)
			m := d.NewMemory()
			m.Known(0, 4)
			m.Book(at(1), []ops.Log{start(1)})
			now := tt.answers.now(d, m)
			for r := range now {
				switch {
				case strings.HasPrefix(r.Name, "the owner of") && tt.answers["the owner of the proxy admin"] == nil:
					now[r] = ops.Reading{Read: r, Status: ops.ReadReverted}
				case strings.HasPrefix(r.Name, "the owner of"):
					now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: tt.answers["the owner of the proxy admin"]}
				case strings.HasSuffix(r.Name, "pendingOwner()"):
					data := tt.answers["pendingOwner()"]
					if data == nil {
						data = make([]byte, 32)
					}
					now[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: data}
				}
			}
			a := m.Next(at(5), now, tt.logs)
			if (a.Verdict == ops.OK) != (tt.why == "") || !strings.HasPrefix(a.Why, tt.why) {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestAMemberOfAManagerWithAnotherDelayIsAnotherFact(t *testing.T) {
	d := watching(t, managerABI, false, fact("role 7", alice.Hex()+" after 3600s"))
	m := d.NewMemory()
	m.Known(0, 4)
	delayed := append(append([]byte{}, yes...), common.BigToHash(big.NewInt(3600)).Bytes()...)
	if a := m.Next(at(5), chain{"hasRole(role 7, " + alice.Hex(): delayed}.now(d, m), nil); a.Verdict != ops.OK {
		t.Errorf("%+v", a)
	}
	atOnce := append(append([]byte{}, yes...), make([]byte, 32)...)
	if a := m.Next(at(6), chain{"hasRole(role 7, " + alice.Hex(): atOnce}.now(d, m), nil); a.Verdict != ops.Breach || !strings.HasPrefix(a.Why, alice.Hex()+" has role 7 of vault; no more: ") {
		t.Errorf("%+v", a)
	}
}

// Whatever a watched contract emits, nothing breaks and what is remembered is bounded.
func FuzzEvents(f *testing.F) {
	f.Add(uint8(4), pauser[:], []byte{})
	f.Add(uint8(1), mallory[:], make([]byte, 96))
	f.Fuzz(func(t *testing.T, topics uint8, seed, data []byte) {
		d := watching(t, controlABI, false)
		m := d.NewMemory()
		m.Known(0, 4)
		l := granted(5, 0, pauser, mallory, len(seed)%2 == 0)
		for i := range l.Topics[1:] {
			l.Topics[i+1] = common.BytesToHash(seed)
		}
		l.Topics, l.Data = l.Topics[:topics%5], data
		a := m.Next(at(5), ops.Readings{}, []ops.Log{l})
		if a.Verdict == ops.OK && len(l.Topics) == 4 && len(data) == 0 && common.BytesToHash(seed) == common.BytesToHash(common.BytesToAddress(seed).Bytes()) && len(seed)%2 == 1 {
			t.Error("a role was given, and all is well")
		}
	})
}

// A call that only its owner may make, and then anybody: the modifier is gone, whatever the
// roles say.
func TestACallThatAnybodyMayMakeIsFound(t *testing.T) {
	base := []authorization.Fact{fact("owner", alice.Hex()), fact("call of vault.pause()", alice.Hex())}
	d := watching(t, ownedABI, false, base...)
	d.Probes = []authorization.Probe{{Contract: "vault", Name: "vault.pause()", To: target, Data: []byte{1, 2, 3, 4}}}
	m := d.NewMemory()
	m.Known(0, 4)
	judge := func(n uint64, may func(name string) ops.ReadStatus) ops.Assessment {
		now := chain{"vault.owner()": word(alice)}.now(d, m)
		for r := range now {
			if r.Kind == ops.ReadTry {
				now[r] = ops.Reading{Read: r, Status: may(r.Name), Err: "budget spent"}
			}
		}
		return m.Next(at(n), now, nil)
	}
	only := func(name string) ops.ReadStatus {
		if strings.HasSuffix(name, alice.Hex()) {
			return ops.ReadOK
		}
		return ops.ReadReverted
	}
	if a := judge(5, only); a.Verdict != ops.OK || a.Why != "" {
		t.Errorf("%+v", a)
	}
	if a := judge(6, func(string) ops.ReadStatus { return ops.ReadOK }); a.Verdict != ops.Breach || !strings.HasPrefix(a.Why, "anyone has call of vault.pause() of vault") {
		t.Errorf("%+v", a)
	}
	if a := judge(7, func(string) ops.ReadStatus { return ops.ReadReverted }); a.Verdict != ops.OK || !strings.HasPrefix(a.Why, "no more: "+alice.Hex()+" has call of vault.pause()") {
		t.Errorf("what is paused cannot be paused: %+v", a)
	}
	if a := judge(8, func(string) ops.ReadStatus { return ops.ReadNotRun }); a.Verdict != ops.Unknown {
		t.Errorf("%+v", a)
	}
}
