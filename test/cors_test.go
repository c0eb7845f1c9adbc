package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
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

// TestCORS_PreflightsOfAnyForm: in any order and case, in several lines, with headers
// that tracing libraries add; a header that is let in goes no further by that.
func TestCORS_PreflightsOfAnyForm(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: []string{app}})
	for _, verb := range []string{"GET", "POST", "PATCH", "DELETE", "HEAD", "PUT"} {
		for _, names := range [][]string{
			nil,
			{"content-type"},
			{"content-type,authorization"},
			{"Content-Type, Authorization, X-WINGSPAN-USER"},
			{"authorization,baggage,content-type,traceparent"},
			{"baggage,content-type,sentry-trace"},
			{"content-type,x-requested-with"},
			{"content-type", "authorization"},
			{"x-datadog-trace-id,b3,newrelic,grpc-timeout"},
		} {
			header := http.Header{"Origin": {app}, "Access-Control-Request-Method": {verb}}
			if names != nil {
				header["Access-Control-Request-Headers"] = names
			}
			response, _ := restCall{method: "OPTIONS", path: "/users/session", header: header}.do(t, facade.REST)
			allowed := strings.ToLower(strings.Join(response.Header.Values("Access-Control-Allow-Headers"), ","))
			if response.StatusCode != 204 || response.Header.Get("Access-Control-Allow-Origin") != app ||
				response.Header.Get("Access-Control-Allow-Methods") != verb {
				t.Errorf("%s with %q: %d %v", verb, names, response.StatusCode, response.Header)
			}
			for _, name := range names {
				if !strings.Contains(allowed, strings.ToLower(name)) {
					t.Errorf("%s: %q are not allowed by %q", verb, name, allowed)
				}
			}
			header.Set("Origin", "https://evil.example.com")
			response, _ = restCall{method: "OPTIONS", path: "/users/session", header: header}.do(t, facade.REST)
			if response.Header.Get("Access-Control-Allow-Origin") != "" || response.Header.Get("Access-Control-Allow-Headers") != "" {
				t.Errorf("another's %s with %q is allowed", verb, names)
			}
		}
	}
	restCall{method: "GET", path: "/users/session/api", header: http.Header{"Origin": {app}, "Baggage": {"a=1"}, "X-Requested-With": {"x"}}}.do(t, facade.REST)
	seen := upstream.Take()
	if len(seen) != 1 || seen[0].Header.Get("Baggage")+seen[0].Header.Get("X-Requested-With")+seen[0].Header.Get("Origin") != "" {
		t.Errorf("the upstream saw %+v", seen)
	}
}

// TestCORS_ExposesWhatIsRelayed: of successes and errors, by whatever name the rate
// limits come; and what the facade's own errors say.
func TestCORS_ExposesWhatIsRelayed(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: []string{app}})
	exposed := func(verb, path, origin string) map[string]bool {
		response, _ := restCall{method: verb, path: path, header: http.Header{"Origin": {origin}}}.do(t, facade.REST)
		return exposedBy(response)
	}
	sent := http.Header{"X-Rate-Limit-Limit": {"5"}, "X-Ratelimit-Limit-Day": {"5"}, "Ratelimit-Policy": {"5"}, "Etag": {`"a"`}, "Retry-After": {"1"}}
	for code, body := range map[int]string{200: `[]`, 404: `{}`} {
		upstream.Answer(facadetest.Respond(code, sent, body))
		names := exposed("GET", "/users/session/api", app)
		for name := range sent {
			if !names[name] {
				t.Errorf("%d: %s is not exposed: %v", code, name, names)
			}
		}
		if names["Server"] || names["Date"] {
			t.Errorf("%d: too much is exposed: %v", code, names)
		}
		if names := exposed("GET", "/users/session/api", "https://evil.example.com"); len(names) > 0 {
			t.Errorf("%d: another's page may read %v", code, names)
		}
	}
	if names := exposed("PUT", "/users/session/api", app); !names["Allow"] || !names["X-Request-Id"] || !names["Retry-After"] {
		t.Errorf("405: exposed are %v", names)
	}
}

// exposedBy are the headers that a page may read of a response.
func exposedBy(response *http.Response) map[string]bool {
	names := map[string]bool{}
	for _, list := range response.Header.Values("Access-Control-Expose-Headers") {
		for name := range strings.SplitSeq(list, ",") {
			names[http.CanonicalHeaderKey(strings.TrimSpace(name))] = true
		}
	}
	return names
}

