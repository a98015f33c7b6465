package timelock_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/timelock"
)

var (
	mallory  = common.HexToAddress("0x00000000000000000000000000000000000000AA")
	executor = crypto.Keccak256Hash([]byte("EXECUTOR_ROLE"))
)

func id(c ops.Call, salt common.Hash) common.Hash {
	return timelock.HashOperation(c, common.Hash{}, salt)
}

// queued are the logs of one call that is scheduled, with a salt where it has one.
func queued(block ops.BlockRef, c ops.Call, salt common.Hash, delay int64) []ops.Log {
	out := []ops.Log{scheduled(block, id(c, salt), 0, c, big.NewInt(delay))}
	if salt != (common.Hash{}) {
		out = append(out, salted(block, id(c, salt), salt))
	}
	return out
}

func to(at common.Address, signature string, types []string, values ...any) ops.Call {
	return ops.Call{To: at, Value: "0", Data: append(crypto.Keccak256([]byte(signature))[:4], pack(types, values...)...)}
}

func role(granted bool, block ops.BlockRef, role common.Hash, account, by common.Address) ops.Log {
	event := "RoleRevoked(bytes32,address,address)"
	if granted {
		event = "RoleGranted(bytes32,address,address)"
	}
	return ops.Log{Block: block, Address: address, Topics: []common.Hash{topic(event), role, common.BytesToHash(account[:]), common.BytesToHash(by[:])}}
}

// answers are what contracts say, by the beginning of the read's name.
func answers(l *timelock.Ledger, say map[string][]byte) ops.Readings {
	out := ops.Readings{}
	for _, r := range l.Asks() {
		for name, data := range say {
			if strings.HasPrefix(r.Name, name) {
				out[r] = ops.Reading{Read: r, Status: ops.ReadOK, Data: data}
			}
		}
	}
	return out
}

func word(n int64) []byte { return common.BigToHash(big.NewInt(n)).Bytes() }

// told is what is said of a queue: hazards of each operation by its place, and of the
// timelock, as "kind VERDICT text".
func told(l *timelock.Ledger, now ops.BlockRef, said ops.Readings) []string {
	var out []string
	queue := l.Queue(now, said)
	for i, o := range queue {
		for _, h := range o.Hazards {
			out = append(out, fmt.Sprintf("%d %s %s %s", i+1, h.Kind, h.Verdict, h.Text))
		}
	}
	for _, h := range l.About(queue, now, said).Hazards {
		out = append(out, fmt.Sprintf("lock %s %s %s", h.Kind, h.Verdict, h.Text))
	}
	return out
}

