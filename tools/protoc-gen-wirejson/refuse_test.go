package main

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// fileOf makes a .proto with a message M and one RPC, which has it for a body, from M's
// fields and from what else is in M and in the file, as Protobuf text.
func fileOf(t *testing.T, fields, inMessage, inFile string) protoreflect.FileDescriptor {
	t.Helper()
	return parse(t, fmt.Sprintf(`message_type { name: "M" %s %s } %s`, fields, inMessage, inFile)+
		service("S", `post: "/x/{path}" body: "*"`, ".x.M", ".x.Empty")+`message_type { name: "Empty" }`)
}

func parse(t *testing.T, text string) protoreflect.FileDescriptor {
	t.Helper()
	file := &descriptorpb.FileDescriptorProto{}
	head := fmt.Sprintf(`syntax: "proto3" name: "x/x.proto" package: "x" options { go_package: "example.com/x;xpb" }
		dependency: [%q, %q, %q, "wingspan/users/v1/options.proto", "wingspan/users/v1/resources.proto"]`,
		timestamppb.File_google_protobuf_timestamp_proto.Path(), annotations.File_google_api_annotations_proto.Path(),
		fieldmaskpb.File_google_protobuf_field_mask_proto.Path())
	if err := prototext.Unmarshal([]byte(head+text), file); err != nil {
		t.Fatal(err)
	}
	desc, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return desc
}

// service is a service of one RPC as Protobuf text.
func service(name, rule, input, output string) string {
	return fmt.Sprintf(`service { name: %q method { name: "Do" input_type: %q output_type: %q options { [google.api.http]: { %s } } } }`,
		name, input, output, rule)
}

// field is a field of a message as Protobuf text.
func protoField(number int, name, kind, more string) string {
	if !strings.Contains(more, "label:") {
		more += " label: LABEL_OPTIONAL"
	}
	return fmt.Sprintf("field { number: %d name: %q type: TYPE_%s %s }\n", number, name, kind, more)
}

// entry is what a .proto's map<key, value> stands for.
func entry(key, value, more string) string {
	return `nested_type { name: "FEntry" options { map_entry: true } ` + protoField(1, "key", key, "") + protoField(2, "value", value, more) + "}"
}

// enumOf is an enum E with a zero value and others with the given options.
func enumOf(options ...string) string {
	var values strings.Builder
	for i, option := range options {
		fmt.Fprintf(&values, ` value { number: %d name: "E_%d" options { %s } }`, i+1, i+1, option)
	}
	return `enum_type { name: "E" value { number: 0 name: "E_ZERO" }` + values.String() + "}"
}

const (
	repeated = "label: LABEL_REPEATED"
	mapField = repeated + ` type_name: ".x.M.FEntry"`
	ofE      = ` type_name: ".x.E"`
	wordA    = `[wingspan.users.v1.wire_word]: "A"`
	wordB    = `[wingspan.users.v1.wire_word]: "B"`
)

