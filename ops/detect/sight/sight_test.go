package sight_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/detect/sight"
)

func TestToBeBlindIsABreach(t *testing.T) {
	live, down := ops.FeedHealth{Name: "a", State: ops.FeedLive}, ops.FeedHealth{Name: "b", State: ops.FeedDown, Why: "refused"}
	bounds := sight.Bounds{Share: 0.995, Age: 30 * time.Second, Providers: 2}
	for _, tt := range []struct {
		name  string
		sight sight.Sight
		want  ops.Verdict
		part  string
		why   string
	}{
		{"sees", sight.Sight{Judged: 200, Feeds: []ops.FeedHealth{live, live}}, ops.OK, "blocks", ""},
		{"has not begun", sight.Sight{Blind: "connecting"}, ops.Unknown, "", "connecting"},
		{"went blind", sight.Sight{Blind: "socket closed", Judged: 1, Feeds: []ops.FeedHealth{live, live}}, ops.Breach, "sight", "socket closed"},
		{"one provider of two", sight.Sight{Judged: 1, Feeds: []ops.FeedHealth{live, down}}, ops.Breach, "providers", "1 of the 2 providers that must agree are live: b is down refused"},
		{"an old block", sight.Sight{Judged: 1, Age: 31 * time.Second, Aged: true, Feeds: []ops.FeedHealth{live, live}}, ops.Breach, "age", "old"},
		{"a drill's clock means nothing", sight.Sight{Judged: 1, Age: time.Hour, Feeds: []ops.FeedHealth{live, live}}, ops.OK, "blocks", ""},
		{"199 of 200 are enough", sight.Sight{Judged: 199, Missed: 1, Feeds: []ops.FeedHealth{live, live}}, ops.OK, "blocks", ""},
		{"198 are not", sight.Sight{Judged: 198, Missed: 2, Feeds: []ops.FeedHealth{live, live}}, ops.Breach, "blocks", "2 of 200 blocks were never judged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := bounds.Judge(tt.sight)
			if a.Verdict != tt.want || a.Part != tt.part || !strings.Contains(a.Why, tt.why) {
				t.Errorf("%+v", a)
			}
		})
	}
	if a := (sight.Bounds{}).Judge(sight.Sight{Judged: 1, Missed: 99}); a.Verdict != ops.OK {
		t.Errorf("what nobody demands is in breach: %+v", a)
	}
}
