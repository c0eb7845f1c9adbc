package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/wingspan-grpc/session-facade/gen/openapi"
)

// unknowable is what no example can know: the codes that the sandbox makes up,
// and ids. It prepares an operation and returns what to put in an example's stead.
var unknowable = map[string]func(*testing.T, *stage, string) map[string]string{
	"postUsersSessionSingleSignOn": func(t *testing.T, s *stage, _ string) map[string]string {
		t.Helper()
		s.call(t, "", "POST", "/users/authentication", `{"email":"katherine@example.com"}`)
		return map[string]string{"singleSignOnCode": s.code(t, "single sign-on code for katherine@example.com")}
	},
	"patchUsersSessionOtp": func(t *testing.T, s *stage, token string) map[string]string {
		t.Helper()
		s.call(t, token, "POST", "/users/session/otp", "")
		return map[string]string{"code": s.code(t, "one-time password for ada@example.com by SMS")}
	},
	"patchUsersUserIdVerificationEmail": func(t *testing.T, s *stage, token string) map[string]string {
		t.Helper()
		s.call(t, token, "POST", existingPath, "")
		return map[string]string{"emailVerificationId": s.code(t, "email verification id for ada@example.com")}
	},
	"patchUsersUserIdVerificationPhone": func(t *testing.T, s *stage, token string) map[string]string {
		t.Helper()
		s.call(t, token, "POST", phonePath, `{"phone":"(410) 435-0691 x609"}`)
		return map[string]string{"code": s.code(t, "phone verification code for ada@example.com by SMS")}
	},
}

func nothing(*testing.T, *stage, string) map[string]string { return nil }

func anAPISession(t *testing.T, s *stage, token string) map[string]string {
	t.Helper()
	made := s.call(t, token, "POST", "/users/session/api", `{"labels":{"team":"payroll"}}`)
	return map[string]string{"id": made.text(t, "sessionId")}
}

func theToken(_ *testing.T, _ *stage, token string) map[string]string {
	return map[string]string{"id": token}
}

// TestOpenAPIExamples: whoever sends the document's examples to the sandbox, as the
// page offers them, gets what the document shows as a response.
func TestOpenAPIExamples(t *testing.T) {
	t.Parallel()
	document := loadOpenAPI(t, openapi.Document)
	for path, item := range document.Paths.Map() {
		for verb, operation := range item.Operations() {
			t.Run(operation.OperationID, func(t *testing.T) {
				t.Parallel()
				checkExample(t, verb, path, operation)
			})
		}
	}
}

func checkExample(t *testing.T, verb, path string, operation *openapi3.Operation) {
	t.Helper()
	s := newStage(t, throughREST)
	email, password := "ada@example.com", adaPassword
	if operation.OperationID == "postUsersSessionRequestingUser" {
		email, password = "grace@example.com", gracePassword
	}
	token := ""
	if len(*operation.Security) > 0 {
		token = s.signIn(t, "/users/session", email, password, "").text(t, "token")
	}
	var instead map[string]string
	prepare := unknowable[operation.OperationID]
	switch {
	case prepare != nil:
	case strings.HasPrefix(path, "/users/session/api"):
		prepare = anAPISession // of which a list has one
	case strings.HasPrefix(path, "/users/session/token/"):
		prepare = theToken
	default:
		prepare = nothing
	}
	instead = prepare(t, s, token)
	call := exampleCall(verb, path, operation)
	for _, parameter := range operation.Parameters {
		if parameter.Value.In == openapi3.ParameterInPath {
			id, prepared := instead[parameter.Value.Name]
			if !prepared {
				id, _ = parameter.Value.Example.(string)
			}
			if id == "" {
				t.Fatalf(`%s of %s has no example: its comment in the .proto says one ("for example `+"`x`"+`"), or `+
					"test/openapi_examples_test.go prepares one", parameter.Value.Name, path)
			}
			call.path = strings.Replace(call.path, "an-id", id, 1)
		}
	}
	for member, value := range instead {
		call.body = replaceMember(t, call.body, member, value)
	}
	reply := s.call(t, token, verb, call.path, call.body)
	response := operation.Responses.Status(reply.status)
	if reply.status == http.StatusNotImplemented {
		t.Skip("internal/sandbox tells that it has no behaviour for it")
	}
	if reply.status/100 != 2 || response == nil {
		t.Fatalf("%s: %d %s", call.body, reply.status, reply.why)
	}
	want := exampleBody(response.Value.Content)
	if diff := cmp.Diff(shape(t, []byte(want)), shape(t, reply.body)); diff != "" {
		t.Errorf("the response is not like the example (-example +answer):\n%s", diff)
	}
}

// replaceMember puts another value for a member that an object has.
func replaceMember(t *testing.T, object, name, value string) string {
	t.Helper()
	members := map[string]any{}
	if err := json.Unmarshal([]byte(object), &members); err != nil || members[name] == nil {
		return object
	}
	members[name] = value
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shape is JSON with each value that depends on the time or on chance replaced by
// its kind.
func shape(t *testing.T, text []byte) any {
	t.Helper()
	if len(text) == 0 {
		return nil
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	var blur func(name string, value any) any
	blur = func(name string, value any) any {
		switch value := value.(type) {
		case map[string]any:
			for member := range value {
				value[member] = blur(member, value[member])
			}
		case []any:
			for i := range value {
				value[i] = blur(name, value[i])
			}
		case string:
			if name == "token" || name == "expiration" || name == "sessionId" || name == "userId" {
				return fmt.Sprintf("%T", value)
			}
		}
		return value
	}
	return blur("", value)
}
