package test

import (
	"net/http"
	"testing"

	"github.com/wingspan-grpc/session-facade/internal/facadetest"
)

// TestCORS shows that pages of other origins may call only where they are listed.
func TestCORS(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	closed := facadetest.Start(t, upstream.URL, facadetest.Config{})
	open := facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: []string{app}})
	preflight := func(origin string) restCall {
		return restCall{method: "OPTIONS", path: "/users/session/api", header: http.Header{"Origin": {origin},
			"Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type"}}}
	}
	for name, c := range map[string]struct {
		facade *facadetest.Facade
		call   restCall
		want   string
	}{
		"preflight":            {open, preflight(app), app},
		"preflight of another": {open, preflight("https://evil.example.com"), ""},
		"preflight, off":       {closed, preflight(app), ""},
		"call":                 {open, restCall{method: "GET", path: "/users/session/api", header: http.Header{"Origin": {app}}}, app},
		"call of another":      {open, restCall{method: "GET", path: "/users/session/api", header: http.Header{"Origin": {"null"}}}, ""},
		"call, off":            {closed, restCall{method: "GET", path: "/users/session/api", header: http.Header{"Origin": {app}}}, ""},
		"call without origin":  {open, restCall{method: "GET", path: "/users/session/api"}, ""},
	} {
		response, _ := c.call.do(t, c.facade.REST)
		if got := response.Header.Get("Access-Control-Allow-Origin"); got != c.want {
			t.Errorf("%s: allowed origin %q, want %q", name, got, c.want)
		}
		if credentials := response.Header.Get("Access-Control-Allow-Credentials"); (credentials == "true") != (c.want != "") {
			t.Errorf("%s: credentials %q", name, credentials)
		}
	}
	for _, seen := range upstream.Take() {
		if seen.Method != http.MethodGet {
			t.Errorf("the upstream saw %s", seen.Method)
		}
	}
}
