package test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// cacheHeaders are what a caller is told of caches: the response's headers and trailers.
func cacheHeaders(status, age string) metadata.MD {
	md := metadata.MD{}
	for name, value := range map[string]string{"cache-status": status, "age": age} {
		if value != "" {
			md.Set(name, value)
		}
	}
	return md
}

// askList calls an RPC by every protocol with headers, and gives the headers of each
// response to a function.
func askList(t *testing.T, facade *facadetest.Facade, sent http.Header, check func(protocol string, header, trailer metadata.MD)) {
	t.Helper()
	ctx := t.Context()
	for name, values := range sent {
		for _, value := range values {
			ctx = metadata.AppendToOutgoingContext(ctx, name, value)
		}
	}
	for protocol, conn := range facade.TypedConns(t) {
		var header, trailer metadata.MD
		_ = conn.Invoke(ctx, usersv1.SessionAndAuthenticationService_ListApiSessions_FullMethodName,
			&usersv1.ListApiSessionsRequest{}, &usersv1.ListApiSessionsResponse{}, grpc.Header(&header), grpc.Trailer(&trailer))
		check(protocol, header, trailer)
	}
	response, _ := restCall{method: "GET", path: "/users/session/api", header: sent.Clone()}.do(t, facade.REST)
	header := metadata.MD{}
	for name, values := range response.Header {
		header.Append(name, values...)
	}
	check("REST", header, nil)
}

// checkTold compares what a response tells of caches.
func checkTold(t *testing.T, name string, got, want metadata.MD) {
	t.Helper()
	for _, header := range []string{"cache-status", "age"} {
		if strings.Join(got.Get(header), "|") != strings.Join(want.Get(header), "|") {
			t.Errorf("%s: %s is %q, want %q", name, header, got.Get(header), want.Get(header))
		}
	}
}

// TestHeaders_WithoutACacheNothingTellsOfOne: a caller's Cache-Control does not go up, and an
// upstream's Cache-Status does not come down, of a success or an error; its Age does.
func TestHeaders_WithoutACacheNothingTellsOfOne(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	header := http.Header{"Cache-Status": {"cdn; hit"}, "Age": {"99"}}
	for status, body := range map[int]string{200: "[]", 404: "{}"} {
		upstream.Answer(facadetest.Respond(status, header, body))
		askList(t, facade, http.Header{"Cache-Control": {"no-cache"}, "Pragma": {"no-cache"}}, func(protocol string, header, trailer metadata.MD) {
			checkTold(t, protocol, metadata.Join(header, trailer), cacheHeaders("", "99"))
			seen := upstream.Take()
			if len(seen) != 1 || len(seen[0].Header["Cache-Control"])+len(seen[0].Header["Pragma"]) > 0 {
				t.Errorf("%s, %d: the upstream saw %+v", protocol, status, seen)
			}
		})
	}
	if log := facade.Log.String(); strings.Contains(log, `"cache"`) {
		t.Errorf("the log tells of a cache: %s", log)
	}
}

// saying is a service behind whose responses there is a cache, which says one thing of all.
type saying struct {
	usersv1.SessionAndAuthenticationServiceServer
	status, age string

	mu   sync.Mutex
	seen []relay.Exchange
}

//nolint:revive // the name is the contract's
func (s *saying) ListApiSessions(ctx context.Context, request *usersv1.ListApiSessionsRequest) (*usersv1.ListApiSessionsResponse, error) {
	response, err := s.SessionAndAuthenticationServiceServer.ListApiSessions(ctx, request)
	exchange := relay.FromContext(ctx)
	exchange.Response.CacheStatus, exchange.Response.Age, exchange.Cache = s.status, s.age, "hit"
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, *exchange)
	return response, err
}

// take is what was seen since the last call.
func (s *saying) take() []relay.Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// startSaying starts a facade with such a service.
func startSaying(t *testing.T, upstream *facadetest.Recorder, service *saying, origins ...string) *facadetest.Facade {
	t.Helper()
	return facadetest.Start(t, upstream.URL, facadetest.Config{CORSOrigins: origins,
		Wrap: func(s usersv1.SessionAndAuthenticationServiceServer) usersv1.SessionAndAuthenticationServiceServer {
			service.SessionAndAuthenticationServiceServer = s
			return service
		}})
}

// TestHeaders_OfACacheReachTheCaller: by all protocols, in place of the upstream's own, of
// successes and of the upstream's errors; over gRPC, beside an error, in the trailer. An
// error of the facade's own was in no cache.
func TestHeaders_OfACacheReachTheCaller(t *testing.T) {
	t.Parallel()
	const hit = "session-facade; hit; ttl=7"
	upstream, service := facadetest.NewRecorder(t, nil), &saying{status: hit, age: "3"}
	facade := startSaying(t, upstream, service)
	sent := http.Header{"Cache-Status": {"cdn; hit"}, "Age": {"99"}}
	ofGRPC := map[string]bool{"gRPC": true, "gRPC on the HTTP port": true} // whose client is grpc-go's
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		failed bool
		want   metadata.MD
	}{
		"a success":        {facadetest.Respond(200, sent, "[]"), false, cacheHeaders(hit, "3")},
		"an error":         {facadetest.Respond(403, sent, `{"error":"Session expired"}`), true, cacheHeaders(hit, "3")},
		"without a header": {facadetest.Respond(403, nil, "{}"), true, cacheHeaders(hit, "3")},
		"a broken success": {facadetest.Respond(200, nil, "["), true, metadata.MD{}},
	} {
		upstream.Answer(c.answer)
		askList(t, facade, nil, func(protocol string, header, trailer metadata.MD) {
			checkTold(t, name+" by "+protocol, metadata.Join(header, trailer), c.want)
			if c.failed && ofGRPC[protocol] && len(header.Get("cache-status")) > 0 {
				t.Errorf("%s by %s: the response begins with %v, and is not retried", name, protocol, header)
			}
		})
	}
	facade.Log.Await(t, `"cache":"hit"`)
}

