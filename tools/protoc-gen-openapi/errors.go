package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Names of what all operations share.
const (
	errorBody     = "ErrorBody"
	upstreamError = "UpstreamError"
	anyError      = "AnyError"
	retryAfter    = "RetryAfter"
	actingFor     = "ActingFor"
)

// failure is a response that every operation may give.
type failure struct {
	name, description string
	// retry says that the answer may say when to call again.
	retry bool
	// body says that only a request with a body can fail so.
	body bool
	// example is such an answer, as JSON.
	example string
}

// failures lists the responses by status. The names in capitals are the gRPC
// codes, which the operations' descriptions speak of. 405 is none of them: it
// answers verbs that no operation has.
var failures = map[string]failure{
	"400": {name: "BadRequest", description: "INVALID_ARGUMENT: the request is at fault. Where the facade itself refused it, `fields` names each member.",
		example: `{"code": "INVALID_REQUEST", "message": "invalid request: email: must be a string", "fields": [{"field": "email", "description": "must be a string"}]}`},
	"401": {name: "Unauthorized", description: "UNAUTHENTICATED: the call needs a valid token, or what it signs in with was not accepted.",
		example: `{"error": "Session expired"}`},
	"403": {name: "Forbidden", description: "PERMISSION_DENIED: the caller may not do this. UNAUTHENTICATED where the error is `Session expired`: sign in again.",
		example: `{"error": "Session expired"}`},
	"404": {name: "NotFound", description: "NOT_FOUND: there is nothing of this id.",
		example: `{"code": 404, "message": "Not found"}`},
	"409": {name: "Conflict", description: "ABORTED: the call does not fit what is there.",
		example: `{"code": 409, "message": "Conflict"}`},
	"413": {name: "TooLarge", description: "RESOURCE_EXHAUSTED: the request's body is larger than the facade relays.", body: true,
		example: `{"code": "REQUEST_TOO_LARGE", "message": "the body is larger than 4194304 bytes"}`},
	"415": {name: "UnsupportedMediaType", description: "INVALID_ARGUMENT: the request's body is not declared as `application/json` in UTF-8.", body: true,
		example: `{"code": "UNSUPPORTED_MEDIA_TYPE", "message": "the body must be declared as Content-Type: application/json"}`},
	"422": {name: "Unprocessable", description: "INVALID_ARGUMENT: the upstream does not accept a value.",
		example: `{"code": 422, "message": "Unprocessable"}`},
	"429": {name: "TooManyRequests", description: "RESOURCE_EXHAUSTED: too many calls. Call again later, waiting longer each time.", retry: true,
		example: `{"code": 429, "message": "Too many requests"}`},
	"500": {name: "Internal", description: "INTERNAL: the upstream failed, or the facade. A call that changes something may have taken effect.",
		example: `{"code": 500, "message": "Internal server error"}`},
	"502": {name: "BadGateway", description: "UNAVAILABLE: the upstream could not be reached. INTERNAL: its answer broke the contract. A call that changes something may have taken effect.",
		example: `{"code": "UPSTREAM_UNREACHABLE", "message": "the upstream could not be reached"}`},
	"503": {name: "Unavailable", description: "UNAVAILABLE: no answer is to be had now. Where the facade itself says so, the call has had no effect.", retry: true,
		example: `{"code": "OVERLOADED", "message": "too many calls in flight"}`},
	"504": {name: "Timeout", description: "DEADLINE_EXCEEDED: no answer came in time. A call that changes something may have taken effect.",
		example: `{"code": "UPSTREAM_TIMEOUT", "message": "the upstream did not answer in time"}`},
	"default": {name: "Error", description: "Any other failure, with the upstream's own status and body where it answered. After a 5xx, a call that changes something may have taken effect.",
		example: `{"code": 410, "message": "The session has been deleted"}`},
}

// errorResponses returns the failures as components.
func errorResponses() openapi3.ResponseBodies {
	responses := openapi3.ResponseBodies{}
	for _, failure := range failures {
		content := jsonContent(schemaRef(anyError))
		content["application/json"].Example = json.RawMessage(failure.example)
		response := openapi3.NewResponse().WithDescription(failure.description).WithContent(content)
		if failure.retry {
			response.Headers = openapi3.Headers{"Retry-After": {Ref: "#/components/headers/" + retryAfter}}
		}
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
// in the service's package.
func (d *document) addErrorBody(file *protogen.File) error {
	name := file.Desc.Package().Append(protoreflect.Name(errorBody))
	message, ok := d.messages[name]
	if !ok {
		return fmt.Errorf("no message %s describes the facade's own errors", name)
	}
	_, err := d.messageSchema(message, nil)
	return err
}

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

// retryAfterHeader describes Retry-After, in either of HTTP's two forms.
func retryAfterHeader() *openapi3.Header {
	return &openapi3.Header{Parameter: openapi3.Parameter{
		Description: "When to call again, if it is known: in seconds, or as an HTTP date.",
		Schema:      openapi3.NewStringSchema().NewRef(),
	}}
}

// actingForParameter describes the header by which a caller acts for another.
func actingForParameter() *openapi3.Parameter {
	return openapi3.NewHeaderParameter("X-WINGSPAN-USER").
		WithDescription("The id of the user to act for, if it is not the caller.").
		WithSchema(openapi3.NewStringSchema())
}
