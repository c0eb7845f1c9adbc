package restgateway

import (
	"errors"
	"fmt"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// marshaler is grpc-gateway's view of JSON: a request is decoded to be checked, a
// response is a google.api.HttpBody, written as the bytes that it holds.
type marshaler struct{ *runtime.HTTPBodyMarshaler }

func newMarshaler() marshaler {
	return marshaler{&runtime.HTTPBodyMarshaler{Marshaler: &runtime.JSONBuiltin{}}}
}

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

// decode fills the message that grpc-gateway has made.
func (b *requestBody) decode(v any) error {
	if len(b.text) == 0 && !b.json.AllOptional() {
		return transport.RefuseInvalid("this operation needs a body")
	}
	_, err := b.json.Decode(b.text, v)
	var malformed *wirejson.Error
	if !errors.As(err, &malformed) {
		return err
	}
	var fields []*errdetails.BadRequest_FieldViolation
	if malformed.Field != "" {
		fields = append(fields, &errdetails.BadRequest_FieldViolation{Field: malformed.Field, Description: malformed.Problem})
	}
	return transport.Refuse(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
		"invalid request: "+malformed.Error(), apierror.Fields(fields...))
}
