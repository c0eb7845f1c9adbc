package main

import (
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
		if path := os.Getenv("WRITE"); path != "" {
			_ = os.MkdirAll(folder+"wingspan/users/v1", 0o755)
			_ = os.WriteFile(folder+name, []byte(want), 0o644)
		}
		got, err := os.ReadFile(folder + name)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what the plugin writes (make generate): %v", name, err)
		}
	}
	if committed, err := os.ReadDir(folder + "wingspan/users/v1"); err != nil || len(committed) != len(files) {
		t.Errorf("%d files are committed and %d generated: %v", len(committed), len(files), err)
	}
}
