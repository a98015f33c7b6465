package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// shelf is a queue of every state, with what only some operations have.
func shelf() ops.Snapshot {
	s := calm()
	call := []ops.Call{{Name: "vault", Function: "pause()", Value: "0"}}
	operation := func(short string, state ops.OperationState) ops.Operation {
		return ops.Operation{Timelock: "T2", Short: short, ID: common.HexToHash("0x" + strings.Repeat("ab", 32)), State: state, ETA: noon.Add(-time.Hour), Scheduled: at(4), Approved: ops.Breach, Calls: call}
	}
	blocked, proposed, delegate := operation("T2·7", ops.OperationReady), operation("T2·p2", ops.OperationProposed), operation("T2·8", ops.OperationReady)
	blocked.Blocked, blocked.Nonce = "nonce 6 is before it", "7"
	blocked.Voids = []string{"T2·6 vault.pause() (APPROVED as v2 O1)", "3 others"}
	blocked.Executors, blocked.Cancellers, blocked.MinDelay, blocked.Delay = []string{"anyone"}, []string{"guardian", "0x7C0d…7B08"}, time.Minute, 48*time.Hour
	blocked.Expires, blocked.Spent = noon.Add(14*24*time.Hour), at(3)
	proposed.ETA, proposed.Proposal = time.Time{}, ops.Proposal{ID: "123456789012345", Title: "Raise\x1b[31m the cap", Stage: "the vote is under way"}
	delegate.Calls = []ops.Call{{Name: "vault", Function: "pause()", Value: "0", Delegate: true}}
	s.Queue = []ops.Operation{delegate, blocked, proposed, operation("T2·5", ops.OperationExpired), operation("T2·4", ops.OperationOver)}
	return s
}

// A row says what stands in the way, what is run in the account's own name, what a
// governor has before it, and what can no longer be executed.
func TestARowSaysWhatIsUnusualAboutAnOperation(t *testing.T) {
	x := newHand(t, 160, 48, shelf())
	for _, want := range []string{"DELEGATECALL vault", "blocked", "PROPOSED", "not yet", "proposal 1234…2345", "EXPIRED", "OVER"} {
		x.mustSee(want)
	}
	if screen := x.Frame(); strings.Contains(screen, "Raise\x1b[31m") {
		t.Error("a title wrote to the terminal")
	}
	for _, row := range strings.Split(x.screen(), "\n") {
		if strings.Contains(row, "T2·7") && strings.Contains(row, " now ") {
			t.Errorf("what is blocked runs now: %s", row)
		}
	}
}

func TestTheDetailSaysWhoMayAndUntilWhen(t *testing.T) {
	said := func(o ops.Operation) string {
		var all []string
		d := operationDetail(o, fact{"chain", "drill"}, ops.BlockRef{})
		for _, line := range d.text {
			all = append(all, strings.Join(strings.Fields(line), " "))
		}
		return strings.Join(all, "\n")
	}
	queue := shelf().Queue
	for i, wants := range map[int][]string{
		0: {"DELEGATECALL, in the account's own storage, of the code of vault"},
		1: {"blocked nonce 6 is before it", "cancelling also voids T2·6 vault.pause() (APPROVED as v2 O1)", "also voids 3 others", "nonce 7", "delay 48 h", "the contract's minimum is 1 m", "executors anyone", "cancellers guardian, 0x7C0d…7B08", "until 2026-", "or may have been"},
		2: {"proposal 123456789012345", "the vote is under way"},
		4: {"OVER, single: executed or skipped, its contract does not say which"},
	} {
		for _, want := range wants {
			if got := said(queue[i]); !strings.Contains(got, want) {
				t.Errorf("%q is not in\n%s", want, got)
			}
		}
	}
}
