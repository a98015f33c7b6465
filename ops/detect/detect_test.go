package detect_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// script is a condition that says what the test wrote: its next word.
type script struct{ words []ops.Assessment }

func (s *script) Reads() []ops.Read { return []ops.Read{{Name: "vault.totalAssets()"}} }
func (s *script) Source() string    { return "vault.totalAssets() >= 1000" }
func (s *script) Judge(_, _ ops.Readings) ops.Assessment {
	next := s.words[0]
	s.words = s.words[1:]
	return next
}

func ok(n int) ops.Assessment {
	return ops.Assessment{Verdict: ops.OK, Observed: fmt.Sprint(n), Relation: "≥", Threshold: "1000"}
}

func bad(n int) ops.Assessment {
	return ops.Assessment{Verdict: ops.Breach, Observed: fmt.Sprint(n), Relation: "≥", Threshold: "1000"}
}

var dark = ops.Assessment{Verdict: ops.Unknown, Why: "it was not answered"}

// at is block n; each is linked to the one before.
func at(n uint64) ops.BlockRef {
	return ops.BlockRef{Number: n, Hash: hash(n), Parent: hash(n - 1)}
}

func hash(n uint64) common.Hash { return common.BigToHash(new(big.Int).SetUint64(n + 1)) }

// run judges a script over blocks from 1 on, and returns every finding.
func run(wait uint64, words ...ops.Assessment) []ops.Finding {
	i := detect.Invariant{ID: "A1", Title: "The vault stays solvent", Owner: "security", Severity: ops.Critical, For: wait, Action: "R1", Condition: &script{words}}
	var s detect.State
	var out []ops.Finding
	for n := range words {
		s = i.Next(s, at(uint64(n)+1), nil, nil, nil)
		out = append(out, s.Finding)
	}
	return out
}

func verdicts(findings []ops.Finding) string {
	var words []string
	for _, f := range findings {
		words = append(words, f.Verdict.String())
	}
	return strings.Join(words, " ")
}

