package identity

import (
	"bufio"
	"bytes"
	"io"
	"net/http"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// SealResponse seals a response as HTTP/1.1 text, for whoever asks the same question at
// another replica.
func (id *Identity) SealResponse(r *relay.Response) ([]byte, error) {
	response := http.Response{StatusCode: r.Status, ProtoMajor: 1, ProtoMinor: 1, Header: r.Header,
		Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body))}
	var text bytes.Buffer
	defer func() { clear(text.Bytes()) }()
	if err := response.Write(&text); err != nil {
		return nil, err
	}
	return id.Seal(text.Bytes())
}

// OpenResponse opens what SealResponse has sealed.
func (id *Identity) OpenResponse(sealed []byte) (*relay.Response, error) {
	text, err := id.Open(sealed)
	if err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &relay.Response{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}
