package test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/wingspan-grpc/session-facade/gen/openapi"
	"github.com/wingspan-grpc/session-facade/internal/facadetest"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// described is the OpenAPI document, with what of it has been seen on the wire.
type described struct {
	document *openapi3.T
	// open is the document but for the words of its enums: in answers they are
	// those of today, and the document says so.
	open   *openapi3.T
	router *httprule.Router

	mu   sync.Mutex
	seen map[string]bool // "operationId status" and "status"
}

func readDescription(t *testing.T) *described {
	t.Helper()
	d := &described{document: loadOpenAPI(t, openapi.Document), seen: map[string]bool{}}
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
	d.open = loadOpenAPI(t, text)
	rules, err := httprule.Service(facadetest.Descriptor)
	if err != nil {
		t.Fatal(err)
	}
	if d.router, err = httprule.NewRouter(rules); err != nil {
		t.Fatal(err)
	}
	return d
}

func loadOpenAPI(t *testing.T, text []byte) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// TestOpenAPI makes every golden case's REST call and holds both the call and its
// answer against the OpenAPI document: what the facade relays is described, what
// it refuses is not, and each status that is described occurs.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	d := readDescription(t)
	t.Cleanup(func() { d.checkAllSeen(t) }) // when all subtests are through
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
	t.Run("413 and 415", func(t *testing.T) {
		t.Parallel()
		d.checkBodyRefusals(t)
	})
}

// checkCase makes a case's call.
func (d *described) checkCase(t *testing.T, c *goldenCase, facade *facadetest.Facade) {
	t.Helper()
	response, body := c.send(t, facade)
	operation := d.operation(t, d.document, c.REST)
	if operation == nil {
		if response.StatusCode/100 != 4 {
			t.Errorf("status %d of what is no operation", response.StatusCode)
		}
		return
	}
	err := describesRequest(operation, c.REST)
	if c.Sees != nil && err != nil {
		t.Errorf("the facade takes a request that the document does not: %v", err)
	}
	if c.Sees == nil && err == nil {
		t.Errorf("the document takes a request that the facade does not")
	}
	err = d.describesAnswer(operation, response.StatusCode, body)
	// Of these the point is a word that the upstream may add one day.
	if strings.HasPrefix(c.Name, "unknown-") && strings.Contains(c.Name, "-and-word") {
		if err == nil {
			t.Error("the document knows the words")
		}
		err = d.describesAnswer(d.operation(t, d.open, c.REST), response.StatusCode, body)
	}
	if err != nil {
		t.Errorf("the answer %d %s: %v", response.StatusCode, body, err)
	}
}

// operation finds the operation of a call; nil where its path is none's.
func (d *described) operation(t *testing.T, document *openapi3.T, request *wireRequest) *openapi3.Operation {
	t.Helper()
	path, _, _ := strings.Cut(request.Path, "?")
	rules, _, err := d.router.Match(path)
	if err != nil {
		return nil
	}
	for _, rule := range rules {
		if rule.Verb == request.Method {
			return document.Paths.Value(rule.Template).GetOperation(rule.Verb)
		}
	}
	t.Fatalf("%s is no operation", request.Method)
	return nil
}

// describesRequest says what of a request is not as the document has it.
func describesRequest(operation *openapi3.Operation, request *wireRequest) error {
	if operation.RequestBody == nil {
		return nil // what is sent nevertheless is not looked at
	}
	body := operation.RequestBody.Value
	if request.Body == nil {
		if body.Required {
			return errors.New("a body is required")
		}
		return nil
	}
	return describesBody(body.Content, request.Body)
}

// describesAnswer says what of an answer is not as the document has it.
func (d *described) describesAnswer(operation *openapi3.Operation, status int, body []byte) error {
	code := strconv.Itoa(status)
	d.mu.Lock()
	d.seen[code], d.seen[operation.OperationID+" "+code] = true, true
	d.mu.Unlock()
	answer := operation.Responses.Value(code)
	// Where the vendor documents 204, any 2xx is as good, and may come without a body.
	anySuccess := status/100 == 2 && operation.Responses.Value("204") != nil
	switch {
	case answer == nil && anySuccess:
		answer = operation.Responses.Value("200")
	case answer == nil && status < 400:
		return errors.New("the status is not described")
	case answer == nil:
		answer = operation.Responses.Default()
	}
	if len(body) == 0 && (anySuccess || answer.Value.Content == nil) {
		return nil
	}
	return describesBody(answer.Value.Content, body)
}

// describesBody says what of a JSON text is not as it is described.
func describesBody(content openapi3.Content, text []byte) error {
	described := content["application/json"]
	if described == nil {
		return errors.New("no body is described")
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	return described.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020())
}

// checkBodyRefusals makes the calls that golden cases can't express: they are
// always JSON, and never large.
func (d *described) checkBodyRefusals(t *testing.T) {
	t.Helper()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{}`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{MaxRequestBytes: 100})
	for status, header := range map[int]http.Header{
		http.StatusRequestEntityTooLarge: jsonHeader(), http.StatusUnsupportedMediaType: nil} {
		call := restCall{"POST", "/users/session", header, `{"email":"ada@example.com"}`}
		if status == http.StatusRequestEntityTooLarge {
			call.body = strings.Repeat(" ", 101)
		}
		response, body := call.do(t, facade.REST)
		if response.StatusCode != status {
			t.Errorf("status %d, want %d", response.StatusCode, status)
		}
		operation := d.operation(t, d.document, &wireRequest{Method: call.method, Path: call.path})
		if err := d.describesAnswer(operation, response.StatusCode, []byte(body)); err != nil {
			t.Error(err)
		}
	}
}

// checkAllSeen fails for a status that is described and never occurs: a success
// for each operation, a failure, which all have in common, for any.
func (d *described) checkAllSeen(t *testing.T) {
	t.Helper()
	for path, item := range d.document.Paths.Map() {
		for verb, operation := range item.Operations() {
			for status := range operation.Responses.Map() {
				key := status
				if status[0] == '2' {
					key = operation.OperationID + " " + status
				}
				if status != "default" && !d.seen[key] {
					t.Errorf("%s %s never answers %s", verb, path, status)
				}
			}
		}
	}
	if !slices.ContainsFunc([]string{"410", "418", "599"}, func(status string) bool { return d.seen[status] }) {
		t.Error("no failure is described by default")
	}
}
