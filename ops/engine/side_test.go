package engine_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/engine"
)

const straitABI = `[{"type":"event","name":"Sent","inputs":[{"name":"id","type":"bytes32","indexed":true},{"name":"amount","type":"uint256"},{"name":"note","type":"bytes"},{"name":"change","type":"int256"}]},
{"type":"event","name":"Executed","inputs":[{"name":"id","type":"bytes32","indexed":true},{"name":"amount","type":"uint256"}]},
{"type":"function","name":"closed","inputs":[],"outputs":[{"type":"bool","name":""}],"stateMutability":"view"},
{"type":"function","name":"close","inputs":[],"outputs":[],"stateMutability":"nonpayable"}]`

// strait is a pack of two chains with a detector L1 of kind lane.
func strait(of string) fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"abi.json": file(straitABI),
		"policy.yaml": file(`version: 1
name: strait
chains: {home: {id: 7331001}, away: {id: 7331002}}
contracts:
  outbox: {chain: home, address: "0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa", abi: abi.json}
  inbox: {chain: away, address: "0xbaC7DD77fD0724236Ce4b9b52C9d7bF2Dd8da822", abi: abi.json}
invariants:
  - {id: B1, title: It is open, class: liveness, severity: warning, owner: risk, holds: inbox.closed() == false, gives: {message: codehash(inbox)}, action: close-lane}
detectors:
  - {id: L1, title: What arrives was sent, kind: lane, class: cross-domain, severity: critical, owner: security, action: close-lane,
     ` + of + "}\n"),
		"runbooks/close-lane.yaml": file(`version: 1
id: R1
name: close-lane
key: F
owner: incident-command
class: cross-domain
phrase: close the lane
people: 1
cooldown: 1m
params:
  message: {type: bytes32, from: finding}
lanes:
  guardian: {kind: keystore, from: "0x7C0d8585cC8c9940ae00A7D52f3d100c8987f08B"}
steps:
  - id: R1.1
    title: Close the lane
    call: inbox.close()
    effect: restricts
    written_for: {inbox: "0xc61b464ac9d104235ed95d102940161bd602d20394dd19626f492c50fa6cd15a"}
    lanes: [guardian]
    within: 60s
    blast_radius: {scope: global, stops: every message}
    expect: inbox.closed() == true
    on_failure: stop
contained_when: {holds: inbox.closed() == true, blocks: 1, steps: [R1.1]}
`),
	}
}

const straitEnds = "sent: outbox.Sent.id, executed: inbox.Executed.id, sent_from: 5, executed_from: 7"

func TestALaneIsCompiled(t *testing.T) {
	for _, of := range []string{
		"of: {" + straitEnds + "}",
		"for: 2, clear: 3, confirmations: 1, of: {" + straitEnds + ", locked: outbox.Sent.amount, released: inbox.Executed.amount, failed: inbox.Executed.id, within: 30m, grace: 5m, over: 1d}",
	} {
		rules, faults := engine.LoadRules(strait(of))
		if faults.Err() != nil || len(rules) != 2 {
			t.Errorf("%s: %v", of, faults)
		}
	}
}

func TestEveryMistakeInALaneIsSaid(t *testing.T) {
	for of, want := range map[string]string{
		"of: {sent: outbox.Sent.id, executed: inbox.Executed.id, sent_from: 5}":                                     `lacks "executed_from"`,
		"of: {" + straitEnds + ", speed: 3}":                                                                        `takes no "speed"`,
		"of: {" + straitEnds + ", locked: outbox.Sent.amount}":                                                      "it takes locked and released, or neither",
		"of: {" + straitEnds + ", locked: outbox.Sent.change, released: inbox.Executed.amount}":                     "outbox.Sent.change is int256",
		"of: {" + straitEnds + ", locked: outbox.Executed.amount, released: inbox.Executed.amount}":                 "locked is of another event than sent",
		"of: {" + straitEnds + ", within: soon}":                                                                    `nothing is called "soon"`,
		"of: {sent: outbox.Sent.note, executed: inbox.Executed.id, sent_from: 5, executed_from: 7}":                 "outbox.Sent.note is bytes",
		"of: {sent: outbox.Sent.name, executed: inbox.Executed.id, sent_from: 5, executed_from: 7}":                 `has no field "name"`,
		"of: {sent: outbox.Send.id, executed: inbox.Executed.id, sent_from: 5, executed_from: 7}":                   `has no event "Send"`,
		"of: {sent: nobody.Sent.id, executed: inbox.Executed.id, sent_from: 5, executed_from: 7}":                   `no contract is called "nobody"`,
		"of: {sent: outbox.Sent.id, executed: nobody.Executed.id, sent_from: 5, executed_from: 7}":                  `no contract is called "nobody"`,
		"of: {sent: inbox.Sent.id, executed: inbox.Executed.id, sent_from: 5, executed_from: 7}":                    "are both on away",
		"of: {sent: outbox.Sent.id, executed: inbox.Executed.id, sent_from: 5m + inbox.closed(), executed_from: 7}": "L1 sent_from",
		"of: {sent: outbox.Sent.id, executed: inbox.Executed.id, sent_from: 0.5, executed_from: 7}":                 "is no block's number",
		"chain: away, of: {" + straitEnds + "}":                                                                     `takes no "chain"`,
		"watch: [inbox], of: {" + straitEnds + "}":                                                                  `takes no "watch"`,
	} {
		_, faults := engine.LoadRules(strait(of))
		heard := 0
		for _, f := range faults {
			if strings.Contains(f.Message, want) && f.Line > 0 {
				heard++
			}
		}
		if heard != 1 {
			t.Errorf("%s: %q was said %d times: %v", of, want, heard, faults)
		}
	}
}