func TestWhatIsWrongWithAnOperationIsSaid(t *testing.T) {
	salt, other := common.Hash{9}, common.Hash{8}
	plan := call(1)
	planned := timelock.Planned{ID: id(plan, salt), Name: "vault-v2 O1", Calls: []ops.Call{plan}, Delay: delay * time.Second}
	grant := to(address, "grantRole(bytes32,address)", []string{"bytes32", "address"}, executor, mallory)
	hour := to(address, "updateDelay(uint256)", []string{"uint256"}, big.NewInt(3600))
	longer := to(address, "updateDelay(uint256)", []string{"uint256"}, big.NewInt(10*delay))
	exec := to(vault, "execTransactionFromModule(address,uint256,bytes,uint8)", []string{"address", "uint256", "bytes", "uint8"}, mallory, new(big.Int), []byte{}, uint8(1))
	second := ops.Call{To: vault, Value: "0", Data: append([]byte{1, 2, 3, 4}, 99)} // the function of call(1)
	upgrade := to(vault, "upgradeTo(address)", []string{"address"}, mallory)
	over := func(c ops.Call) ops.Call {
		return ops.Call{To: c.To, Value: "0", Data: append(slices.Clone(c.Data), 0)}
	}
	hidden, crooked, blurred := over(upgrade), over(grant), over(hour)
	inner := make([][]byte, 10)
	for i := range inner {
		inner[i] = grant.Data
	}
	carry := func(data ...[]byte) ops.Call { return to(vault, "multicall(bytes[])", []string{"bytes[]"}, data) }
	many, deep := carry(inner...), carry(grant.Data)
	for range 9 {
		deep = carry(deep.Data)
	}
	fine := map[string][]byte{"T1.getMinDelay": word(delay), "T1.hasRole": word(0), "T1.getTimestamp": word(start.Unix() + delay)}
	with := func(name string, data []byte) map[string][]byte {
		out := map[string][]byte{name: data}
		for k, v := range fine {
			if k != name {
				out[k] = v
			}
		}
		return out
	}
	one := at(1, 0)
	for _, c := range []struct {
		name string
		logs [][]ops.Log
		say  map[string][]byte
		want []string // each has to be said, and no other breach of its kind
		not  []ops.HazardKind
	}{
		{"an approved one", [][]ops.Log{queued(one, plan, salt, delay)}, fine, nil, ops.Signs},
		{"one of no release", [][]ops.Log{queued(one, call(5), salt, delay)}, fine, []string{"1 unexpected breach is in no approved release"}, []ops.HazardKind{ops.HazardReplaced, ops.HazardID}},
		{"the same calls under another salt", [][]ops.Log{queued(one, plan, other, delay)}, fine, []string{"1 replaced breach makes the calls of vault-v2 O1 under another salt or predecessor", "1 unexpected breach is in no approved release"}, nil},
		{"another one after the approved one was cancelled", [][]ops.Log{queued(one, plan, salt, delay), {cancelled(at(2, 1), planned.ID)}, queued(at(3, 2), second, other, delay)}, fine,
			[]string{"2 replaced breach calls the same function as vault-v2 O1, which was cancelled at #2", "lock missing breach vault-v2 O1 is approved, and was cancelled at #2"}, nil},
		{"cancelled and scheduled again", [][]ops.Log{queued(one, plan, salt, delay), {cancelled(at(2, 1), planned.ID)}, queued(at(3, 0), plan, salt, delay)}, fine,
			[]string{"1 again breach it was cancelled at #2, and scheduled again at #3"}, []ops.HazardKind{ops.HazardMissing, ops.HazardUnexpected}},
		{"the same twice", [][]ops.Log{queued(one, call(5), salt, delay), queued(one, call(5), other, delay)}, fine, []string{"1 duplicate breach T1·", "2 duplicate breach T1·"}, nil},
		{"in too short a time", [][]ops.Log{queued(one, plan, salt, delay/2)}, fine, []string{"1 delay breach waits for 24h, the policy allows 48h"}, nil},
		{"a role", [][]ops.Log{queued(one, grant, salt, delay)}, fine, []string{"1 role breach call 1 changes who may do what: timelock.looks like grantRole(EXECUTOR_ROLE, " + mallory.Hex() + ")", "1 self breach call 1 is to the timelock itself"}, nil},
		{"a shorter delay", [][]ops.Log{queued(one, hour, salt, delay)}, fine, []string{"1 delay breach call 1 lowers the minimum delay to 1h, the policy allows 48h", "1 self breach"}, nil},
		{"a longer delay", [][]ops.Log{queued(one, longer, salt, delay)}, fine, []string{"1 self breach"}, []ops.HazardKind{ops.HazardDelay}},
		{"foreign code as its own", [][]ops.Log{queued(one, exec, salt, delay)}, fine, []string{"1 delegatecall breach call 1.1 runs the code of " + mallory.Hex() + " as its own: delegatecall"}, nil},
		{"an id that lies", [][]ops.Log{{scheduled(one, planned.ID, 0, call(5), big.NewInt(delay)), salted(one, planned.ID, salt)}}, fine, []string{"1 id breach its id is not that of its calls and its salt", "1 unexpected unknown"}, nil},
		{"an id without a salt", [][]ops.Log{{scheduled(one, planned.ID, 0, plan, big.NewInt(delay))}}, fine, []string{"1 id unknown the id does not come out", "1 unexpected unknown"}, []ops.HazardKind{ops.HazardRole}},
		{"a contract that says otherwise", [][]ops.Log{queued(one, plan, salt, delay)}, with("T1.getTimestamp", word(5)), []string{"1 id unknown the contract says 5", "1 unexpected unknown"}, nil},
		{"anybody may choose the order", [][]ops.Log{queued(one, call(5), salt, delay), queued(one, call(6), salt, delay)}, with("T1.hasRole", word(1)), []string{"1 order breach names no predecessor, and anybody may execute it before or after T1·", "2 order breach"}, nil},
		{"one alone has no order", [][]ops.Log{queued(one, call(5), salt, delay)}, with("T1.hasRole", word(1)), nil, []ops.HazardKind{ops.HazardOrder}},
		{"code that the release names", [][]ops.Log{queued(one, upgrade, salt, delay)}, with("codehash(", common.Hash{7}.Bytes()), nil, []ops.HazardKind{ops.HazardCode}},
		{"code that it does not", [][]ops.Log{queued(one, upgrade, salt, delay)}, with("codehash(", common.Hash{6}.Bytes()), []string{"1 code breach call 1 upgrades vault to code that the release does not name: 0x06"}, nil},
		{"code that its calldata hides", [][]ops.Log{queued(one, hidden, salt, delay)}, with("codehash(", common.Hash{7}.Bytes()), []string{"1 code unknown call 1 upgrades to code that cannot be read of it"}, nil},
		{"a role that its calldata hides", [][]ops.Log{queued(one, crooked, salt, delay)}, fine, []string{"1 role breach call 1 changes who may do what: timelock.looks like grantRole(undecodable)"}, nil},
		{"a delay that its calldata hides", [][]ops.Log{queued(one, blurred, salt, delay)}, fine, []string{"1 delay unknown call 1 sets the minimum delay, to what cannot be read", "1 self breach"}, nil},
		{"more than is read", [][]ops.Log{queued(one, deep, salt, delay)}, fine, []string{"1 unread unknown call 1.1.1.1.1.1.1.1: it is nested more than 8 deep"}, nil},
		{"many of one kind", [][]ops.Log{queued(one, many, salt, delay)}, fine, []string{"1 role breach call 1.1 changes", "1 role breach call 1.3 changes", "1 role breach 7 calls more like that"}, nil},
		{"code that nobody read", [][]ops.Log{queued(one, upgrade, salt, delay)}, fine, []string{"1 code unknown call 1 upgrades vault to code that could not be read"}, nil},
		{"a delay that was lowered", nil, with("T1.getMinDelay", word(3600)), []string{"lock delay breach the minimum delay is 1h, the policy allows 48h"}, nil},
		{"a delay of nothing", nil, with("T1.getMinDelay", word(0)), []string{"lock delay breach the minimum delay is 0s, the policy allows 48h"}, nil},
		{"a delay that nobody read", nil, nil, []string{"lock delay unknown the minimum delay is not known"}, nil},
		{"a role in the set-up", [][]ops.Log{{built(one)}, {role(true, one, executor, mallory, vault)}, queued(at(2, 0), plan, salt, delay)}, fine, nil, []ops.HazardKind{ops.HazardRole}},
		{"a role past the queue", [][]ops.Log{queued(one, plan, salt, delay), {role(true, at(2, 1), executor, mallory, vault)}}, fine, []string{"lock role breach EXECUTOR_ROLE was granted to " + mallory.Hex() + " at #2 by vault"}, nil},
		{"a role to everybody", [][]ops.Log{queued(one, plan, salt, delay), {role(true, at(2, 1), executor, common.Address{}, vault)}}, fine, []string{"lock role breach EXECUTOR_ROLE was granted to anyone at #2"}, nil},
		{"a role taken", [][]ops.Log{{built(one)}, {role(true, one, executor, mallory, vault)}, queued(one, plan, salt, delay), {role(false, at(2, 1), executor, mallory, vault)}}, fine, []string{"lock role breach EXECUTOR_ROLE was taken from " + mallory.Hex()}, nil},
		{"a role taken that was given before the logs begin", [][]ops.Log{queued(one, plan, salt, delay), {role(false, at(2, 1), executor, mallory, vault)}}, fine, []string{"lock role breach EXECUTOR_ROLE was taken from " + mallory.Hex() + " at #2 by vault"}, nil},
		{"a role given and taken again", [][]ops.Log{queued(one, plan, salt, delay), {role(true, at(2, 1), executor, mallory, vault), role(false, at(3, 1), executor, mallory, vault)}}, fine, nil, []ops.HazardKind{ops.HazardRole}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := timelock.Timelock{
				ID: "T1", Address: address, Approved: map[common.Hash]string{planned.ID: planned.Name}, Planned: []timelock.Planned{planned}, Least: delay * time.Second,
				Names: map[common.Address]string{address: "timelock", vault: "vault"}, Code: map[common.Address][]common.Hash{vault: {{7}}},
			}.Start()
			for _, logs := range c.logs {
				l.Take(logs)
			}
			got := told(l, at(9, 60), answers(l, c.say))
			kinds := map[string]bool{}
			for _, want := range c.want {
				if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
					t.Errorf("%q is not said in\n%s", want, strings.Join(got, "\n"))
				}
				kinds[strings.Fields(want)[1]] = true
			}
			for _, k := range c.not {
				if slices.ContainsFunc(got, func(s string) bool { return strings.Fields(s)[1] == string(k) }) {
					t.Errorf("%s is said in\n%s", k, strings.Join(got, "\n"))
				}
			}
		})
	}
}

