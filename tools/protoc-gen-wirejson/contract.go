package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/tools/internal/customoption"
)

// contract is all that there is to write.
type contract struct {
	options  *customoption.Reader
	file     *protogen.File // one of the only package
	messages []*message     // in the order in which they were found
	enums    []*enum
	methods  map[*protogen.Method]*method
}

// method is one RPC's bodies. A nil body says that there is none.
type method struct {
	request, response *body
}

// body is a message that is an HTTP body.
type body struct {
	message *message
	field   *protogen.Field // of the RPC's message; nil where that is the body
	mask    *protogen.Field // says which fields of the body to send; nil where there is none
}

func newContract(gen *protogen.Plugin, more []string) (*contract, error) {
	options, err := customoption.NewReader(gen.Request.GetProtoFile())
	if err != nil {
		return nil, err
	}
	c := &contract{options: options, methods: map[*protogen.Method]*method{}}
	var table protoreflect.FullName
	for _, file := range gen.Files {
		if !file.Generate {
			continue
		}
		if c.file != nil && c.file.GoImportPath != file.GoImportPath {
			return nil, refuse(file.Desc.Path(), "is of another package than %s: a run writes one", c.file.Desc.Path())
		}
		c.file = file
		for _, service := range file.Services {
			if table != "" {
				return nil, refuse(service.Desc.FullName(), "is in one package with %s: there is one table of methods", table)
			}
			table = service.Desc.FullName()
			if err := c.addService(service); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range more {
		if err := c.addNamed(gen, protoreflect.FullName(name)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// goType is a type or constant of the package that protoc-gen-go generates.
func (c *contract) goType(name protogen.GoIdent) string {
	return string(c.file.GoPackageName) + "." + name.GoName
}

// addNamed adds a message that is no body of an RPC.
func (c *contract) addNamed(gen *protogen.Plugin, name protoreflect.FullName) error {
	for _, file := range gen.Files {
		i := slices.IndexFunc(file.Messages, func(m *protogen.Message) bool { return m.Desc.FullName() == name })
		if i >= 0 && file.Generate {
			_, err := c.addMessage(file.Messages[i], nil)
			return err
		}
	}
	return fmt.Errorf("no file declares %s", name)
}

func (c *contract) addService(service *protogen.Service) error {
	for _, m := range service.Methods {
		added, err := c.newMethod(m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Desc.FullName(), err)
		}
		c.methods[m] = added
	}
	return nil
}

// pathVariable is a segment of a path that a field of the request fills.
var pathVariable = regexp.MustCompile(`\{([^}=]*)`)

func (c *contract) newMethod(m *protogen.Method) (added *method, err error) {
	rule, ok := proto.GetExtension(m.Desc.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule.GetPattern() == nil {
		return nil, errors.New("has no google.api.http rule")
	}
	added = &method{}
	switch name := rule.GetBody(); name {
	case "":
	case "*":
		var inPath []string
		for _, found := range pathVariable.FindAllStringSubmatch(pathOf(rule), -1) {
			inPath = append(inPath, found[1])
		}
		added.request = &body{}
		added.request.message, err = c.addMessage(m.Input, inPath)
	default:
		added.request, err = c.fieldBody(m.Input, name)
	}
	if err != nil {
		return nil, err
	}
	switch name := rule.GetResponseBody(); {
	case name != "":
		added.response, err = c.fieldBody(m.Output, name)
	case len(m.Output.Fields) > 0:
		added.response = &body{}
		added.response.message, err = c.addMessage(m.Output, nil)
	}
	return added, err
}

// pathOf is the path of a rule, whatever its verb.
func pathOf(rule *annotations.HttpRule) string {
	return rule.GetGet() + rule.GetPost() + rule.GetPut() + rule.GetPatch() + rule.GetDelete()
}

// fieldMask is the message that says which fields of a body to send.
const fieldMask = "google.protobuf.FieldMask"

func (c *contract) fieldBody(holder *protogen.Message, name string) (*body, error) {
	b := &body{}
	for _, f := range holder.Fields {
		switch {
		case string(f.Desc.Name()) == name:
			b.field = f
		case f.Message != nil && f.Message.Desc.FullName() == fieldMask:
			b.mask = f
		}
	}
	if b.field == nil || b.field.Message == nil || b.field.Desc.IsMap() {
		return nil, fmt.Errorf("body %q is no message and no list of messages of %s", name, holder.Desc.Name())
	}
	var err error
	b.message, err = c.addMessage(b.field.Message, nil)
	if b.mask != nil && b.message != nil {
		b.message.masked = true
	}
	return b, err
}
