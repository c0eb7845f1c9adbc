// Package customoption reads options that the .proto files themselves declare, for
// protoc plugins. It does not link the Go code that is generated for them: buf
// empties that folder before it starts the plugins, so a plugin would not compile
// when it is needed.
package customoption

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Reader knows the options that some files declare.
type Reader struct {
	types *dynamicpb.Types
}

// NewReader makes the extensions that the files declare known.
func NewReader(files []*descriptorpb.FileDescriptorProto) (*Reader, error) {
	registry, err := protodesc.NewFiles(&descriptorpb.FileDescriptorSet{File: files})
	if err != nil {
		return nil, fmt.Errorf("resolve the request's files: %w", err)
	}
	return &Reader{types: dynamicpb.NewTypes(registry)}, nil
}

// Value returns the option of that name. It is an error if d has none.
func (r *Reader) Value(d protoreflect.Descriptor, name protoreflect.FullName) (protoreflect.Value, error) {
	value, found, err := r.LookUp(d, name)
	if err == nil && !found {
		err = fmt.Errorf("%s has no option %s", d.FullName(), name)
	}
	return value, err
}

// LookUp returns the option of that name, and whether d has it.
func (r *Reader) LookUp(d protoreflect.Descriptor, name protoreflect.FullName) (value protoreflect.Value, found bool, err error) {
	extension, err := r.types.FindExtensionByName(name)
	if err != nil {
		return value, false, fmt.Errorf("option %s: %w", name, err)
	}
	raw, err := proto.Marshal(d.Options())
	if err != nil {
		return value, false, fmt.Errorf("options of %s: %w", d.FullName(), err)
	}
	typed := d.Options().ProtoReflect().New()
	if err := (proto.UnmarshalOptions{Resolver: r.types}).Unmarshal(raw, typed.Interface()); err != nil {
		return value, false, fmt.Errorf("options of %s: %w", d.FullName(), err)
	}
	field := extension.TypeDescriptor()
	return typed.Get(field), typed.Has(field), nil
}
