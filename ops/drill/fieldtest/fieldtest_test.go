package fieldtest

import (
	"testing"

	"github.com/bulkhead-console/bulkhead/ops/drill/locktest"
)

func TestWhatIsPublishedSaysWhereItComesFrom(t *testing.T) { locktest.CheckPublished(t, files) }
