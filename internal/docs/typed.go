package docs

import (
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/wingspan-grpc/session-facade/gen"
	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/contentcoding"
)

// typedService is what the page of the typed API shows, as JSON.
type typedService struct {
	Name    string        `json:"name"`
	Methods []typedMethod `json:"methods"`
}

type typedMethod struct {
	Name     string       `json:"name"`
	Comment  string       `json:"comment"`
	Example  any          `json:"example"` // a request
	Request  []typedField `json:"request"`
	Response []typedField `json:"response"`
}

type typedField struct {
	Path    string `json:"path"` // as Protobuf's JSON spells it
	Type    string `json:"type"`
	Comment string `json:"comment"`
	Secret  bool   `json:"secret"`
}

// typedDocument describes the service by the contract's image: the descriptors that are
// compiled in have no comments.
func typedDocument() (*asset, error) {
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal([]byte(gen.Image), set); err != nil {
		return nil, fmt.Errorf("gen/descriptor.binpb: %w", err)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fmt.Errorf("gen/descriptor.binpb: %w", err)
	}
	found, err := files.FindDescriptorByName(protoreflect.FullName(usersv1.SessionAndAuthenticationService_ServiceDesc.ServiceName))
	if err != nil {
		return nil, fmt.Errorf("gen/descriptor.binpb: %w", err)
	}
	service, _ := found.(protoreflect.ServiceDescriptor)
	document := typedService{Name: string(service.FullName())}
	for i := range service.Methods().Len() {
		method := service.Methods().Get(i)
		example, err := exampleOf(method.Input())
		if err != nil {
			return nil, fmt.Errorf("example of %s: %w", method.Input().FullName(), err)
		}
		document.Methods = append(document.Methods, typedMethod{
			Name: string(method.Name()), Comment: commentOf(method), Example: example,
			Request: fieldsOf(method.Input(), ""), Response: fieldsOf(method.Output(), ""),
		})
	}
	text, err := json.Marshal(document)
	return newAsset("application/json", contentcoding.Gzip(text)), err
}

func commentOf(d protoreflect.Descriptor) string {
	return strings.TrimSpace(d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments)
}

// fieldsOf are the fields of a message of the contract's own, and of those in it.
func fieldsOf(message protoreflect.MessageDescriptor, prefix string) []typedField {
	fields := []typedField{}
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		options, _ := field.Options().(*descriptorpb.FieldOptions)
		path := prefix + field.JSONName()
		fields = append(fields, typedField{Path: path, Type: typeOf(field), Comment: commentOf(field), Secret: options.GetDebugRedact()})
		inner := field.Message()
		if inner == nil || field.IsMap() || inner.ParentFile().Package() != message.ParentFile().Package() {
			continue
		}
		if field.IsList() {
			path += "[]"
		}
		fields = append(fields, fieldsOf(inner, path+".")...)
	}
	return fields
}

func typeOf(field protoreflect.FieldDescriptor) string {
	switch {
	case field.IsMap():
		return "map of " + typeOf(field.MapKey()) + " to " + typeOf(field.MapValue())
	case field.IsList():
		return "list of " + nameOf(field)
	}
	return nameOf(field)
}

func nameOf(field protoreflect.FieldDescriptor) string {
	switch {
	case field.Message() != nil:
		return string(field.Message().Name())
	case field.Enum() != nil:
		words := make([]string, field.Enum().Values().Len())
		for i := range words {
			words[i] = string(field.Enum().Values().Get(i).Name())
		}
		return strings.Join(words[1:], " or ") // the first is UNSPECIFIED
	}
	return field.Kind().String()
}

// exampleOf is a request to begin with: the contract's example, and what cannot be left
// out, empty.
func exampleOf(message protoreflect.MessageDescriptor) (map[string]any, error) {
	example := map[string]any{}
	if text := exampleText(message); text != "" {
		if err := json.Unmarshal([]byte(text), &example); err != nil {
			return nil, err
		}
	}
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		name := field.JSONName()
		if word, ok := example[name].(string); ok && field.Enum() != nil {
			example[name] = enumName(field.Enum(), word)
		}
		if _, given := example[name]; given || field.IsList() || field.IsMap() {
			continue
		}
		switch inner := field.Message(); {
		case inner != nil && exampleText(inner) != "":
			nested, err := exampleOf(inner)
			if err != nil {
				return nil, err
			}
			example[name] = nested
		case !field.HasPresence() && field.Kind() == protoreflect.StringKind:
			example[name] = ""
		}
	}
	return example, nil
}

// exampleText is the JSON that the contract shows of a message, in REST's spelling.
func exampleText(message protoreflect.MessageDescriptor) string {
	options, _ := message.Options().(*descriptorpb.MessageOptions)
	text, _ := proto.GetExtension(options, usersv1.E_Example).(string)
	return text
}

// enumName is how Protobuf's JSON spells a word of REST's.
func enumName(enum protoreflect.EnumDescriptor, word string) string {
	for i := range enum.Values().Len() {
		value := enum.Values().Get(i)
		options, _ := value.Options().(*descriptorpb.EnumValueOptions)
		if spelled, _ := proto.GetExtension(options, usersv1.E_WireWord).(string); spelled == word {
			return string(value.Name())
		}
	}
	return word
}
