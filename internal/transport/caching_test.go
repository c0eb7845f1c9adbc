package transport

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// TestWantsUpstream_ReadsNoCache shows what of Cache-Control asks for the upstream's word,
// by both kinds of headers.
func TestWantsUpstream_ReadsNoCache(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values []string
		want   bool
	}{
		"none":                     {nil, false},
		"empty":                    {[]string{""}, false},
		"alone":                    {[]string{"no-cache"}, true},
		"in any case":              {[]string{"No-CACHE"}, true},
		"among others":             {[]string{"max-age=0 ,\tno-cache , foo"}, true},
		"after empty members":      {[]string{",, ,no-cache,"}, true},
		"in a second header":       {[]string{"max-age=0", "no-cache"}, true},
		"beside a quoted list":     {[]string{`foo="a, b", no-cache`}, true},
		"at worst, inside of one":  {[]string{`foo="a, no-cache, b"`}, true},
		"with fields, of response": {[]string{`no-cache="Set-Cookie"`}, false},
		"others":                   {[]string{"no-store, max-age=0, only-if-cached"}, false},
		"one that begins alike":    {[]string{"no-cache2, no-cach, xno-cache, no cache"}, false},
		"in quotes":                {[]string{`"no-cache"`}, false},
		"letters of other scripts": {[]string{"no-c\u0430che"}, false},
		"joined otherwise":         {[]string{"no-store; no-cache"}, false},
		"a very long one":          {[]string{strings.Repeat(",x", 40_000) + ",no-cache"}, true},
	} {
		for kind, header := range map[string]HeaderValues{"HTTP": HTTPHeader{"Cache-Control": c.values}, "metadata": Metadata{"cache-control": c.values}} {
			if got := (&Call{header: header}).wantsUpstream(); got != c.want {
				t.Errorf("%s, %s: %t, want %t", name, kind, got, c.want)
			}
		}
	}
}

