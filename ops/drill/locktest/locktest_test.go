package locktest

import "testing"

func TestWhatIsPublishedSaysWhereItComesFrom(t *testing.T) { CheckPublished(t, files) }
