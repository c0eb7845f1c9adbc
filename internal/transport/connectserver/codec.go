package connectserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"connectrpc.com/connect/v2/connectproto"
	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// jsonCodec is Protobuf's JSON, strict: a field that the contract does not have is
// refused, as REST's callers are told of what is wrong, rather than that a misspelt one
// is lost in silence. An error names the field and repeats no value, which protojson's
// own do.
type jsonCodec struct{ *connectproto.JSONCodec }

func newJSONCodec() jsonCodec {
	strict := connectproto.NewJSONCodec()
	strict.UnmarshalOptions.DiscardUnknown = false
	return jsonCodec{strict}
}

var errJSON = transport.RefuseInvalid("the message is not Protobuf's JSON")

// UnmarshalRead implements connect.Codec.
func (c jsonCodec) UnmarshalRead(_ context.Context, src io.Reader, into any) error {
	message, ok := into.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is not a message", into)
	}
	buffer, ok := src.(*bytes.Buffer)
	if !ok {
		buffer = &bytes.Buffer{}
		if _, err := buffer.ReadFrom(src); err != nil {
			return err
		}
	}
	if c.UnmarshalOptions.Unmarshal(buffer.Bytes(), message) == nil {
		return nil
	}
	proto.Reset(message)
	return c.findInvalid(buffer.Bytes(), message.ProtoReflect(), "")
}

// maxToldName bounds what an error tells of a name that is no field's.
const maxToldName = 64

// findInvalid is the refusal for the first member of a message's JSON that protojson does
// not take alone either; errJSON where there is none. parent is the path of the message,
// and ends with a dot. What is read again, for each level, is no more than the levels that
// the contract has.
func (c jsonCodec) findInvalid(text []byte, message protoreflect.Message, parent string) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return errJSON
	}
	fields, given := message.Descriptor().Fields(), map[protoreflect.FieldNumber]bool{}
	for decoder.PeekKind() == '"' {
		token, _ := decoder.ReadToken()
		name := token.String()
		value, err := decoder.ReadValue()
		if err != nil {
			return errJSON
		}
		field := fields.ByJSONName(name)
		if field == nil {
			field = fields.ByTextName(name)
		}
		if field == nil {
			told := strings.ToValidUTF8(name[:min(len(name), maxToldName)], "") // no part of a character: details hold none
			return transport.RefuseField(parent+told, "is no field of the request")
		}
		if given[field.Number()] {
			return transport.RefuseField(parent+string(field.Name()), "must be given only once")
		}
		given[field.Number()] = true
		if err := c.checkMember(message, field, value, parent+string(field.Name())); err != nil {
			return err
		}
	}
	return errJSON
}

// checkMember refuses the value of a field if protojson does not take it.
func (c jsonCodec) checkMember(message protoreflect.Message, field protoreflect.FieldDescriptor, value []byte, path string) error {
	if c.UnmarshalOptions.Unmarshal(fmt.Appendf(nil, "{%q:%s}", field.JSONName(), value), message.New().Interface()) == nil {
		return nil
	}
	kind, inner := field.Kind().String(), field.Message()
	switch {
	case inner != nil:
		kind = string(inner.FullName())
	case field.Enum() != nil:
		kind = "word of " + string(field.Enum().FullName())
	}
	if inner != nil && !field.IsMap() && !field.IsList() && inner.ParentFile().Package() != "google.protobuf" { // whose JSON is their own
		if err := c.findInvalid(value, message.NewField(field).Message(), path+"."); !errors.Is(err, errJSON) {
			return err
		}
	}
	return transport.RefuseField(path, "must be a "+kind+", in Protobuf's JSON")
}
