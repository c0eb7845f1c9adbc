package restgateway

import (
	"bytes"
	"fmt"
	"io"
	"reflect"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// marshaler is grpc-gateway's view of JSON: a request is decoded to be checked, a
// response is written as the bytes that it is.
type marshaler struct {
	codecs map[protoreflect.FullName]*wirejson.Codec // of request bodies
}

func newMarshaler(rules []*httprule.Rule) (*marshaler, error) {
	m := &marshaler{codecs: map[protoreflect.FullName]*wirejson.Codec{}}
	for _, rule := range rules {
		if !rule.HasBody {
			continue
		}
		message, omit := rule.Method.Input(), rule.PathFields()
		if rule.BodyField != nil {
			message, omit = rule.BodyField.Message(), nil
		}
		codec, err := wirejson.Compile(message, omit...)
		if err != nil {
			return nil, err
		}
		m.codecs[message.FullName()] = codec
	}
	return m, nil
}

// requestBody carries a request's body to the decoder, and the decoder's error back,
// of which grpc-gateway keeps only the text.
type requestBody struct {
	*bytes.Reader
	text []byte
	err  error
}

// Close implements io.Closer.
func (*requestBody) Close() error { return nil }

// NewDecoder implements runtime.Marshaler.
func (m *marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, ok := r.(*requestBody)
		if !ok {
			return fmt.Errorf("%T is not a body that was read", r)
		}
		_, _ = body.Seek(0, io.SeekEnd) // grpc-gateway drains what is left
		body.err = m.Unmarshal(body.text, v)
		return body.err
	})
}

// Unmarshal implements runtime.Marshaler.
func (m *marshaler) Unmarshal(text []byte, v any) error {
	target := reflect.ValueOf(v)
	if field := target.Elem(); field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		target = field
	}
	message, ok := target.Interface().(proto.Message)
	if !ok {
		return fmt.Errorf("%T is not a request", v)
	}
	codec := m.codecs[message.ProtoReflect().Descriptor().FullName()]
	if len(text) > 0 {
		return codec.Decode(text, message.ProtoReflect(), wirejson.Request)
	}
	if !codec.AllOptional() {
		return refuse(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
			"this operation needs a body")
	}
	return nil
}

// ContentType implements runtime.Marshaler.
func (*marshaler) ContentType(any) string { return "application/json" }

// Marshal implements runtime.Marshaler.
func (*marshaler) Marshal(v any) ([]byte, error) {
	body, ok := v.(rawBody)
	if !ok {
		return nil, fmt.Errorf("%T is not a response", v)
	}
	return body, nil
}

// NewEncoder implements runtime.Marshaler. It is for streams, of which the service has
// none.
func (m *marshaler) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		text, err := m.Marshal(v)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
}
