package wirejson_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// protoOf makes a message M of a .proto from its fields and from what else is in M
// and in the file, as Protobuf text.
func protoOf(tb testing.TB, fields, inMessage, inFile string) protoreflect.MessageDescriptor {
	tb.Helper()
	text := fmt.Sprintf(`syntax: "proto3" name: "x.proto" package: "x"
		dependency: [%q, "wingspan/users/v1/options.proto"]
		message_type { name: "M" %s %s } %s`,
		timestamppb.File_google_protobuf_timestamp_proto.Path(), fields, inMessage, inFile)
	file := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(text), file); err != nil {
		tb.Fatal(err)
	}
	desc, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		tb.Fatal(err)
	}
	return desc.Messages().ByName("M")
}

// field is a field of a message as Protobuf text.
func field(number int, name, kind, more string) string {
	if !strings.Contains(more, "label:") {
		more += " label: LABEL_OPTIONAL"
	}
	return fmt.Sprintf("field { number: %d name: %q type: TYPE_%s %s }\n", number, name, kind, more)
}

// entry is what a .proto's map<key, value> stands for.
func entry(key, value, more string) string {
	return `nested_type { name: "FEntry" options { map_entry: true } ` + field(1, "key", key, "") + field(2, "value", value, more) + "}"
}

// enum is an enum E with a zero value and others with the given options.
func enum(options ...string) string {
	var values strings.Builder
	for i, option := range options {
		fmt.Fprintf(&values, ` value { number: %d name: "E_%d" options { %s } }`, i+1, i+1, option)
	}
	return `enum_type { name: "E" value { number: 0 name: "E_ZERO" }` + values.String() + "}"
}

// optionals are n optional bools: f0, f1, ...
func optionals(n int) string {
	var fields strings.Builder
	for i := range n {
		fields.WriteString(field(i+1, fmt.Sprintf("f%d", i), "BOOL", fmt.Sprintf("proto3_optional: true oneof_index: %d", i)))
		fmt.Fprintf(&fields, "oneof_decl { name: \"_f%d\" }\n", i)
	}
	return fields.String()
}

const (
	repeated = "label: LABEL_REPEATED"
	mapField = repeated + ` type_name: ".x.M.FEntry"`
	ofE      = ` type_name: ".x.E"`
	wordA    = `[wingspan.users.v1.wire_word]: "A"`
	wordB    = `[wingspan.users.v1.wire_word]: "B"`
)

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ fields, inMessage, inFile, want string }{
		"bytes":             {field(1, "f", "BYTES", ""), "", "", "x.M.f: is of kind bytes"},
		"float":             {field(1, "f", "FLOAT", ""), "", "", "x.M.f: is of kind float"},
		"uint32":            {field(1, "f", "UINT32", ""), "", "", "x.M.f: is of kind uint32"},
		"uint64":            {field(1, "f", "UINT64", ""), "", "", "x.M.f: is of kind uint64"},
		"fixed64":           {field(1, "f", "FIXED64", ""), "", "", "x.M.f: is of kind fixed64"},
		"list of bytes":     {field(1, "f", "BYTES", repeated), "", "", "x.M.f: is of kind bytes"},
		"map of bytes":      {field(1, "f", "MESSAGE", mapField), entry("STRING", "BYTES", ""), "", "x.M.f: is a map of other than strings"},
		"map by int":        {field(1, "f", "MESSAGE", mapField), entry("INT32", "STRING", ""), "", "x.M.f: is a map of other than strings"},
		"oneof":             {field(1, "f", "STRING", "oneof_index: 0"), `oneof_decl { name: "o" }`, "", "x.M.f: is in a oneof"},
		"message in oneof":  {field(1, "f", "MESSAGE", `type_name: ".x.M" oneof_index: 0`), `oneof_decl { name: "o" }`, "", "x.M.f: is in a oneof"},
		"list of enums":     {field(1, "f", "ENUM", repeated+ofE), "", enum(wordA), "x.M.f: is a list of enums"},
		"no word":           {field(1, "f", "ENUM", ofE), "", enum(wordA, ""), "enum value x.E_2 has no wire_word"},
		"empty word":        {field(1, "f", "ENUM", ofE), "", enum(`[wingspan.users.v1.wire_word]: ""`), "enum value x.E_1 has no wire_word"},
		"word twice":        {field(1, "f", "ENUM", ofE), "", enum(wordA, wordA), "enum value x.E_2 has no wire_word of its own"},
		"map of words":      {field(1, "f", "MESSAGE", mapField), entry("STRING", "ENUM", ofE), enum(wordA), "x.M.f: is a map of other than strings"},
		"timestamp":         {field(1, "f", "MESSAGE", `type_name: ".google.protobuf.Timestamp"`), "", "", "x.M.f: google.protobuf.Timestamp has no JSON form"},
		"list of timestamp": {field(1, "f", "MESSAGE", repeated+` type_name: ".google.protobuf.Timestamp"`), "", "", "google.protobuf.Timestamp"},
		"JSON name twice":   {field(1, "f", "STRING", "") + field(2, "g", "STRING", `json_name: "f"`), "", "", "x.M has two fields of one JSON name"},
		"65 fields":         {optionals(65), "", "", "x.M has more than 64 fields"},
		"two faults":        {field(1, "f", "BYTES", "") + field(2, "g", "FLOAT", ""), "", "", "x.M.f: is of kind bytes"},
		"the second fault":  {field(1, "f", "BYTES", "") + field(2, "g", "FLOAT", ""), "", "", "x.M.g: is of kind float"},
		"within a message": {
			field(1, "f", "MESSAGE", `type_name: ".x.N"`), "", `message_type { name: "N" ` + field(1, "g", "BYTES", "") + "}", "x.M.f: x.N.g: is of kind bytes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wirejson.Compile(protoOf(t, c.fields, c.inMessage, c.inFile))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %q", err, c.want)
			}
		})
	}
}

