package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/contract"
)

// documentPath is the committed document.
const documentPath = "../../gen/openapi/openapi.json"

// load returns the committed document, found valid.
func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(documentPath)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableSchemaFormatValidation()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// successesOf are the successes that an operation's row tells of, as successes lists them.
func successesOf(o contract.Operation) string {
	text := strings.TrimSpace("200 " + o.Response)
	if o.MayBeEmpty() {
		text += ", 204"
	}
	return text
}

// bodyOf is the body that an operation's row tells of, as body names it.
func bodyOf(o contract.Operation) string {
	switch {
	case o.Body == "":
		return ""
	case contract.Required(o.Request):
		return "required " + o.Request
	default:
		return "optional " + o.Request
	}
}

func TestOperationsAreTheContracts(t *testing.T) {
	t.Parallel()
	doc := load(t)
	rows := map[string]contract.Operation{}
	for _, row := range contract.Operations {
		rows[row.Name] = row
	}
	for path, item := range doc.Paths.Map() {
		for verb, operation := range item.Operations() {
			want, ok := rows[operation.OperationID]
			if !ok {
				continue // is told by test
			}
			if verb != want.Verb() || path != want.Path() {
				t.Errorf("%s is %s %s", operation.OperationID, verb, path)
			}
			if got, want := successes(operation), successesOf(want); got != want {
				t.Errorf("%s answers %q, want %q", operation.OperationID, got, want)
			}
			if got, want := body(operation), bodyOf(want); got != want {
				t.Errorf("%s takes %q, want %q", operation.OperationID, got, want)
			}
			checkCommon(t, operation, want)
		}
	}
}

// checkCommon checks what is the same of all operations.
func checkCommon(t *testing.T, operation *openapi3.Operation, row contract.Operation) {
	t.Helper()
	var want, got []string
	for _, field := range pathVariable.FindAllStringSubmatch(row.Path(), -1) {
		want = append(want, "path "+field[1]+" required")
	}
	for _, parameter := range contract.Members(row.Query) {
		want = append(want, "query "+parameter.Name+map[bool]string{false: " required"}[parameter.Optional || parameter.List])
	}
	want = append(want, "header X-WINGSPAN-USER")
	for _, parameter := range operation.Parameters {
		got = append(got, parameter.Value.In+" "+parameter.Value.Name+map[bool]string{true: " required"}[parameter.Value.Required])
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s has parameters %q, want %q", operation.OperationID, got, want)
	}
	security, signsIn := *operation.Security, row.Is(contract.SignIn)
	if signsIn != (len(security) == 0) || !signsIn && (len(security) != 1 || security[0]["bearer"] == nil) {
		t.Errorf("%s has security %v", operation.OperationID, security)
	}
	if operation.Summary == "" || strings.HasSuffix(operation.Summary, ".") || !slices.Equal(operation.Tags, []string{"SessionAndAuthentication"}) {
		t.Errorf("%s has summary %q, tags %q", operation.OperationID, operation.Summary, operation.Tags)
	}
	failing := []string{"400", "401", "403", "404", "409", "422", "429", "500", "502", "503", "504", "default"}
	if operation.RequestBody != nil {
		failing = append(failing, "413", "415")
	}
	for _, status := range failing {
		response := operation.Responses.Value(status)
		if response == nil || schemaName(response.Value.Content) != "AnyError" {
			t.Errorf("%s does not describe %s", operation.OperationID, status)
			continue
		}
	}
	for status, response := range operation.Responses.Map() {
		if status[0] != '2' && !slices.Contains(failing, status) {
			t.Errorf("%s describes %s", operation.OperationID, status)
		}
		want := []string{"Age", "Cache-Control", "Cache-Status", "Retry-After", "Set-Cookie", "X-Request-Id"}
		if status[0] == '2' {
			want = slices.DeleteFunc(want, func(name string) bool { return name == "Retry-After" })
		}
		if got := slices.Sorted(maps.Keys(response.Value.Headers)); !slices.Equal(got, want) {
			t.Errorf("%s has with %s the headers %q, want %q", operation.OperationID, status, got, want)
		}
	}
}

