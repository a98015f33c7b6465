package chaintest

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is one way in which a provider does wrong. The zero Fault is none.
type Fault struct {
	refuse func(w http.ResponseWriter, r *http.Request, healed <-chan struct{}) bool // the request is dealt with
	ask    func(g *Gateway, c *Call)
	result func(g *Gateway, method string, result json.RawMessage) json.RawMessage
	batch  func([]answer) []answer
	write  func(w http.ResponseWriter, r *http.Request, body []byte, healed <-chan struct{})
}

// Slow answers after so long.
func Slow(d time.Duration) Fault {
	return Fault{refuse: func(_ http.ResponseWriter, r *http.Request, healed <-chan struct{}) bool {
		return held(r, healed, d)
	}}
}

// Silent takes requests and never answers: what it holds is cut when it heals.
func Silent() Fault {
	return Fault{refuse: func(_ http.ResponseWriter, r *http.Request, healed <-chan struct{}) bool {
		select {
		case <-r.Context().Done():
		case <-healed:
		}
		panic(http.ErrAbortHandler)
	}}
}

// held waits. It reports whether whoever asked went away meanwhile.
func held(r *http.Request, healed <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
		return true
	case <-healed:
	case <-timer.C:
	}
	return false
}

// Oversized answers with a text of n bytes that begins like an answer.
func Oversized(n int) Fault {
	return Fault{refuse: func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) bool {
		const chunk = 1 << 16
		_, err := io.WriteString(w, `[{"jsonrpc":"2.0","id":1,"result":"0x`)
		filler := strings.Repeat("a", chunk)
		for sent := 0; sent < n && err == nil; sent += chunk {
			_, err = io.WriteString(w, filler)
		}
		return true
	}}
}

// Malformed ends each answer somewhere before its end.
func Malformed(seed uint64) Fault {
	random := dice(seed)
	return Fault{write: func(w http.ResponseWriter, _ *http.Request, body []byte, _ <-chan struct{}) {
		_, _ = w.Write(body[:random(len(body))])
	}}
}

// WrongID answers with ids that nobody asked with.
func WrongID() Fault {
	return Fault{batch: func(answers []answer) []answer {
		for i := range answers {
			answers[i].ID = json.RawMessage("9" + strings.Trim(string(answers[i].ID), `"`) + "9")
		}
		return answers
	}}
}

// Reordered answers a batch in another order, which is allowed.
func Reordered(seed uint64) Fault {
	random := dice(seed)
	return Fault{batch: func(answers []answer) []answer {
		for i := len(answers) - 1; i > 0; i-- {
			j := random(i + 1)
			answers[i], answers[j] = answers[j], answers[i]
		}
		return answers
	}}
}

// Duplicated answers the first call of a batch twice.
func Duplicated() Fault {
	return Fault{batch: func(answers []answer) []answer {
		return slices.Concat(answers[:min(1, len(answers))], answers)
	}}
}

// Status answers nothing but a status.
func Status(code int) Fault {
	return Fault{refuse: func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) bool {
		http.Error(w, http.StatusText(code), code)
		return true
	}}
}

// Storm lets each request fail with a probability: by 429, by 503, by a cut
// connection or by no answer at all.
func Storm(seed uint64, share float64) Fault {
	random := dice(seed)
	ways := []Fault{Status(http.StatusTooManyRequests), Status(http.StatusServiceUnavailable), Silent(), {refuse: func(http.ResponseWriter, *http.Request, <-chan struct{}) bool {
		panic(http.ErrAbortHandler)
	}}}
	return Fault{refuse: func(w http.ResponseWriter, r *http.Request, healed <-chan struct{}) bool {
		const fine = 1 << 20
		if float64(random(fine)) >= share*fine {
			return false
		}
		return ways[random(len(ways))].refuse(w, r, healed)
	}}
}

// Dripping answers one byte at a time, fifty to the second.
func Dripping() Fault {
	return Fault{write: func(w http.ResponseWriter, r *http.Request, body []byte, healed <-chan struct{}) {
		for i := range body {
			if _, err := w.Write(body[i : i+1]); err != nil || held(r, healed, 20*time.Millisecond) {
				return
			}
			_ = http.NewResponseController(w).Flush()
		}
	}}
}
