package chain

import (
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
	next  *http.Transport
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

type boundedBody struct {
	body        io.ReadCloser
	left, limit int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: more than %d bytes: the provider is broken or hostile", ErrOversized, b.limit)
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	return n, err
}

func (b *boundedBody) Close() error { return b.body.Close() }
