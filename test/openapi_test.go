package test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/wingspan-grpc/session-facade/gen/openapi"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// described is the OpenAPI document as a client's validator reads it.
type described struct {
	document *openapi3.T
	// open is the document but for the words of its enums: in answers they are
	// those of today, and the document says so.
	open *openapi3.T
}

func readDescription(t *testing.T) *described {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal(openapi.Document, &tree); err != nil {
		t.Fatal(err)
	}
	for _, schema := range tree["components"].(map[string]any)["schemas"].(map[string]any) {
		delete(schema.(map[string]any), "enum")
	}
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return &described{document: loadOpenAPI(t, openapi.Document), open: loadOpenAPI(t, text)}
}

func loadOpenAPI(t *testing.T, text []byte) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// exchange is a call and its response, to be held against the document. Request
// and answer are read by it.
type exchange struct {
	request  *http.Request
	response *http.Response
	body     []byte
}

// errInexpressible is a path value that no JSON text can hold, so no schema knows.
var errInexpressible = errors.New("the path is no UTF-8")

// input finds the operation of a call; nil where the document has none.
func (x exchange) input(document *openapi3.T) (*openapi3filter.RequestValidationInput, error) {
	path, query, _ := strings.Cut(x.request.URL.Opaque, "?")
	given, _ := url.ParseQuery(query)
	segments := strings.Split(path, "/")
	for _, template := range document.Paths.InMatchingOrder() {
		params, err := match(strings.Split(template, "/"), segments)
		item := document.Paths.Value(template)
		if params == nil && err == nil || item.GetOperation(x.request.Method) == nil {
			continue
		}
		return &openapi3filter.RequestValidationInput{
			Request: x.request, PathParams: params, QueryParams: given,
			Route:   &routers.Route{Spec: document, Path: template, PathItem: item, Method: x.request.Method, Operation: item.GetOperation(x.request.Method)},
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		}, err
	}
	return nil, nil
}

// unknownParameters says which parameters of a query the document does not know, which
// OpenAPI has no word for. An operation without any takes no notice of a query.
func unknownParameters(input *openapi3filter.RequestValidationInput) (err error) {
	known := map[string]bool{}
	for _, parameter := range input.Route.Operation.Parameters {
		if parameter.Value.In == openapi3.ParameterInQuery {
			known[parameter.Value.Name] = true
		}
	}
	for name := range input.QueryParams {
		if !known[name] && len(known) > 0 {
			err = fmt.Errorf("the parameter %s is not described", name)
		}
	}
	return err
}

// match returns the variables of a template in a path; nil if it is another's.
func match(template, path []string) (map[string]string, error) {
	if len(template) != len(path) {
		return nil, nil
	}
	values := map[string]string{}
	for i, segment := range template {
		if name, variable := strings.CutPrefix(segment, "{"); variable {
			value, err := url.PathUnescape(path[i])
			if err != nil || !utf8.ValidString(value) {
				return nil, errInexpressible
			}
			values[strings.TrimSuffix(name, "}")] = value
		} else if segment != path[i] {
			return nil, nil
		}
	}
	return values, nil
}

// checkAnswer says what of a response is not as the document has it.
func (x exchange) checkAnswer(input *openapi3filter.RequestValidationInput) error {
	status, responses := x.response.StatusCode, input.Route.Operation.Responses
	// Where the vendor documents 204, any 2xx is as good, and may come without a body.
	anySuccess := status/100 == 2 && responses.Value("204") != nil
	if anySuccess && status != http.StatusNoContent {
		status = http.StatusOK
	}
	response := responses.Status(status)
	if response == nil && status >= 400 {
		response = responses.Default()
	}
	if response == nil {
		return errors.New("the status is not described")
	}
	if len(x.body) == 0 && anySuccess {
		return x.checkHeaders(response.Value)
	}
	if len(x.body) > 0 && response.Value.Content == nil {
		return errors.New("no body is described")
	}
	err := openapi3filter.ValidateResponse(x.request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: x.response.Header,
		Body: io.NopCloser(bytes.NewReader(x.body)), Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	return errors.Join(err, x.checkHeaders(response.Value))
}

// transportHeaders are HTTP's own, which OpenAPI leaves out.
var transportHeaders = []string{"Connection", "Content-Length", "Content-Type", "Date", "X-Content-Type-Options"}

// checkHeaders says which headers of a response the document does not know.
// Rate-limit headers it knows by how their names begin.
func (x exchange) checkHeaders(response *openapi3.Response) (err error) {
	for name := range x.response.Header {
		family := strings.HasPrefix(name, "X-Ratelimit-") || strings.HasPrefix(name, "Ratelimit")
		if response.Headers[name] == nil && !family && !slices.Contains(transportHeaders, name) {
			err = errors.Join(err, fmt.Errorf("the header %s is not described", name))
		}
	}
	return err
}

// TestOpenAPI makes every golden case's REST call and holds both the call and its
// response against the OpenAPI document: what the facade relays is described, and
// what it refuses is not.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	d := readDescription(t)
	for i := range facadetest.Descriptor.Methods().Len() {
		method := string(facadetest.Descriptor.Methods().Get(i).Name())
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, nil)
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
			for _, c := range readCases(t, method) {
				if c.REST != nil {
					upstream.Answer(c.answer())
					t.Run(c.Name, func(t *testing.T) { d.checkCase(t, c, facade) })
				}
			}
		})
	}
}

