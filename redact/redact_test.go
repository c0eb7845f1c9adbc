package redact_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/redact"
)

const canary = "canary"

// printed is a message by every way that people print one.
func printed(m proto.Message) string {
	v := redact.Message(m)
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&all, verb+"\n", v)
		fmt.Fprintf(&all, verb+"\n", &v)
		fmt.Fprintf(&all, verb+"\n", []redact.Value{v})
	}
	fmt.Fprintln(&all, v)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&all, nil), slog.NewJSONHandler(&all, nil)} {
		slog.New(handler).Info("x", "m", v, slog.Group("g", "m", v))
	}
	options := &slog.HandlerOptions{ReplaceAttr: redact.ReplaceAttr}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&all, options), slog.NewJSONHandler(&all, options)} {
		slog.New(handler).Info("x", "m", m, "other", 1, slog.Group("g", "m", m))
	}
	return all.String()
}

// fill sets every field: a secret one to the canary, any other to "plain", and leaves
// unknown fields that hold the canary.
func fill(m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		text := "plain"
		if options, ok := field.Options().(*descriptorpb.FieldOptions); ok && options.GetDebugRedact() {
			text = canary
		}
		switch {
		case field.IsMap() && field.MapValue().Message() != nil && depth > 0:
			value := m.Mutable(field).Map().NewValue()
			fill(value.Message(), depth-1)
			m.Mutable(field).Map().Set(protoreflect.ValueOfString("key").MapKey(), value)
		case field.IsMap() && field.MapValue().Kind() == protoreflect.StringKind:
			m.Mutable(field).Map().Set(protoreflect.ValueOfString(text).MapKey(), protoreflect.ValueOfString(text))
		case field.IsList() && field.Message() != nil && depth > 0:
			fill(m.Mutable(field).List().AppendMutable().Message(), depth-1)
		case field.IsList() && field.Kind() == protoreflect.StringKind:
			m.Mutable(field).List().Append(protoreflect.ValueOfString(text))
		case !field.IsMap() && !field.IsList() && field.Message() != nil && depth > 0:
			fill(m.Mutable(field).Message(), depth-1)
		case field.Cardinality() != protoreflect.Repeated && field.Kind() == protoreflect.StringKind:
			m.Set(field, protoreflect.ValueOfString(text))
		case field.Cardinality() != protoreflect.Repeated && field.Kind() == protoreflect.BytesKind:
			m.Set(field, protoreflect.ValueOfBytes([]byte(text)))
		}
	}
	m.SetUnknown(protowire.AppendString(protowire.AppendTag(nil, protowire.MaxValidNumber, protowire.BytesType), canary))
}

// TestMessage_LeavesOutSecretsOfTheContract: no message of it prints what it marks.
func TestMessage_LeavesOutSecretsOfTheContract(t *testing.T) {
	t.Parallel()
	secrets, messages := 0, 0
	protoregistry.GlobalTypes.RangeMessages(func(mt protoreflect.MessageType) bool {
		if mt.Descriptor().ParentFile().Package() != "wingspan.users.v1" {
			return true
		}
		m := mt.New()
		fill(m, 4)
		before := proto.Clone(m.Interface())
		text := printed(m.Interface())
		if strings.Contains(text, canary) {
			t.Errorf("%s prints a secret:\n%s", mt.Descriptor().Name(), text)
		}
		if !proto.Equal(before, m.Interface()) {
			t.Errorf("%s is changed by printing it", mt.Descriptor().Name())
		}
		if strings.Contains(text, "[REDACTED]") {
			secrets++
		}
		messages++
		return true
	})
	if messages < 40 || secrets < 15 {
		t.Errorf("only %d messages, %d with secrets", messages, secrets)
	}
}

