package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var (
	// pathTemplate is what OpenAPI can say of a path: plain segments, and
	// variables of one segment each. A wildcard or a verb suffix it can't.
	pathTemplate = regexp.MustCompile(`^(/([^{}*:/]+|\{\w+\}))+$`)
	pathVariable = regexp.MustCompile(`\{(\w+)\}`)
)

// fieldMask is the message that says which fields of a body to send.
const fieldMask protoreflect.FullName = "google.protobuf.FieldMask"

// names is a set of field names.
type names map[protoreflect.Name]bool

// addOperation describes one RPC at its verb and path.
func (d *document) addOperation(method *protogen.Method, tag string) error {
	if method.Desc.IsStreamingClient() || method.Desc.IsStreamingServer() {
		return errors.New("a stream has no place in the REST surface")
	}
	vendor, err := d.wire.operation(method.Desc)
	if err != nil {
		return err
	}
	rule, err := httpRule(method.Desc)
	if err != nil {
		return err
	}
	verb, path, err := route(rule)
	if err != nil {
		return err
	}
	operation := &openapi3.Operation{
		OperationID: vendor.name,
		Tags:        []string{tag},
		Security:    &openapi3.SecurityRequirements{{bearerScheme: {}}},
	}
	if vendor.anonymous {
		operation.Security = &openapi3.SecurityRequirements{}
	}
	operation.Summary, operation.Description = splitSummary(withStatuses(d.text(method.Comments.Leading), vendor.anonymous))
	inPath, err := d.addParameters(operation, method.Input, path)
	if err != nil {
		return err
	}
	if operation.RequestBody, err = d.requestBody(method.Input, rule.GetBody(), inPath); err != nil {
		return err
	}
	if err := d.addQuery(operation, method.Input, rule.GetBody(), inPath); err != nil {
		return err
	}
	if operation.Responses, err = d.successes(method.Output, rule.GetResponseBody(), vendor.status); err != nil {
		return err
	}
	addFailures(operation.Responses, operation.RequestBody != nil)
	return d.place(verb, path, operation)
}

// place puts the operation where no other may be.
func (d *document) place(verb, path string, operation *openapi3.Operation) error {
	item := d.model.Paths.Value(path)
	if item == nil {
		item = &openapi3.PathItem{}
		d.model.Paths.Set(path, item)
	}
	if item.GetOperation(verb) != nil {
		return fmt.Errorf("another RPC is bound to %s %s", verb, path)
	}
	item.SetOperation(verb, operation)
	return nil
}

// route returns a rule's verb and path.
func route(rule *annotations.HttpRule) (verb, path string, err error) {
	switch rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		verb, path = http.MethodGet, rule.GetGet()
	case *annotations.HttpRule_Put:
		verb, path = http.MethodPut, rule.GetPut()
	case *annotations.HttpRule_Post:
		verb, path = http.MethodPost, rule.GetPost()
	case *annotations.HttpRule_Delete:
		verb, path = http.MethodDelete, rule.GetDelete()
	case *annotations.HttpRule_Patch:
		verb, path = http.MethodPatch, rule.GetPatch()
	default:
		return "", "", errors.New("the rule's verb is not one of HTTP's common ones")
	}
	if !pathTemplate.MatchString(path) {
		return "", "", fmt.Errorf("path %q holds more than plain segments and {variables}", path)
	}
	return verb, path, nil
}

// addParameters describes the path's variables. It returns the fields that are in the
// path.
func (d *document) addParameters(operation *openapi3.Operation, input *protogen.Message, path string) (names, error) {
	inPath := names{}
	for _, match := range pathVariable.FindAllStringSubmatch(path, -1) {
		field := fieldByName(input, match[1])
		if field == nil || field.Desc.Kind() != protoreflect.StringKind || field.Desc.IsList() {
			return nil, fmt.Errorf("path variable %s is no string of %s", match[1], input.Desc.FullName())
		}
		schema, err := stringSchema(field)
		if err != nil {
			return nil, err
		}
		parameter := openapi3.NewPathParameter(match[1]).
			WithDescription(d.text(field.Comments.Leading)).WithSchema(schema)
		if value, ok := example(parameter.Description); ok {
			parameter.Example = value
		}
		operation.AddParameter(parameter)
		inPath[field.Desc.Name()] = true
	}
	return inPath, nil
}

