package test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// restCall is one HTTP exchange with a facade.
type restCall struct {
	method, path string
	header       http.Header
	body         string
}

// json is a header for a JSON body, with more pairs of names and values.
func jsonHeader(more ...string) http.Header {
	header := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(more); i += 2 {
		header.Add(more[i], more[i+1])
	}
	return header
}

// do sends the path as it is, which net/url would respell.
func (c restCall) do(t *testing.T, base string) (*http.Response, string) {
	t.Helper()
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	target.Opaque = c.path
	request := &http.Request{Method: c.method, URL: target, Header: c.header}
	if request.Header == nil {
		request.Header = http.Header{}
	}
	if c.body != "" {
		request.Body = io.NopCloser(strings.NewReader(c.body))
		request.ContentLength = int64(len(c.body))
	}
	response, err := httpclient.Shared.Transport.RoundTrip(request.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// TestRESTRefusals shows what the REST gateway refuses by itself: the upstream is
// not called, and the response is the facade's own JSON.
func TestRESTRefusals(t *testing.T) {
	t.Parallel()
	large := `{"email":"` + strings.Repeat("a", 4<<20) + `"}`
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, c := range map[string]struct {
		call   restCall
		status int
		code   string
		fields []string
	}{
		"unknown path":       {restCall{method: "GET", path: "/users/nothing"}, 404, "NOT_FOUND", nil},
		"path of no service": {restCall{method: "POST", path: "/wingspan.users.v2.SessionAndAuthenticationService/GetSession"}, 404, "NOT_FOUND", nil},
		"path of a service":  {restCall{method: "POST", path: "/wingspan.users.v1.SessionAndAuthenticationService"}, 404, "NOT_FOUND", nil},
		"trailing segment":   {restCall{method: "GET", path: "/users/session/api/s-1/more"}, 404, "NOT_FOUND", nil},
		"wrong verb":         {restCall{method: "PUT", path: "/users/session"}, 405, "METHOD_NOT_ALLOWED", nil},
		"wrong verb with id": {restCall{method: "POST", path: "/users/session/api/s-1"}, 405, "METHOD_NOT_ALLOWED", nil},
		"empty id":           {restCall{method: "GET", path: "/users/session/api/"}, 400, "INVALID_REQUEST", []string{"id"}},
		"dot segment":        {restCall{method: "GET", path: "/users/session/token/%2e%2e"}, 400, "INVALID_REQUEST", []string{"id"}},
		"half-escaped dots":  {restCall{method: "GET", path: "/users/session/token/.%2E"}, 400, "INVALID_REQUEST", []string{"id"}},
		"plain dots":         {restCall{method: "GET", path: "/users/session/token/.."}, 400, "INVALID_REQUEST", []string{"id"}},
		"id not UTF-8":       {restCall{method: "GET", path: "/users/session/token/%ff"}, 400, "INVALID_REQUEST", []string{"id"}},
		"not JSON":           {restCall{"POST", "/users/session", jsonHeader(), `{"email":`}, 400, "INVALID_REQUEST", nil},
		"trailing text":      {restCall{"POST", "/users/session", jsonHeader(), `{} {}`}, 400, "INVALID_REQUEST", nil},
		"wrong type":         {restCall{"POST", "/users/session", jsonHeader(), `{"email":["a"]}`}, 400, "INVALID_REQUEST", []string{"email"}},
		"no body":            {restCall{"POST", "/users/authentication", jsonHeader(), ""}, 400, "INVALID_REQUEST", nil},
		"form":               {restCall{"POST", "/users/session", form, "email=a"}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"form with override": {restCall{"POST", "/users/session/api", http.Header{"Content-Type": form["Content-Type"],
			"X-Http-Method-Override": {"GET"}}, "a=b"}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"text":              {restCall{"POST", "/users/session", http.Header{"Content-Type": {"text/plain"}}, `{}`}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"no content type":   {restCall{"POST", "/users/session", nil, `{}`}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"other charset":     {restCall{"POST", "/users/session", http.Header{"Content-Type": {"application/json; charset=latin1"}}, `{}`}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"compressed":        {restCall{"POST", "/users/session", jsonHeader("Content-Encoding", "gzip"), `{}`}, 415, "UNSUPPORTED_MEDIA_TYPE", nil},
		"large body":        {restCall{"POST", "/users/session", jsonHeader(), large}, 413, "REQUEST_TOO_LARGE", nil},
		"two tokens":        {restCall{"GET", "/users/session/api", http.Header{"Authorization": {"Bearer a", "Bearer b"}}, ""}, 400, "INVALID_REQUEST", []string{"authorization"}},
		"two users":         {restCall{"GET", "/users/session/api", http.Header{"X-Wingspan-User": {"u-1", "u-2"}}, ""}, 400, "INVALID_REQUEST", []string{"x-wingspan-user"}},
		"unprintable token": {restCall{"GET", "/users/session/api", http.Header{"Authorization": {"Bearer \xe9"}}, ""}, 400, "INVALID_REQUEST", []string{"authorization"}},
		"bad timeout":       {restCall{"GET", "/users/session/api", http.Header{"Grpc-Timeout": {"soon"}}, ""}, 400, "INVALID_REQUEST", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{}`))
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
			response, body := c.call.do(t, facade.REST)
			if response.StatusCode != c.status {
				t.Errorf("status %d, want %d", response.StatusCode, c.status)
			}
			checkErrorBody(t, []byte(body), c.code, c.fields)
			if seen := upstream.Take(); len(seen) > 0 {
				t.Errorf("the upstream was called: %s %s", seen[0].Method, seen[0].Path)
			}
			if got := response.Header.Get("Www-Authenticate"); got != "" {
				t.Errorf("WWW-Authenticate: %q", got)
			}
			if n := strings.Count(facade.Log.String(), `"msg":"call"`); n != 1 {
				t.Errorf("%d access lines, want 1:\n%s", n, facade.Log)
			}
			if log := facade.Log.String(); !strings.Contains(log, `"reason":"`+c.code+`"`) || strings.Contains(log, `"code":"Unknown"`) {
				t.Errorf("the reason is not logged:\n%s", log)
			}
		})
	}
}

// TestRESTVerbs shows Allow, OPTIONS and HEAD.
func TestRESTVerbs(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	for _, method := range []string{"PUT", "OPTIONS"} {
		response, _ := restCall{method: method, path: "/users/session/api"}.do(t, facade.REST)
		if got := response.Header.Get("Allow"); got != "OPTIONS, POST, GET, HEAD" {
			t.Errorf("%s: Allow: %q", method, got)
		}
	}
	if seen := upstream.Take(); len(seen) > 0 {
		t.Errorf("the upstream was called: %v", seen)
	}
	response, body := restCall{method: "HEAD", path: "/users/session/api"}.do(t, facade.REST)
	seen := upstream.Take()
	if response.StatusCode != 200 || body != "" || len(seen) != 1 || seen[0].Method != "GET" {
		t.Errorf("HEAD: %d %q; upstream saw %v", response.StatusCode, body, seen)
	}
}

// TestRESTLargestBody shows that 3 MiB pass.
func TestRESTLargestBody(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{"expiration":"","sessionType":"User"}`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	want := `{"email":"` + strings.Repeat("a", 3<<20) + `"}`
	response, _ := restCall{"POST", "/users/session", jsonHeader(), want}.do(t, facade.REST)
	if seen := upstream.Take(); response.StatusCode != 200 || len(seen) != 1 || string(seen[0].Body) != want {
		t.Errorf("status %d; the upstream saw %d requests", response.StatusCode, len(seen))
	}
}

// TestHeaders shows what passes up and down, and what does not.
func TestHeaders(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, http.Header{
		"Set-Cookie":          {"a=1; Path=/", "b=2; HttpOnly"},
		"X-Request-Id":        {"r-9"},
		"X-Ratelimit-Limit":   {"200"},
		"Ratelimit-Remaining": {"7"},
		"Server":              {"secret-engine"},
		"Keep-Alive":          {"timeout=5"},
	}, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	response, _ := restCall{method: "GET", path: "/users/session/api?id=9&updateMask=x", header: http.Header{
		"Authorization": {"Bearer t-1"}, "Cookie": {"c=3"}, "X-Wingspan-User": {"u-1"}, "Accept-Language": {"de"},
		"X-Request-Id": {"r-1"}, "Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		"X-Other": {"no"}, "Accept-Encoding": {"br"}, "Connection": {"X-Secret"}, "X-Secret": {"no"}, "Te": {"trailers"},
		"Grpc-Metadata-X-Other": {"no"}, "Grpc-Metadata-Authorization": {"Bearer forged"},
	}}.do(t, facade.REST)
	seen := upstream.Take()
	if len(seen) != 1 || seen[0].Path != "/users/session/api" {
		t.Fatalf("the upstream saw %+v", seen)
	}
	for name, want := range map[string]string{"Authorization": "Bearer t-1", "Cookie": "c=3", "X-Wingspan-User": "u-1",
		"Accept-Language": "de", "X-Request-Id": "r-1", "User-Agent": facadetest.UserAgent, "Accept-Encoding": "identity",
		"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"} {
		if got := seen[0].Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("up: %s: %q, want %q", name, got, want)
		}
	}
	for name := range seen[0].Header {
		switch name {
		case "Authorization", "Cookie", "X-Wingspan-User", "Accept-Language", "X-Request-Id", "Traceparent", "User-Agent", "Accept", "Accept-Encoding":
		default:
			t.Errorf("up: %s should not pass", name)
		}
	}
	if got := response.Header.Values("Set-Cookie"); len(got) != 2 || got[0] != "a=1; Path=/" || got[1] != "b=2; HttpOnly" {
		t.Errorf("down: Set-Cookie: %q", got)
	}
	for name := range response.Header {
		switch name {
		case "Set-Cookie", "X-Request-Id", "X-Ratelimit-Limit", "Ratelimit-Remaining", "Content-Type", "Content-Length",
			"Date", "Cache-Control", "X-Content-Type-Options":
		default:
			t.Errorf("down: %s should not pass", name)
		}
	}
	if response.Header.Get("Cache-Control") != "no-store" || len(response.TransferEncoding) > 0 {
		t.Errorf("Cache-Control %q, Transfer-Encoding %q", response.Header.Get("Cache-Control"), response.TransferEncoding)
	}
}

// TestNoErrorTextInHeaders shows that a 401 is relayed without a challenge of the
// gateway's making, which would hold the upstream's message.
func TestNoErrorTextInHeaders(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(401, nil, `{"message":"canary"}`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	response, body := restCall{method: "GET", path: "/users/session/api"}.do(t, facade.REST)
	if response.StatusCode != http.StatusUnauthorized || body != `{"message":"canary"}` {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
	for name, values := range response.Header {
		if name == "Www-Authenticate" || strings.Contains(strings.Join(values, ""), "canary") {
			t.Errorf("%s: %q", name, values)
		}
	}
}

// panicking breaks one RPC.
type panicking struct {
	usersv1.SessionAndAuthenticationServiceServer
	value any
}

func (p panicking) GetSession(context.Context, *usersv1.GetSessionRequest) (*usersv1.GetSessionResponse, error) {
	panic(p.value)
}

// TestPanic shows that a panic is an error of that call alone, logged with its
// stack and without its value, which may be a secret.
func TestPanic(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{
		Wrap: func(s usersv1.SessionAndAuthenticationServiceServer) usersv1.SessionAndAuthenticationServiceServer {
			return panicking{s, errors.New("canary-in-a-panic")}
		}})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "r-77")
	_, err := facade.Client.GetSession(ctx, &usersv1.GetSessionRequest{Id: "canary-in-a-path"})
	if s := status.Convert(err); s.Code() != codes.Internal || !strings.Contains(s.Message(), "r-77") {
		t.Errorf("gRPC: %v", err)
	}
	response, body := restCall{method: "GET", path: "/users/session/token/canary-in-a-path"}.do(t, facade.REST)
	checkErrorBody(t, []byte(body), "INTERNAL", nil)
	if response.StatusCode != 500 || strings.Contains(body, "canary") {
		t.Errorf("REST: %d %s", response.StatusCode, body)
	}
	log := facade.Log.String()
	if strings.Contains(log, "canary") || !strings.Contains(log, "panicking.GetSession") || !strings.Contains(log, "r-77") {
		t.Errorf("log:\n%s", log)
	}
	if _, err := facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}); err != nil {
		t.Errorf("the next call: %v", err)
	}
}