func TestCompileRefusesGooglesTypes(t *testing.T) {
	t.Parallel()
	if _, err := wirejson.Compile((&structpb.Struct{}).ProtoReflect().Descriptor()); err == nil {
		t.Error("google.protobuf.Struct has no error")
	}
}

// TestCompileOmits: what is omitted may be of any kind.
func TestCompileOmits(t *testing.T) {
	t.Parallel()
	desc := protoOf(t, field(1, "f", "BYTES", "")+field(2, "g", "STRING", ""), "", "")
	codec, err := wirejson.Compile(desc, desc.Fields().ByName("f"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := codec.Append(nil, dynamicpb.NewMessage(desc))
	if want := `{"g":""}`; err != nil || string(text) != want {
		t.Errorf("wrote %s, %v, want %s", text, err, want)
	}
}

// TestOtherKinds: what the contract has no case of, but a codec is made for.
func TestOtherKinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ fields, inMessage, inFile, text string }{
		"64 fields":            {optionals(64), "", "", `{"f0":true,"f63":null,"f62":false}`},
		"recursion":            {field(1, "f", "MESSAGE", `type_name: ".x.M"`), "", "", `{"f":{"f":{"f":null}}}`},
		"strings":              {field(1, "f", "STRING", repeated), "", "", `{"f":["","a",""]}`},
		"numbers":              {field(1, "f", "INT64", repeated), "", "", `{"f":[1,-2,0]}`},
		"map":                  {field(1, "f", "MESSAGE", mapField), entry("STRING", "STRING", ""), "", `{"f":{"a":"A","":"B","d":null}}`},
		"word":                 {field(1, "f", "ENUM", ofE), "", enum(wordA, wordB), `{"f":"B"}`},
		"unknown word":         {field(1, "f", "ENUM", ofE), "", enum(wordA, wordB), `{"f":"C"}`},
		"odd JSON name":        {field(1, "f", "STRING", `json_name: "é \"<\\"`), "", "", `{"é \"<\\":"a"}`},
		"odd JSON name null":   {field(1, "f", "STRING", `json_name: "é \"<\\"`), "", "", `{"é \"<\\":null}`},
		"odd JSON name absent": {field(1, "f", "STRING", `json_name: "é \"<\\"`), "", "", `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desc := protoOf(t, c.fields, c.inMessage, c.inFile)
			message := dynamicpb.NewMessage(desc)
			sameJSON(t, relay(t, message, c.text, wirejson.Answer), c.text)
		})
	}
}

// TestNoGapsInLists: a list cannot hold null.
func TestNoGapsInLists(t *testing.T) {
	t.Parallel()
	message := dynamicpb.NewMessage(protoOf(t, field(1, "f", "STRING", repeated), "", ""))
	for _, strictness := range strictnesses {
		got := refusal(t, message, `{"f":["a",null]}`, strictness)
		if want := (wirejson.Error{Field: "f[1]", Problem: "must be a string, not null"}); *got != want {
			t.Errorf("got %+v, want %+v", *got, want)
		}
	}
}

func TestUnknownWordInRequest(t *testing.T) {
	t.Parallel()
	desc := protoOf(t, field(1, "f", "ENUM", ofE), "", enum(wordA, wordB))
	got := refusal(t, dynamicpb.NewMessage(desc), `{"f":"C"}`, wirejson.Request)
	if want := (wirejson.Error{Field: "f", Problem: `must be one of "A", "B"`}); *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
}
