package test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const (
	trace      = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	otherTrace = "00-0af7651916cd43dd8448eb211c80319c-c8ad6b7169203331-01"
)

// grpcAddresses are where a facade takes gRPC, by the name of the port.
func grpcAddresses(facade *facadetest.Facade) map[string]string {
	return map[string]string{"gRPC": facade.GRPCAddr, "gRPC on the HTTP port": strings.TrimPrefix(facade.REST, "http://")}
}

// callRaw makes a gRPC call whose metadata gRPC clients would refuse to send; it returns
// the code.
func callRaw(t *testing.T, address string, header http.Header) string {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), "POST",
		"http://"+address+"/wingspan.users.v1.SessionAndAuthenticationService/ListApiSessions", bytes.NewReader(make([]byte, 5)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header.Clone()
	r.Header.Set("Content-Type", "application/grpc")
	r.Header.Set("Te", "trailers")
	response, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.Header.Get("Grpc-Status") + response.Trailer.Get("Grpc-Status")
}

// TestHeaders_GoUpAsHTTPAllows: each header by its own rule, by both protocols.
func TestHeaders_GoUpAsHTTPAllows(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	long := strings.Repeat("r", 1025)
	for name, c := range map[string]struct {
		header string
		sent   []string
		want   []string
	}{
		"cookie in UTF-8":            {"Cookie", []string{"city=Zürich; sid=1"}, []string{"city=Zürich; sid=1"}},
		"cookie in Latin-1":          {"Cookie", []string{"city=Z\xfcrich; sid=1"}, []string{"city=Z\xfcrich; sid=1"}},
		"cookie with a tab":          {"Cookie", []string{"a=b\tc; sid=1"}, []string{"a=b\tc; sid=1"}},
		"cookie in crumbs":           {"Cookie", []string{"a=1", "b=2; c=3", "d=4"}, []string{"a=1; b=2; c=3; d=4"}},
		"languages twice":            {"Accept-Language", []string{"de", "en;q=0.5"}, []string{"de", "en;q=0.5"}},
		"language in UTF-8":          {"Accept-Language", []string{"deü"}, []string{"deü"}},
		"two traces":                 {"Traceparent", []string{trace, otherTrace}, nil},
		"the same trace twice":       {"Traceparent", []string{trace, trace}, nil},
		"one trace":                  {"Traceparent", []string{trace}, []string{trace}},
		"two request ids":            {"X-Request-Id", []string{"r-1", "r-2"}, []string{"r-1"}},
		"the longest request id":     {"X-Request-Id", []string{long[1:]}, []string{long[1:]}},
		"user with a space":          {"X-Wingspan-User", []string{"u 1"}, []string{"u 1"}},
		"token with all that may be": {"Authorization", []string{"Bearer a.b-c_d~e+f/g=="}, []string{"Bearer a.b-c_d~e+f/g=="}},
	} {
		for protocol, call := range map[string]func(http.Header) bool{
			"REST": func(h http.Header) bool {
				response, _ := restCall{method: "GET", path: "/users/session/api", header: h}.do(t, facade.REST)
				return response.StatusCode == 200
			},
			"gRPC":                  func(h http.Header) bool { return callRaw(t, facade.GRPCAddr, h) == "0" },
			"gRPC on the HTTP port": func(h http.Header) bool { return callRaw(t, strings.TrimPrefix(facade.REST, "http://"), h) == "0" },
		} {
			ok := call(http.Header{c.header: c.sent, "X-Other": {"no"}})
			seen := upstream.Take()
			if !ok || len(seen) != 1 {
				t.Errorf("%s by %s: success %t; the upstream saw %d calls", name, protocol, ok, len(seen))
				continue
			}
			if diff := cmp.Diff(c.want, seen[0].Header.Values(c.header)); diff != "" && len(c.want)+len(seen[0].Header.Values(c.header)) > 0 {
				t.Errorf("%s by %s (-want +got):\n%s", name, protocol, diff)
			}
		}
	}
	for _, call := range []func(){
		func() {
			restCall{method: "GET", path: "/users/session/api", header: http.Header{"X-Request-Id": {long}}}.do(t, facade.REST)
		},
		func() { callRaw(t, facade.GRPCAddr, http.Header{"X-Request-Id": {long}}) },
		func() {
			callRaw(t, strings.TrimPrefix(facade.REST, "http://"), http.Header{"X-Request-Id": {long}})
		},
	} {
		call()
		if seen := upstream.Take(); len(seen) != 1 || len(seen[0].Header.Get("X-Request-Id")) != 16 {
			t.Errorf("a request id that is too long: the upstream saw %+v", seen)
		}
	}
}

// TestHeaders_CredentialsAreSaidOnce: which of two counts would be for each server to guess.
func TestHeaders_CredentialsAreSaidOnce(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	for _, name := range []string{"Authorization", "X-Wingspan-User"} {
		for _, values := range [][]string{{"a", "b"}, {"a", "a"}, {"a, b"}, {"a,b"}, {"a", ""}, {"", "a"}, {"a,"}, {"ü"}, {"a\tb"}, {"a\xff"}} {
			header := http.Header{name: values}
			response, body := restCall{method: "GET", path: "/users/session/api", header: header}.do(t, facade.REST)
			if response.StatusCode != 400 {
				t.Errorf("REST: %s: %q: %d", name, values, response.StatusCode)
			}
			checkErrorBody(t, []byte(body), "INVALID_REQUEST", []string{strings.ToLower(name)})
			for port, address := range grpcAddresses(facade) {
				if code := callRaw(t, address, header); code != "3" {
					t.Errorf("%s: %s: %q: code %s", port, name, values, code)
				}
			}
		}
	}
	if seen := upstream.Take(); len(seen) > 0 {
		t.Errorf("the upstream saw %+v", seen)
	}
}

