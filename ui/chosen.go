package ui

import (
	"slices"

	"github.com/bulkhead-console/bulkhead/ops"
)

// chosen is the finding under the cursor. Findings of several chains change their
// places, and what a person looks at must not change under his hand.
func (m *Model) chosen() ops.DetectorID {
	if list := m.findings(); m.several() && m.cursor[paneDetectors] > 0 && m.cursor[paneDetectors] < len(list) {
		return list[m.cursor[paneDetectors]].Detector
	}
	return "" // the cursor on top stays on top: there is the worst
}

// choose puts the cursor on the finding again.
func (m *Model) choose(id ops.DetectorID) {
	if id == "" {
		return
	}
	if at := slices.IndexFunc(m.findings(), func(f ops.Finding) bool { return f.Detector == id }); at >= 0 {
		m.cursor[paneDetectors] = at
	}
}
