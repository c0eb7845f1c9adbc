package judge

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// example is a call of an operation that the sandbox responds to with a success.
type example struct{ path, body string }

const userPath = "/users/user/user-ada/verification"

// first is what must be called before, and the words after which the sandbox prints a code
// that the example lacks.
var first = map[string]struct{ verb, path, body, words, member string }{
	"postUsersSessionSingleSignOn":      {http.MethodPost, "/users/authentication", `{"email":"katherine@example.com"}`, "single sign-on code for katherine@example.com", "singleSignOnCode"},
	"patchUsersSessionOtp":              {http.MethodPost, "/users/session/otp", "", "one-time password for ada@example.com by SMS", "code"},
	"patchUsersUserIdVerificationEmail": {http.MethodPost, userPath + "/existing-email", "", "email verification id for ada@example.com", "emailVerificationId"},
	"patchUsersUserIdVerificationPhone": {http.MethodPost, userPath + "/phone", `{"phone":"(410) 435-0691 x609"}`, "phone verification code for ada@example.com by SMS", "code"},
}

// prepare makes the call of the document's example.
func prepare(ctx context.Context, s *testbed.Server, token, verb, path string, operation *openapi3.Operation) (*example, error) {
	c := &example{path: path}
	if operation.RequestBody != nil {
		var body map[string]any
		text, err := json.Marshal(operation.RequestBody.Value.Content.Get("application/json").Example)
		if err == nil {
			err = json.Unmarshal(text, &body)
		}
		if err != nil {
			return nil, err
		}
		if before, needed := first[operation.OperationID]; needed {
			if _, err := testbed.Call(ctx, "http://"+s.HTTP, token, before.verb, before.path, before.body); err != nil {
				return nil, err
			}
			if body[before.member], err = s.Code(ctx, before.words); err != nil {
				return nil, err
			}
		}
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
		c.body = string(text)
	}
	id := "user-ada"
	switch {
	case strings.HasPrefix(path, "/users/session/token/"):
		id = token
	case strings.HasPrefix(path, "/users/session/api/") && verb != http.MethodPost:
		response, err := testbed.Call(ctx, "http://"+s.HTTP, token, http.MethodPost, "/users/session/api", `{"labels":{"team":"payroll"}}`)
		if err != nil {
			return nil, err
		}
		var made struct{ SessionID string }
		if err := json.Unmarshal(response.Body, &made); err != nil {
			return nil, err
		}
		id = made.SessionID
	}
	c.path = strings.Replace(path, "{id}", id, 1)
	return c, nil
}
