package wirejson_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// TestAnyMessageSurvives: whatever a message holds is read as it was written, in both
// strictnesses.
func TestAnyMessageSurvives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := shapes()[rapid.IntRange(0, len(shapes())-1).Draw(t, "shape")]
		want := s.message.ProtoReflect().New()
		fill(t, want)
		c := codecs[want.Descriptor().FullName()]
		text, err := c.append(nil, want.Interface())
		if err != nil {
			t.Fatal(err)
		}
		if id := want.Descriptor().Fields().ByName("id"); id != nil && id.JSONName() == "id" {
			want.Clear(id) // it is in the path
		}
		for name, strictness := range strictnesses {
			got := s.message.ProtoReflect().New().Interface()
			result, err := c.decode(text, strictness, got)
			if err != nil || result != (wirejson.Result{}) || !proto.Equal(got, want.Interface()) {
				t.Fatalf("%s in %s reads as %v, %+v, %v", text, name, got, result, err)
			}
		}
	})
}

// fill sets some fields of a message.
func fill(t *rapid.T, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		name := string(f.FullName())
		if !rapid.Bool().Draw(t, "set "+name) {
			continue
		}
		switch {
		case f.IsMap():
			for key, value := range rapid.MapOf(rapid.String(), rapid.String()).Draw(t, name) {
				m.Mutable(f).Map().Set(protoreflect.ValueOfString(key).MapKey(), protoreflect.ValueOfString(value))
			}
		case f.IsList():
			for range rapid.IntRange(0, 3).Draw(t, name) {
				fill(t, m.Mutable(f).List().AppendMutable().Message())
			}
		case f.Message() != nil:
			fill(t, m.Mutable(f).Message())
		case f.Enum() != nil:
			m.Set(f, protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.IntRange(1, f.Enum().Values().Len()-1).Draw(t, name))))
		case f.Kind() == protoreflect.BoolKind:
			m.Set(f, protoreflect.ValueOfBool(rapid.Bool().Draw(t, name)))
		default:
			m.Set(f, protoreflect.ValueOfString(rapid.String().Draw(t, name)))
		}
	}
}
