package test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// TestREST_AnswersWhatNetHTTPRefuses: as JSON, with a request id and an access line, as
// all other errors. Nothing of the request is in either.
func TestREST_AnswersWhatNetHTTPRefuses(t *testing.T) {
	t.Parallel()
	const valid = "GET /users/session/api HTTP/1.1\r\nHost: x\r\n"
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"stray % in the path":        {"GET /users/session/token/canary% HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"no digits after %":          {"GET /users/session/token/%zzcanary HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"no Host":                    {"GET /users/session/api?canary HTTP/1.1\r\n\r\n", 400},
		"malformed Host":             {"GET /users/session/api HTTP/1.1\r\nHost: canary canary\r\n\r\n", 400},
		"two Hosts":                  {valid + "Host: canary\r\n\r\n", 400},
		"line without a colon":       {valid + "canary\r\n\r\n", 400},
		"space in a name":            {valid + "canary canary: x\r\n\r\n", 400},
		"control character":          {valid + "X-A: canary\x01\r\n\r\n", 400},
		"HTTP/3.0":                   {"GET /canary HTTP/3.0\r\nHost: x\r\n\r\n", 505},
		"no HTTP":                    {"canary canary\r\n\r\n", 400},
		"malformed length":           {valid + "Content-Length: canary\r\n\r\n", 400},
		"unknown transfer encoding":  {valid + "Transfer-Encoding: canary\r\n\r\n", 501},
		"headers that are too large": {valid + "X-A: canary" + strings.Repeat("a", 2<<20) + "\r\n\r\n", 431},
		"unknown expectation":        {valid + "Expect: canary\r\n\r\n", 417},
		"after a valid one":          {valid + "\r\n" + "GET /%zzcanary HTTP/1.1\r\nHost: x\r\n\r\n", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
			conn := dial(t, facade)
			go func() { _, _ = io.WriteString(conn, c.request) }()
			reader := bufio.NewReader(conn)
			if name == "after a valid one" {
				response, err := http.ReadResponse(reader, nil)
				if err != nil || response.StatusCode != 200 {
					t.Fatalf("the first: %+v, %v", response, err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
			}
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != c.status || !response.Close {
				t.Errorf("%d, close %t, %v; want %d", response.StatusCode, response.Close, err, c.status)
			}
			checkErrorBody(t, body, "INVALID_REQUEST", nil)
			for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
				if got := response.Header.Get(name); got != want {
					t.Errorf("%s: %q", name, got)
				}
			}
			id := response.Header.Get("X-Request-Id")
			line := facade.Log.Await(t, `"request_id":"`+id+`"`)
			if len(id) != 16 || !strings.Contains(line, `"msg":"call"`) {
				t.Errorf("id %q, logged: %s", id, line)
			}
			if strings.Contains(string(body)+facade.Log.String(), "canary") {
				t.Errorf("the request is quoted: %s %s", body, facade.Log)
			}
		})
	}
}

// TestREST_LeavesOtherResponsesOfNetHTTPAlone: OPTIONS * is answered without a handler as
// well, and is no refusal. The connection goes on.
func TestREST_LeavesOtherResponsesOfNetHTTPAlone(t *testing.T) {
	t.Parallel()
	facade := facadetest.Start(t, facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`)).URL, facadetest.Config{})
	conn := dial(t, facade)
	reader := bufio.NewReader(conn)
	for _, request := range []string{
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
		"GET /users/session/api HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(reader, nil)
		if err == nil && response.StatusCode == http.StatusContinue {
			response, err = http.ReadResponse(reader, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		if response.StatusCode != 200 || strings.Contains(string(body), "INVALID") || response.Close {
			t.Errorf("%.12s: %d, %s, close %t", request, response.StatusCode, body, response.Close)
		}
	}
}
