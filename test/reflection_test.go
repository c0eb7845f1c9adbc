package test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// reflector asks a server's reflection, in one of its versions.
type reflector struct {
	t   *testing.T
	ask func(*reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse
}

// connect opens a stream of a version's. v1alpha's messages are v1's under another
// name, so v1's stand in for them.
func connect(t *testing.T, conn grpc.ClientConnInterface, version string) reflector {
	t.Helper()
	stream, err := conn.NewStream(t.Context(), &reflectionv1.ServerReflection_ServiceDesc.Streams[0],
		"/grpc.reflection."+version+".ServerReflection/ServerReflectionInfo")
	if err != nil {
		t.Fatal(err)
	}
	return reflector{t, func(request *reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse {
		t.Helper()
		answer := &reflectionv1.ServerReflectionResponse{}
		if err := errors.Join(stream.SendMsg(request), stream.RecvMsg(answer)); err != nil {
			t.Fatal(err)
		}
		if failed := answer.GetErrorResponse(); failed != nil {
			t.Fatalf("%v: %s", request, failed.GetErrorMessage())
		}
		return answer
	}}
}

// fetch adds the files of a response, and asks for what they import.
func (r reflector) fetch(answer *reflectionv1.ServerReflectionResponse, files map[string]*descriptorpb.FileDescriptorProto) {
	r.t.Helper()
	for _, text := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
		file := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(text, file); err != nil {
			r.t.Fatal(err)
		}
		files[file.GetName()] = file
	}
	for _, file := range files {
		for _, path := range file.GetDependency() {
			if files[path] == nil {
				r.fetch(r.ask(&reflectionv1.ServerReflectionRequest{
					MessageRequest: &reflectionv1.ServerReflectionRequest_FileByFilename{FileByFilename: path}}), files)
			}
		}
	}
}

// services lists what the server serves.
func (r reflector) services() (names []string) {
	r.t.Helper()
	answer := r.ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	for _, service := range answer.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	return names
}

// TestReflection: a client that knows nothing finds every service, resolves every
// import, and reads what each thing of the contract is for.
func TestReflection(t *testing.T) {
	t.Parallel()
	facade := facadetest.Start(t, facadetest.NewRecorder(t, nil).URL, facadetest.Config{})
	for _, version := range []string{"v1", "v1alpha"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			r := connect(t, facade.Conn, version)
			services := r.services()
			for _, want := range []string{string(facadetest.Descriptor.FullName()), "grpc.health.v1.Health",
				"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"} {
				if !slices.Contains(services, want) {
					t.Errorf("%s is not among %q", want, services)
				}
			}
			files := map[string]*descriptorpb.FileDescriptorProto{}
			for _, name := range append(services, "wingspan.users.v1.ErrorReason", "wingspan.users.v1.wire_word", "google.rpc.ErrorInfo") {
				r.fetch(r.ask(&reflectionv1.ServerReflectionRequest{
					MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name}}), files)
			}
			set := &descriptorpb.FileDescriptorSet{}
			for _, file := range files {
				set.File = append(set.File, file)
			}
			resolved, err := protodesc.NewFiles(set)
			if err != nil {
				t.Fatal(err)
			}
			checkComments(t, resolved)
			checkExtensions(t, r)
		})
	}
}

// checkComments fails for each thing of the contract without a comment, and
// restates some that must be there.
func checkComments(t *testing.T, files *protoregistry.Files) {
	t.Helper()
	found := 0
	files.RangeFilesByPackage("wingspan.users.v1", func(file protoreflect.FileDescriptor) bool {
		for _, d := range everything(file) {
			found++
			if comment(d) == "" {
				t.Errorf("%s has no comment", d.FullName())
			}
		}
		return true
	})
	if found < 200 {
		t.Errorf("the contract has only %d things", found)
	}
	for name, want := range map[protoreflect.FullName]string{
		"SessionAndAuthenticationService":               "signs people and programs in and out",
		"SessionAndAuthenticationService.CreateSession": "Signs in with an email address and a password.",
		"Session.token":           "It is a credential",
		"SESSION_TYPE_API":        "A program's session.",
		"ERROR_REASON_OVERLOADED": "as many calls in flight as it takes",
	} {
		d, err := files.FindDescriptorByName("wingspan.users.v1." + name)
		if err != nil || !strings.Contains(strings.Join(strings.Fields(comment(d)), " "), want) {
			t.Errorf("%s does not say %q (%v)", name, want, err)
		}
	}
}

func comment(d protoreflect.Descriptor) string {
	return strings.TrimSpace(d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments)
}

// everything lists what a file defines.
func everything(file protoreflect.FileDescriptor) (all []protoreflect.Descriptor) {
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		all = append(all, service)
		for j := range service.Methods().Len() {
			all = append(all, service.Methods().Get(j))
		}
	}
	for i := range file.Messages().Len() {
		message := file.Messages().Get(i)
		all = append(all, message)
		for j := range message.Fields().Len() {
			all = append(all, message.Fields().Get(j))
		}
	}
	for i := range file.Enums().Len() {
		enum := file.Enums().Get(i)
		all = append(all, enum)
		for j := range enum.Values().Len() {
			all = append(all, enum.Values().Get(j))
		}
	}
	for i := range file.Extensions().Len() {
		all = append(all, file.Extensions().Get(i))
	}
	return all
}

// checkExtensions: a client that prints options asks for those by their numbers.
func checkExtensions(t *testing.T, r reflector) {
	t.Helper()
	for message, number := range map[string]int32{
		"google.protobuf.EnumValueOptions": 3898776, "google.protobuf.MethodOptions": 32220487, "google.protobuf.MessageOptions": 58942334} {
		numbers := r.ask(&reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_AllExtensionNumbersOfType{AllExtensionNumbersOfType: message}}).
			GetAllExtensionNumbersResponse().GetExtensionNumber()
		if !slices.Contains(numbers, number) {
			t.Errorf("%s has the extensions %v, not %d", message, numbers, number)
		}
		files := map[string]*descriptorpb.FileDescriptorProto{}
		r.fetch(r.ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingExtension{
			FileContainingExtension: &reflectionv1.ExtensionRequest{ContainingType: message, ExtensionNumber: number}}}), files)
		if files["wingspan/users/v1/options.proto"] == nil {
			t.Errorf("extension %d of %s is in none of our files", number, message)
		}
	}
}
