package measure

// entry is something of one block.
type entry interface{ when() mark }

func (m mark) when() mark { return m }

// line is entries in the order of their blocks. Those of the window are counted,
// which is told by add and remove; those before it are kept for a while, so that a
// reorg can take the window back.
type line[E entry] struct {
	window  window
	most    int // entries kept
	entries []E
	first   int // of those kept
	inside  int // the first in the window
	lost    mark
	add     func(E)
	remove  func(E)
}

// kept are the entries that are remembered, oldest first.
func (l *line[E]) kept() []E { return l.entries[l.first:] }

// counted are those in the window.
func (l *line[E]) counted() []E { return l.entries[l.inside:] }

// push appends an entry of the newest block.
func (l *line[E]) push(e E) {
	l.entries = append(l.entries, e)
	l.add(e)
	for len(l.entries)-l.first > l.most {
		l.forget()
	}
}

// forget drops the oldest entry for want of room: a window that reaches back to
// it cannot be full.
func (l *line[E]) forget() {
	l.lost = l.entries[l.first].when()
	if l.inside == l.first {
		l.remove(l.entries[l.first])
		l.inside++
	}
	l.release()
}

// release gives up the oldest entry, and now and then its room.
func (l *line[E]) release() {
	var none E
	l.entries[l.first] = none
	if l.first++; l.first > 1024 && l.first > len(l.entries)/2 {
		n := copy(l.entries, l.entries[l.first:])
		clear(l.entries[n:])
		l.entries, l.inside, l.first = l.entries[:n], l.inside-l.first, 0
	}
}

// advance moves the window to end at a block. The horizon is the oldest time that
// the chain may be taken back to.
func (l *line[E]) advance(at mark, horizon int64) {
	for l.inside < len(l.entries) && l.entries[l.inside].when().time <= l.window.start(at) {
		l.remove(l.entries[l.inside])
		l.inside++
	}
	for l.inside > l.first && l.entries[l.inside-1].when().time > l.window.start(at) { // after a reorg
		l.inside--
		l.add(l.entries[l.inside])
	}
	for l.first+1 < l.inside && l.entries[l.first+1].when().time <= horizon-l.window.seconds {
		l.release() // the newest before the window stays: a change counts from it
	}
}

// drop takes back the entries of blocks from the number on, and says if there were
// any.
func (l *line[E]) drop(from uint64) bool {
	n := len(l.entries)
	for n > l.first && l.entries[n-1].when().number >= from {
		n--
		if n >= l.inside {
			l.remove(l.entries[n])
		}
	}
	if n == len(l.entries) {
		return false
	}
	clear(l.entries[n:])
	l.entries, l.inside = l.entries[:n], min(l.inside, n)
	return true
}
