package test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// grants is a list that can hold no secret, as an upstream sends it that says more than the
// contract has, in a spelling of its own.
var grants = "[" + strings.Repeat(`{"subscriptionGrantId" : "\u0061", "later": [1e2, null], "later": {}}, `, 30) + "{} ]"

func gzipped(t *testing.T, response *http.Response, body string) (text string, compressed bool) {
	t.Helper()
	if response.Header.Get("Content-Encoding") == "" {
		return body, false
	}
	reader, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(unpacked), true
}

// TestCompression_WhereItIsAskedFor: of REST's responses, from a kilobyte on; unpacked they
// are the upstream's bytes. HEAD says what GET does.
func TestCompression_WhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	const path, app = "/users/granted-subscriber/subscription-grant", "https://app.example.com"
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: []string{app}})
	for name, c := range map[string]struct {
		accepted, body string
		header         http.Header
		want, varies   bool // it is compressed; another caller's may be
		tag            string
	}{
		"asked":           {accepted: "br, gzip;q=0.5", body: grants, want: true},
		"strong tag":      {accepted: "gzip", body: grants, header: http.Header{"Etag": {`"a"`}, "Vary": {"Accept-Language"}}, want: true, tag: `W/"a"`},
		"weak tag":        {accepted: "gzip", body: grants, header: http.Header{"Etag": {`W/"a"`}}, want: true, tag: `W/"a"`},
		"not asked":       {accepted: "identity", body: grants, header: http.Header{"Etag": {`"a"`}}, tag: `"a"`, varies: true},
		"refused":         {accepted: "gzip;q=0, *", body: grants, varies: true},
		"plain preferred": {accepted: "gzip;q=0.1, identity", body: grants, varies: true},
		"plain refused":   {accepted: "identity;q=0, gzip", body: grants, want: true},
		"nothing fits":    {accepted: "identity;q=0", body: grants, varies: true},
		"a kilobyte":      {accepted: "gzip", body: "[" + strings.Repeat(" ", 1022) + "]", want: true},
		"less":            {accepted: "gzip", body: "[" + strings.Repeat(" ", 1021) + "]"},
		"no transform":    {accepted: "gzip", body: grants, header: http.Header{"Cache-Control": {"private", "No-Transform"}}},
	} {
		upstream.Answer(facadetest.Respond(http.StatusOK, c.header, c.body))
		header := http.Header{"Accept-Encoding": {c.accepted}, "Origin": {app}}
		response, body := restCall{method: "GET", path: path, header: header}.do(t, facade.REST)
		text, compressed := gzipped(t, response, body)
		if response.StatusCode != http.StatusOK || text != c.body || compressed != c.want || response.Header.Get("Etag") != c.tag {
			t.Errorf("%s: %d, compressed %v, tag %q, %.100s", name, response.StatusCode, compressed, response.Header.Get("Etag"), text)
		}
		if response.ContentLength != int64(len(body)) {
			t.Errorf("%s: the length is %d, sent were %d", name, response.ContentLength, len(body))
		}
		vary := strings.Join(response.Header.Values("Vary"), ", ")
		for _, part := range append([]string{"Origin"}, c.header["Vary"]...) {
			if !strings.Contains(vary, part) {
				t.Errorf("%s: caches are told of %q", name, vary)
			}
		}
		if strings.Contains(vary, "Accept-Encoding") != (c.want || c.varies) {
			t.Errorf("%s: caches are told of %q", name, vary)
		}
		head, none := restCall{method: "HEAD", path: path, header: header}.do(t, facade.REST)
		for _, same := range []string{"Content-Encoding", "Content-Length", "Content-Type", "Etag"} {
			if head.Header.Get(same) != response.Header.Get(same) || none != "" {
				t.Errorf("%s: HEAD has %s %q, GET %q", name, same, head.Header.Get(same), response.Header.Get(same))
			}
		}
	}
	for _, seen := range upstream.Take() {
		if got := seen.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("the upstream was asked for %q", got)
		}
	}
}

// TestCompression_NeverOfSecrets: the length of what is compressed tells what a secret
// beside a caller's own words is like. What is refused may repeat a secret of the request.
func TestCompression_NeverOfSecrets(t *testing.T) {
	t.Parallel()
	padding := strings.Repeat("a", 4096)
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	check := func(name string, call restCall, status int, body string) {
		t.Helper()
		upstream.Answer(facadetest.Respond(status, nil, body))
		call.header.Set("Accept-Encoding", "gzip, identity;q=0")
		response, got := call.do(t, facade.REST)
		if response.StatusCode != status || got != body || response.Header.Get("Content-Encoding") != "" ||
			response.Header.Get("Content-Length") != strconv.Itoa(len(body)) {
			t.Errorf("%s: %d %v", name, response.StatusCode, response.Header)
		}
	}
	rules, err := httprule.Service(facadetest.Descriptor)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, rule := range rules {
		call := restCall{method: rule.Verb, path: strings.NewReplacer("{", "", "}", "").Replace(rule.Template), header: jsonHeader()}
		if rule.HasResponseBody() && len(rule.PathFields()) == 0 && !rule.HasBody && httprule.HoldsSecret(rule.Method.Output()) {
			body := `{"later": "` + padding + `"}`
			if strings.HasSuffix(rule.FullMethod, "/ListApiSessions") {
				body = "[" + body + "]"
			}
			check(rule.FullMethod, call, http.StatusOK, body)
			checked++
		}
	}
	if checked == 0 {
		t.Error("no operation was checked")
	}
	check("an error", restCall{method: "GET", path: "/users/granted-subscriber/subscription-grant", header: http.Header{}},
		http.StatusNotFound, `{"message": "`+padding+`"}`)
}

// TestCompression_CachesAreTold: a success of Connect's by GET may be cached where the
// upstream says so. Caches are told that it is another one for those who accept gzip,
// whether this one is compressed or not; its bytes are not the upstream's, whose tag is weak
// then; and what the upstream and CORS say of it stays.
func TestCompression_CachesAreTold(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	upstream := facadetest.NewRecorder(t, facadetest.Respond(http.StatusOK, http.Header{"Etag": {`"a"`},
		"Cache-Control": {"private, max-age=60"}, "Vary": {"Cookie", "Accept-Language"}}, `[`+strings.Repeat(`{"subscriptionGrantId":"0123456789"},`, 100)+`{}]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: []string{app}})
	for encoding, message := range map[string]string{"json": "%7B%7D", "proto": ""} {
		for accepted, want := range map[string]string{"gzip": "gzip", "identity": "", "gzip;q=0": "", "br": ""} {
			response, _ := rawCall{"GET", "/wingspan.users.v1.SessionAndAuthenticationService/ListGrantedSubscriberSubscriptionGrants?connect=v1&message=" + message + "&encoding=" + encoding,
				http.Header{"Accept-Encoding": {accepted}, "Origin": {app}}, nil}.do(t.Context(), t, facade, false)
			header := response.Header
			if response.StatusCode != http.StatusOK || header.Get("Content-Encoding") != want || header.Get("Etag") != `W/"a"` ||
				header.Get("Cache-Control") != "private, max-age=60" {
				t.Errorf("%s, %s: %d %v", encoding, accepted, response.StatusCode, header)
			}
			for _, name := range []string{"Origin", "Cookie", "Accept-Language", "Accept-Encoding"} {
				if !strings.Contains(strings.Join(header["Vary"], ", "), name) {
					t.Errorf("%s, %s: caches are told of %q, not of %s", encoding, accepted, header["Vary"], name)
				}
			}
		}
	}
}