// webCalls are calls of an RPC as a page makes them, by protocol.
func webCalls(origin string) map[string]restCall {
	const path = "/wingspan.users.v1.SessionAndAuthenticationService/ListApiSessions"
	call := func(contentType, body string) restCall {
		return restCall{method: "POST", path: path, body: body, header: http.Header{"Origin": {origin}, "Content-Type": {contentType}}}
	}
	return map[string]restCall{
		"Connect":          call("application/json", "{}"),
		"Connect by GET":   {method: "GET", path: path + "?encoding=json&message=%7B%7D&connect=v1", header: http.Header{"Origin": {origin}}},
		"gRPC-Web":         call("application/grpc-web+proto", "\x00\x00\x00\x00\x00"),
		"gRPC-Web as text": call("application/grpc-web-text", "AAAAAAA="),
	}
}

// TestCORS_OfTypedProtocols: the same origins as over REST, and what a page must read of
// a success and of an error; another origin, or none that has a name, gets nothing.
func TestCORS_OfTypedProtocols(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	upstream := facadetest.NewRecorder(t, nil)
	closed := facadetest.Start(t, upstream.URL, facadetest.Config{})
	open := facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: []string{app}})
	sent := http.Header{"X-Rate-Limit-Limit": {"5"}, "Retry-After": {"7"}, "X-Request-Id": {"of-the-upstream"}, "Vary": {"Accept-Language"}}
	for code, body := range map[int]string{200: "[]", 404: `{"message": "none"}`} {
		upstream.Answer(facadetest.Respond(code, sent, body))
		for name, call := range webCalls(app) {
			response, _ := call.do(t, open.REST)
			names := exposedBy(response)
			for header := range sent {
				if !names[header] || response.Header.Get(header) == "" {
					t.Errorf("%s, %d: %s is not sent or not exposed: %v", name, code, header, names)
				}
			}
			for _, status := range []string{"Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin"} {
				if !names[status] {
					t.Errorf("%s, %d: %s is not exposed", name, code, status)
				}
			}
			if response.Header.Get("Access-Control-Allow-Origin") != app || response.Header.Get("Access-Control-Allow-Credentials") != "true" {
				t.Errorf("%s, %d: %v", name, code, response.Header)
			}
			if vary := strings.Join(response.Header.Values("Vary"), ", "); !strings.Contains(vary, "Origin") || !strings.Contains(vary, "Accept-Language") {
				t.Errorf("%s, %d: caches are told of %q", name, code, vary)
			}
		}
	}
	for _, origin := range []string{"https://evil.example.com", "null", "https://app.example.com.evil.example.com", "http://app.example.com", app + ":8443"} {
		for name, call := range webCalls(origin) {
			for _, facade := range []*facadetest.Facade{open, closed} {
				response, _ := call.do(t, facade.REST)
				checkNotAllowed(t, name+" from "+origin, response)
			}
		}
	}
	for name, call := range webCalls(app) {
		response, _ := call.do(t, closed.REST)
		checkNotAllowed(t, name+", off", response)
	}
}

// TestCORS_PreflightsOfTypedProtocols: with the headers that their clients send; the
// upstream sees none of them.
func TestCORS_PreflightsOfTypedProtocols(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, "[]"))
	closed := facadetest.Start(t, upstream.URL, facadetest.Config{})
	open := facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: []string{app}})
	const prefix = "/wingspan.users.v1.SessionAndAuthenticationService/"
	for _, path := range []string{prefix + "ListApiSessions", prefix + "CreateSession", prefix + "Unknown", "/grpc.health.v1.Health/Check"} {
		for _, names := range []string{
			"authorization,connect-protocol-version,connect-timeout-ms,content-type",
			"authorization,content-type,grpc-timeout,x-grpc-web,x-user-agent",
			"content-type,x-wingspan-user,baggage",
		} {
			preflight := func(origin string) restCall {
				return restCall{method: "OPTIONS", path: path, header: http.Header{"Origin": {origin},
					"Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {names}}}
			}
			response, _ := preflight(app).do(t, open.REST)
			if response.StatusCode != 204 || response.Header.Get("Access-Control-Allow-Origin") != app ||
				response.Header.Get("Access-Control-Allow-Headers") != names || response.Header.Get("Access-Control-Allow-Credentials") != "true" {
				t.Errorf("%s with %s: %d %v", path, names, response.StatusCode, response.Header)
			}
			for _, origin := range []string{"https://evil.example.com", "null"} {
				response, _ = preflight(origin).do(t, open.REST)
				checkNotAllowed(t, path+" from "+origin, response)
			}
			response, _ = preflight(app).do(t, closed.REST)
			checkNotAllowed(t, path+", off", response)
		}
	}
	if seen := upstream.Take(); len(seen) > 0 {
		t.Errorf("the upstream saw %d calls", len(seen))
	}
}

func checkNotAllowed(t *testing.T, name string, response *http.Response) {
	t.Helper()
	for header := range response.Header {
		if strings.HasPrefix(header, "Access-Control-") {
			t.Errorf("%s: %s: %q", name, header, response.Header.Values(header))
		}
	}
}
