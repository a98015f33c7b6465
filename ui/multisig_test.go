package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
)

// byCouncil is the plan as a Safe makes the call.
func byCouncil(signed ...string) ops.Plan {
	p := thePlan()
	p.Lane, p.Nonce = "council · safe", 7
	p.Safe = &ops.SafeCall{
		Address: common.HexToAddress("0x945185C01fb641bA3E63a9bdF66575e35a407837"), Version: "1.4.1", Nonce: 12, Threshold: 2,
		Domain: common.Hash{0xd0, 1}, Message: common.Hash{0xe0, 2}, Hash: common.Hash{0xf0, 3}, Signed: signed, Missing: []string{"Cy"},
	}
	return p
}

// What the owners signed stands in the dialog in full, to be compared with the wallets.
func TestTheDialogShowsWhatASafesOwnersSigned(t *testing.T) {
	for _, size := range [][2]int{{120, 36}, {80, 24}} {
		t.Run(fmt.Sprintf("council-%dx%d", size[0], size[1]), func(t *testing.T) {
			x := newHand(t, size[0], size[1], armed(breach()))
			x.desk.plan = byCouncil("Ada", "Bo")
			x.types("F", "drill freeze va")
			golden.RequireEqual(t, []byte(ansi.Strip(x.Frame())))
		})
	}
	p := byCouncil("Ada")
	text := strings.Join(strings.Fields(PlanText(p)), " ")
	for _, want := range []string{p.Safe.Address.Hex(), p.Safe.Domain.Hex(), p.Safe.Message.Hex(), p.Safe.Hash.Hex(), "version 1.4.1, its nonce 12", "signed by Ada: 1 of 2", "nonce 7"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said in\n%s", want, text)
		}
	}
}

// Another hash, or another owner's signature, is something to weigh: the dwell begins
// anew and says why.
func TestAnotherSafeHashIsReadAnew(t *testing.T) {
	d := newConfirmDialog(ops.Readiness{Runbook: "R1"})
	d.planned(planMsg{plan: byCouncil("Ada", "Bo")}, noon)
	for name, next := range map[string]ops.Plan{"a hash": byCouncil("Ada", "Bo"), "a signature": byCouncil("Ada", "Cy")} {
		if name == "a hash" {
			next.Safe.Hash[0]++
		}
		if !d.planned(planMsg{plan: next}, noon.Add(time.Second)) || !strings.Contains(d.remark, "what the Safe's owners signed") {
			t.Errorf("%s: %q", name, d.remark)
		}
	}
	if d.planned(planMsg{plan: d.plan}, noon.Add(2*time.Second)) {
		t.Error("the same plan begins the dwell anew")
	}
}