// What a release says to the byte is said, and is no breach; that it hurries is one.
func TestWhatAReleaseApprovesIsNoBreach(t *testing.T) {
	grant := to(address, "grantRole(bytes32,address)", []string{"bytes32", "address"}, executor, mallory)
	salt := common.Hash{9}
	p := timelock.Planned{ID: id(grant, salt), Name: "v2 O1", Calls: []ops.Call{grant}, Delay: 2 * delay * time.Second}
	l := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{p.ID: p.Name}, Planned: []timelock.Planned{p}, Least: delay * time.Second}.Start()
	l.Take(queued(at(1, 0), grant, salt, delay))
	var got []string
	for _, h := range l.Queue(at(2, 1), answers(l, map[string][]byte{"T1.getMinDelay": word(delay), "T1.getTimestamp": word(start.Unix() + delay)}))[0].Hazards {
		got = append(got, fmt.Sprint(h.Kind, " ", h.Verdict))
	}
	if want := []string{"delay breach", "role ok", "self ok"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	executes := executed(at(3, 2*delay), p.ID)
	executes.Tx = common.Hash{5}
	granted := role(true, at(3, 2*delay), executor, mallory, address)
	granted.Tx = executes.Tx
	l.Take([]ops.Log{executes, granted})
	now := at(4, 2*delay+1)
	said := answers(l, map[string][]byte{"T1.getMinDelay": word(delay)})
	if h := l.About(l.Queue(now, said), now, said).Hazards; len(h) != 1 || h[0].Verdict != ops.OK || !strings.HasSuffix(h[0].Text, "at #3 by v2 O1") {
		t.Errorf("%+v", h)
	}
}

