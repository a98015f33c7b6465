package timelock

import (
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/calldata"
)

// Events of a Governor: OpenZeppelin 4.x and 5.x (contracts/governance/IGovernor.sol),
// GovernorBravo (GovernorBravoInterfaces.sol). Nothing in them is indexed, and an id is
// the first word.
var (
	proposalCreated  = topic("ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)")
	proposalQueued   = topic("ProposalQueued(uint256,uint256)")
	proposalExecuted = topic("ProposalExecuted(uint256)")
	proposalCanceled = topic("ProposalCanceled(uint256)")

	proposalTopics = []common.Hash{proposalCreated, proposalQueued, proposalExecuted, proposalCanceled}
)

var createdData = types("uint256", "address", "address[]", "uint256[]", "string[]", "bytes[]", "uint256", "uint256", "string")

const (
	// mostProposed bounds the calls of a proposal; Bravo allows 10.
	mostProposed = 256
	// longestTitle bounds the first line of a description, in runes.
	longestTitle = 80
)

// motion is what one proposal says.
type motion struct {
	proposer    common.Address
	calls       []ops.Call
	signatures  []string // of the calls, where data lacks the selector
	data        [][]byte
	description common.Hash
	title       string
	eta         *big.Int // since it is queued, in seconds since 1970; 0 is none
	over        bool
}

// move reads a proposal out of its logs; false for what cannot be read.
func move(logs []ops.Log) (m motion, ok bool) {
	for _, l := range logs {
		switch l.Topics[0] {
		case proposalCreated:
			if m, ok = created(l); !ok {
				return m, false
			}
		case proposalQueued:
			if len(l.Data) == 64 {
				m.eta = new(big.Int).SetBytes(l.Data[32:])
			}
		case proposalExecuted, proposalCanceled:
			m.over = true
		}
	}
	return m, ok
}

func created(l ops.Log) (m motion, ok bool) {
	values, err := calldata.Unpack(createdData, l.Data)
	if err != nil {
		return m, false
	}
	targets, _ := values[2].([]common.Address)
	amounts, _ := values[3].([]*big.Int)
	m.proposer, _ = values[1].(common.Address)
	m.signatures, _ = values[4].([]string)
	m.data, _ = values[5].([][]byte)
	description, _ := values[8].(string)
	if n := len(targets); n > mostProposed || len(amounts) != n || len(m.signatures) != n || len(m.data) != n {
		return m, false
	}
	for i, to := range targets {
		m.calls = append(m.calls, ops.Call{To: to, Value: amounts[i].String(), Data: signed(m.signatures[i], m.data[i])})
	}
	m.description, m.title = crypto.Keccak256Hash([]byte(description)), title(description)
	return m, true
}

// title is the first line of a description, without Markdown's sign of a heading. It is
// foreign text, and is escaped where it is shown.
func title(description string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(description), "\n")
	line = strings.TrimSpace(strings.TrimLeft(strings.ToValidUTF8(line, "?"), "# "))
	if utf8.RuneCountInString(line) > longestTitle {
		line = string([]rune(line)[:longestTitle]) + "…"
	}
	return line
}

// future are the ids that a proposal's operations have in its timelock, and their salts.
// An OpenZeppelin governor schedules one batch, without a predecessor: before 5.0 with
// the description's hash for a salt, since then with that and the governor's own address
// (GovernorTimelockControl.sol). On a Compound Timelock each call is an operation, and
// its id is known when its ETA is.
func (m motion) future(kind string, governor common.Address) (ids, salts []common.Hash) {
	if kind == "compound" {
		if m.eta == nil || m.eta.Sign() == 0 {
			return nil, nil
		}
		for i, c := range m.calls {
			ids = append(ids, HashTransaction(c.To, wei(c.Value), m.signatures[i], m.data[i], m.eta))
		}
		return ids, make([]common.Hash, len(ids))
	}
	masked := m.description
	for i, b := range governor {
		masked[i] ^= b
	}
	for _, salt := range []common.Hash{masked, m.description} {
		ids, salts = append(ids, HashOperationBatch(m.calls, common.Hash{}, salt)), append(salts, salt)
	}
	return ids, salts
}
