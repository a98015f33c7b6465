// Package sight is the detector of detectors: whether the console sees.
//
// What it sees. How many of the blocks that the chain made were judged, how long ago the
// newest one was made by this machine's clock when it was judged, how many providers are
// alive and agree. While the chain cannot be seen at all every other finding is UNKNOWN, and
// this one is in breach: to be blind is what it is about.
//
// What it cannot see. That a detector judges wrongly; a lie that all providers tell; a
// machine that is switched off (the heartbeat of this one must be watched from another).
// On a drill's chain ages mean nothing: it has a clock of its own.
//
// What it would have shown. None of the losses, and every one that began while nobody
// looked: a monitor that skips blocks silently is how a first theft is found hours later.
//
// It must never count itself among what is seen, and what it says sends nothing: blindness
// freezes and pages.
package sight

import (
	"fmt"
	"strings"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
)

// Kind is what a policy calls the detector.
const Kind = "sight"

// Bounds are what it demands; zero demands nothing.
type Bounds struct {
	Share     float64       // of the blocks that were made, those that must have been judged: 0.995
	Age       time.Duration // that the newest block may have when it is judged
	Providers int           // that must be live and agree
}

// Sight is what is known of the console's own sight at one moment.
type Sight struct {
	Blind  string // why nothing can be seen; empty when it can
	Judged uint64 // blocks since the start
	Missed uint64 // blocks that were made and not judged
	Age    time.Duration
	Aged   bool // whether Age means anything: a drill's chain has its own clock
	Feeds  []ops.FeedHealth
}

// Judge says whether the console sees as it should.
func (b Bounds) Judge(s Sight) ops.Assessment {
	live := 0
	var dark []string
	for _, f := range s.Feeds {
		if f.State == ops.FeedLive {
			live++
			continue
		}
		dark = append(dark, strings.TrimSpace(f.Name+" is "+f.State.String()+" "+f.Why))
	}
	seen := b.share(s)
	switch {
	case s.Blind != "" && s.Judged == 0: // it has not begun to see, and knows nothing of what it misses
		return ops.Assessment{Verdict: ops.Unknown, Why: s.Blind}
	case s.Blind != "":
		return ops.Assessment{Verdict: ops.Breach, Part: "sight", Observed: "blind", Relation: "=", Threshold: "seeing", Why: s.Blind}
	case b.Providers > 0 && live < b.Providers:
		why := fmt.Sprintf("%d of the %d providers that must agree are live", live, b.Providers)
		if len(dark) > 0 {
			why += ": " + strings.Join(dark, "; ")
		}
		return ops.Assessment{Verdict: ops.Breach, Part: "providers", Observed: fmt.Sprint(live), Relation: "≥", Threshold: fmt.Sprint(b.Providers), Why: why}
	case b.Age > 0 && s.Aged && s.Age > b.Age:
		return ops.Assessment{Verdict: ops.Breach, Part: "age", Observed: seconds(s.Age), Relation: "≤", Threshold: seconds(b.Age), Why: "the newest block was old when it was judged"}
	case b.Share > 0 && s.Judged+s.Missed > 0 && float64(s.Judged) < b.Share*float64(s.Judged+s.Missed):
		seen.Verdict, seen.Why = ops.Breach, fmt.Sprintf("%d of %d blocks were never judged", s.Missed, s.Judged+s.Missed)
		return seen
	}
	return seen
}

// share is the part of the blocks that were judged, in whole numbers: exact.
func (b Bounds) share(s Sight) ops.Assessment {
	return ops.Assessment{Verdict: ops.OK, Part: "blocks", Observed: fmt.Sprint(s.Judged), Relation: "of", Threshold: fmt.Sprint(s.Judged + s.Missed)}
}

func seconds(d time.Duration) string { return fmt.Sprint(int64(d / time.Second)) }

// Units are the symbols of what each part counts.
var Units = map[string]string{"providers": "live", "age": "s", "blocks": "blocks"}

// Source says what is demanded.
func (b Bounds) Source() string {
	var words []string
	if b.Share > 0 {
		words = append(words, fmt.Sprintf("%g%% of the blocks judged", 100*b.Share))
	}
	if b.Age > 0 {
		words = append(words, "blocks no older than "+b.Age.String())
	}
	if b.Providers > 0 {
		words = append(words, fmt.Sprintf("%d providers live", b.Providers))
	}
	return "sight: " + strings.Join(append(words, "never blind"), ", ")
}
