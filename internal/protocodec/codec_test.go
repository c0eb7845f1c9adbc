package protocodec_test

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/protocodec"
)

// answers are the descriptors of all that the service answers.
func answers() (all []protoreflect.MessageDescriptor) {
	methods := usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0).Methods()
	for i := range methods.Len() {
		all = append(all, methods.Get(i).Output())
	}
	return all
}

// unfit fails where grpc-go's codec is asked: what has an encoder is not left to it.
type unfit struct{ encoding.CodecV2 }

// TestSameBytes: any answer is written as the proto package writes it.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	codec := protocodec.New(answers()...)
	codec.CodecV2 = unfit{}
	for _, desc := range answers() {
		t.Run(string(desc.Name()), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				message := anyMessage(t, desc, 3)
				got, err := codec.Marshal(message)
				if err != nil {
					t.Fatal(err)
				}
				want, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Materialize(), want) {
					t.Fatalf("%v\ngot  %x\nwant %x", message, got.Materialize(), want)
				}
				got.Free()
			})
		})
	}
}

// anyMessage makes a message. Maps have one entry at most: the order of more is
// free.
func anyMessage(t *rapid.T, desc protoreflect.MessageDescriptor, depth int) proto.Message {
	goType, err := protoregistry.GlobalTypes.FindMessageByName(desc.FullName())
	if err != nil {
		t.Fatal(err)
	}
	message := goType.New()
	for i := range desc.Fields().Len() {
		field := desc.Fields().Get(i)
		if rapid.Bool().Draw(t, "set "+string(field.Name())) {
			fill(t, message, field, depth)
		}
	}
	if rapid.Bool().Draw(t, "unknown") {
		message.SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 1000, protowire.VarintType), 7))
	}
	return message.Interface()
}

func fill(t *rapid.T, message protoreflect.Message, field protoreflect.FieldDescriptor, depth int) {
	text := func() protoreflect.Value { return protoreflect.ValueOfString(rapid.String().Draw(t, "text")) }
	switch {
	case field.IsMap():
		message.Mutable(field).Map().Set(text().MapKey(), text())
	case field.IsList():
		for list := message.Mutable(field).List(); depth > 0 && list.Len() < 3; {
			list.Append(protoreflect.ValueOfMessage(anyMessage(t, field.Message(), depth-1).ProtoReflect()))
		}
	case field.Message() != nil:
		message.Set(field, protoreflect.ValueOfMessage(anyMessage(t, field.Message(), depth-1).ProtoReflect()))
	case field.Kind() == protoreflect.StringKind:
		message.Set(field, text())
	case field.Kind() == protoreflect.BoolKind:
		message.Set(field, protoreflect.ValueOfBool(rapid.Bool().Draw(t, "truth")))
	case field.Kind() == protoreflect.EnumKind:
		message.Set(field, protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32().Draw(t, "word"))))
	default:
		t.Fatalf("%s is of a kind that this test does not make", field.FullName())
	}
}

func TestManyEntries(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"": "", "a": "1", "b": strings.Repeat("x", 300)}
	for i := range 100 {
		labels[strings.Repeat("k", i)] = "v"
	}
	want := &usersv1.GetApiSessionResponse{ApiSession: &usersv1.ApiSession{Labels: labels}}
	data, err := protocodec.New(answers()...).Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := &usersv1.GetApiSessionResponse{}
	if err := proto.Unmarshal(data.Materialize(), got); err != nil || !proto.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestListWithGap: an element that is nil is an empty message, as for the proto
// package.
func TestListWithGap(t *testing.T) {
	t.Parallel()
	list := &usersv1.ListApiSessionsResponse{ApiSessions: []*usersv1.ApiSession{nil, {SessionId: "s"}, nil}}
	got, err := protocodec.New(answers()...).Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := proto.Marshal(list); err != nil || !bytes.Equal(got.Materialize(), want) {
		t.Errorf("got %x, want %x, %v", got.Materialize(), want, err)
	}
}

// TestLeftToGRPC: what this codec cannot write is written, or refused, as by
// grpc-go's own.
func TestLeftToGRPC(t *testing.T) {
	t.Parallel()
	codec := protocodec.New(append(answers(), (&structpb.Struct{}).ProtoReflect().Descriptor())...)
	own := encoding.GetCodecV2(grpcproto.Name)
	value, err := structpb.NewStruct(map[string]any{"a": []any{1.5}})
	if err != nil {
		t.Fatal(err)
	}
	for name, message := range map[string]any{
		"another type":         &usersv1.CreateSessionRequest{Email: proto.String("a@b.c")},
		"a type within itself": value,
		"nil":                  (*usersv1.GetApiSessionResponse)(nil),
		"text that is no UTF-8": &usersv1.ListApiSessionsResponse{ApiSessions: []*usersv1.ApiSession{
			{Labels: map[string]string{"k": "\xff" + strings.Repeat("long", 1000)}}}},
		"no message": 5,
	} {
		got, gotErr := codec.Marshal(message)
		want, wantErr := own.Marshal(message)
		if !bytes.Equal(got.Materialize(), want.Materialize()) || (gotErr == nil) != (wantErr == nil) {
			t.Errorf("%s: got %x, %v, want %x, %v", name, got.Materialize(), gotErr, want.Materialize(), wantErr)
		}
		if gotErr != nil && gotErr.Error() != wantErr.Error() {
			t.Errorf("%s: got error %v, want %v", name, gotErr, wantErr)
		}
	}
}

func BenchmarkMarshal(b *testing.B) {
	session := &usersv1.ApiSession{SessionId: "s-1", Expiration: "2022-09-03T19:46:40.748Z", Labels: map[string]string{"team": "payroll"},
		SessionType: usersv1.SessionType_SESSION_TYPE_API, Token: proto.String("t-0123456789"), UserId: proto.String("u-1")}
	list := &usersv1.ListApiSessionsResponse{}
	for range 1000 {
		list.ApiSessions = append(list.ApiSessions, session)
	}
	for name, codec := range map[string]encoding.CodecV2{"ours": protocodec.New(answers()...), "grpc": encoding.GetCodecV2(grpcproto.Name)} {
		for size, message := range map[string]any{"one": &usersv1.GetApiSessionResponse{ApiSession: session}, "1000": list} {
			b.Run(name+"/"+size, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					data, err := codec.Marshal(message)
					if err != nil {
						b.Fatal(err)
					}
					data.Free()
				}
			})
		}
	}
}
