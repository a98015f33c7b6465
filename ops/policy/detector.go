package policy

import (
	"slices"
	"strings"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/document"
)

// Queue is the kind of detector that watches a timelock. What other kinds there are, and
// what they are made of, whoever judges them knows.
const Queue = "queue"

// Lane is the kind that is about two chains: it stands on that on which messages are
// executed.
const Lane = "lane"

// Detector is a built-in detector. Of is what one of its kind is made of, by the names of
// the parts; Watch lists contracts, Accounts addresses, Approved hashes of code,
// Calls privileged ones, or functions; Baseline
// names a document of who holds which rights, and FromBlock where their history begins. A queue watches Timelock: nothing
// may be wrong with what waits there, in the ways that Signs lists; without any, in all
// there are. For, Clear, Confirmations, Warmup, Gives and Show mean what they mean in an
// invariant.
type Detector struct {
	ID            ops.DetectorID           `yaml:"id" need:"id: Q1, short enough to be spoken"`
	Title         string                   `yaml:"title" need:"title: what it means, in a few words"`
	Kind          document.Text            `yaml:"kind" need:"kind: queue"`
	Class         ops.BreachClass          `yaml:"class" need:"class: queue"`
	Severity      ops.Severity             `yaml:"severity" need:"severity: critical, high or warning"`
	Owner         string                   `yaml:"owner" need:"owner: who answers for it"`
	Of            map[string]document.Text `yaml:"of"`
	Watch         []document.Text          `yaml:"watch"`
	Accounts      []document.Text          `yaml:"accounts"`
	Approved      []document.Text          `yaml:"approved"`
	Calls         []document.Text          `yaml:"calls"`
	Baseline      document.Text            `yaml:"baseline"`
	FromBlock     uint64                   `yaml:"from_block"`
	Held          []Held                   `yaml:"-"` // by the baseline
	Timelock      document.Text            `yaml:"timelock"`
	Signs         []document.Text          `yaml:"signs"`
	Chain         document.Text            `yaml:"chain"`
	On            string                   `yaml:"-"` // the chain that it is about
	From          string                   `yaml:"-"` // of a lane: the chain on which messages are sent
	For           uint64                   `yaml:"for"`
	Clear         uint64                   `yaml:"clear"`
	Confirmations uint64                   `yaml:"confirmations"`
	Warmup        document.Text            `yaml:"warmup"`
	Gives         Gives                    `yaml:"gives"`
	Show          Show                     `yaml:"show"`
	Action        document.Text            `yaml:"action"`
	At            document.Text
	Keys          document.Places
}

// queueKeys are those that a queue takes beside what every detector has; the others are of
// the other kinds.
var queueKeys = []string{"timelock", "signs"}

func (c *checker) detector(d *Detector, p *Policy) {
	who := "detector " + string(d.ID)
	c.spoken(string(d.ID), d.Keys["id"])
	c.judged(string(d.ID), d.Class, d.Severity, d.Keys)
	c.show(string(d.ID), d.Show)
	c.patience(who, d.Warmup, d.Confirmations, d.Clear, d.Keys)
	d.For = max(d.For, 1)
	if d.Action.Value == "" {
		c.fault(d.At, "add action: the runbook that answers it", "%s has no action: that is documentation, not a control", who)
	}
	for _, name := range d.Watch {
		if _, ok := p.Contracts[name.Value]; !ok {
			c.fault(name, "name it under contracts", "%s: no contract is called %q", who, name.Value)
		}
	}
	c.once(d.Watch, string(d.ID))
	for _, a := range d.Accounts {
		if _, err := document.ParseAddress(a.Value); err != nil {
			c.fault(a, "compare it with its source, digit by digit", "%s: %s", who, err)
		}
	}
	c.once(d.Accounts, string(d.ID))
	for _, h := range d.Approved {
		c.hash(h)
	}
	c.once(d.Approved, string(d.ID))
	c.once(d.Calls, string(d.ID))
	if d.Baseline.Line > 0 {
		c.baseline(d, p)
	}
	if d.Kind.Value == Queue {
		c.queue(d, p)
		return
	}
	for _, key := range queueKeys {
		if at, ok := d.Keys[key]; ok && d.Kind.Line > 0 {
			c.fault(at, "leave it out", "%s: a detector of kind %s takes no %q", who, d.Kind.Value, key)
		}
	}
}

// queue checks what a detector of a queue takes, and that it takes nothing else.
func (c *checker) queue(d *Detector, p *Policy) {
	for _, key := range []string{"of", "watch", "accounts", "approved", "calls", "baseline", "from_block", "for", "clear", "confirmations", "warmup", "gives", "show", "chain"} {
		if at, ok := d.Keys[key]; ok {
			c.fault(at, "leave it out", "detector %s: a queue takes no %q", d.ID, key)
		}
	}
	switch {
	case d.Timelock.Line == 0:
		c.fault(d.At, "timelock: the id of a timelock above", "detector %s lacks %q", d.ID, "timelock")
	case !slices.ContainsFunc(p.Timelocks, func(t Timelock) bool { return t.ID == d.Timelock.Value }):
		c.fault(d.Timelock, "name it under timelocks", "detector %s: no timelock has the id %q", d.ID, d.Timelock.Value)
	}
	for _, sign := range d.Signs {
		if !slices.Contains(ops.Signs, ops.HazardKind(sign.Value)) {
			c.fault(sign, "known: "+listed(ops.Signs), "detector %s: the sign %q is not known", d.ID, sign.Value)
		}
	}
}

// patience checks how long a breach waits until it is said, and what a window is before it
// is full.
func (c *checker) patience(who string, warmup document.Text, confirmations, clear uint64, keys document.Places) {
	if warmup.Line > 0 && warmup.Value != WarmupKnown && warmup.Value != WarmupUnknown {
		c.fault(warmup, "known or unknown", "%s: the warmup %q is not known", who, warmup.Value)
	}
	if confirmations > mostConfirmations {
		c.fault(keys["confirmations"], "a reorg deeper than a few blocks is no matter of waiting", "%s waits for %d confirmations, more than %d", who, confirmations, mostConfirmations)
	}
	if clear > mostClear {
		c.fault(keys["clear"], "as in clear: 10", "%s is over after %d good blocks, more than %d", who, clear, mostClear)
	}
}

// named is everything in a detector that can name a contract.
func (d Detector) named() string {
	var words []string
	for _, text := range d.Of {
		words = append(words, text.Value)
	}
	for _, text := range slices.Concat(d.Watch, d.Calls) {
		words = append(words, text.Value)
	}
	return strings.Join(words, " ")
}

func listed(signs []ops.HazardKind) string {
	words := make([]string, len(signs))
	for i, s := range signs {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}