// TestPeerHost_LeavesOutThePort shows what stands for a caller that has no credential.
func TestPeerHost_LeavesOutThePort(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"192.0.2.1:4711": "192.0.2.1", "[2001:db8::1]:4711": "2001:db8::1", "[fe80::1%eth0]:1": "fe80::1%eth0",
		"bufconn": "bufconn", "pipe": "pipe", "@": "@", "": "", "/run/facade.sock": "/run/facade.sock"} {
		if got := peerHost(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// TestIntercept_NotesWhatTheCallerSaysOfItself: for the handler, by the exchange; nothing of
// it goes to the upstream.
func TestIntercept_NotesWhatTheCallerSaysOfItself(t *testing.T) {
	t.Parallel()
	pipeline, err := NewPipeline("service", Options{Rules: []*httprule.Rule{{FullMethod: "/s/m"}}, Logger: slog.New(slog.DiscardHandler),
		Timeout: 1 << 40, MaxInFlight: 1, Memory: membudget.New(1), Meter: metricnoop.NewMeterProvider()})
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]bool{"no-cache": true, "no-store": false} {
		call := &Call{Protocol: &Protocol{}, Method: &Method{}, Peer: "192.0.2.1:1", header: HTTPHeader{"Cache-Control": {value}}}
		seen := false
		_, err := pipeline.Intercept(NewContext(t.Context(), call), &usersv1.ListApiSessionsRequest{}, nil, func(ctx context.Context, _ any) (any, error) {
			exchange := relay.FromContext(ctx)
			seen = exchange.NoCache == want && exchange.Peer == "192.0.2.1" && len(exchange.Header["Cache-Control"]) == 0 && !exchange.Background
			return nil, nil
		})
		if err != nil || !seen {
			t.Errorf("%s: noted %+v: %v", value, call.Exchange, err)
		}
	}
}

// said is a call whose response the cache has said something of.
func said(cacheStatus, age string, header http.Header) *Call {
	return &Call{Exchange: relay.Exchange{Response: relay.Response{Header: header, CacheStatus: cacheStatus, Age: age}}}
}

// TestResponseHeader_TellsWhatTheCacheSays: of what the upstream answered, a success or an
// error, and in place of what it said itself; not of the facade's own errors (RFC 9211,
// section 2), nor where there is no cache.
func TestResponseHeader_TellsWhatTheCacheSays(t *testing.T) {
	t.Parallel()
	const hit = "session-facade; hit; ttl=7"
	upstream := http.Header{"Cache-Status": {"cdn; hit"}, "Age": {"99"}, "Etag": {`"a"`}, "Server": {"s"}}
	broken := &failure{status: status.New(codes.Unavailable, ""), header: upstream}
	for name, c := range map[string]struct {
		call *Call
		err  error
		want http.Header
	}{
		"no cache":             {said("", "", upstream), nil, http.Header{"Age": {"99"}, "Etag": {`"a"`}}},
		"no cache, an error":   {said("", "", nil), broken, http.Header{"Age": {"99"}, "Etag": {`"a"`}}},
		"an age alone":         {said("", "3", upstream), nil, http.Header{"Age": {"99"}, "Etag": {`"a"`}}},
		"a hit":                {said(hit, "3", upstream), nil, http.Header{"Cache-Status": {hit}, "Age": {"3"}, "Etag": {`"a"`}}},
		"a miss":               {said("session-facade; fwd=miss", "", upstream), nil, http.Header{"Cache-Status": {"session-facade; fwd=miss"}, "Age": {"99"}, "Etag": {`"a"`}}},
		"no header beside it":  {said(hit, "0", nil), nil, http.Header{"Cache-Status": {hit}, "Age": {"0"}}},
		"an upstream's error":  {said(hit, "3", nil), broken, http.Header{"Cache-Status": {hit}, "Age": {"3"}, "Etag": {`"a"`}}},
		"no response":          {said(hit, "3", upstream), &failure{status: status.New(codes.Unavailable, ""), none: true}, nil},
		"the facade's own":     {said(hit, "3", upstream), ErrOverloaded, nil},
		"whoever else's error": {said(hit, "3", upstream), context.DeadlineExceeded, nil},
	} {
		got, _ := c.call.ResponseHeader(c.err)
		if !maps.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := upstream.Get("Age"); got != "99" {
		t.Errorf("the upstream's header, which is read-only, has become %v", upstream)
	}
}

// TestMetadata_TellsWhatTheCacheSays: beside an error in the trailer, since a client does not
// retry what has begun.
func TestMetadata_TellsWhatTheCacheSays(t *testing.T) {
	t.Parallel()
	const hit = "session-facade; hit; ttl=7"
	call := said(hit, "3", http.Header{"Age": {"99"}, "Vary": {"Cookie"}})
	told := metadata.MD{"cache-status": {hit}, "age": {"3"}}
	want := metadata.Join(told, metadata.Pairs("vary", "Cookie"))
	if header, trailer := call.Metadata(nil); !maps.EqualFunc(header, want, slices.Equal) || len(trailer) > 0 {
		t.Errorf("a success has %v and %v, want %v", header, trailer, want)
	}
	header, trailer := call.Metadata(&failure{status.New(codes.Unauthenticated, ""), nil, 1, false})
	if len(header) > 0 || !maps.EqualFunc(trailer, told, slices.Equal) {
		t.Errorf("an error has %v and %v, want %v in the trailer alone", header, trailer, told)
	}
	call = said("session-facade; fwd=miss", "", nil)
	header, trailer = call.Metadata(&failure{status.New(codes.NotFound, ""), http.Header{"Age": {"99"}}, 1, false})
	if header.Get("age")[0] != "99" || len(trailer) != 1 || len(trailer["cache-status"]) != 1 {
		t.Errorf("an error of a miss has %v and %v", header, trailer)
	}
}

// TestMetadata_CacheStatusIsBoundedAsAllElse: it is left out where it does not fit, and does
// not take the room of what is wanted more.
func TestMetadata_CacheStatusIsBoundedAsAllElse(t *testing.T) {
	t.Parallel()
	cookie := strings.Repeat("c", 3900)
	header, _ := said("session-facade; hit", "3", http.Header{"Set-Cookie": {cookie}, "Vary": {strings.Repeat("v", 100)}}).Metadata(nil)
	if len(header["set-cookie"]) != 1 || len(header["cache-status"]) != 1 || len(header["age"])+len(header["vary"]) != 0 {
		t.Errorf("got %d cookies, %v, age %v and %v", len(header["set-cookie"]), header["cache-status"], header["age"], header["vary"])
	}
	header, _ = said("session-facade; hit", "3", http.Header{"Set-Cookie": {cookie + strings.Repeat("c", 80)}}).Metadata(nil)
	if len(header["set-cookie"]) != 1 || len(header["cache-status"]) != 0 {
		t.Errorf("too much: got %d cookies, %v", len(header["set-cookie"]), header["cache-status"])
	}
}

// TestEnd_LogsTheCacheInOneWord: where there is one that had to do with the call.
func TestEnd_LogsTheCacheInOneWord(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]any{"": nil, "hit": "hit"} {
		var log strings.Builder
		call := &Call{Protocol: &Protocol{log: slog.NewJSONHandler(&log, nil)}, Exchange: relay.Exchange{Cache: word}, header: HTTPHeader{}}
		call.End(t.Context(), nil, 0)
		var line map[string]any
		if err := json.Unmarshal([]byte(log.String()), &line); err != nil || line["cache"] != want || line["msg"] != "call" {
			t.Errorf("%q: %s: %v", word, log.String(), err)
		}
	}
}
