package chain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// ErrOversized means that a provider's answer was longer than any honest one.
var ErrOversized = errors.New("oversized answer")

// boundedTransport refuses bodies beyond a limit, whatever their length header
// says.
type boundedTransport struct {
	next  http.RoundTripper
	limit int64
}

func (t *boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{body: response.Body, left: t.limit, limit: t.limit}
	return response, nil
}

// objectSize is how many bytes an answer must have for each JSON object in it: an
// honest log or header has hundreds, and a body of nothing but {} would cost
// forty times its length once decoded.
const objectSize = 64

type boundedBody struct {
	body        io.ReadCloser
	left, limit int64
	objects     int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 { // one more than allowed tells a body that ends there from one that goes on
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	b.objects += int64(bytes.Count(p[:n], []byte("{")))
	if b.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes: the provider is broken or hostile", ErrOversized, b.limit)
	}
	if b.objects > b.limit/objectSize+1024 {
		return 0, fmt.Errorf("%w: more objects than an honest answer has: the provider is broken or hostile", ErrOversized)
	}
	return n, err
}

func (b *boundedBody) Close() error { return b.body.Close() }
