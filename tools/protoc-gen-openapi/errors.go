package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/protobuf/compiler/protogen"
)

// Names of what all operations share.
const (
	errorBody     = "ErrorBody"
	errorReason   = "ErrorReason"
	upstreamError = "UpstreamError"
	anyError      = "AnyError"
	actingFor     = "ActingFor"
)

// errorsPage explains errors at length.
const errorsPage = "https://github.com/wingspan-grpc/session-facade/blob/main/docs/ERRORS.md"

// failure is a response that every operation may give.
type failure struct {
	name, description string
	// body says that only a request with a body can fail so.
	body bool
	// example is such a response, as JSON.
	example string
}

// failures lists the responses by status. 405 is none of them: it answers verbs
// that no operation has.
var failures = map[string]failure{
	"400": {name: "BadRequest", description: "The request is at fault. Where the facade itself refused it, `fields` names each member.",
		example: `{"code": "INVALID_REQUEST", "message": "invalid request: email must be a string, not a number", "fields": [{"field": "email", "description": "must be a string, not a number"}]}`},
	"401": {name: "Unauthorized", description: "What the caller signs in with was not accepted, or the call needs a token.",
		example: `{"code": "Unauthorized", "message": "These credentials are not valid."}`},
	"403": {name: "Forbidden", description: "Where the error is `Session expired`, the token is not valid, or no longer: sign in again. Otherwise the caller may not do this.",
		example: `{"error": "Session expired"}`},
	"404": {name: "NotFound", description: "There is nothing of this id.",
		example: `{"code": "NotFound", "message": "You have no such API session."}`},
	"409": {name: "Conflict", description: "The call does not fit what is there.",
		example: `{"code": "Conflict", "message": "This email address belongs to another user."}`},
	"413": {name: "TooLarge", description: "The request's body is larger than the facade relays.", body: true,
		example: `{"code": "REQUEST_TOO_LARGE", "message": "the body is larger than 4194304 bytes"}`},
	"415": {name: "UnsupportedMediaType", description: "The request's body is not declared as `application/json` in UTF-8.", body: true,
		example: `{"code": "UNSUPPORTED_MEDIA_TYPE", "message": "the body must be declared as Content-Type: application/json"}`},
	"422": {name: "Unprocessable", description: "The upstream does not accept a value.",
		example: `{"code": "UnprocessableEntity", "message": "An expiration is in the past."}`},
	"429": {name: "TooManyRequests", description: "Too many calls. Call again later, waiting longer each time.",
		example: `{"code": "TooManyRequests", "message": "Too many requests"}`},
	"500": {name: "Internal", description: "The upstream failed, or the facade. A call that changes something may have taken effect.",
		example: `{"code": "InternalServerError", "message": "Internal server error"}`},
	"502": {name: "BadGateway", description: "The upstream could not be reached, or its response broke the contract. A call that changes something may have taken effect.",
		example: `{"code": "UPSTREAM_UNREACHABLE", "message": "the upstream could not be reached: connection refused"}`},
	"503": {name: "Unavailable", description: "No response is to be had now. Where the facade itself says so, the call has had no effect.",
		example: `{"code": "OVERLOADED", "message": "too many calls in flight"}`},
	"504": {name: "Timeout", description: "No response came in time. A call that changes something may have taken effect.",
		example: `{"code": "UPSTREAM_TIMEOUT", "message": "the upstream did not answer in time"}`},
	"default": {name: "Error", description: "Any other failure, with the upstream's own status and body where it answered. After a 5xx, a call that changes something may have taken effect.",
		example: `{"code": "Gone", "message": "The session has been deleted"}`},
}

// errorResponses returns the failures as components.
func errorResponses() openapi3.ResponseBodies {
	responses := openapi3.ResponseBodies{}
	for _, failure := range failures {
		content := jsonContent(schemaRef(anyError), json.RawMessage(failure.example))
		response := newResponse(failure.description, retryAfter).WithContent(content)
		responses[failure.name] = &openapi3.ResponseRef{Value: response}
	}
	return responses
}

