package ui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// look takes in what a snapshot says about the dialog's plan.
func (d *confirmDialog) look(s ops.Snapshot) {
	d.head = s.On(d.chain).Head
	d.holds = slices.ContainsFunc(s.Board, func(l ops.Readiness) bool { return l.Runbook == d.runbook && l.Done })
}

// stale reports whether the plan has to be prepared anew: there is a newer block
// than the one it was simulated on. One preparation is under way at a time, and
// one that failed is tried again at the next block.
func (d *confirmDialog) stale() bool {
	newer := d.head.Number >= d.plan.At.Number && d.head.Hash != d.plan.At.Hash
	return newer && d.ready && !d.busy && !d.asking && d.head.Hash != d.asked.Hash
}

// planned takes in a preparation's answer; it reports whether the dwell began
// anew. What was confirmed stays as it was read.
func (d *confirmDialog) planned(msg planMsg, now time.Time) bool {
	d.asking = false
	switch {
	case d.busy:
		return false
	case msg.err != nil && d.ready:
		d.failure = cleanError(msg.err)
		return false
	case msg.err != nil:
		d.quiet, d.problem = now, cleanError(msg.err)
		return false
	case !d.ready:
		d.quiet, d.plan, d.ready = now, msg.plan, true
		return false
	default:
		return d.renew(msg.plan, now)
	}
}

// renew replaces the plan that is read. Another call has to be read and typed for
// anew; what else a person weighs begins the dwell anew and is named; block, gas
// and price only change where they stand.
func (d *confirmDialog) renew(next ops.Plan, now time.Time) bool {
	old := d.plan
	d.plan, d.failure = next, ""
	if next.Digest != old.Digest || next.Phrase != old.Phrase {
		d.phrase.text, d.facts, d.moving = "", roll{}, nil
		d.quiet, d.remark = now, "the plan changed: read it again"
		return true
	}
	var news []string
	if !slices.Equal(signatures(old), signatures(next)) {
		news = append(news, "what the Safe's owners signed")
	}
	if old.Nonce != next.Nonce {
		news = append(news, fmt.Sprintf("nonce %d → %d", old.Nonce, next.Nonce))
	}
	for _, part := range []struct {
		name          string
		before, after []string
	}{
		{"refusals", old.Refusals, next.Refusals},
		{"effects", effects(old), effects(next)},
		{"warnings", old.Warnings, next.Warnings},
	} {
		if what := d.differs(part.name, part.before, part.after); what != "" {
			news = append(news, what)
		}
	}
	if len(news) == 0 {
		return false
	}
	d.quiet, d.remark = now, "simulated anew: "+strings.Join(news, ", ")
	return true
}

// effects are what the simulation shows, and what it is about.
func effects(p ops.Plan) []string {
	out := []string{p.About, fmt.Sprint(p.Simulated)}
	for _, c := range p.Changes {
		out = append(out, c.What, c.Before, c.After)
	}
	return out
}

var numbers = regexp.MustCompile(`[0-9][0-9.,]*`)

// differs names a part of the plan that says something else. Where nothing but
// its numbers changes it does so once: a cooldown counts on with every block, and
// on a fast chain the dwell would never end.
func (d *confirmDialog) differs(name string, before, after []string) string {
	same := func(a, b string) bool { return numbers.ReplaceAllString(a, "0") == numbers.ReplaceAllString(b, "0") }
	switch {
	case slices.Equal(before, after):
		return ""
	case !slices.EqualFunc(before, after, same):
		return "other " + name
	case d.moving[name]:
		return ""
	}
	if d.moving == nil {
		d.moving = map[string]bool{}
	}
	d.moving[name] = true
	return "other numbers in the " + name
}

// basis is the block that the plan was simulated on, and how far behind it is
// where that is more than a block or it could not be prepared anew.
func (d *confirmDialog) basis() (text string, old bool) {
	text = "on top of " + block(d.plan.At.Number)
	behind := d.head.Number - min(d.plan.At.Number, d.head.Number)
	if behind < 2 && d.failure == "" {
		return text, false
	}
	text += ", " + plural(int(behind), "block", "blocks") + " ago"
	if d.failure != "" {
		text += ": " + d.failure
	}
	return text, true
}
