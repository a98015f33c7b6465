package detect_test

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/detect"
)

// patient is a memory that counts how often it was told to wait.
type patient struct {
	detect.Memory
	told *int
}

func (p patient) Await() { *p.told++ }

func TestEveryClauseWaitsForWhatHappenedBefore(t *testing.T) {
	told := 0
	clauses := detect.Clauses{
		{Name: "a", Remember: func() detect.Memory { return patient{told: &told} }},
		{Name: "b", Remember: func() detect.Memory { return nil }},
		{Name: "c", Remember: func() detect.Memory { return patient{told: &told} }},
	}
	clauses.Remember()().(interface{ Await() }).Await()
	if told != 2 {
		t.Errorf("%d of 2 clauses that can wait were told to", told)
	}
}
