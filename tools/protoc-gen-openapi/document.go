package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// openAPIVersion is the first to have "null" as a type and a description beside
// a $ref, both of which the contract needs.
const openAPIVersion = "3.1.1"

// bearerScheme names the security scheme of the caller's token.
const bearerScheme = "bearer"

// packagePath is where a file descriptor keeps the comment above `package`.
var packagePath = protoreflect.SourcePath{2}

// document is the OpenAPI document in the making.
type document struct {
	wire     *wireOptions
	messages map[protoreflect.FullName]*protogen.Message
	enums    map[protoreflect.FullName]*protogen.Enum
	// answered holds the enums that answers use.
	answered map[protoreflect.FullName]bool
	// spellings maps the names of the contract to those of the REST surface: RPCs
	// to operations, fields to members.
	spellings map[string]string
	// origins says what each schema was made of, to notice two of one name.
	origins map[string]string
	model   *openapi3.T
}

// newDocument returns a document with no operations yet.
func newDocument(gen *protogen.Plugin, wire *wireOptions, version string) *document {
	d := &document{
		wire:      wire,
		messages:  map[protoreflect.FullName]*protogen.Message{},
		enums:     map[protoreflect.FullName]*protogen.Enum{},
		answered:  map[protoreflect.FullName]bool{},
		spellings: map[string]string{},
		origins:   map[string]string{anyError: "any error", upstreamError: "the upstream's error", errorReason: "the facade's reasons"},
		model: &openapi3.T{
			OpenAPI:    openAPIVersion,
			Info:       &openapi3.Info{Version: version},
			Servers:    openapi3.Servers{{URL: "..", Description: "The facade that serves this document, as docs/openapi.json below its root."}},
			Paths:      openapi3.NewPaths(),
			Components: sharedComponents(),
		},
	}
	for _, file := range gen.Files {
		for _, message := range file.Messages {
			d.messages[message.Desc.FullName()] = message
		}
		for _, enum := range file.Enums {
			d.enums[enum.Desc.FullName()] = enum
		}
	}
	return d
}

// sharedComponents returns the parts that all operations refer to.
func sharedComponents() *openapi3.Components {
	return &openapi3.Components{
		Schemas: openapi3.Schemas{
			anyError:      {Value: anyErrorSchema()},
			upstreamError: {Value: upstreamErrorSchema()},
		},
		Responses:  errorResponses(),
		Headers:    headerComponents(),
		Parameters: openapi3.ParametersMap{actingFor: {Value: actingForParameter()}},
		SecuritySchemes: openapi3.SecuritySchemes{bearerScheme: {Value: &openapi3.SecurityScheme{
			Type:        "http",
			Scheme:      "bearer",
			Description: "The `token` of a session. It is relayed as it is: the upstream alone judges it. The calls that sign in need none.",
		}}},
	}
}

// empty says whether there is nothing to describe.
func (d *document) empty() bool { return d.model.Paths.Len() == 0 }

// addAll describes every service of the files that are to be generated.
func (d *document) addAll(files []*protogen.File) error {
	generated := slices.DeleteFunc(slices.Clone(files), func(file *protogen.File) bool { return !file.Generate })
	for _, file := range generated {
		d.respell(file)
		for _, service := range file.Services {
			if err := d.survey(service); err != nil {
				return err
			}
		}
	}
	for _, file := range generated {
		for _, service := range file.Services {
			if err := d.addService(file, service); err != nil {
				return err
			}
		}
	}
	return nil
}

// survey notes what descriptions need to know of all services: how the RPCs are
// called here, and which enums answers use.
func (d *document) survey(service *protogen.Service) error {
	for _, method := range service.Methods {
		vendor, err := d.wire.operation(method.Desc)
		if err != nil {
			return err
		}
		d.spellings[method.GoName] = vendor.name
		d.markResponded(method.Output, map[protoreflect.FullName]bool{})
	}
	return nil
}

// respell notes how the members of a file's messages are spelled in JSON, where
// Protobuf's spelling would stand out in a text.
func (d *document) respell(file *protogen.File) {
	for _, message := range file.Messages {
		for _, field := range message.Fields {
			if name := string(field.Desc.Name()); strings.Contains(name, "_") {
				d.spellings[name] = field.Desc.JSONName()
			}
		}
	}
}

// addService describes the service's RPCs under one tag. The first service's
// file introduces the document.
func (d *document) addService(file *protogen.File, service *protogen.Service) error {
	if d.model.Info.Title == "" {
		d.introduce(file)
	}
	if err := d.addErrorBody(file); err != nil {
		return err
	}
	tag := strings.TrimSuffix(service.GoName, "Service")
	d.model.Tags = append(d.model.Tags, &openapi3.Tag{Name: tag, Description: d.serviceText(service)})
	for _, method := range service.Methods {
		if err := d.addOperation(method, tag); err != nil {
			return fmt.Errorf("%s: %w", method.Desc.FullName(), err)
		}
	}
	return nil
}

// restPurpose begins the document: the comment above the package tells those who
// call it over gRPC where it comes from.
const restPurpose = "The same verbs, paths, JSON and errors as the Wingspan Users API's own: a client of it needs no change but the base URL."

// restPractice says of the REST surface what a service's comment, after its first
// paragraph, says of gRPC.
const restPractice = "The caller's token travels as `Authorization: Bearer <token>` and is relayed as it is; calls that sign in need none. " +
	"To act for another account, send its user id as `X-WINGSPAN-USER`.\n\n" +
	"An error of the upstream's comes with the upstream's own status and body, any other as an `ErrorBody`. " +
	"After a 500, 502 or 504, a call that changes something may have taken effect: look before you repeat it.\n\n" +
	"A response may have `X-Request-Id`, which names the call in logs, `Set-Cookie`, the upstream's rate-limit headers " +
	"(`RateLimit*`, `X-RateLimit-*`, `X-Rate-Limit-*`) and, if it is a failure, `Retry-After`."

// serviceText is what there is to say of a service: what it is for, by its
// comment, and how it is called here.
func (d *document) serviceText(service *protogen.Service) string {
	purpose, _, _ := strings.Cut(d.text(service.Comments.Leading), "\n\n")
	return strings.TrimSpace(purpose + "\n\n" + restPractice)
}

// introduce takes the title from the comment above the package; a file without
// one is named by its package.
func (d *document) introduce(file *protogen.File) {
	location := file.Desc.SourceLocations().ByPath(packagePath)
	title, _ := splitSummary(d.text(protogen.Comments(location.LeadingComments)))
	if title == "" {
		title = string(file.Desc.Package())
	}
	d.model.Info.Title, d.model.Info.Description = title, restPurpose
	d.model.ExternalDocs = &openapi3.ExternalDocs{Description: "What each error means, and what to do about it.", URL: errorsPage}
}

// text turns a comment into what a reader of the REST surface can follow.
func (d *document) text(comment protogen.Comments) string {
	return rename(forREST(prose(string(comment))), d.spellings)
}

// encode returns the document as JSON, once what a reader will load from these
// very bytes has been found valid.
func (d *document) encode() ([]byte, error) {
	raw, err := d.model.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	// Decoded and encoded again: the model's own encoder escapes < and >, which
	// the descriptions use. Maps come out sorted, so the bytes are stable.
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(tree); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	loaded, err := openapi3.NewLoader().LoadFromData(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("load the document: %w", err)
	}
	if err := loaded.Validate(context.Background(), openapi3.EnableSchemaFormatValidation()); err != nil {
		return nil, fmt.Errorf("validate the document: %w", err)
	}
	return out.Bytes(), nil
}