// addFailures refers an operation to all failures that it can have.
func addFailures(responses *openapi3.Responses, hasBody bool) {
	for _, status := range slices.Sorted(maps.Keys(failures)) {
		if hasBody || !failures[status].body {
			responses.Set(status, &openapi3.ResponseRef{Ref: "#/components/responses/" + failures[status].name})
		}
	}
}

// addErrorBody describes the facade's own error from the message of that name
// in the service's package, and its codes from the enum of the reasons.
func (d *document) addErrorBody(file *protogen.File) error {
	body, reason := file.Desc.Package().Append(errorBody), file.Desc.Package().Append(errorReason)
	message, reasons := d.messages[body], d.enums[reason]
	if message == nil || reasons == nil {
		return fmt.Errorf("no message %s and enum %s describe the facade's own errors", body, reason)
	}
	if _, err := d.messageSchema(message, nil); err != nil {
		return err
	}
	schema := d.model.Components.Schemas[errorBody].Value
	schema.ExternalDocs = &openapi3.ExternalDocs{Description: "What each error means, and what to do about it.", URL: errorsPage}
	code := schema.Properties["code"]
	if code == nil {
		return fmt.Errorf("%s has no code", message.Desc.FullName())
	}
	text, _ := splitSummary(code.Value.Description)
	schema.Properties["code"] = d.reasonSchema(reasons)
	schema.Properties["code"].Extensions = map[string]any{"description": text + "."}
	return nil
}

// reasonSchema describes the reasons by the words that stand for them in JSON:
// the values' names without their prefix.
func (d *document) reasonSchema(enum *protogen.Enum) *openapi3.SchemaRef {
	schema := openapi3.NewStringSchema()
	var list strings.Builder
	for _, value := range enum.Values {
		if word, named := strings.CutPrefix(string(value.Desc.Name()), reasonPrefix); named && value.Desc.Number() != 0 {
			schema.Examples = append(schema.Examples, word)
			fmt.Fprintf(&list, "\n- `%s`: %s", word, d.text(value.Comments.Leading))
		}
	}
	schema.Description = d.text(enum.Comments.Leading) + "\n" + list.String() + "\n\nMore may be added: take an unknown one by its HTTP status."
	d.model.Components.Schemas[errorReason] = schema.NewRef()
	return schemaRef(errorReason)
}

// reasonPrefix begins the names of the reasons in Protobuf.
const reasonPrefix = "ERROR_REASON_"

// anyErrorSchema describes the body of a failure, whoever failed. It is no
// oneOf: the upstream's form is so free that an ErrorBody fits it as well, and
// what fits two of a oneOf's schemas fails it.
func anyErrorSchema() *openapi3.Schema {
	return &openapi3.Schema{
		Description: "The facade's own error, or the upstream's.",
		AnyOf:       openapi3.SchemaRefs{schemaRef(errorBody), schemaRef(upstreamError)},
	}
}

// upstreamErrorSchema describes errors of the upstream's, which has no schema
// for them: members that were seen, none of them sure, nor of one type.
func upstreamErrorSchema() *openapi3.Schema {
	anything := true
	member := func(example any) *openapi3.SchemaRef {
		return &openapi3.SchemaRef{Value: &openapi3.Schema{Description: "Of any type.", Examples: []any{example}}}
	}
	return &openapi3.Schema{
		Type:        &openapi3.Types{openapi3.TypeObject},
		Description: "An error of the upstream's, relayed as it came. No member is sure to be there, and others may be.",
		Properties: openapi3.Schemas{
			"error": member("Session expired"), "code": member(404), "message": member("Not found"),
		},
		AdditionalProperties: openapi3.AdditionalProperties{Has: &anything},
	}
}

// actingForParameter describes the header by which a caller acts for another.
func actingForParameter() *openapi3.Parameter {
	return openapi3.NewHeaderParameter("X-WINGSPAN-USER").
		WithDescription("The id of the user to act for, if it is not the caller.").
		WithSchema(openapi3.NewStringSchema())
}