// TestSessionCache_EachProtocolIsToldOfAHit: a check that was answered before is answered by
// every protocol from memory, which says so, and is asked anew of the upstream where the
// caller wants that.
func TestSessionCache_EachProtocolIsToldOfAHit(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{"expiration":"2999-01-01T00:00:00.000Z","sessionType":"User","userId":"u"}`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{SessionCacheTTL: time.Hour})
	request := &usersv1.GetSessionRequest{Id: "a-token"}
	checks := map[string]func(header ...string) metadata.MD{"REST": func(header ...string) metadata.MD {
		call := restCall{method: "GET", path: "/users/session/token/" + request.GetId(), header: http.Header{"Authorization": {"Bearer a-token"}}}
		if len(header) > 0 {
			call.header.Set(header[0], header[1])
		}
		response, _ := call.do(t, facade.REST)
		return cacheHeaders(response.Header.Get("Cache-Status"), response.Header.Get("Age"))
	}}
	for protocol, conn := range facade.TypedConns(t) {
		checks[protocol] = func(header ...string) (got metadata.MD) {
			ctx := metadata.AppendToOutgoingContext(t.Context(), append(header, "authorization", "Bearer a-token")...)
			if _, err := usersv1.NewSessionAndAuthenticationServiceClient(conn).GetSession(ctx, request, grpc.Header(&got)); err != nil {
				t.Errorf("%s: %v", protocol, err)
			}
			return got
		}
	}
	first := checks["REST"]()
	checkTold(t, "the first", first, cacheHeaders("session-facade; fwd=miss", ""))
	for protocol, check := range checks {
		upstream.Take()
		hit := check()
		if got := strings.Join(hit.Get("cache-status"), "|"); !strings.HasPrefix(got, "session-facade; hit; ttl=") || len(hit.Get("age")) != 1 || len(upstream.Take()) > 0 {
			t.Errorf("%s: %q, age %q", protocol, got, hit.Get("age"))
		}
		checkTold(t, protocol, check("cache-control", "max-age=0, No-Cache"), cacheHeaders("session-facade; fwd=bypass", ""))
		if seen := upstream.Take(); len(seen) != 1 || len(seen[0].Header["Cache-Control"]) > 0 {
			t.Errorf("%s: the upstream saw %+v", protocol, seen)
		}
	}
	for _, word := range []string{"miss", "hit", "bypass"} {
		facade.Log.Await(t, `"cache":"`+word+`"`)
	}
}

// TestExchange_TellsWhoCallsAndWhatForACache: by all protocols, whatever the case and the
// number of the headers.
func TestExchange_TellsWhoCallsAndWhatForACache(t *testing.T) {
	t.Parallel()
	upstream, service := facadetest.NewRecorder(t, facadetest.Respond(200, nil, "[]")), &saying{}
	facade := startSaying(t, upstream, service)
	for name, c := range map[string]struct {
		values []string
		want   bool
	}{"none": {nil, false}, "no-cache": {[]string{"max-age=0", "No-Cache, foo"}, true}, "another": {[]string{"no-store"}, false}} {
		askList(t, facade, http.Header{"Cache-Control": c.values}, func(protocol string, header, trailer metadata.MD) {
			seen := service.take()
			if len(seen) != 1 || seen[0].NoCache != c.want || seen[0].Peer != "127.0.0.1" || len(seen[0].Header["Cache-Control"]) > 0 {
				t.Errorf("%s by %s: noted %+v", name, protocol, seen)
			}
			checkTold(t, protocol, metadata.Join(header, trailer), metadata.MD{})
		})
	}
}

// TestCORS_LetsPagesUseACache: a page may send Cache-Control, and read what a cache tells, of
// successes and errors.
func TestCORS_LetsPagesUseACache(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	upstream, service := facadetest.NewRecorder(t, nil), &saying{status: "session-facade; hit", age: "3"}
	facade := startSaying(t, upstream, service, app)
	calls := webCalls(app)
	calls["REST"] = restCall{method: "GET", path: "/users/session/api", header: http.Header{"Origin": {app}}}
	for name, call := range calls {
		path, _, _ := strings.Cut(call.path, "?")
		response, _ := restCall{method: "OPTIONS", path: path, header: http.Header{"Origin": {app},
			"Access-Control-Request-Method": {call.method}, "Access-Control-Request-Headers": {"authorization,cache-control"}}}.do(t, facade.REST)
		if allowed := response.Header.Get("Access-Control-Allow-Headers"); response.StatusCode != 204 || !strings.Contains(allowed, "cache-control") {
			t.Errorf("%s: a preflight is answered with %d, allowing %q", name, response.StatusCode, allowed)
		}
		for status, body := range map[int]string{200: "[]", 403: "{}"} {
			upstream.Answer(facadetest.Respond(status, nil, body))
			response, _ := call.do(t, facade.REST)
			if names := exposedBy(response); !names["Cache-Status"] || !names["Age"] || response.Header.Get("Cache-Status") == "" {
				t.Errorf("%s, %d: exposed are %v, sent is %v", name, status, names, response.Header)
			}
		}
	}
}
