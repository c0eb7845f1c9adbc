package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// relayed are the bodies of an API session's update and of its response that a codec could
// not write again as they are: all are relayed byte for byte.
var relayed = []string{
	`{}`,
	`null`,
	" {\n\t\"labels\" : { } }\r\n",
	`{"labels":null}`,
	`{"labels":{},"expiration":null}`,
	`{"isUnlimitedExpiration":false,"expiration":""}`,
	`{"expiration":"\u0065\/\ud83d\ude00"}`,
	`{"expiration":"\ud83d"}`,
	`{"new":[1.10E+05,-0,1e400,123456789012345678901234567890],"\u0065xpiration":"e"}`,
	`{"z":{"b":1,"a":2},"expiration":"e","a":[{},null]}`,
	"{\"expiration\":\"\u2028<&>\"}",
	`{"id":"s-2","update_mask":"x","token":"t"}`,
}

// TestREST_RelaysBytes: up and down, nothing is added, dropped, reordered or respelled.
func TestREST_RelaysBytes(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	bodies := append([]string{
		`{"sessionType":"Brand new","sessionType":"API"}`, `{"labels":{"a":null,"a":"b"}}`, `{"new":{"x":1,"x":2}}`,
	}, relayed...)
	for i, body := range bodies {
		upstream.Answer(facadetest.Respond(http.StatusOK, nil, body))
		request := `{"labels":{}}`
		if i >= len(bodies)-len(relayed) {
			request = body
		}
		response, got := restCall{"PATCH", "/users/session/api/s-1", jsonHeader(), request}.do(t, facade.REST)
		if seen := upstream.Take(); len(seen) != 1 || string(seen[0].Body) != request {
			t.Errorf("%s: the upstream saw %q", request, seen)
		}
		switch {
		case body == `null`: // where an object is documented
			if response.StatusCode != http.StatusBadGateway {
				t.Errorf("null: status %d", response.StatusCode)
			}
		case response.StatusCode != http.StatusOK || got != body:
			t.Errorf("%s came as %d %s", body, response.StatusCode, got)
		}
	}
}

// TestREST_StripsByteOrderMark: it is no part of the JSON (RFC 8259, section 8.1).
func TestREST_StripsByteOrderMark(t *testing.T) {
	t.Parallel()
	const body = "\ufeff" + `{"expiration":"e"}`
	upstream := facadetest.NewRecorder(t, facadetest.Respond(http.StatusOK, nil, body))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	response, got := restCall{"PATCH", "/users/session/api/s-1", jsonHeader(), body}.do(t, facade.REST)
	want := strings.TrimPrefix(body, "\ufeff")
	if seen := upstream.Take(); len(seen) != 1 || string(seen[0].Body) != want || response.StatusCode != http.StatusOK || got != want {
		t.Errorf("the upstream saw %q, the caller %d %q", seen, response.StatusCode, got)
	}
}