func TestWhatShouldWaitAndDoesNotIsMissed(t *testing.T) {
	first, second := call(1), call(2)
	due := timelock.Planned{ID: id(first, common.Hash{}), Name: "v2 O1", Calls: []ops.Call{first}, From: start.Add(time.Hour)}
	next := timelock.Planned{ID: timelock.HashOperation(second, due.ID, common.Hash{}), Name: "v2 O2", Calls: []ops.Call{second}, Predecessor: due.ID}
	after := scheduled(at(1, 0), next.ID, 0, second, big.NewInt(delay))
	after.Data = pack([]string{"address", "uint256", "bytes", "bytes32", "uint256"}, second.To, new(big.Int), second.Data, due.ID, big.NewInt(delay))
	for _, c := range []struct {
		name string
		plan timelock.Planned
		logs []ops.Log
		at   int64
		say  map[string][]byte
		want string
	}{
		{"before its time", due, nil, 3599, map[string][]byte{"T1.getTimestamp": word(0)}, ""},
		{"at its time", due, nil, 3600, map[string][]byte{"T1.getTimestamp": word(0)}, "missing breach v2 O1 is approved, and should wait since 2026-11-21 01:00Z"},
		{"when nobody was asked", due, nil, 3600, nil, "missing unknown v2 O1 is approved, and should wait since 2026-11-21 01:00Z: but the contract did not say so"},
		{"done before the logs begin", due, nil, 3600, map[string][]byte{"T1.getTimestamp": word(1)}, ""},
		{"without a time", timelock.Planned{ID: due.ID, Name: "v2 O1"}, nil, 3600, map[string][]byte{"T1.getTimestamp": word(0)}, ""},
		{"another waits for it", timelock.Planned{ID: due.ID, Name: "v2 O1"}, []ops.Log{after}, 60, map[string][]byte{"T1.getTimestamp": word(0)}, "missing breach v2 O1 is approved and does not wait, and T1·"},
		{"a rollback", timelock.Planned{ID: due.ID, Name: "v2 O1", Rollback: true, From: start}, nil, 3600, map[string][]byte{"T1.getTimestamp": word(0)}, ""},
		{"it waits", due, queued(at(1, 0), first, common.Hash{}, delay), 7200, nil, ""},
	} {
		l := timelock.Timelock{ID: "T1", Address: address, Approved: map[common.Hash]string{next.ID: next.Name, due.ID: due.Name}, Planned: []timelock.Planned{c.plan, next}}.Start()
		l.Take(c.logs)
		now := at(9, c.at)
		said := answers(l, c.say)
		got := ""
		for _, h := range l.About(l.Queue(now, said), now, said).Hazards {
			got = fmt.Sprint(h.Kind, " ", h.Verdict, " ", h.Text)
		}
		if !strings.HasPrefix(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// built is what a TimelockController says of its minimum delay when it is constructed.
func built(block ops.BlockRef) ops.Log {
	return ops.Log{Block: block, Address: address, Topics: []common.Hash{topic("MinDelayChange(uint256,uint256)")}, Data: append(word(0), word(delay)...)}
}

// Without a baseline a timelock is set up from its construction until an operation is
// scheduled, its admin is gone, or a day has passed; from then on a role is a breach. What
// is not known to be its set-up is none.
func TestATimelockIsNotSetUpForEver(t *testing.T) {
	const day = 86400
	admin, old := common.Hash{}, crypto.Keccak256Hash([]byte("TIMELOCK_ADMIN_ROLE"))
	grant := func(n uint64, seconds int64) ops.Log { return role(true, at(n, seconds), executor, mallory, vault) }
	raised := built(at(2, 1))
	raised.Data = append(word(delay), word(2*delay)...)
	c := call(1)
	for name, x := range map[string]struct {
		logs   []ops.Log
		base   uint64
		breach bool
	}{
		"in its first second":             {[]ops.Log{built(at(1, 0)), grant(1, 0)}, 0, false},
		"within a day":                    {[]ops.Log{built(at(1, 0)), grant(5, day-1)}, 0, false},
		"after a day":                     {[]ops.Log{built(at(1, 0)), grant(5, day)}, 0, true},
		"before its first operation":      {[]ops.Log{built(at(1, 0)), grant(2, 1), scheduled(at(3, 2), id(c, common.Hash{}), 0, c, big.NewInt(delay))}, 0, false},
		"after its first operation":       {[]ops.Log{built(at(1, 0)), scheduled(at(3, 2), id(c, common.Hash{}), 0, c, big.NewInt(delay)), grant(4, 3)}, 0, true},
		"when its admin gave up":          {[]ops.Log{built(at(1, 0)), role(false, at(3, 2), admin, vault, vault), grant(4, 3)}, 0, true},
		"when its admin of 4.x gave up":   {[]ops.Log{built(at(1, 0)), role(false, at(3, 2), old, vault, vault), grant(4, 3)}, 0, true},
		"in the block of that":            {[]ops.Log{built(at(1, 0)), role(false, at(3, 2), admin, vault, vault), grant(3, 2)}, 0, false},
		"another role was given up":       {[]ops.Log{built(at(1, 0)), role(false, at(3, 2), common.Hash{7}, vault, vault), grant(4, 3)}, 0, false},
		"a history that begins later":     {[]ops.Log{grant(4, 3)}, 0, true},
		"a delay that was changed later":  {[]ops.Log{raised, grant(4, 3)}, 0, true},
		"before the baseline":             {[]ops.Log{built(at(1, 0)), grant(5, 9*day)}, 5, false},
		"after the baseline, on day one":  {[]ops.Log{built(at(1, 0)), grant(6, 3)}, 5, true},
		"another contract's, of one name": {[]ops.Log{built(at(1, 0)), {Block: at(9, 9*day), Address: vault, Topics: grant(9, 9).Topics}}, 0, false},
	} {
		l := timelock.Timelock{ID: "T1", Address: address, Baseline: x.base}.Start()
		l.Take(x.logs)
		now := at(99, 99*day)
		found := false
		for _, h := range l.About(l.Queue(now, nil), now, nil).Hazards {
			found = found || h.Kind == ops.HazardRole && h.Verdict == ops.Breach && strings.Contains(h.Text, "EXECUTOR_ROLE was granted to "+mallory.Hex())
		}
		if found != x.breach {
			t.Errorf("%s: a breach: %t", name, found)
		}
	}
}

// The first operation is not forgotten: what was before it was the set-up.
func TestTheEndOfTheSetUpIsRemembered(t *testing.T) {
	l := timelock.Timelock{ID: "T1", Address: address}.Start()
	l.Take([]ops.Log{role(true, at(2, 2), executor, mallory, vault)})
	for n := range 600 {
		c := call(n)
		block := at(uint64(n)+1, int64(n))
		l.Take([]ops.Log{scheduled(block, id(c, common.Hash{}), 0, c, big.NewInt(1)), executed(block, id(c, common.Hash{}))})
	}
	now := at(1000, 1000)
	l.Queue(now, nil)
	l.Prune(900)
	queue := l.Queue(now, nil)
	if h := l.About(queue, now, nil).Hazards; len(queue) > 300 || len(h) != 1 || h[0].Kind != ops.HazardRole || h[0].Verdict != ops.Breach {
		t.Errorf("%d operations, %+v", len(queue), h)
	}
}

// A token's symbol is asked once, and then written.
func TestATokenIsAskedOnceAndItsAmountsAreItsOwn(t *testing.T) {
	pay := to(vault, "transfer(address,uint256)", []string{"address", "uint256"}, mallory, big.NewInt(2_500_000))
	l := timelock.Timelock{ID: "T1", Address: address}.Start()
	l.Take(queued(at(1, 0), pay, common.Hash{}, delay))
	if f := l.Queue(at(2, 1), nil)[0].Calls[0].Function; f != "looks like transfer("+mallory.Hex()+", 2500000)" {
		t.Error(f)
	}
	said := answers(l, map[string][]byte{vault.Hex() + ".decimals": word(6), vault.Hex() + ".symbol": pack([]string{"string"}, "USDC")})
	if f := l.Queue(at(3, 2), said)[0].Calls[0].Function; f != "looks like transfer("+mallory.Hex()+", 2.5 USDC)" {
		t.Error(f)
	}
	if slices.ContainsFunc(l.Asks(), func(r ops.Read) bool { return r.To == vault }) {
		t.Error("it is asked again")
	}
}
