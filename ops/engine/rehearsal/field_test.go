package rehearsal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/drill"
	"github.com/bulkhead-console/bulkhead/ops/drill/fieldtest"
	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
	"github.com/bulkhead-console/bulkhead/ops/engine"
)

// field is an incident of the field played on a chain, with a pack that watches it. What the
// console would have said is what a replay says, which judges by the same code.
type field struct {
	*ground
	folder    string
	contracts strings.Builder
	rest      strings.Builder // timelocks, and what else a policy has
	watching  strings.Builder
	holding   strings.Builder
	first     uint64 // the first block that is judged
	stop      common.Address
}

// onField begins an incident: what answers it stands there already.
func onField(t *testing.T, g *ground) *field {
	t.Helper()
	f := &field{ground: g, folder: t.TempDir()}
	f.stop = f.put("stop", fieldtest.Read(t, "Switch"), "", drill.Address(drill.Guardian))
	return f
}

// write writes a file of the pack.
func (f *field) write(name, text string) {
	f.t.Helper()
	path := filepath.Join(f.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// put deploys a contract that the policy names.
func (f *field) put(name string, c locktest.Contract, more string, args ...any) common.Address {
	f.t.Helper()
	at := f.deploy(c.Deploy(args...))
	f.named(name, c, at, more)
	return at
}

// behind deploys a proxy of a contract, initialised by a call, that the policy names.
func (f *field) behind(name string, c locktest.Contract, data []byte) common.Address {
	f.t.Helper()
	at := f.deploy(fieldtest.Read(f.t, "Proxy").Deploy(f.deploy(c.Deploy()), data))
	f.named(name, c, at, ", proxy: erc1967")
	return at
}

// named has the policy name what stands at an address.
func (f *field) named(name string, c locktest.Contract, at common.Address, more string) {
	f.t.Helper()
	f.write("abi/"+name+".json", string(c.Source))
	fmt.Fprintf(&f.contracts, "  %s: {chain: drill, address: %q, abi: abi/%s.json%s}\n", name, at.Hex(), name, more)
}

// detects adds a detector: its kind and what follows.
func (f *field) detects(id, words string) {
	fmt.Fprintf(&f.watching, "  - {id: %s, title: A test, class: asset, severity: critical, owner: risk, action: stop, %s}\n", id, words)
}

// holds adds an invariant.
func (f *field) holds(id, words string) {
	fmt.Fprintf(&f.holding, "  - {id: %s, title: A test, class: asset, severity: critical, owner: risk, action: stop, holds: '%s'}\n", id, words)
}

// codehash is EXTCODEHASH of what stands somewhere.
func (f *field) codehash(at common.Address) common.Hash {
	f.t.Helper()
	code, err := f.eth.CodeAt(f.t.Context(), at, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return crypto.Keccak256Hash(code)
}

// quiet begins what is judged: from here on everything is as it should be.
func (f *field) quiet() {
	f.t.Helper()
	f.mine(1)
	f.first = f.head()
}

func (f *field) head() uint64 {
	f.t.Helper()
	n, err := f.eth.BlockNumber(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

const stopBook = `version: 1
id: R1
name: stop
key: F
owner: incident-command
class: asset
phrase: stop it
people: 1
cooldown: 1m
lanes:
  guardian: {kind: keystore, from: %q}
steps:
  - id: R1.1
    title: Stop it
    call: stop.pause()
    effect: restricts
    written_for: {stop: %q}
    lanes: [guardian]
    within: 60s
    blast_radius: {scope: global, stops: everything}
    expect: stop.paused() == true
    on_failure: stop
contained_when: {holds: stop.paused() == true, blocks: 1, steps: [R1.1]}
`

// rules writes the pack and loads it.
func (f *field) rules() *engine.Rules {
	f.t.Helper()
	if f.holding.Len() == 0 {
		f.holds("B1", "block.number > 0") // a policy has one at least
	}
	policy := "version: 1\nname: field\nchains: {drill: {id: 7331001}}\ncontracts:\n" + f.contracts.String() + f.rest.String()
	for section, lines := range map[string]*strings.Builder{"invariants": &f.holding, "detectors": &f.watching} {
		if lines.Len() > 0 {
			policy += section + ":\n" + lines.String()
		}
	}
	f.write("policy.yaml", policy)
	f.write("runbooks/stop.yaml", fmt.Sprintf(stopBook, drill.Address(drill.Guardian).Hex(), f.codehash(f.stop).Hex()))
	rules, faults := engine.LoadRules(os.DirFS(f.folder))
	if err := faults.Err(); err != nil {
		f.t.Fatalf("%v\n%s", err, policy)
	}
	return rules[0]
}

// said is how a detector's verdict changed, block by block.
func (f *field) said(id ops.DetectorID) []engine.Transition {
	f.t.Helper()
	return f.played()[id]
}

// pool are the providers of the chain.
func (f *field) pool() *chain.Pool {
	f.t.Helper()
	client, err := chain.Open(f.t.Context(), chain.Endpoint{Name: "field", Chain: ops.FirstDrillChain, HTTP: f.http, WS: f.ws, BlockTime: time.Second, Timeout: 20 * time.Second})
	if err != nil {
		f.t.Fatal(err)
	}
	pool := chain.NewPool(1, client)
	f.t.Cleanup(pool.Close)
	return pool
}

// baselined adds a detector of rights whose baseline is what they are now.
func (f *field) baselined(id, watch string) {
	f.t.Helper()
	f.detects(id, fmt.Sprintf("kind: authorization, watch: [%s], baseline: roles.yaml, from_block: 0", watch))
	f.write("roles.yaml", "version: 1\nholds: {stop: {}}\n")
	_, facts, doubts, err := engine.Rights(f.t.Context(), f.rules(), f.pool())
	if err != nil || len(doubts) > 0 || len(facts) == 0 {
		f.t.Fatal(facts, doubts, err)
	}
	f.write("roles.yaml", baselineOf(facts))
}

func (f *field) played() map[ops.DetectorID][]engine.Transition {
	f.t.Helper()
	out := map[ops.DetectorID][]engine.Transition{}
	r := engine.Replay{Rules: f.rules(), Chain: f.pool(), From: f.first, To: f.head(), Tell: func(x engine.Transition) error {
		out[x.Finding.Detector] = append(out[x.Finding.Detector], x)
		return nil
	}}
	if _, err := r.Run(f.t.Context(), engine.Progress{}); err != nil {
		f.t.Fatal(err)
	}
	return out
}

// shows checks that a detector was OK from the first block on, and in breach at the block
// at, for a reason, and not before. What a block has yet to ask may be UNKNOWN in between.
func (f *field) shows(id ops.DetectorID, at uint64, why string) {
	f.t.Helper()
	said := f.said(id)
	for i, x := range said {
		n, v := x.Finding.At.Number, x.Finding.Verdict
		switch {
		case i == 0 && v != ops.OK:
			f.t.Fatalf("%s was %s at #%d, when nothing had happened: %s", id, v, n, x.Finding.Why)
		case v == ops.Unknown && n+1 == at: // it asks, and judges the next
		case v == ops.Breach && n == at && strings.Contains(x.Finding.Why+" "+x.Finding.Observed.Shown, why):
			return
		case i > 0:
			f.t.Fatalf("%s was %s at #%d, and the step is #%d: %s, %s", id, v, n, at, x.Finding.Observed.Shown, x.Finding.Why)
		}
	}
	f.t.Fatalf("%s never showed the step of #%d: %d changes", id, at, len(said))
}

// calm checks that a detector was never anything but OK.
func (f *field) calm(id ops.DetectorID) {
	f.t.Helper()
	if said := f.said(id); len(said) != 1 || said[0].Finding.Verdict != ops.OK {
		for _, x := range said {
			f.t.Errorf("%s was %s at #%d: %s, %s", id, x.Finding.Verdict, x.Finding.At.Number, x.Finding.Observed.Shown, x.Finding.Why)
		}
	}
}
