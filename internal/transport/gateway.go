package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	gatewayv1 "github.com/wingspan-grpc/session-facade/gen/gateway/wingspan/users/v1"
	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// attachGateway gives each operation of a door its handler of grpc-gateway's, with
// the defaults that would not do turned off.
func (d *door) attachGateway(channel grpc.ClientConnInterface, rules []*httprule.Rule, failures *errorWriter) error {
	codec, err := newMarshaler(rules)
	if err != nil {
		return err
	}
	mux := runtime.NewServeMux(
		runtime.WithMiddlewares(reveal),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, codec),
		runtime.WithIncomingHeaderMatcher(incomingHeader),
		runtime.WithOutgoingHeaderMatcher(outgoingHeader),
		runtime.WithOutgoingTrailerMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithForwardResponseOption(succeed),
		runtime.WithErrorHandler(failures.gatewayError),
	)
	client := usersv1.NewSessionAndAuthenticationServiceClient(channel)
	if err := gatewayv1.RegisterSessionAndAuthenticationServiceHandlerClient(context.Background(), mux, client); err != nil {
		return err
	}
	for _, op := range d.operations {
		if op.gateway, err = find(mux, op.Rule); err != nil {
			return err
		}
	}
	return nil
}

// pathParams are the values in a path as grpc-gateway's handlers want them.
func (op *operation) pathParams(values []string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	params := make(map[string]string, len(values))
	for i, field := range op.pathFields {
		params[field] = values[i]
	}
	return params
}

// reveal is a middleware of grpc-gateway's that hands out a handler instead of
// calling it. Our own router has found the operation of each request by the same
// rules, and stricter; to have the mux look for it again would cost every call.
func reveal(handler runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request, _ map[string]string) {
		if wanted, ok := w.(*revealed); ok {
			wanted.handler = handler
		}
	}
}

// revealed is a response of grpc-gateway's mux of which nothing is kept but the
// handler.
type revealed struct{ handler runtime.HandlerFunc }

func (*revealed) Header() http.Header         { return http.Header{} }
func (*revealed) Write(b []byte) (int, error) { return len(b), nil }
func (*revealed) WriteHeader(int)             {}

// find asks grpc-gateway's mux for the handler of a rule.
func find(mux http.Handler, rule *httprule.Rule) (runtime.HandlerFunc, error) {
	path := rule.Template
	for _, field := range rule.PathFields() {
		path = strings.ReplaceAll(path, fmt.Sprintf("{%s}", field.Name()), "any")
	}
	request, err := http.NewRequestWithContext(context.Background(), rule.Verb, path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rule.FullMethod, err)
	}
	wanted := &revealed{}
	mux.ServeHTTP(wanted, request)
	if wanted.handler == nil {
		return nil, fmt.Errorf("%s: grpc-gateway has no handler for %s %s; generate gen/ anew", rule.FullMethod, rule.Verb, rule.Template)
	}
	return wanted.handler, nil
}

// succeed gives a success the status that the upstream gave it, and takes the
// content type from an answer without a body.
func succeed(ctx context.Context, w http.ResponseWriter, response proto.Message) error {
	status := http.StatusOK
	if c := callFrom(ctx); c != nil && c.answered != "" {
		var err error
		if status, err = strconv.Atoi(c.answered); err != nil {
			return err
		}
	}
	empty := true
	response.ProtoReflect().Range(func(protoreflect.FieldDescriptor, protoreflect.Value) bool {
		empty = false
		return false
	})
	// A list is a body even when it is empty.
	fields := response.ProtoReflect().Descriptor().Fields()
	if fields.Len() == 1 && fields.Get(0).IsList() {
		empty = false
	}
	if empty && len(response.ProtoReflect().GetUnknown()) == 0 {
		w.Header().Del("Content-Type")
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
	}
	return nil
}

// marshaler is grpc-gateway's view of wirejson.
type marshaler struct {
	codecs map[protoreflect.FullName]*wirejson.Codec
}

func newMarshaler(rules []*httprule.Rule) (*marshaler, error) {
	m := &marshaler{codecs: map[protoreflect.FullName]*wirejson.Codec{}}
	add := func(message protoreflect.MessageDescriptor, omit ...protoreflect.FieldDescriptor) error {
		codec, err := wirejson.Compile(message, omit...)
		m.codecs[message.FullName()] = codec
		return err
	}
	for _, rule := range rules {
		var err error
		switch {
		case rule.BodyField != nil:
			err = add(rule.BodyField.Message())
		case rule.HasBody:
			err = add(rule.Method.Input(), rule.PathFields()...)
		}
		if err != nil {
			return nil, err
		}
		switch {
		case rule.AnswerField != nil:
			err = add(rule.AnswerField.Message())
		case rule.HasAnswer():
			err = add(rule.Method.Output())
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// ContentType implements runtime.Marshaler.
func (*marshaler) ContentType(any) string { return "application/json" }

// usualAnswer is how long most messages are as JSON, in bytes, or a little less.
const usualAnswer = 256

// Marshal implements runtime.Marshaler. It gets the answer's field: a message, a
// list of them, or nothing.
func (m *marshaler) Marshal(v any) ([]byte, error) {
	if message, ok := v.(proto.Message); ok {
		return m.append(make([]byte, 0, usualAnswer), message.ProtoReflect())
	}
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice {
		return nil, fmt.Errorf("%T is not an answer", v)
	}
	text := append(make([]byte, 0, usualAnswer*(list.Len()+1)), '[')
	for i := range list.Len() {
		if i > 0 {
			text = append(text, ',')
		}
		message, ok := list.Index(i).Interface().(proto.Message)
		if !ok {
			return nil, fmt.Errorf("%T is not a list of messages", v)
		}
		var err error
		if text, err = m.append(text, message.ProtoReflect()); err != nil {
			return nil, err
		}
	}
	return append(text, ']'), nil
}

// append writes a message to the end of dst; nothing where there is no body.
func (m *marshaler) append(dst []byte, message protoreflect.Message) ([]byte, error) {
	codec := m.codecs[message.Descriptor().FullName()]
	if codec == nil || !message.IsValid() {
		return dst, nil
	}
	return codec.Append(dst, message)
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
		return refuseCall(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
			"this operation needs a body")
	}
	wirejson.MarkAbsent(message.ProtoReflect())
	return nil
}

// requestBody is a body that the door has read. It also brings the decoder's
// error past grpc-gateway, which keeps only an error's text.
type requestBody struct {
	text    []byte
	refused error
}

// Read is for what of grpc-gateway drains a body; it is always at its end.
func (*requestBody) Read([]byte) (int, error) { return 0, io.EOF }

// Close implements io.Closer.
func (*requestBody) Close() error { return nil }

// NewDecoder implements runtime.Marshaler.
func (m *marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		body, ok := r.(*requestBody)
		if !ok {
			return fmt.Errorf("%T is not a body that the door has read", r)
		}
		body.refused = m.Unmarshal(body.text, v)
		return body.refused
	})
}

// NewEncoder implements runtime.Marshaler. It is for streams, of which the
// service has none.
func (m *marshaler) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		text, err := m.Marshal(v)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
}