// TestMessage_ShowsTheRest: what is no secret can be read.
func TestMessage_ShowsTheRest(t *testing.T) {
	t.Parallel()
	response := &usersv1.CreateApiSessionResponse{ApiSession: &usersv1.ApiSession{
		SessionType: usersv1.SessionType_SESSION_TYPE_API, Expiration: "tomorrow", Token: proto.String(canary)}}
	text := redact.Message(response).String()
	for _, want := range []string{"SESSION_TYPE_API", `"tomorrow"`, `token:`, `"[REDACTED]"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
	if got := redact.Message(nil).String() + redact.Message((*usersv1.Session)(nil)).String(); got != "<nil><nil>" {
		t.Errorf("nil is %q", got)
	}
}

// TestMessage_KnowsEveryShape: secrets in lists, maps, bytes and messages within.
func TestMessage_KnowsEveryShape(t *testing.T) {
	t.Parallel()
	m := everyShape(t)
	fill(m, 3)
	text := printed(m.Interface())
	if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
		t.Errorf("a secret is printed:\n%s", text)
	}
	if got := strings.Count(redact.Message(m.Interface()).String(), `plain`); got < 8 {
		t.Errorf("only %d values are left:\n%s", got, redact.Message(m.Interface()))
	}
}

// TestMessage_LeavesOutWhatAnyHolds: its type may be one that is not known here.
func TestMessage_LeavesOutWhatAnyHolds(t *testing.T) {
	t.Parallel()
	held, err := anypb.New(&usersv1.Session{Token: proto.String(canary)})
	if err != nil {
		t.Fatal(err)
	}
	if text := printed(held); strings.Contains(text, canary) || !strings.Contains(text, "wingspan.users.v1.Session") {
		t.Errorf("Any prints as:\n%s", text)
	}
}

// everyShape is a message with secret and plain fields of each shape.
func everyShape(t *testing.T) protoreflect.Message {
	t.Helper()
	message := &descriptorpb.DescriptorProto{Name: proto.String("Shape")}
	add := func(name string, repeated, secret bool, kind descriptorpb.FieldDescriptorProto_Type, typeName string) {
		label := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
		if repeated {
			label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED
		}
		field := &descriptorpb.FieldDescriptorProto{Name: &name, Number: proto.Int32(int32(len(message.GetField()) + 1)),
			Label: &label, Type: &kind, Options: &descriptorpb.FieldOptions{DebugRedact: &secret}}
		if typeName != "" {
			field.TypeName = &typeName
		}
		message.Field = append(message.Field, field)
	}
	for _, secret := range []bool{true, false} {
		for _, repeated := range []bool{true, false} {
			suffix := fmt.Sprintf("_%t_%t", secret, repeated)
			add("text"+suffix, repeated, secret, descriptorpb.FieldDescriptorProto_TYPE_STRING, "")
			add("bytes"+suffix, repeated, secret, descriptorpb.FieldDescriptorProto_TYPE_BYTES, "")
			add("message"+suffix, repeated, secret, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, ".shape.Shape")
		}
		for kind, typeName := range map[descriptorpb.FieldDescriptorProto_Type]string{
			descriptorpb.FieldDescriptorProto_TYPE_STRING: "", descriptorpb.FieldDescriptorProto_TYPE_MESSAGE: ".shape.Shape"} {
			entry := fmt.Sprintf("Map%d%tEntry", kind, secret)
			add(fmt.Sprintf("map%d%t", kind, secret), true, secret, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, ".shape.Shape."+entry)
			value := &descriptorpb.FieldDescriptorProto{Name: proto.String("value"), Number: proto.Int32(2),
				Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: kind.Enum()}
			if typeName != "" {
				value.TypeName = &typeName
			}
			message.NestedType = append(message.NestedType, &descriptorpb.DescriptorProto{Name: &entry,
				Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
				Field: []*descriptorpb.FieldDescriptorProto{{Name: proto.String("key"), Number: proto.Int32(1),
					Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()}, value}})
		}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{Name: proto.String("shape.proto"), Package: proto.String("shape"),
		Syntax: proto.String("proto3"), MessageType: []*descriptorpb.DescriptorProto{message}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dynamicpb.NewMessage(file.Messages().Get(0))
}
