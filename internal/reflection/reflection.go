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
// none.
func Register(server reflection.GRPCServer) {
	c := &contract{read: sync.OnceValues(readContract)}
	options := reflection.ServerOptions{Services: server, DescriptorResolver: c, ExtensionResolver: c}
	reflectionv1.RegisterServerReflectionServer(server, reflection.NewServerV1(options))
	reflectionv1alpha.RegisterServerReflectionServer(server, reflection.NewServer(options))
}

// contract finds descriptors in the contract's image, and those of health and
// reflection, which are not in it, among the compiled ones. It reads the image
// when it is first asked: most servers never are.
type contract struct {
	read func() (*image, error)
}

type image struct {
	files      *protoregistry.Files
	extensions *protoregistry.Types
}

func readContract() (*image, error) {
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal([]byte(gen.Image), set); err != nil {
		return nil, fmt.Errorf("gen/descriptor.binpb: %w", err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fmt.Errorf("gen/descriptor.binpb: %w", err)
	}
	extensions := &protoregistry.Types{}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Extensions().Len() {
			if err = extensions.RegisterExtension(dynamicpb.NewExtensionType(file.Extensions().Get(i))); err != nil {
				return false
			}
		}
		return true
	})
	return &image{files, extensions}, err
}

// FindFileByPath implements protodesc.Resolver.
func (c *contract) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	image, err := c.read()
	if err != nil {
		return nil, err
	}
	found, err := image.files.FindFileByPath(path)
	if errors.Is(err, protoregistry.NotFound) {
		return protoregistry.GlobalFiles.FindFileByPath(path)
	}
	return found, err
}

// FindDescriptorByName implements protodesc.Resolver.
func (c *contract) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	image, err := c.read()
	if err != nil {
		return nil, err
	}
	found, err := image.files.FindDescriptorByName(name)
	if errors.Is(err, protoregistry.NotFound) {
		return protoregistry.GlobalFiles.FindDescriptorByName(name)
	}
	return found, err
}

// FindExtensionByName implements reflection.ExtensionResolver. All extensions are
// the contract's: health and reflection have none.
func (c *contract) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	image, err := c.read()
	if err != nil {
		return nil, err
	}
	return image.extensions.FindExtensionByName(name)
}

// FindExtensionByNumber implements reflection.ExtensionResolver.
func (c *contract) FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	image, err := c.read()
	if err != nil {
		return nil, err
	}
	return image.extensions.FindExtensionByNumber(message, number)
}

// RangeExtensionsByMessage implements reflection.ExtensionResolver.
func (c *contract) RangeExtensionsByMessage(message protoreflect.FullName, visit func(protoreflect.ExtensionType) bool) {
	if image, err := c.read(); err == nil {
		image.extensions.RangeExtensionsByMessage(message, visit)
	}
}