// successes lists an operation's 2xx answers as the table does.
func successes(operation *openapi3.Operation) string {
	var answers []string
	for _, status := range slices.Sorted(maps.Keys(operation.Responses.Map())) {
		if strings.HasPrefix(status, "2") {
			name := schemaName(operation.Responses.Value(status).Value.Content)
			answers = append(answers, strings.TrimSpace(status+" "+name))
		}
	}
	return strings.Join(answers, ", ")
}

// body names an operation's body as the table does.
func body(operation *openapi3.Operation) string {
	if operation.RequestBody == nil {
		return ""
	}
	necessity := "optional "
	if operation.RequestBody.Value.Required {
		necessity = "required "
	}
	return necessity + schemaName(operation.RequestBody.Value.Content)
}

// schemaName names the schema of a JSON body, with [] before a list's.
func schemaName(content openapi3.Content) string {
	if content["application/json"] == nil {
		return ""
	}
	schema := content["application/json"].Schema
	if schema.Ref == "" && schema.Value.Type.Is("array") {
		return "[]" + strings.TrimPrefix(schema.Value.Items.Ref, "#/components/schemas/")
	}
	return strings.TrimPrefix(schema.Ref, "#/components/schemas/")
}

func TestNothingOfProtobufLeaksOut(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(documentPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"UNSPECIFIED", "updateMask", "update_mask", "FieldMask", "CompleteOtpVerification takes", `\u003c`,
		"session_id", "gRPC", "google.rpc", "metadata", "RPC "} {
		if strings.Contains(string(text), word) {
			t.Errorf("the document holds %q", word)
		}
	}
	// Reasons are called like some codes, and are in quotes.
	for code := codes.OK + 1; code <= codes.Unauthenticated; code++ {
		if name := codeName(code); regexp.MustCompile(`[^"` + "`" + `_]\b` + name + `\b`).Match(text) {
			t.Errorf("the document speaks of the gRPC code %s", name)
		}
	}
}

// codeName spells a gRPC code as comments do.
func codeName(code codes.Code) string {
	return strings.ToUpper(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(code.String(), "${1}_$2"))
}

// TestReasons: what the facade's own errors can say is listed, and explained.
func TestReasons(t *testing.T) {
	t.Parallel()
	doc := load(t)
	if ref := doc.Components.Schemas["ErrorBody"].Value.Properties["code"].Ref; ref != "#/components/schemas/ErrorReason" {
		t.Errorf("code is a %s", ref)
	}
	text := doc.Components.Schemas["ErrorReason"].Value.Description
	for number, name := range usersv1.ErrorReason_name {
		word := strings.TrimPrefix(name, "ERROR_REASON_")
		if explained := regexp.MustCompile("(?m)^- `" + word + "`: [A-Z].+\\.$").MatchString(text); explained != (number != 0) {
			t.Errorf("%s is explained: %v", word, explained)
		}
	}
}

func TestDocumentIntroducesItself(t *testing.T) {
	t.Parallel()
	doc := load(t)
	if doc.Info.Title == "" || doc.Info.Description == "" || doc.Info.Version != "v1" {
		t.Errorf("info is %+v", doc.Info)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != ".." { // relative to docs/openapi.json
		t.Errorf("servers are %v", doc.Servers)
	}
	scheme := doc.Components.SecuritySchemes["bearer"].Value
	if scheme.Type != "http" || scheme.Scheme != "bearer" {
		t.Errorf("bearer is %s %s", scheme.Type, scheme.Scheme)
	}
	if !strings.HasPrefix(doc.Info.Description, "The same verbs, paths, JSON and errors") {
		t.Errorf("the description begins %.60q", doc.Info.Description)
	}
	if len(doc.Tags) != 1 || doc.Tags[0].Description == "" {
		t.Errorf("tags are %v", doc.Tags)
	}
}