// checkCase makes a case's call.
func (d *described) checkCase(t *testing.T, c *goldenCase, facade *facadetest.Facade) {
	t.Helper()
	response, body := c.send(t, facade)
	x := exchange{response.Request, response, body}
	if c.REST.Body != nil { // it has been sent
		x.request.Body = io.NopCloser(bytes.NewReader(c.REST.Body))
	}
	input, err := x.input(d.document)
	if input == nil {
		if response.StatusCode/100 != 4 {
			t.Errorf("status %d of what is no operation", response.StatusCode)
		}
		return
	}
	if err == nil {
		err = errors.Join(openapi3filter.ValidateRequest(t.Context(), input), unknownParameters(input))
	}
	if c.Sees != nil && err != nil {
		t.Errorf("the facade takes a request that the document does not: %v", err)
	}
	if c.Sees == nil && err == nil {
		t.Errorf("the document takes a request that the facade does not")
	}
	err = x.checkAnswer(input)
	// Of these the point is a word that the upstream may add one day.
	if strings.HasPrefix(c.Name, "unknown-") && strings.Contains(c.Name, "-and-word") {
		if err == nil {
			t.Error("the document knows the words")
		}
		input, _ = x.input(d.open)
		err = x.checkAnswer(input)
	}
	if err != nil {
		t.Errorf("the response %d %s: %v", response.StatusCode, body, err)
	}
}

// TestOpenAPIStatuses makes each operation give each response that the document
// says it may give: the request and what the upstream answers are the document's
// examples, and what comes out is as described.
func TestOpenAPIStatuses(t *testing.T) {
	t.Parallel()
	d := readDescription(t)
	tried := 0
	for path, item := range d.document.Paths.Map() {
		for verb, operation := range item.Operations() {
			tried++
			t.Run(operation.OperationID, func(t *testing.T) {
				t.Parallel()
				upstream := facadetest.NewRecorder(t, nil)
				facade := facadetest.Start(t, upstream.URL, facadetest.Config{MaxRequestBytes: 1000})
				call := exampleCall(verb, path, operation)
				for status := range operation.Responses.Map() {
					t.Run(status, func(t *testing.T) { d.checkStatus(t, facade, upstream, call, operation, status) })
				}
			})
		}
	}
	if want := facadetest.Descriptor.Methods().Len(); tried != want {
		t.Errorf("%d operations were tried of %d", tried, want)
	}
}

// exampleCall is the call that the document gives as an example.
func exampleCall(verb, path string, operation *openapi3.Operation) restCall {
	call := restCall{verb, pathVariable.ReplaceAllString(path, "an-id"), nil, ""}
	query := url.Values{}
	for _, parameter := range operation.Parameters {
		if parameter.Value.In == openapi3.ParameterInQuery && parameter.Value.Required {
			query.Set(parameter.Value.Name, cmp.Or(fmt.Sprint(parameter.Value.Example), "1"))
		}
	}
	if len(query) > 0 {
		call.path += "?" + query.Encode()
	}
	if operation.RequestBody != nil {
		call.header, call.body = jsonHeader(), exampleBody(operation.RequestBody.Value.Content)
	}
	return call
}

// exampleBody is the example of a body; empty where there is none.
func exampleBody(content openapi3.Content) string {
	media := content.Get("application/json")
	if media == nil {
		return ""
	}
	text, _ := json.Marshal(media.Example)
	return string(text)
}

// passedOn are headers that the upstream's responses have.
var passedOn = http.Header{"X-Request-Id": {"r-1"}, "Set-Cookie": {"a=1"}, "X-RateLimit-Remaining": {"9"}, "Cache-Control": {"no-cache"}}

// checkStatus makes a call be answered with a status.
func (d *described) checkStatus(t *testing.T, facade *facadetest.Facade, upstream *facadetest.Recorder, call restCall, operation *openapi3.Operation, named string) {
	t.Helper()
	status, _ := strconv.Atoi(named)
	headers := passedOn.Clone()
	if status == 0 {
		status = http.StatusGone
	}
	if status >= 400 {
		headers.Set("Retry-After", "0")
	}
	answer := exampleBody(operation.Responses.Value(named).Value.Content)
	upstream.Answer(facadetest.Respond(status, headers, answer))
	upstream.Take()
	own := false // the facade's own response, which no upstream gives
	switch status {
	case http.StatusRequestEntityTooLarge: // OpenAPI has no word for how long a body may be
		own, call.body = true, call.body+strings.Repeat(" ", 1000)
	case http.StatusUnsupportedMediaType:
		own, call.header = true, http.Header{"Content-Type": {"text/plain"}}
	}
	response, body := call.do(t, facade.REST)
	if response.StatusCode != status {
		t.Fatalf("%d %s, want %d", response.StatusCode, body, status)
	}
	if !own {
		checkJSON(t, "the response", []byte(answer), []byte(body))
	}
	if (len(upstream.Take()) == 0) != own {
		t.Error("somebody else has answered")
	}
	x := exchange{response.Request, response, []byte(body)}
	x.request.URL.Opaque, x.request.Body = call.path, io.NopCloser(strings.NewReader(call.body))
	input, err := x.input(d.document)
	if err != nil {
		t.Fatal(err)
	}
	if err := openapi3filter.ValidateRequest(t.Context(), input); (err != nil) != (status == http.StatusUnsupportedMediaType) {
		t.Errorf("the document says of the request: %v", err)
	}
	if err := x.checkAnswer(input); err != nil {
		t.Error(err)
	}
}
