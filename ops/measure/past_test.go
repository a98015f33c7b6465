package measure_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/measure"
)

const eventABI = `[
{"type":"event","name":"Withdraw","inputs":[{"type":"address","name":"owner","indexed":true},{"type":"uint256","name":"assets"},{"type":"bool","name":"forced"},{"type":"uint64","name":"cap"}]},
{"type":"event","name":"Moved","inputs":[{"type":"int128","name":"delta","indexed":true},{"type":"string","name":"note"}]},
{"type":"event","name":"Twice","inputs":[{"type":"uint256","name":"n"}]},
{"type":"event","name":"Twice","inputs":[{"type":"address","name":"n"}]},
{"type":"event","name":"Hidden","anonymous":true,"inputs":[{"type":"uint256","name":"n"}]}]`

var bank = common.HexToAddress("0x00000000000000000000000000000000000000bB")

// past is wide with a contract that has events, for conditions that look back.
var past = func() measure.Scope {
	of, err := abi.JSON(strings.NewReader(eventABI))
	if err != nil {
		panic(err)
	}
	out := wide
	out.History = true
	out.Contracts = map[string]measure.Contract{"vault": wide.Contracts["vault"], "pool": wide.Contracts["pool"], "bank": {Address: bank, ABI: of}}
	return out
}()

// tape judges one condition block by block.
type tape struct {
	t   testing.TB
	m   *measure.Measure
	mem *measure.Memory
}

func record(t testing.TB, source string) *tape {
	t.Helper()
	m, err := measure.CompileCondition(source, past)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return &tape{t, m, m.NewMemory()}
}

// held answers what the vault holds; below zero it could not be read.
func (p *tape) held(assets int64) ops.Readings {
	if assets < 0 {
		return ops.Readings{}
	}
	return answers(p.m, map[string][]byte{"vault.totalAssets()": word(assets)})
}

// next is what is observed at a block, or why it is unknown.
func (p *tape) next(at ops.BlockRef, assets int64, logs ...ops.Log) string {
	a := p.mem.Next(at, p.held(assets), logs)
	if a.Verdict == ops.Unknown {
		return "? " + a.Why
	}
	return a.Observed
}

func (p *tape) want(at ops.BlockRef, assets int64, want string, logs ...ops.Log) {
	p.t.Helper()
	if got := p.next(at, assets, logs...); got != want {
		p.t.Errorf("%s at #%d: %s, want %s", p.m.Source(), at.Number, got, want)
	}
}

// withdraw is a log of a block by so many-th transaction.
func withdraw(at ops.BlockRef, index uint, owner byte, assets int64) ops.Log {
	e := past.Contracts["bank"].ABI.Events["Withdraw"]
	return ops.Log{
		Block: at, Address: bank, Topics: []common.Hash{e.ID, common.BytesToHash([]byte{owner})},
		Data: slices.Concat(word(assets), word(0), word(9)), Tx: common.Hash{1}, Index: index,
	}
}

func TestAWindowEndsASecondAfterItBegins(t *testing.T) {
	for source, want := range map[string][3]string{ // 59, 60 and 61 seconds after a block of 100 and one event
		"avg(vault.totalAssets(), 60s) > 0":                  {"150", "200", "200"},
		"min(vault.totalAssets(), 60s) > 0":                  {"100", "200", "200"},
		"max(vault.totalAssets(), 60s) > 0":                  {"200", "200", "200"},
		"change(vault.totalAssets(), 60s) > 0":               {"100", "100", "100"},
		"count(bank.Withdraw, 60s) < 9":                      {"1", "0", "0"},
		"sum(bank.Withdraw.assets, 60s) < 9":                 {"7", "0", "0"},
		"distinct(bank.Withdraw.owner, 60s) < 9":             {"1", "0", "0"},
		"top_share(bank.Withdraw.assets, owner, 1, 60s) < 9": {"1", "0", "0"},
	} {
		for i, seconds := range []int64{59, 60, 61} {
			p := record(t, source)
			p.next(blockAt(1, 0), 50)
			p.next(blockAt(2, 1_000), 100, withdraw(blockAt(2, 1_000), 0, 1, 7))
			at := blockAt(3, 1_000+seconds)
			w := want[i]
			if strings.HasPrefix(source, "change") && seconds == 59 {
				w = "150" // the newest block before the window is the first
			}
			p.want(at, 200, w)
		}
	}
}

