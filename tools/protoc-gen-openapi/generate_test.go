package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// contractRequest returns what protoc would hand to the plugin, but for the
// comments: compiled descriptors hold none.
func contractRequest() *pluginpb.CodeGeneratorRequest {
	request := &pluginpb.CodeGeneratorRequest{}
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
		if strings.HasPrefix(file.Path(), "wingspan/") {
			request.FileToGenerate = append(request.FileToGenerate, file.Path())
		}
	}
	add(usersv1.File_wingspan_users_v1_errors_proto)
	add(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto)
	return request
}

// run runs the plugin and returns the document that it writes.
func run(t *testing.T, request *pluginpb.CodeGeneratorRequest) (string, error) {
	t.Helper()
	gen, err := protogen.Options{}.New(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := generate(gen, "v1"); err != nil {
		return "", err
	}
	response := gen.Response()
	if problem := response.GetError(); problem != "" {
		t.Fatal(problem)
	}
	files := response.GetFile()
	if len(files) != 2 || files[0].GetName() != documentName || files[1].GetName() != packageName {
		t.Fatalf("the plugin wrote %d files, want %s and %s", len(files), documentName, packageName)
	}
	if got := files[1].GetContent(); got != packageText {
		t.Errorf("%s holds:\n%s", packageName, got)
	}
	return files[0].GetContent(), nil
}

// facts decodes a document and drops all that comes from comments.
func facts(t *testing.T, document string) any {
	t.Helper()
	var tree any
	if err := json.Unmarshal([]byte(document), &tree); err != nil {
		t.Fatal(err)
	}
	return withoutProse(tree)
}

func withoutProse(node any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			_, text := value.(string)
			if key == "examples" || text && (key == "description" || key == "summary" || key == "title" || key == "example") {
				delete(node, key)
				continue
			}
			node[key] = withoutProse(value)
		}
	case []any:
		for i, value := range node {
			node[i] = withoutProse(value)
		}
	}
	return node
}

func TestCommittedDocumentIsWhatTheDescriptorsSay(t *testing.T) {
	t.Parallel()
	committed, err := os.ReadFile(documentPath)
	if err != nil {
		t.Fatal(err)
	}
	generated, err := run(t, contractRequest())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(facts(t, generated), facts(t, string(committed))) {
		t.Errorf("%s is stale: run buf generate", documentPath)
	}
}

func TestSameRequestGivesSameBytes(t *testing.T) {
	t.Parallel()
	first, err := run(t, contractRequest())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := run(t, contractRequest())
		if err != nil {
			t.Fatal(err)
		}
		if again != first {
			t.Fatal("two runs differ")
		}
	}
}

func TestNoServiceGivesNoFile(t *testing.T) {
	t.Parallel()
	request := contractRequest()
	request.FileToGenerate = []string{usersv1.File_wingspan_users_v1_errors_proto.Path()}
	gen, err := protogen.Options{}.New(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := generate(gen, "v1"); err != nil {
		t.Fatal(err)
	}
	if got := len(gen.Response().GetFile()); got != 0 {
		t.Errorf("the plugin wrote %d files", got)
	}
}

// contract finds elements of a request by name, for tests that change them.
type changed struct {
	t       *testing.T
	request *pluginpb.CodeGeneratorRequest
}

func (c changed) method(name string) *descriptorpb.MethodDescriptorProto {
	c.t.Helper()
	for _, file := range c.request.GetProtoFile() {
		for _, service := range file.GetService() {
			for _, method := range service.GetMethod() {
				if method.GetName() == name {
					return method
				}
			}
		}
	}
	c.t.Fatalf("no method %s", name)
	return nil
}

func (c changed) message(name string) *descriptorpb.DescriptorProto {
	c.t.Helper()
	for _, file := range c.request.GetProtoFile() {
		for _, message := range file.GetMessageType() {
			if file.GetPackage() == "wingspan.users.v1" && message.GetName() == name {
				return message
			}
		}
	}
	c.t.Fatalf("no message %s", name)
	return nil
}

func (c changed) enum(name string) *descriptorpb.EnumDescriptorProto {
	c.t.Helper()
	for _, file := range c.request.GetProtoFile() {
		for _, enum := range file.GetEnumType() {
			if enum.GetName() == name {
				return enum
			}
		}
	}
	c.t.Fatalf("no enum %s", name)
	return nil
}

// setRule replaces a method's HTTP rule.
func (c changed) setRule(method string, rule *annotations.HttpRule) {
	c.t.Helper()
	proto.SetExtension(c.method(method).GetOptions(), annotations.E_Http, rule)
}

// setOperation replaces what the vendor documents of a method.
func (c changed) setOperation(method, name string, status int32) {
	c.t.Helper()
	proto.SetExtension(c.method(method).GetOptions(), usersv1.E_Operation,
		&usersv1.Operation{Name: name, SuccessStatus: status})
}
