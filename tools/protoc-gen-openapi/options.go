package main

import (
	"fmt"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// The contract's own options, by name.
const (
	operationOption protoreflect.FullName = "wingspan.users.v1.operation"
	wireWordOption  protoreflect.FullName = "wingspan.users.v1.wire_word"
	exampleOption   protoreflect.FullName = "wingspan.users.v1.example"
)

// wireOptions reads the contract's own options out of the request. It does not
// link the Go code that is generated for them: buf empties that folder before
// it starts the plugins, so the plugin would not compile when it is needed.
type wireOptions struct {
	types *dynamicpb.Types
}

// newWireOptions makes the extensions that the files declare known.
func newWireOptions(files []*descriptorpb.FileDescriptorProto) (*wireOptions, error) {
	registry, err := protodesc.NewFiles(&descriptorpb.FileDescriptorSet{File: files})
	if err != nil {
		return nil, fmt.Errorf("resolve the request's files: %w", err)
	}
	return &wireOptions{types: dynamicpb.NewTypes(registry)}, nil
}

// value returns the option of that name. It is an error if d has none: without
// it the document would promise what the wire does not hold.
func (w *wireOptions) value(d protoreflect.Descriptor, name protoreflect.FullName) (protoreflect.Value, error) {
	value, found, err := w.lookUp(d, name)
	if err == nil && !found {
		err = fmt.Errorf("%s has no option %s", d.FullName(), name)
	}
	return value, err
}

// lookUp returns the option of that name, and whether d has it.
func (w *wireOptions) lookUp(d protoreflect.Descriptor, name protoreflect.FullName) (value protoreflect.Value, found bool, err error) {
	extension, err := w.types.FindExtensionByName(name)
	if err != nil {
		return value, false, fmt.Errorf("option %s: %w", name, err)
	}
	raw, err := proto.Marshal(d.Options())
	if err != nil {
		return value, false, fmt.Errorf("options of %s: %w", d.FullName(), err)
	}
	typed := d.Options().ProtoReflect().New()
	if err := (proto.UnmarshalOptions{Resolver: w.types}).Unmarshal(raw, typed.Interface()); err != nil {
		return value, false, fmt.Errorf("options of %s: %w", d.FullName(), err)
	}
	field := extension.TypeDescriptor()
	return typed.Get(field), typed.Has(field), nil
}

// vendorOperation is what the vendor documents of one RPC.
type vendorOperation struct {
	name   string
	status int
	// anonymous says that the operation is called without a token.
	anonymous bool
}

// operation returns the vendor's operation that the RPC stands for.
func (w *wireOptions) operation(method protoreflect.MethodDescriptor) (vendorOperation, error) {
	value, err := w.value(method, operationOption)
	if err != nil {
		return vendorOperation{}, err
	}
	fields := value.Message().Descriptor().Fields()
	name, status, anonymous := fields.ByName("name"), fields.ByName("success_status"), fields.ByName("anonymous")
	if name == nil || status == nil || anonymous == nil {
		return vendorOperation{}, fmt.Errorf("option %s lacks name, success_status or anonymous", operationOption)
	}
	return vendorOperation{
		name:      value.Message().Get(name).String(),
		status:    int(value.Message().Get(status).Int()),
		anonymous: value.Message().Get(anonymous).Bool(),
	}, nil
}

// word returns how JSON spells an enum value.
func (w *wireOptions) word(value protoreflect.EnumValueDescriptor) (string, error) {
	word, err := w.value(value, wireWordOption)
	if err != nil {
		return "", err
	}
	return word.String(), nil
}

// httpRule returns the RPC's google.api.http rule. Rules that the facade's
// transcoding has no use for are refused, not half described.
func httpRule(method protoreflect.MethodDescriptor) (*annotations.HttpRule, error) {
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule.GetPattern() == nil {
		return nil, fmt.Errorf("%s has no google.api.http rule", method.FullName())
	}
	if len(rule.GetAdditionalBindings()) != 0 {
		return nil, fmt.Errorf("%s has additional bindings: one operation is one call", method.FullName())
	}
	return rule, nil
}

// stringRules returns what validation asks of a string field; nil if nothing.
func stringRules(field protoreflect.FieldDescriptor) *validate.StringRules {
	rules, ok := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	if !ok {
		return nil
	}
	return rules.GetString()
}

// secret says whether the field must be kept out of logs.
func secret(field protoreflect.FieldDescriptor) bool {
	options, ok := field.Options().(*descriptorpb.FieldOptions)
	return ok && options.GetDebugRedact()
}
