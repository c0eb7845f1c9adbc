// Package redact prints messages without their secrets, for logs.
//
// Go's Protobuf prints all of a message: fmt, slog and prototext take no notice of the
// option debug_redact, by which the contract marks tokens, passwords and addresses.
// Instead of the message, log what Message makes of it:
//
//	slog.Info("signed in", "response", redact.Message(response))
//	fmt.Println(redact.Message(response))
//
// or have a slog.Handler do so with every message that it gets:
//
//	slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: redact.ReplaceAttr})
package redact

import (
	"log/slog"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// placeholder stands for a text that is left out.
const placeholder = "[REDACTED]"

// Value is a message that prints without its secrets.
type Value struct{ message proto.Message }

var _ slog.LogValuer = Value{}

// Message makes a message printable. It keeps the message, and reads it when it prints.
func Message(m proto.Message) Value { return Value{m} }

// String is the message as Protobuf's text format. A secret text is "[REDACTED]"; other
// secrets, and what the contract does not know, are left out.
func (v Value) String() string {
	if v.message == nil || !v.message.ProtoReflect().IsValid() {
		return "<nil>"
	}
	copied := proto.Clone(v.message)
	redact(copied.ProtoReflect())
	return prototext.MarshalOptions{}.Format(copied)
}

// LogValue implements slog.LogValuer.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.String()) }

// ReplaceAttr is for slog.HandlerOptions: it redacts every attribute that is a message.
func ReplaceAttr(_ []string, a slog.Attr) slog.Attr {
	if m, ok := a.Value.Any().(proto.Message); ok {
		a.Value = Message(m).LogValue()
	}
	return a
}

// redact takes the secrets out of a message, and out of those in it.
func redact(m protoreflect.Message) {
	m.SetUnknown(nil) // a newer contract may mark it
	if m.Descriptor().FullName() == "google.protobuf.Any" {
		m.Clear(m.Descriptor().Fields().ByName("value")) // of a type that nobody here knows
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case isSecret(field):
			hide(m, field)
		case field.IsMap() && field.MapValue().Message() != nil:
			value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				redact(v.Message())
				return true
			})
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				redact(value.List().Get(i).Message())
			}
		case !field.IsMap() && !field.IsList() && field.Message() != nil:
			redact(value.Message())
		}
		return true
	})
}

func isSecret(field protoreflect.FieldDescriptor) bool {
	options, ok := field.Options().(*descriptorpb.FieldOptions)
	return ok && options.GetDebugRedact()
}

// hide replaces a secret, so that a reader sees that there was one, where it is a text.
func hide(m protoreflect.Message, field protoreflect.FieldDescriptor) {
	if field.Kind() == protoreflect.StringKind && field.Cardinality() != protoreflect.Repeated {
		m.Set(field, protoreflect.ValueOfString(placeholder))
		return
	}
	m.Clear(field)
}
