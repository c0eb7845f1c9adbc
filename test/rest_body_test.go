package test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const (
	bom     = "\xEF\xBB\xBF"
	session = `{"expiration":"e","sessionType":"User"}`
)

// TestREST_TakesWhatClientsDeclare: what is JSON in UTF-8 is taken, however it is said;
// the upstream gets it without a byte order mark.
func TestREST_TakesWhatClientsDeclare(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, session))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	const body = `{"email":"a@b.c"}`
	for name, c := range map[string]struct {
		contentType, encoding, body string
	}{
		"plain":                 {"application/json", "", body},
		"byte order mark":       {"application/json", "", bom + body},
		"utf-8":                 {"application/json; charset=utf-8", "", body},
		"UTF-8 in quotes":       {`Application/JSON;charset="UTF-8"`, "", body},
		"utf8":                  {"application/json; charset=utf8", "", body},
		"empty parameter":       {"application/json;", "", body},
		"parameter of nothing":  {"application/json; charset=", "", body},
		"malformed parameter":   {"application/json; charset", "", body},
		"more than a parameter": {"application/json; odata.metadata=none; ; x", "", body},
		"identity":              {"application/json", "Identity", body},
	} {
		header := http.Header{"Content-Type": {c.contentType}}
		if c.encoding != "" {
			header.Set("Content-Encoding", c.encoding)
		}
		response, text := restCall{"POST", "/users/session", header, c.body}.do(t, facade.REST)
		if seen := upstream.Take(); response.StatusCode != 200 || len(seen) != 1 || string(seen[0].Body) != body {
			t.Errorf("%s: %d %s; the upstream saw %+v", name, response.StatusCode, text, seen)
		}
	}
	for name, header := range map[string]http.Header{
		"text in disguise": {"Content-Type": {"text/plain; application/json"}},
		"other JSON":       {"Content-Type": {"application/problem+json"}},
		"latin1":           {"Content-Type": {"application/json; charset=iso-8859-1"}},
		"utf-16":           {"Content-Type": {"application/json; charset=utf-16"}},
		"br":               {"Content-Type": {"application/json"}, "Content-Encoding": {"br"}},
	} {
		if response, _ := (restCall{"POST", "/users/session", header, body}).do(t, facade.REST); response.StatusCode != 415 {
			t.Errorf("%s: %d, want 415", name, response.StatusCode)
		}
	}
	if seen := upstream.Take(); len(seen) > 0 {
		t.Errorf("the upstream saw %+v", seen)
	}
}

// TestResponses_MayBeginWithAByteOrderMark: neither callers nor decoders see it.
func TestResponses_MayBeginWithAByteOrderMark(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	create := restCall{"POST", "/users/session", jsonHeader(), `{}`}

	upstream.Answer(facadetest.Respond(200, nil, bom+session))
	response, body := create.do(t, facade.REST)
	if response.StatusCode != 200 || body != session || response.ContentLength != int64(len(session)) {
		t.Errorf("success: %d %q of %d bytes", response.StatusCode, body, response.ContentLength)
	}
	typed, err := facade.Client.CreateSession(t.Context(), &usersv1.CreateSessionRequest{})
	if err != nil || typed.GetSession().GetExpiration() != "e" {
		t.Errorf("success over gRPC: %v, %v", typed, err)
	}
	upstream.Answer(facadetest.Respond(200, nil, bom))
	if response, body := create.do(t, facade.REST); response.StatusCode != 200 || body != "" {
		t.Errorf("empty success: %d %q", response.StatusCode, body)
	}

	upstream.Answer(facadetest.Respond(400, nil, bom+`{"message":"nope"}`))
	if response, body := create.do(t, facade.REST); response.StatusCode != 400 || body != `{"message":"nope"}` {
		t.Errorf("error: %d %q", response.StatusCode, body)
	}
	if _, err := facade.Client.CreateSession(t.Context(), &usersv1.CreateSessionRequest{}); status.Convert(err).Message() != "nope" {
		t.Errorf("error over gRPC: %v", err)
	}
}

// TestREST_RelaysTheContentType: the upstream's own, where it is JSON.
func TestREST_RelaysTheContentType(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	for own, want := range map[string]string{
		"application/json; charset=utf-8": "application/json; charset=utf-8",
		"application/vnd.api+json":        "application/vnd.api+json",
		"text/html":                       "application/json",
	} {
		for _, code := range []int{200, 404} {
			upstream.Answer(facadetest.Respond(code, http.Header{"Content-Type": {own}}, `[]`))
			response, _ := restCall{method: "GET", path: "/users/session/api"}.do(t, facade.REST)
			if got := response.Header.Get("Content-Type"); got != want {
				t.Errorf("%d %s: got %s", code, own, got)
			}
		}
	}
}

// TestREST_KeepsTheContentLength: of responses of any size, by GET and HEAD, whether the
// upstream tells it or not.
func TestREST_KeepsTheContentLength(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	for _, size := range []int{2, 2047, 2049, 5000, 100_000} {
		list := "[" + strings.Repeat(" ", size-2) + "]"
		for _, chunked := range []bool{false, true} {
			upstream.Answer(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if chunked {
					_ = http.NewResponseController(w).Flush()
				}
				_, _ = io.WriteString(w, list)
			})
			for _, verb := range []string{"GET", "HEAD"} {
				response, _ := restCall{method: verb, path: "/users/session/api"}.do(t, facade.REST)
				if response.ContentLength != int64(size) || len(response.TransferEncoding) > 0 {
					t.Errorf("%s of %d bytes, chunked %t: Content-Length %d, Transfer-Encoding %q",
						verb, size, chunked, response.ContentLength, response.TransferEncoding)
				}
			}
		}
	}
}