func TestAWindowThatIsNotFullSaysWhenItWillBe(t *testing.T) {
	for _, source := range []string{
		"avg(vault.totalAssets(), 1h) > 0", "min(vault.totalAssets(), 1h) > 0", "change(vault.totalAssets(), 1h) > 0", "count(bank.Withdraw, 1h) < 9",
	} {
		p := record(t, source)
		p.want(blockAt(1, 0), 5, "? the window of 1h is full in 1h")
		p.want(blockAt(2, 2880), 5, "? the window of 1h is full in 12m")
		p.want(blockAt(3, 3599), 5, "? the window of 1h is full in 1s")
		if got := p.next(blockAt(4, 3600), 5); strings.HasPrefix(got, "?") {
			t.Errorf("%s: %s", source, got)
		}
		p = record(t, source)
		p.mem.Partial()
		if got := p.next(blockAt(1, 0), 5); strings.HasPrefix(got, "?") {
			t.Errorf("%s: %s", source, got)
		}
	}
	p := record(t, "change(vault.totalAssets(), 90m) > 0")
	p.want(blockAt(1, 0), 5, "? the window of 1h30m is full in 1h30m")
	p.mem.Partial()
	p.want(blockAt(2, 12), 8, "3")
}

func TestWhatCouldNotBeEvaluatedIsLeftOut(t *testing.T) {
	for source, want := range map[string]string{"avg(vault.totalAssets(), 60s) > 0": "15", "min(vault.totalAssets(), 60s) > 0": "10", "max(vault.totalAssets(), 60s) > 0": "20"} {
		p := record(t, source)
		p.next(blockAt(1, 0), 99)
		p.next(blockAt(2, 50), 10)
		p.next(blockAt(3, 60), -1)
		p.next(blockAt(5, 70), 20) // nor what was not judged at all
		p.next(blockAt(6, 72), 15)
		p.want(blockAt(7, 80), -1, want)
		p.want(blockAt(8, 90), -1, "? only 3 of 7 blocks of the window of 1m could be evaluated")
		p.want(blockAt(9, 151), -1, "? no block of the window of 1m could be evaluated")
	}
}

func TestAChangeNeedsTheVeryBlockItCountsFrom(t *testing.T) {
	const source = "change(vault.totalAssets(), 60s) > 0"
	p := record(t, source)
	p.next(blockAt(1, 0), 10)
	p.next(blockAt(2, 12), -1)
	p.next(blockAt(3, 24), 30)
	p.want(blockAt(5, 60), 50, "40")
	p.want(blockAt(6, 72), 55, "? at block #2: vault.totalAssets() was not read")
	p.want(blockAt(7, 84), 60, "? block #4, in the window of 1m, was not judged")
	p.want(blockAt(8, 120), -1, "? at block #8: vault.totalAssets() was not read")
	p.want(blockAt(9, 121), 70, "20")
}

func TestPrevGoesThroughTheMemory(t *testing.T) {
	p := record(t, "vault.totalAssets() - prev(vault.totalAssets()) < 100 && max(vault.totalAssets(), 1s) > 0")
	p.mem.Partial()
	p.want(blockAt(1, 0), 10, "? the block before was not judged")
	p.want(blockAt(2, 12), 30, "true")
	p.want(blockAt(2, 12), 40, "true") // the same block once more
	p.want(blockAt(4, 36), 30, "? the block before was not judged")
}

// tested is a block of the random test as its author knows it.
type tested struct {
	at     ops.BlockRef
	value  int64 // below zero: not known
	judged bool
	booked bool
	logs   []ops.Log
}

// The same windows, computed anew at every block from the whole chain.
func reckon(chain []tested, seconds int64, look string) string {
	last := chain[len(chain)-1]
	start := last.at.Time.Unix() - seconds
	if strings.HasPrefix(look, "e") {
		return reckonEvents(chain, start, look)
	}
	first := slices.IndexFunc(chain, func(b tested) bool { return b.judged })
	if chain[first].at.Time.Unix() > start {
		return "?"
	}
	if look == "change" {
		i := 0
		for i+1 < len(chain) && chain[i+1].at.Time.Unix() <= start {
			i++
		}
		if !chain[i].judged || !chain[i+1].judged || chain[i].value < 0 || last.value < 0 {
			return "?"
		}
		return fmt.Sprint(last.value - chain[i].value)
	}
	var values []int64
	for _, b := range chain {
		if b.judged && b.value >= 0 && b.at.Time.Unix() > start {
			values = append(values, b.value)
		}
	}
	if len(values) == 0 || int64(2*len(values)) < reckonBlocks(chain, start) {
		return "?"
	}
	switch look {
	case "min":
		return fmt.Sprint(slices.Min(values))
	case "max":
		return fmt.Sprint(slices.Max(values))
	}
	var sum int64
	for _, v := range values {
		sum += v
	}
	return big.NewRat(sum, int64(len(values))).RatString()
}

