package test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// FuzzRESTBody: whatever a REST caller sends as a body is refused with an error of
// the facade's own, or reaches the upstream as the bytes that it is.
func FuzzRESTBody(f *testing.F) {
	upstream := facadetest.NewRecorder(f, facadetest.Respond(http.StatusTeapot, nil, `{"error":"teapot"}`))
	facade := facadetest.Start(f, upstream.URL, facadetest.Config{})
	for _, seed := range []string{`{}`, `null`, `{"email":null,"password":"a"}`, `{"new":{"a":[1e400]}}`, `{"email":"\ud800"}`, `{"email":1}`, `{"a":1,"a":2}`, "\ufeff{}", "{\xff}", ` {} `} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		response, answer := restCall{"POST", "/users/session", jsonHeader(), string(body)}.do(t, facade.REST)
		seen := upstream.Take()
		if response.StatusCode != http.StatusTeapot {
			if len(seen) > 0 || response.StatusCode != http.StatusBadRequest || !json.Valid([]byte(answer)) {
				t.Fatalf("%q: status %d, %d requests, %q", body, response.StatusCode, len(seen), answer)
			}
			return
		}
		if len(seen) != 1 || !bytes.Equal(wirejson.TrimBOM(body), seen[0].Body) {
			t.Fatalf("%q reached the upstream as %q", body, seen)
		}
	})
}
