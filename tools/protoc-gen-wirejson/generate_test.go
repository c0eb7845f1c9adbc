package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/pluginpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// update renews the golden file.
var update = flag.Bool("update", false, "renew testdata")

// requestOf is what protoc would hand to the plugin to generate the last of the files
// and all others under folder.
func requestOf(folder string, files ...protoreflect.FileDescriptor) *pluginpb.CodeGeneratorRequest {
	request := &pluginpb.CodeGeneratorRequest{Parameter: proto.String("paths=source_relative")}
	seen := map[string]bool{}
	var add func(protoreflect.FileDescriptor)
	add = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true
		for i := range file.Imports().Len() {
			add(file.Imports().Get(i).FileDescriptor)
		}
		request.ProtoFile = append(request.ProtoFile, protodesc.ToFileDescriptorProto(file))
		if strings.HasPrefix(file.Path(), folder) {
			request.FileToGenerate = append(request.FileToGenerate, file.Path())
		}
	}
	for _, file := range files {
		add(file)
	}
	return request
}

// run runs the plugin and returns the files that it writes, by name.
func run(t *testing.T, request *pluginpb.CodeGeneratorRequest, more ...string) (map[string]string, error) {
	t.Helper()
	gen, err := protogen.Options{}.New(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := generate(gen, more); err != nil {
		return nil, err
	}
	response := gen.Response()
	if problem := response.GetError(); problem != "" {
		t.Fatal(problem)
	}
	files := map[string]string{}
	for _, file := range response.GetFile() {
		files[file.GetName()] = file.GetContent()
	}
	return files, nil
}

// TestGeneratedIsCommitted: gen/wirejson is what the plugin makes of the contract.
func TestGeneratedIsCommitted(t *testing.T) {
	t.Parallel()
	files, err := run(t, requestOf("wingspan/", usersv1.File_wingspan_users_v1_errors_proto,
		usersv1.File_wingspan_users_v1_session_and_authentication_service_proto), "wingspan.users.v1.ErrorBody")
	if err != nil {
		t.Fatal(err)
	}
	const folder = "../../gen/wirejson/"
	for name, want := range files {
		got, err := os.ReadFile(folder + name)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what the plugin writes (make generate): %v", name, err)
		}
	}
	if committed, err := os.ReadDir(folder + "wingspan/users/v1"); err != nil || len(committed) != len(files) {
		t.Errorf("%d files are committed and %d generated: %v", len(committed), len(files), err)
	}
}

// TestEveryKind: the code for each kind of field. It is like the contract's, which is
// compiled and tested.
func TestEveryKind(t *testing.T) {
	t.Parallel()
	f := protoField
	fields := f(1, "path", "BYTES", "") + f(2, "text", "STRING", `json_name: "é \"<\\"`) + f(3, "maybe", "STRING", `proto3_optional: true oneof_index: 0`) +
		f(4, "texts", "STRING", repeated) + f(5, "truth", "BOOL", "") + f(6, "small", "SINT32", "") + f(7, "fixed", "SFIXED32", "") +
		f(8, "large", "INT64", repeated) + f(9, "double", "DOUBLE", "") + f(10, "word", "ENUM", ofE) +
		f(11, "maybe_word", "ENUM", `proto3_optional: true oneof_index: 1`+ofE) + f(12, "f", "MESSAGE", mapField) +
		f(13, "n", "MESSAGE", `type_name: ".x.N"`) + f(14, "list", "MESSAGE", repeated+` type_name: ".x.N"`)
	files, err := run(t, requestOf("x/", fileOf(t, fields, entry("STRING", "STRING", "")+`oneof_decl { name: "_maybe" } oneof_decl { name: "_maybe_word" }`,
		enumOf(wordB, wordA)+`message_type { name: "N" }`)), "x.N")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/kinds.go.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(files["x/x.json.go"]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := files["x/x.json.go"]; got != string(want) {
		t.Errorf("%s is not what the plugin writes:\n%s", golden, got)
	}
}
