package sign

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// maxAnswer bounds what a remote signer answers, in bytes; maxSaid what is repeated
// of its words.
const (
	maxAnswer = 64 << 10
	maxSaid   = 200
)

// errRefused is a JSON-RPC error: the signer is there, and does not do it.
var errRefused = errors.New("the remote signer refuses")

// ask puts one question and returns its result.
func (r *Remote) ask(ctx context.Context, method string, params ...any) (json.RawMessage, error) {
	if params == nil {
		params = []any{}
	}
	question, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(question))
	if err != nil {
		return nil, bare(err)
	}
	post.Header.Set("Content-Type", "application/json")
	answer, err := r.client.Do(post)
	if err != nil {
		return nil, fmt.Errorf("%w within %s: %w", ErrSilent, r.Timeout, bare(err))
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w within %s: %w", ErrSilent, r.Timeout, bare(err))
	}
	if answer.StatusCode >= 300 && answer.StatusCode < 400 {
		return nil, fmt.Errorf("%w: it points elsewhere (HTTP %d), and nothing is signed elsewhere: write the address itself", ErrAnswer, answer.StatusCode)
	}
	result, err := decodeAnswer(body)
	if err != nil && !errors.Is(err, errRefused) && answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: HTTP %d", ErrAnswer, answer.StatusCode)
	}
	return result, err
}

// bare leaves the address out of an error: it may hold a password.
func bare(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// decodeAnswer opens a JSON-RPC answer to question 1: a result or an error, and
// nothing after it.
func decodeAnswer(body []byte) (json.RawMessage, error) {
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrAnswer, maxAnswer)
	}
	var envelope struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Result  json.RawMessage `json:"result"`
		Error   *struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, fmt.Errorf("%w: it is no JSON-RPC", ErrAnswer)
	}
	result := len(envelope.Result) > 0 && string(envelope.Result) != "null"
	switch {
	case envelope.Version != "2.0":
		return nil, fmt.Errorf("%w: it is no JSON-RPC 2.0", ErrAnswer)
	case envelope.Error != nil && !result:
		return nil, fmt.Errorf("%w (%d): %s", errRefused, envelope.Error.Code, said(envelope.Error.Message))
	case string(envelope.ID) != "1":
		return nil, fmt.Errorf("%w: it answers another question", ErrAnswer)
	case !result || envelope.Error != nil:
		return nil, fmt.Errorf("%w: neither a result nor an error", ErrAnswer)
	}
	return envelope.Result, nil
}

// decodeSigned reads a signed transaction: its raw bytes, or {raw, tx}, of which raw
// is what counts.
func decodeSigned(result json.RawMessage) (*types.Transaction, error) {
	var raw hexutil.Bytes
	if len(result) > 0 && result[0] == '{' {
		var both struct {
			Raw hexutil.Bytes   `json:"raw"`
			Tx  json.RawMessage `json:"tx"`
		}
		if err := json.Unmarshal(result, &both); err != nil {
			return nil, fmt.Errorf("%w: no signed bytes", ErrAnswer)
		}
		raw = both.Raw
	} else if err := json.Unmarshal(result, &raw); err != nil {
		return nil, fmt.Errorf("%w: no signed bytes", ErrAnswer)
	}
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(raw); err != nil {
		return nil, fmt.Errorf("%w: its bytes are no transaction", ErrAnswer)
	}
	return tx, nil
}

// said repeats a stranger's words: few of them, and each on one line.
func said(words string) string {
	if len(words) > maxSaid {
		words = words[:maxSaid] + "…"
	}
	return fmt.Sprintf("%q", words)
}
