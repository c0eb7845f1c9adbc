package main

import (
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// commonHeaders are what every response may have beside its body. The rate-limit
// headers are not among them: OpenAPI can't name a family by how its names begin.
var commonHeaders = map[string]string{
	"Age":           "How many seconds ago the upstream gave the response, where a cache tells: the facade's, which is off by default and keeps responses of GetSession alone, or one behind it.",
	"Cache-Control": "`no-store`, unless the upstream says otherwise: answers hold tokens.",
	"Cache-Status":  "How the facade's cache of sessions came to the response, if it is on and had to do with it (RFC 9211).",
	"Set-Cookie":    "The upstream's, if it sends any. There may be several.",
	"X-Request-Id":  "Names the call in logs: the upstream's word for it, if it gives one. On an error of the facade's own, the caller's or one made by the facade.",
}

// retryAfter is the one header that only failures have.
const retryAfter = "Retry-After"

// headerComponents describes the headers once for all responses.
func headerComponents() openapi3.Headers {
	headers := openapi3.Headers{retryAfter: textHeader("When to call again, if it is known: in seconds, or as an HTTP date.")}
	for name, description := range commonHeaders {
		headers[name] = textHeader(description)
	}
	return headers
}

func textHeader(description string) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
		Description: description,
		Schema:      openapi3.NewStringSchema().NewRef(),
	}}}
}

// newResponse is a response with the headers that it may have: the common ones and
// the others that are named.
func newResponse(description string, others ...string) *openapi3.Response {
	response := openapi3.NewResponse().WithDescription(description)
	response.Headers = openapi3.Headers{}
	for _, name := range slices.AppendSeq(others, maps.Keys(commonHeaders)) {
		response.Headers[name] = &openapi3.HeaderRef{Ref: "#/components/headers/" + name}
	}
	return response
}