// TestHeaders_TravelTogether: what caches and challenges need comes down whole, and what
// CORS says beside it stays.
func TestHeaders_TravelTogether(t *testing.T) {
	t.Parallel()
	sent := http.Header{"Cache-Control": {"public, max-age=300"}, "Vary": {"X-WINGSPAN-USER, Cookie"}, "Age": {"250"},
		"Expires": {"Thu, 01 Jan 2099 00:00:00 GMT"}, "Etag": {`"a"`}, "Www-Authenticate": {`Bearer error="invalid_token"`}}
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: []string{"https://app.example.com"}})
	for code, body := range map[int]string{200: `[]`, 401: `{"message":"expired"}`} {
		upstream.Answer(facadetest.Respond(code, sent, body))
		response, _ := restCall{method: "GET", path: "/users/session/api", header: http.Header{"Origin": {"https://app.example.com"}}}.do(t, facade.REST)
		var got metadata.MD
		_, _ = facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}, grpc.Header(&got))
		for name, values := range sent {
			down := response.Header.Values(name)
			if name == "Vary" && !slices.Contains(down, "Origin") {
				t.Errorf("%d: CORS's own Vary is lost: %q", code, down)
			}
			if !slices.Contains(down, values[0]) || (name != "Vary" && len(down) != 1) {
				t.Errorf("%d: REST: %s: %q", code, name, down)
			}
			if down := got.Get(name); !slices.Equal(down, values) {
				t.Errorf("%d: gRPC: %s: %q", code, name, down)
			}
		}
	}
}

// TestHeaders_OnlyWhatMetadataCannotCarryIsLeftOut: neither the call nor its neighbours.
func TestHeaders_OnlyWhatMetadataCannotCarryIsLeftOut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, http.Header{
		"Set-Cookie": {"a=1", "city=Zürich", "b=2", "long=" + long, "c=3"}, "X-Request-Id": {"r-9"}, "Etag": {`"ü"`},
		"Vary": {"Cookie"}, "Cache-Control": {"public"}, "X-Ratelimit-Limit": {"5"}}, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	var got metadata.MD
	if _, err := facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}, grpc.Header(&got)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"set-cookie": {"a=1", "b=2", "c=3"}, "x-request-id": {"r-9"}, "x-ratelimit-limit": {"5"},
		"etag": nil, "vary": nil, "cache-control": nil} {
		if !slices.Equal(got.Get(name), want) {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	response, _ := restCall{method: "GET", path: "/users/session/api"}.do(t, facade.REST)
	if cookies := response.Header.Values("Set-Cookie"); len(cookies) != 5 || response.Header.Get("Etag") != `"ü"` {
		t.Errorf("REST: %q, %q", cookies, response.Header.Get("Etag"))
	}
}

// TestPathIDs_HaveAGreatestLength: the same by both protocols.
func TestPathIDs_HaveAGreatestLength(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(204, nil, ""))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	for length, ok := range map[int]bool{32768: true, 32769: false} {
		id := strings.Repeat("i", length)
		_, err := facade.Client.DeleteSession(t.Context(), &usersv1.DeleteSessionRequest{Id: id})
		response, body := restCall{method: "DELETE", path: "/users/session/token/" + id}.do(t, facade.REST)
		if ok && (err != nil || response.StatusCode != 204) {
			t.Errorf("%d bytes: %v, %d", length, err, response.StatusCode)
		}
		if !ok {
			(&grpcError{Code: "INVALID_ARGUMENT", Reason: "INVALID_REQUEST", Fields: []string{"id"}}).check(t, err)
			checkErrorBody(t, []byte(body), "INVALID_REQUEST", []string{"id"})
		}
	}
	if seen := upstream.Take(); len(seen) != 2 {
		t.Errorf("the upstream saw %d calls, want 2", len(seen))
	}
}

// TestHeaders_AreBoundedInNumber: many small ones take far more memory than bytes. Nothing
// of them is kept.
func TestHeaders_AreBoundedInNumber(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{Docs: true})
	for n, want := range map[int]bool{200: true, 300: false, 2000: false} {
		names, values := http.Header{}, http.Header{}
		for i := range n {
			names.Set(fmt.Sprint("X-", i), "")
			values.Add("X-Forwarded-For", "a")
		}
		for _, header := range []http.Header{names, values} {
			for _, path := range []string{"/users/session/api", "/docs"} {
				response, body := restCall{method: "GET", path: path, header: header}.do(t, facade.REST)
				if (response.StatusCode == 200) != want {
					t.Errorf("REST: %s with %d headers: %d", path, n, response.StatusCode)
				}
				if !want {
					checkErrorBody(t, []byte(body), "INVALID_REQUEST", nil)
					facade.Log.Await(t, response.Header.Get("X-Request-Id"))
				}
			}
		}
		for port, address := range grpcAddresses(facade) {
			if code := callRaw(t, address, names); (code == "0") != want {
				t.Errorf("%s: %d headers: code %s", port, n, code)
			}
		}
	}
	if seen := upstream.Take(); len(seen) != 4 {
		t.Errorf("the upstream saw %d calls, want 4", len(seen))
	}
}