// reckonBlocks is how many blocks the window holds: from the first judged in it on,
// and of the unjudged ones before that as many as fit by their time.
func reckonBlocks(chain []tested, start int64) int64 {
	var first, before *tested
	for i, b := range chain {
		if b.judged && b.at.Time.Unix() <= start {
			before = &chain[i]
		} else if b.judged && first == nil {
			first = &chain[i]
		}
	}
	blocks := int64(chain[len(chain)-1].at.Number - first.at.Number + 1)
	if before == nil {
		return blocks
	}
	between := int64(first.at.Number - before.at.Number - 1)
	return blocks + between*(first.at.Time.Unix()-start)/(first.at.Time.Unix()-before.at.Time.Unix())
}

func reckonEvents(chain []tested, start int64, look string) string {
	if chain[0].at.Time.Unix() > start {
		return "?"
	}
	missing := false
	by, total, count := map[common.Hash]int64{}, int64(0), 0
	for _, b := range chain {
		if !b.judged && !b.booked {
			missing = true
			continue
		}
		if missing && b.at.Time.Unix() > start {
			return "?"
		}
		missing = false
		if b.at.Time.Unix() <= start {
			continue
		}
		for _, l := range b.logs {
			n := new(big.Int).SetBytes(l.Data[:32]).Int64()
			by[l.Topics[1]] += n
			total += n
			count++
		}
	}
	var sums []int64
	for _, n := range by {
		sums = append(sums, n)
	}
	slices.SortFunc(sums, func(a, b int64) int { return int(b - a) })
	switch look {
	case "ecount":
		return fmt.Sprint(count)
	case "esum":
		return fmt.Sprint(total)
	case "edistinct":
		return fmt.Sprint(len(by))
	}
	var top int64
	for _, n := range sums[:min(2, len(sums))] {
		top += n
	}
	if total == 0 {
		return "0"
	}
	return big.NewRat(top, total).RatString()
}

// Blocks come late, twice, not at all, and are taken back; whatever happens, every
// window says what a look at the whole chain says.
func TestWindowsAgreeWithTheWholeChainWhateverHappens(t *testing.T) {
	sources := map[string]string{
		"avg": "avg(vault.totalAssets(), 90s) >= 0", "min": "min(vault.totalAssets(), 90s) >= 0", "max": "max(vault.totalAssets(), 90s) >= 0",
		"change": "change(vault.totalAssets(), 90s) >= 0", "ecount": "count(bank.Withdraw, 90s) >= 0", "esum": "sum(bank.Withdraw.assets, 90s) >= 0",
		"edistinct": "distinct(bank.Withdraw.owner, 90s) >= 0", "etop": "top_share(bank.Withdraw.assets, owner, 2, 90s) >= 0",
	}
	for look, source := range sources {
		t.Run(look, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, uint64(len(look))))
			p := record(t, source)
			var chain []tested
			known := 0
			for step := range 6_000 {
				reorg := len(chain) > 40 && random.IntN(12) == 0
				if reorg {
					chain = chain[:len(chain)-1-random.IntN(8)]
				}
				b := tested{value: int64(random.IntN(50)) - 5, judged: random.IntN(15) > 0, at: ops.BlockRef{Number: 1, Hash: common.Hash{0: 1, 31: 1}}}
				if n := len(chain); n > 0 {
					before := chain[n-1].at
					b.at.Number, b.at.Parent, b.at.Time = before.Number+1, before.Hash, before.Time.Add(time.Duration(1+random.IntN(25))*time.Second)
					b.at.Hash = common.BigToHash(big.NewInt(int64(step) + 2))
				} else {
					b.judged = true
				}
				for i := range random.IntN(3) {
					b.logs = append(b.logs, withdraw(b.at, uint(i), byte(random.IntN(5)), int64(random.IntN(9))))
				}
				b.booked = !b.judged && random.IntN(2) == 0
				chain = append(chain, b)
				if reorg && (!b.judged && !b.booked || random.IntN(2) == 0) { // a block that takes another's place tells it by itself
					p.mem.Drop(b.at.Number)
				}
				switch {
				case b.booked:
					p.mem.Book(b.at, b.logs)
				case b.judged:
					got := p.next(b.at, b.value, append(b.logs, b.logs...)...)
					want := reckon(chain, 90, look)
					if want == "?" && strings.HasPrefix(got, "? ") {
						continue
					}
					known++
					if got != want {
						t.Fatalf("step %d, block %d: %s, want %s", step, b.at.Number, got, want)
					}
				}
			}
			if known < 500 {
				t.Errorf("only %d blocks were known: the test tests nothing", known)
			}
		})
	}
}
