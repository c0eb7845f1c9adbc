// Package reflection serves the contract's descriptors to clients that ask for them, on
// any server that takes grpc-go's services.
package reflection

import (
	"errors"
	"fmt"
	"sync"

	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/wingspan-grpc/session-facade/gen"
)

// Register serves reflection, in both versions that clients ask for,
// with the comments of the .proto files: the descriptors that are compiled in have
// none. It reads the contract's image when it is first asked: most servers never are.
func Register(server reflection.GRPCServer) {
	options := sync.OnceValues(func() (reflection.ServerOptions, error) {
		files, extensions, err := readContract()
		return reflection.ServerOptions{Services: server, DescriptorResolver: files, ExtensionResolver: extensions}, err
	})
	reflectionv1.RegisterServerReflectionServer(server, reflectionV1{options: options})
	reflectionv1alpha.RegisterServerReflectionServer(server, reflectionV1Alpha{options: options})
}

type reflectionV1 struct {
	reflectionv1.UnimplementedServerReflectionServer
	options func() (reflection.ServerOptions, error)
}

// ServerReflectionInfo implements reflection.
func (r reflectionV1) ServerReflectionInfo(stream reflectionv1.ServerReflection_ServerReflectionInfoServer) error {
	options, err := r.options()
	if err != nil {
		return err
	}
	return reflection.NewServerV1(options).ServerReflectionInfo(stream)
}

type reflectionV1Alpha struct {
	reflectionv1alpha.UnimplementedServerReflectionServer
	options func() (reflection.ServerOptions, error)
}

// ServerReflectionInfo implements reflection.
func (r reflectionV1Alpha) ServerReflectionInfo(stream reflectionv1alpha.ServerReflection_ServerReflectionInfoServer) error {
	options, err := r.options()
	if err != nil {
		return err
	}
	return reflection.NewServer(options).ServerReflectionInfo(stream)
}

// readContract reads the image, and adds what is not in it, such as health, reflection
// and the details of errors, from the compiled descriptors.
func readContract() (*protoregistry.Files, *protoregistry.Types, error) {
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal([]byte(gen.Image), set); err != nil {
		return nil, nil, fmt.Errorf("gen/descriptor.binpb: %w", err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, nil, fmt.Errorf("gen/descriptor.binpb: %w", err)
	}
	extensions := &protoregistry.Types{}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Extensions().Len() {
			err = errors.Join(err, extensions.RegisterExtension(dynamicpb.NewExtensionType(file.Extensions().Get(i))))
		}
		return true
	})
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if _, absent := files.FindFileByPath(file.Path()); absent != nil {
			err = errors.Join(err, files.RegisterFile(file))
		}
		return true
	})
	return files, extensions, err
}