func TestAVerdictWaitsForAsManyBlocksAsItMust(t *testing.T) {
	for _, c := range []struct {
		name  string
		wait  uint64
		words []ops.Assessment
		want  string
	}{
		{"at once", 1, []ops.Assessment{ok(1000), bad(9), ok(1000)}, "ok breach ok"},
		{"the third in a row", 3, []ops.Assessment{ok(1000), bad(9), bad(8), bad(7), bad(6)}, "ok ok ok breach breach"},
		{"one good block starts the count anew", 3, []ops.Assessment{ok(1), bad(9), bad(8), ok(1), bad(7), bad(6)}, "ok ok ok ok ok ok"},
		{"unknown does not advance", 3, []ops.Assessment{ok(1), bad(9), dark, dark, bad(8)}, "ok ok unknown unknown unknown"},
		{"unknown does not reset", 3, []ops.Assessment{ok(1), bad(9), bad(8), dark, bad(7)}, "ok ok ok unknown breach"},
		{"a first block out of bounds is not yet known", 2, []ops.Assessment{bad(9), bad(8)}, "unknown breach"},
		{"a breach stays one", 2, []ops.Assessment{bad(9), bad(8), dark, bad(7), ok(1)}, "unknown breach unknown breach ok"},
		{"never for nothing", 0, []ops.Assessment{bad(9)}, "breach"},
	} {
		if got := verdicts(run(c.wait, c.words...)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What waits for confirmations says what held so many blocks ago, and a reorg that
// is not deeper takes nothing back.
func TestWhatIsNotConfirmedIsNotSaid(t *testing.T) {
	words := []ops.Assessment{ok(1000), ok(1001), bad(9), ok(1002), ok(1003), ok(1004), ok(1005)}
	i := detect.Invariant{ID: "A1", Confirmed: 2, Condition: &script{words}}
	s := i.Start()
	var said []string
	for n := range 3 {
		s = i.Next(s, at(uint64(n)+1), nil, nil, nil)
		said = append(said, s.Finding.Verdict.String()+" "+fmt.Sprint(s.Finding.At.Number))
	}
	if got := strings.Join(said, ", "); got != "unknown 1, unknown 2, ok 1" || s.Finding.Observed.Exact != "1000" {
		t.Errorf("at first %s", got)
	}
	s = i.Next(s, at(3), nil, nil, nil) // another block in the place of the bad one
	if f := s.Finding; f.Verdict != ops.OK || f.At.Number != 1 {
		t.Errorf("after the reorg: %s at #%d", f.Verdict, f.At.Number)
	}
	for n := uint64(4); n <= 6; n++ {
		s = i.Next(s, at(n), nil, nil, nil)
		if f := s.Finding; f.Verdict != ops.OK || f.At.Number != n-2 {
			t.Errorf("block %d: %s at #%d", n, f.Verdict, f.At.Number)
		}
	}
	bads := detect.Invariant{ID: "A1", Confirmed: 1, Condition: &script{[]ops.Assessment{ok(1), bad(9), bad(8), ok(2), ok(3)}}}
	s = bads.Start()
	var story []string
	for n := range uint64(5) {
		s = bads.Next(s, at(n+1), nil, nil, nil)
		story = append(story, fmt.Sprintf("%s %d since %d", s.Finding.Verdict, s.Finding.At.Number, s.Finding.Since.Number))
	}
	if got := strings.Join(story[1:], ", "); got != "ok 1 since 1, breach 2 since 2, breach 3 since 2, ok 4 since 4" {
		t.Errorf("confirmed by one: %s", got)
	}
}

func TestAFindingRemembersSinceWhenAndWhatWasKnownLast(t *testing.T) {
	fs := run(1, ok(1000), bad(990), bad(980), dark, dark, bad(970), ok(1001))
	for i, want := range []struct {
		since, known uint64
		last         string
	}{{1, 1, "1000"}, {2, 2, "990"}, {2, 3, "980"}, {4, 3, "980"}, {4, 3, "980"}, {2, 6, "970"}, {7, 7, "1001"}} {
		f := fs[i]
		if f.Since.Number != want.since || f.Known.Number != want.known || f.Last.Exact != want.last || f.At.Number != uint64(i)+1 {
			t.Errorf("block %d: since %d known %d last %s, want %+v", i+1, f.Since.Number, f.Known.Number, f.Last.Exact, want)
		}
	}
	if f := fs[3]; f.Observed.Exact != "" || f.Why != "it was not answered" || f.Threshold.Exact != "1000" {
		t.Errorf("unknown: %+v", f)
	}
	if f := fs[1]; f.Detector != "A1" || f.Owner != "security" || f.Severity != ops.Critical || f.Action != "R1" || f.Source != "vault.totalAssets() >= 1000" {
		t.Errorf("%+v", f)
	}
}

func TestWhatIsNotYetABreachShowsNoVerdictOfItsOwn(t *testing.T) {
	f := run(3, bad(990))[0]
	if f.Verdict != ops.Unknown || f.Observed.Exact != "" || !f.Known.Zero() || f.Why != "out of bounds for 1 of 3 blocks" {
		t.Errorf("%+v", f)
	}
	f = run(3, ok(1000), bad(990))[1]
	if f.Verdict != ops.OK || f.Observed.Exact != "990" || f.Why != "out of bounds for 1 of 3 blocks" {
		t.Errorf("%+v", f)
	}
}

func TestTheTrendSpeaksOfTheLastBlockOnlyIfThatWasKnown(t *testing.T) {
	fs := run(1, ok(1000), bad(990), bad(970), bad(975), bad(975), dark, bad(900), bad(900))
	for i, want := range map[int]string{
		1: "losing 10 in the last block, 0 since the breach",
		2: "losing 20 in the last block, 20 since the breach",
		3: "rising 5 in the last block, 15 since the breach",
		4: "steady now, 15 since the breach",
		6: "90 since the breach",
		7: "steady now, 90 since the breach",
	} {
		if fs[i].Trend != want {
			t.Errorf("block %d: %q, want %q", i+1, fs[i].Trend, want)
		}
	}
}

func TestABlockThatAReorgTakesBackDoesNotCountTwice(t *testing.T) {
	i := detect.Invariant{For: 3, Condition: &script{[]ops.Assessment{ok(1), bad(9), bad(9), bad(9), bad(9), bad(9), bad(9)}}}
	var s detect.State
	var got []string
	for _, n := range []uint64{1, 2, 3, 2, 3, 4, 3} { // 2 and 3 are judged anew, then 3 again
		s = i.Next(s, at(n), nil, nil, nil)
		got = append(got, s.Finding.Verdict.String())
	}
	// the last 3 stands on two blocks only, and the breach was said of one that is no more
	if want := "ok ok ok ok ok breach unknown"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	one := detect.Invariant{For: 1, Condition: &script{[]ops.Assessment{ok(1), bad(9), bad(8), bad(7)}}}
	s = detect.State{}
	for _, n := range []uint64{1, 2, 3, 2} {
		s = one.Next(s, at(n), nil, nil, nil)
	}
	if s.Finding.Since.Number != 2 || s.Finding.Trend != "" || s.Opened != "7" {
		t.Errorf("the breach begins anew where the chain does: %+v", s)
	}
}

func TestBlindTurnsEveryLineUnknownAndKeepsWhatWasKnown(t *testing.T) {
	fs := run(1, ok(1000), bad(990), dark)
	was := fs[1]
	blind := detect.Blind(fs, "the socket is silent")
	for i, f := range blind {
		if f.Verdict != ops.Unknown || f.Why != "the socket is silent" || f.Observed.Exact != "" || f.Trend != "" {
			t.Errorf("%d: %+v", i, f)
		}
	}
	if blind[1].Known.Number != 2 || blind[1].Last.Exact != "990" || blind[1].Since.Number != 2 || blind[2].Since.Number != 3 {
		t.Errorf("%+v", blind)
	}
	if fs[1].Verdict != was.Verdict {
		t.Error("the findings given were changed")
	}
}

func TestAFindingCarriesItsEvidence(t *testing.T) {
	c := &script{[]ops.Assessment{ok(1), ok(1)}}
	i := detect.Invariant{For: 1, Condition: c}
	read := c.Reads()[0]
	now := ops.Readings{read: {Read: read, Status: ops.ReadOK}, {Name: "another"}: {}}
	if f := i.Next(detect.State{}, at(1), now, nil, nil).Finding; len(f.Evidence()) != 1 || f.Evidence()[0].Read != read {
		t.Errorf("%+v", f.Evidence())
	}
	if f := i.Next(detect.State{}, at(1), nil, nil, nil).Finding; len(f.Evidence()) != 0 {
		t.Errorf("%+v", f.Evidence())
	}
}

// diary is a memory that writes down what it is told.
type diary struct {
	script
	detect.Memory
	told []string
}

func (d *diary) Next(at ops.BlockRef, _ ops.Readings, logs []ops.Log) ops.Assessment {
	d.told = append(d.told, fmt.Sprintf("#%d with %d logs", at.Number, len(logs)))
	return d.Judge(nil, nil)
}

func TestAConditionThatLooksBackIsJudgedByItsMemory(t *testing.T) {
	made := 0
	d := &diary{script: script{[]ops.Assessment{ok(1000), dark, bad(9)}}}
	i := detect.Invariant{ID: "A1", For: 1, Condition: &script{}, Remember: func() detect.Memory { made++; return d }}
	var s detect.State
	for n := uint64(1); n <= 3; n++ {
		s = i.Next(s, at(n), nil, nil, make([]ops.Log, n))
	}
	if got := strings.Join(d.told, ", "); got != "#1 with 1 logs, #2 with 2 logs, #3 with 3 logs" || made != 1 || s.Finding.Verdict != ops.Breach || s.Memory != detect.Memory(d) {
		t.Errorf("%s; %d memories; %+v", got, made, s.Finding)
	}
	if plain := (detect.Invariant{Condition: &script{}}); plain.Start().Memory != nil || i.Start().Memory == nil {
		t.Error("a memory for what does not look back, or none for what does")
	}
}