// TestRefuses: what the .proto does not tell the JSON of.
func TestRefuses(t *testing.T) {
	t.Parallel()
	f := protoField
	for name, c := range map[string]struct{ fields, inMessage, inFile, want string }{
		"bytes":             {f(1, "f", "BYTES", ""), "", "", "x.M.f: is of kind bytes"},
		"float":             {f(1, "f", "FLOAT", ""), "", "", "x.M.f: is of kind float"},
		"uint32":            {f(1, "f", "UINT32", ""), "", "", "x.M.f: is of kind uint32"},
		"uint64":            {f(1, "f", "UINT64", ""), "", "", "x.M.f: is of kind uint64"},
		"fixed64":           {f(1, "f", "FIXED64", ""), "", "", "x.M.f: is of kind fixed64"},
		"list of bytes":     {f(1, "f", "BYTES", repeated), "", "", "x.M.f: is of kind bytes"},
		"map of bytes":      {f(1, "f", "MESSAGE", mapField), entry("STRING", "BYTES", ""), "", "x.M.f: is a map of other than strings"},
		"map by int":        {f(1, "f", "MESSAGE", mapField), entry("INT32", "STRING", ""), "", "x.M.f: is a map of other than strings"},
		"map of words":      {f(1, "f", "MESSAGE", mapField), entry("STRING", "ENUM", ofE), enumOf(wordA), "x.M.f: is a map of other than strings"},
		"oneof":             {f(1, "f", "STRING", "oneof_index: 0"), `oneof_decl { name: "o" }`, "", "x.M.f: is in a oneof"},
		"message in oneof":  {f(1, "f", "MESSAGE", `type_name: ".x.Empty" oneof_index: 0`), `oneof_decl { name: "o" }`, "", "x.M.f: is in a oneof"},
		"list of words":     {f(1, "f", "ENUM", repeated+ofE), "", enumOf(wordA), "x.M.f: is a list of enums"},
		"no word":           {f(1, "f", "ENUM", ofE), "", enumOf("deprecated: true"), "x.M.f: enum value x.E_1 has no wire_word of its own"},
		"empty word":        {f(1, "f", "ENUM", ofE), "", enumOf(`[wingspan.users.v1.wire_word]: ""`), "enum value x.E_1 has no wire_word of its own"},
		"word twice":        {f(1, "f", "ENUM", ofE), "", enumOf(wordA, wordA), "enum value x.E_2 has no wire_word of its own"},
		"timestamp":         {f(1, "f", "MESSAGE", `type_name: ".google.protobuf.Timestamp"`), "", "", "x.M.f: google.protobuf.Timestamp has no JSON form"},
		"list of timestamp": {f(1, "f", "MESSAGE", repeated+` type_name: ".google.protobuf.Timestamp"`), "", "", "google.protobuf.Timestamp"},
		"other package":     {f(1, "f", "MESSAGE", `type_name: ".wingspan.users.v1.Session"`), "", "", "wingspan.users.v1.Session is of another package"},
		"other enum":        {f(1, "f", "ENUM", `type_name: ".wingspan.users.v1.SessionType"`), "", "", "wingspan.users.v1.SessionType is of another package"},
		"JSON name twice":   {f(1, "f", "STRING", "") + f(2, "g", "STRING", `json_name: "f"`), "", "", "x.M.g has the JSON name of another field"},
		"recursion":         {f(1, "f", "MESSAGE", `type_name: ".x.M"`), "", "", "x.M.f: x.M holds itself"},
		"two faults":        {f(1, "f", "BYTES", "") + f(2, "g", "FLOAT", ""), "", "", "x.M.g: is of kind float"},
		"within a message": {
			f(1, "f", "MESSAGE", `type_name: ".x.N"`), "", `message_type { name: "N" ` + f(1, "g", "BYTES", "") + "}", "x.M.f: x.N.g: is of kind bytes",
		},
		"long recursion": {
			f(1, "f", "MESSAGE", `type_name: ".x.N"`), "", `message_type { name: "N" ` + f(1, "m", "MESSAGE", `type_name: ".x.M"`) + "}", "x.M holds itself",
		},
		"two services": {"", "", service("T", `get: "/t"`, ".x.Empty", ".x.Empty"), "there is one table of methods"},
		"body of no field": {
			"", "", service("R", `post: "/r" body: "f"`, ".x.Empty", ".x.Empty"), `body "f" is no message`,
		},
		"no rule": {"", "", `service { name: "R" method { name: "Do" input_type: ".x.M" output_type: ".x.M" } }`, "has no google.api.http rule"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if files, err := run(t, requestOf("x/", fileOf(t, c.fields, c.inMessage, c.inFile))); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v and %d files, want %q", err, len(files), c.want)
			}
		})
	}
	if _, err := run(t, requestOf("x/", fileOf(t, "", "", "")), "x.Nothing"); err == nil {
		t.Error("a message that is not there has a codec")
	}
}

// TestRefusesOneMessageForTwoPaths: its JSON would be two.
func TestRefusesOneMessageForTwoPaths(t *testing.T) {
	t.Parallel()
	rpc := func(name, path string) string {
		return fmt.Sprintf(`method { name: %q input_type: ".x.M" output_type: ".x.M" options { [google.api.http]: { post: %q body: "*" } } }`, name, path)
	}
	file := parse(t, `message_type { name: "M" `+protoField(1, "path", "STRING", "")+`} service { name: "S" `+rpc("Do", "/do/{path}")+rpc("Undo", "/undo")+`}`)
	if _, err := run(t, requestOf("x/", file)); err == nil || !strings.Contains(err.Error(), "x.M is the body of two RPCs") {
		t.Errorf("got error %v", err)
	}
}
