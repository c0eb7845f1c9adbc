package main

import (
	"fmt"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/wingspan-grpc/session-facade/tools/internal/customoption"
)

// The contract's own options, by name.
const (
	operationOption protoreflect.FullName = "wingspan.users.v1.operation"
	wireWordOption  protoreflect.FullName = "wingspan.users.v1.wire_word"
	exampleOption   protoreflect.FullName = "wingspan.users.v1.example"
)

// wireOptions reads the contract's own options out of the request.
type wireOptions struct {
	*customoption.Reader
}

// newWireOptions makes the extensions that the files declare known.
func newWireOptions(files []*descriptorpb.FileDescriptorProto) (*wireOptions, error) {
	reader, err := customoption.NewReader(files)
	return &wireOptions{reader}, err
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
	value, err := w.Value(method, operationOption)
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
	word, err := w.Value(value, wireWordOption)
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
	return fieldRules(field).GetString()
}

// fieldRules returns what validation asks of a field; nil if nothing.
func fieldRules(field protoreflect.FieldDescriptor) *validate.FieldRules {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	return rules
}

// required says whether validation refuses a request without the field.
func required(field protoreflect.FieldDescriptor) bool {
	return fieldRules(field).GetRequired() || !field.HasPresence() && stringRules(field).GetMinLen() > 0
}

// secret says whether the field must be kept out of logs.
func secret(field protoreflect.FieldDescriptor) bool {
	options, ok := field.Options().(*descriptorpb.FieldOptions)
	return ok && options.GetDebugRedact()
}