// addQuery describes the fields that are neither in the path nor in the body: they are
// in the query, but for a mask of the body's fields, which only gRPC has. The header that
// all operations take follows them.
func (d *document) addQuery(operation *openapi3.Operation, input *protogen.Message, body string, inPath names) error {
	for _, field := range input.Fields {
		isMask := field.Message != nil && field.Message.Desc.FullName() == fieldMask
		if inPath[field.Desc.Name()] || body == "*" || body == string(field.Desc.Name()) || body != "" && isMask {
			continue
		}
		if field.Message != nil {
			return fmt.Errorf("field %s is neither in the path nor in the body, and a query has no form for a message", field.Desc.Name())
		}
		schema, err := d.fieldSchema(field)
		if err != nil {
			return err
		}
		parameter := openapi3.NewQueryParameter(field.Desc.JSONName()).WithDescription(d.text(field.Comments.Leading))
		parameter.Schema, parameter.Required = schema, required(field.Desc)
		if value, ok := example(parameter.Description); ok && field.Desc.Kind() == protoreflect.StringKind && !field.Desc.IsList() {
			parameter.Example = value
		}
		operation.AddParameter(parameter)
	}
	operation.Parameters = append(operation.Parameters, &openapi3.ParameterRef{Ref: "#/components/parameters/" + actingFor})
	return nil
}

// requestBody describes the body: the field that the rule names, or all fields
// that are not in the path. A body of which no member is required may be left
// out altogether.
func (d *document) requestBody(input *protogen.Message, body string, inPath names) (*openapi3.RequestBodyRef, error) {
	if body == "" {
		return nil, nil
	}
	message, description := input, ""
	if body != "*" {
		field := fieldByName(input, body)
		if field == nil || field.Message == nil || field.Desc.Cardinality() == protoreflect.Repeated {
			return nil, fmt.Errorf("body field %s is no message of %s", body, input.Desc.FullName())
		}
		message, description, inPath = field.Message, d.text(field.Comments.Leading), nil
	}
	ref, err := d.messageSchema(message, inPath)
	if err != nil {
		return nil, err
	}
	sample, err := d.sample(message.Desc)
	if err != nil {
		return nil, err
	}
	return &openapi3.RequestBodyRef{Value: &openapi3.RequestBody{
		Description: description,
		Required:    len(d.model.Components.Schemas[message.GoIdent.GoName].Value.Required) != 0,
		Content:     jsonContent(ref, sample),
	}}, nil
}

// done says that a response has no body.
const done = "Done. There is no body."

// successes describes the answers of a call that succeeds. Where the vendor
// documents 204, any 2xx may come nevertheless, with a session if the call has
// one to give, so 200 stands there as well.
func (d *document) successes(output *protogen.Message, body string, status int) (*openapi3.Responses, error) {
	if status != http.StatusOK && status != http.StatusNoContent {
		return nil, fmt.Errorf("success status %d is neither 200 nor 204", status)
	}
	responses := openapi3.NewResponsesWithCapacity(len(failures) + 2)
	if status == http.StatusNoContent {
		responses.Set(strconv.Itoa(status), &openapi3.ResponseRef{Value: newResponse(done)})
	}
	answer, err := d.answer(output, body)
	if err != nil {
		return nil, err
	}
	responses.Set(strconv.Itoa(http.StatusOK), &openapi3.ResponseRef{Value: answer})
	return responses, nil
}

// answer describes a 200: the field that the rule names, or the whole response
// message. It has no content if that message is empty.
func (d *document) answer(output *protogen.Message, body string) (*openapi3.Response, error) {
	if body == "" {
		if len(output.Fields) == 0 {
			return newResponse(done), nil
		}
		ref, err := d.messageSchema(output, nil)
		if err != nil {
			return nil, err
		}
		sample, err := d.sample(output.Desc)
		return newResponse(d.text(output.Comments.Leading)).WithContent(jsonContent(ref, sample)), err
	}
	field := fieldByName(output, body)
	if field == nil {
		return nil, fmt.Errorf("response body field %s is not in %s", body, output.Desc.FullName())
	}
	ref, err := d.fieldSchema(field)
	if err != nil {
		return nil, err
	}
	sample, err := d.responseSample(field)
	return newResponse(d.text(field.Comments.Leading)).WithContent(jsonContent(ref, sample)), err
}

// fieldByName returns the message's field, or nil.
func fieldByName(message *protogen.Message, name string) *protogen.Field {
	for _, field := range message.Fields {
		if string(field.Desc.Name()) == name {
			return field
		}
	}
	return nil
}

// jsonContent is a body of the one media type that the surface speaks, with an
// example of it.
func jsonContent(schema *openapi3.SchemaRef, sample json.RawMessage) openapi3.Content {
	body := openapi3.NewMediaType().WithSchemaRef(schema)
	body.Example = sample
	return openapi3.Content{"application/json": body}
}
