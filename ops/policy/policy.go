// Package policy reads what must hold and who owns it: chains, contracts,
// timelocks, invariants, detectors and canary limits (policy.yaml), and what is
// being released under them (release.yaml).
//
// It must never judge a chain, compile an expression or decide what to do: it
// says what was committed, with the hash of what was committed, and every fault
// of the documents at once.
package policy

import (
	"crypto/sha256"
	"io/fs"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// File is the name of the policy in its pack.
const File = "policy.yaml"

// Policy is the checked policy.yaml.
type Policy struct {
	Name       string
	Hash       common.Hash // SHA-256 of the file
	Chains     map[string]ops.ChainID
	Contracts  map[string]Contract
	Constants  map[string]document.Text
	Measures   map[string]document.Text // expressions by the names that others use
	Timelocks  []Timelock
	Invariants []Invariant
	Detectors  []Detector
	Canaries   []Canary
	Alike      []Alike
	Exposures  []Exposure
	Approvals  map[string]Approvals // by the names of releases
}

// Approvals is who must approve a release, and how many of them.
type Approvals struct {
	Signers   []common.Address
	Threshold int
}

// Contract is one watched contract. Proxy is erc1967, Diamond or empty.
type Contract struct {
	Chain   string
	Address common.Address
	ABI     abi.ABI
	Proxy   string
	File    string        // of its ABI, counting from the pack's folder
	At      document.Text // where its address stands in the file
}

// Timelock is one queue contract, of one of TimelockKinds. FromBlock is where its
// history begins; MinDelay is the least delay it may have. Governor is the contract
// whose proposals are scheduled in it, where there is one. Baseline is the last block at
// which somebody reviewed who holds which of its roles.
type Timelock struct {
	ID        string        `yaml:"id" need:"id: T1"`
	Kind      string        `yaml:"kind" need:"kind: oz, compound, access-manager or delay"`
	Contract  document.Text `yaml:"contract" need:"contract: the name of a contract above"`
	Governor  document.Text `yaml:"governor"`
	FromBlock uint64        `yaml:"from_block"`
	MinDelay  time.Duration `yaml:"min_delay" need:"min_delay: 48h"`
	Baseline  uint64        `yaml:"baseline"`
	At        document.Text
	Keys      document.Places
}

// WarmupKnown judges a condition that looks back by the part of its window that
// there is: what was before the console looked is taken for nothing, so a sum is too
// small and a change too near. WarmupUnknown, the default, waits until the window is
// full.
const (
	WarmupKnown   = "known"
	WarmupUnknown = "unknown"
)

// Invariant is one thing that must hold, and the runbook that answers when it
// does not. Warmup says what it is while its windows are not yet full. For is how
// many blocks in a row make a breach, Clear how many in a row end it, Confirmations how many must stand on a block
// before what it says counts: 0 acts at once, more waits out reorgs. Chain is only
// needed where there are several and no contract is named.
type Invariant struct {
	ID            ops.DetectorID  `yaml:"id" need:"id: A1, short enough to be spoken"`
	Title         string          `yaml:"title" need:"title: what it means, in a few words"`
	Class         ops.BreachClass `yaml:"class" need:"class: asset, authorization, pricing, queue, liveness or cross-domain"`
	Severity      ops.Severity    `yaml:"severity" need:"severity: critical, high or warning"`
	Owner         string          `yaml:"owner" need:"owner: who answers for it"`
	Holds         document.Text   `yaml:"holds" need:"holds: the condition, as in vault.totalAssets() >= vault.totalSupply()"`
	Chain         document.Text   `yaml:"chain"`
	On            string          `yaml:"-"` // the chain that it is about
	For           uint64          `yaml:"for"`
	Clear         uint64          `yaml:"clear"`
	Confirmations uint64          `yaml:"confirmations"`
	Warmup        document.Text   `yaml:"warmup"`
	Action        document.Text   `yaml:"action"`
	Gives         Gives           `yaml:"gives"`
	Show          Show            `yaml:"show"`
	At            document.Text
	Keys          document.Places
}

// Gives are the arguments that a breach gives to its runbook, by their names: each an
// expression that is read at the block of the breach.
type Gives map[string]document.Text

// Show says how a measured integer is shown: 18 decimals and "dUSD" turn
// 958800000000000000000 into 958.8 dUSD.
type Show struct {
	Decimals uint64 `yaml:"decimals"`
	Symbol   string `yaml:"symbol"`
	Keys     document.Places
}

// Canary is the window in which a release is watched.
type Canary struct {
	ID      string        `yaml:"id" need:"id: C1"`
	Release document.Text `yaml:"release" need:"release: the name of a release.yaml"`
	Budget  Budget        `yaml:"budget" need:"budget: {spends: vault.Withdraw.assets, limit: ether(500), interval: 10m}"`
	Segment Segment       `yaml:"segment" need:"segment: {field: vault.Deposit.owner, allow: […]}"`
	Clock   Clock         `yaml:"clock" need:"clock: {observe: 48h, min_blocks: 14000, expires: 72h}"`
	Freeze  Freeze        `yaml:"freeze" need:"freeze: {on: [critical, budget, segment], action: freeze-vault}"`
	At      document.Text
	Keys    document.Places
}

// Budget bounds the value that the upgraded path may move in an interval of
// chain time. Spends names an event's field: contract.Event.field.
type Budget struct {
	Spends   document.Text `yaml:"spends" need:"spends: vault.Withdraw.assets"`
	Limit    document.Text `yaml:"limit" need:"limit: ether(500)"`
	Interval time.Duration `yaml:"interval" need:"interval: 10m"`
	Show     Show          `yaml:"show"`
	Keys     document.Places
}

// Segment names the accounts that may use the upgraded path.
type Segment struct {
	Field document.Text   `yaml:"field" need:"field: vault.Deposit.owner"`
	Allow []document.Text `yaml:"allow" need:"allow: the accounts, as quoted addresses"`
}

// Clock is how long the window lasts, in chain time.
type Clock struct {
	Observe   time.Duration `yaml:"observe" need:"observe: 48h"`
	MinBlocks uint64        `yaml:"min_blocks"`
	Expires   time.Duration `yaml:"expires" need:"expires: 72h"`
	Keys      document.Places
}

// Freeze says what freezes promotion by itself.
type Freeze struct {
	On     []document.Text `yaml:"on" need:"on: [critical, budget, segment]"`
	Action document.Text   `yaml:"action" need:"action: the runbook that answers"`
}

// file is policy.yaml as written.
type file struct {
	Version   document.Text                `yaml:"version" need:"version: 1"`
	Name      string                       `yaml:"name" need:"name: what the protocol is called"`
	Chains    map[string]chainFile         `yaml:"chains" need:"chains: {mainnet: {id: 1}}"`
	Contracts map[string]contractFile      `yaml:"contracts" need:"contracts: {vault: {chain: mainnet, address: …, abi: …}}"`
	Constants map[string]document.Text     `yaml:"constants"`
	Measures  map[string]document.Text     `yaml:"measures"`
	Timelocks []Timelock                   `yaml:"timelocks"`
	Approvals map[string]approvalsRequired `yaml:"approvals"`
	Invars    []Invariant                  `yaml:"invariants" need:"invariants: at least one thing that must hold"`
	Detectors []Detector                   `yaml:"detectors"`
	Canary    []Canary                     `yaml:"canary"`
	Alike     []Alike                      `yaml:"alike"`
	Exposures []Exposure                   `yaml:"exposures"`
}

type chainFile struct {
	ID   uint64 `yaml:"id" need:"id: the EIP-155 chain id"`
	Keys document.Places
}

type contractFile struct {
	Chain   document.Text `yaml:"chain" need:"chain: the name of a chain above"`
	Address document.Text `yaml:"address" need:"address: a quoted address with its checksum"`
	ABI     document.Text `yaml:"abi" need:"abi: abi/Vault.json"`
	Proxy   document.Text `yaml:"proxy"`
}

// approvalsRequired says who must approve a release.
type approvalsRequired struct {
	Signers   []document.Text `yaml:"signers" need:"signers: their addresses"`
	Threshold uint64          `yaml:"threshold" need:"threshold: how many of them"`
	Keys      document.Places
}

// Load reads and checks the policy of a pack. With stopping faults the policy
// holds what could be read, for further checks; it must not be used.
func Load(pack fs.FS) (*Policy, ops.Faults) {
	source, err := document.ReadDocument(pack, File)
	if err != nil {
		return nil, ops.Faults{{File: File, Message: "the policy cannot be read: " + err.Error(), Hint: "the pack's folder is named by `pack:` in config.yaml"}}
	}
	var f file
	faults := document.Decode(File, source, &f)
	c := &checker{file: File, pack: pack, faults: faults}
	p := c.policy(f, sha256.Sum256(source))
	return p, c.inOrder()
}
