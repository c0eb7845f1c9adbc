package connectserver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

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

// UnmarshalRead implements connect.Codec.
func (c jsonCodec) UnmarshalRead(_ context.Context, src io.Reader, into any) error {
	message, ok := into.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is not a message", into)
	}
	var text []byte
	if buffer, ok := src.(*bytes.Buffer); ok {
		text = buffer.Bytes()
	} else {
		var err error
		if text, err = io.ReadAll(src); err != nil {
			return err
		}
	}
	err := c.UnmarshalOptions.Unmarshal(text, message)
	if err == nil {
		return nil
	}
	return describe(text, message.ProtoReflect().Descriptor(), err)
}

// position is how protojson tells where in the text it has found an error, which has no
// other form.
var position = regexp.MustCompile(`\(line (\d+):(\d+)\)`)

// describe says what is wrong with a message's JSON.
func describe(text []byte, message protoreflect.MessageDescriptor, err error) error {
	found := position.FindStringSubmatch(err.Error())
	if found == nil {
		return errJSON
	}
	line, _ := strconv.Atoi(found[1])
	column, _ := strconv.Atoi(found[2])
	pointer, isName := pointerAt(text, offset(text, line, column))
	if pointer == "" {
		return errJSON
	}
	path, field := fieldAt(message, pointer)
	switch {
	case field == nil:
		return transport.RefuseField(path, "is no field of the request")
	case isName:
		return transport.RefuseField(path, "must be given only once")
	}
	return transport.RefuseField(path, "must be "+kindOf(field)+", in Protobuf's JSON")
}

var errJSON = transport.RefuseInvalid("the message is not Protobuf's JSON")

// offset is where a line and a column are, both from 1; a column is a character.
func offset(text []byte, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			return len(text)
		}
		at += next + 1
	}
	for ; column > 1 && at < len(text); column-- {
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return at
}

// pointerAt finds what stands at an offset, and whether that is a member's name.
func pointerAt(text []byte, at int) (pointer jsontext.Pointer, isName bool) {
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for decoder.InputOffset() <= int64(at) {
		if _, err := decoder.ReadToken(); err != nil {
			return "", false
		}
	}
	kind, n := decoder.StackIndex(decoder.StackDepth())
	return decoder.StackPointer(), kind == '{' && n%2 == 1
}

// maxToldName bounds what an error tells of a name that is no field's.
const maxToldName = 64

// fieldAt is the path of a field, named as in the .proto; the field is nil where the
// message has no such one.
func fieldAt(message protoreflect.MessageDescriptor, pointer jsontext.Pointer) (path string, field protoreflect.FieldDescriptor) {
	inside := false // of a list or a map: what comes is an index, or a key, which is the caller's
	for name := range pointer.Tokens() {
		if inside {
			if inside = false; field.IsList() {
				path += "[" + name + "]"
			}
			continue
		}
		field = nil
		if message != nil {
			if field = message.Fields().ByJSONName(name); field == nil {
				field = message.Fields().ByTextName(name)
			}
		}
		if path != "" {
			path += "."
		}
		if field == nil {
			return path + name[:min(len(name), maxToldName)], nil
		}
		path += string(field.Name())
		message, inside = field.Message(), field.IsList() || field.IsMap()
		if field.IsMap() {
			message = field.MapValue().Message()
		}
	}
	return path, field
}

// kindOf says what the value of a field must be.
func kindOf(field protoreflect.FieldDescriptor) string {
	switch {
	case field.Message() != nil:
		return "a " + string(field.Message().FullName())
	case field.Enum() != nil:
		return "a word of " + string(field.Enum().FullName())
	default:
		return "a " + field.Kind().String()
	}
}
