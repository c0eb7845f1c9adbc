// Command stubimage reads the descriptors of the contract on stdin and writes on
// stdout those that client stubs are made from: without the options that only
// the server reads, so that no stub imports google/api or buf/validate, and with
// the error details (google.rpc) that the server sends, so that a caller needs
// no other .proto file.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

const (
	ours = protoreflect.FullName("wingspan.users.v1")
	// javaPackage is named here, not in the contract, which has no other word for
	// Java. The default would be a package that the vendor might use.
	javaPackage = "io.github.wingspangrpc.users.v1"
)

// serverOnly are the files that stubs do without: those that define options.
var serverOnly = []string{"buf/validate/", "google/api/", "google/protobuf/descriptor.proto", optionsFile}

// optionsFile defines the contract's own options. Taking its path from the
// generated code also registers all options, so that they are read as such.
var optionsFile = usersv1.File_wingspan_users_v1_options_proto.Path()

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "stubimage:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	all := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(text, all); err != nil {
		return err
	}
	stubs := &descriptorpb.FileDescriptorSet{}
	have := map[string]bool{}
	add := func(file *descriptorpb.FileDescriptorProto) {
		if !have[file.GetName()] && !isServerOnly(file.GetName()) {
			have[file.GetName()] = true
			stubs.File = append(stubs.File, file)
		}
	}
	for _, file := range all.GetFile() {
		if file.GetPackage() == string(ours) {
			strip(file)
			file.Options.JavaPackage = proto.String(javaPackage)
			file.Options.JavaMultipleFiles = proto.Bool(true)
		}
		add(file)
	}
	for _, file := range []protoreflect.FileDescriptor{ // each after what it imports
		anypb.File_google_protobuf_any_proto,
		durationpb.File_google_protobuf_duration_proto,
		status.File_google_rpc_status_proto,
		errdetails.File_google_rpc_error_details_proto,
	} {
		add(protodesc.ToFileDescriptorProto(file))
	}
	if _, err := protodesc.NewFiles(stubs); err != nil {
		return fmt.Errorf("what is left does not hold together: %w", err)
	}
	text, err = proto.MarshalOptions{Deterministic: true}.Marshal(stubs)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

func isServerOnly(path string) bool {
	return slices.ContainsFunc(serverOnly, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// strip takes the imports that are for servers only out of a file, and all
// options that they define.
func strip(file *descriptorpb.FileDescriptorProto) {
	file.Dependency = slices.DeleteFunc(file.Dependency, isServerOnly)
	stripOptions(file.ProtoReflect())
}

// debugRedact marks secrets. No stub of ours heeds it, and protoc before 22
// makes no Java of a file that has it.
var debugRedact = (*descriptorpb.FieldOptions)(nil).ProtoReflect().Descriptor().Fields().ByName("debug_redact")

// stripOptions clears every extension in a descriptor and in those within it.
func stripOptions(message protoreflect.Message) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsExtension(), field == debugRedact:
			message.Clear(field)
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				stripOptions(value.List().Get(i).Message())
			}
		case !field.IsList() && field.Message() != nil:
			stripOptions(value.Message())
		}
		return true
	})
}
