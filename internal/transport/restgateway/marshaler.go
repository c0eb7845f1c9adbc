package restgateway

import (
	"errors"
	"fmt"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// marshaler is grpc-gateway's view of JSON: a request is decoded to be checked, a
// response is written as the bytes that it is.
type marshaler struct{}

// requestBody carries a request's body to the decoder, and the decoder's error back,
// of which grpc-gateway keeps only the text.
type requestBody struct {
	text []byte
	json wirejson.Body // nil where the RPC has none
	err  error
}

// Read implements io.Reader, for what of grpc-gateway drains a body: the decoder has
// read it.
func (*requestBody) Read([]byte) (int, error) { return 0, io.EOF }

// Close implements io.Closer.
func (*requestBody) Close() error { return nil }

// NewDecoder implements runtime.Marshaler.
func (marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, ok := r.(*requestBody)
		if !ok {
			return fmt.Errorf("%T is not a body that was read", r)
		}
		body.err = body.decode(v)
		return body.err
	})
}

// decode fills the message that grpc-gateway has made.
func (b *requestBody) decode(v any) error {
	if len(b.text) == 0 && !b.json.AllOptional() {
		return refuse(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
			"this operation needs a body")
	}
	_, err := b.json.Decode(b.text, v)
	return err
}

// Unmarshal implements runtime.Marshaler. grpc-gateway reads no body by it.
func (marshaler) Unmarshal([]byte, any) error { return errors.New("a body is read by its decoder") }

// ContentType implements runtime.Marshaler.
func (marshaler) ContentType(any) string { return "application/json" }

// Marshal implements runtime.Marshaler.
func (marshaler) Marshal(v any) ([]byte, error) {
	body, ok := v.(rawBody)
	if !ok {
		return nil, fmt.Errorf("%T is not a response", v)
	}
	return body, nil
}

// NewEncoder implements runtime.Marshaler. It is for streams, of which the service has
// none.
func (m marshaler) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		text, err := m.Marshal(v)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
}
