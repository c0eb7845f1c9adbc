package test

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// TestTyped_ErrorsAreThoseOfGRPC compares what each protocol says of an error with what
// gRPC's own port does: code, message and details, and the headers.
func TestTyped_ErrorsAreThoseOfGRPC(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	conns := facade.TypedConns(t)
	headers := http.Header{"Retry-After": {"7"}, "Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"7"}, "Set-Cookie": {"a=1; Path=/", "b=2"},
		"X-Request-Id": {"of the upstream"}, "Cache-Control": {"no-cache"}, "Vary": {"Cookie"}, "Server": {"canary"}}
	relayed := []string{"retry-after", "ratelimit-remaining", "x-ratelimit-reset", "set-cookie", "x-request-id", "cache-control"}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		request proto.Message
		relayed []string
	}{
		"relayed, with headers": {facadetest.Respond(429, headers, `{"message":"slowly – bitte","code":"TooMany"}`), &usersv1.AuthenticateRequest{Email: "a@b.c"}, relayed},
		"relayed":               {facadetest.Respond(404, nil, `{"message":"no"}`), &usersv1.AuthenticateRequest{Email: "a@b.c"}, nil},
		"without a body":        {facadetest.Respond(409, headers, ""), &usersv1.AuthenticateRequest{Email: "a@b.c"}, relayed},
		"of the facade's own":   {facadetest.Respond(200, nil, "{"), &usersv1.AuthenticateRequest{Email: "a@b.c"}, nil},
		"fields":                {nil, &usersv1.AuthenticateRequest{}, nil},
		"success":               {facadetest.Respond(200, headers, `{"method":"Password"}`), &usersv1.AuthenticateRequest{Email: "a@b.c"}, relayed},
	} {
		upstream.Answer(c.answer)
		call := func(conn grpc.ClientConnInterface, ctx context.Context) (*status.Status, metadata.MD) {
			var header, trailer metadata.MD
			err := conn.Invoke(ctx, authenticateCall, c.request, &usersv1.AuthenticateResponse{}, grpc.Header(&header), grpc.Trailer(&trailer))
			return status.Convert(err), metadata.Join(header, trailer)
		}
		want, _ := call(facade.Conn, t.Context())
		for protocol, conn := range conns {
			got, header := call(conn, t.Context())
			if diff := cmp.Diff(want.Proto(), got.Proto(), protocmp.Transform()); diff != "" {
				t.Errorf("%s by %s (-gRPC +got):\n%s", name, protocol, diff)
			}
			for _, key := range c.relayed {
				if diff := cmp.Diff(headers.Values(key), header.Get(key)); diff != "" {
					t.Errorf("%s by %s: %s (-want +got):\n%s", name, protocol, key, diff)
				}
			}
			if strings.Contains(strings.Join(header.Get("server"), ""), "canary") {
				t.Errorf("%s by %s: a header that is not for callers", name, protocol)
			}
			if id := header.Get("x-request-id"); c.relayed == nil && (len(id) != 1 || len(id[0]) != 16) {
				t.Errorf("%s by %s: request id %q", name, protocol, id)
			}
			_, header = call(conn, metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "of the caller"))
			if id := header.Get("x-request-id"); c.relayed == nil && !strings.HasPrefix(protocol, "gRPC") && !slices.Equal(id, []string{"of the caller"}) {
				t.Errorf("%s by %s: request id %q", name, protocol, id)
			}
		}
	}
}

// TestTyped_CallersAreToldWhenToComeBack: the headers say what RetryInfo does, and that
// a call has been repeated already.
func TestTyped_CallersAreToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(503, nil, ""))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{RetryBudget: 1})
	busy, came := hanging(t, facadetest.Config{MaxInFlight: 1})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	go func() { _, _ = busy.Client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{}) }()
	<-came
	full := busy.TypedConns(t)
	for protocol, conn := range facade.TypedConns(t) {
		var trailer metadata.MD
		if err := conn.Invoke(t.Context(), listCall, &usersv1.ListApiSessionsRequest{}, &usersv1.ListApiSessionsResponse{}, grpc.Trailer(&trailer)); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v", protocol, err)
		}
		if told := len(trailer.Get("grpc-retry-pushback-ms")) > 0; told != strings.HasPrefix(protocol, "gRPC") {
			t.Errorf("%s: the trailer is %v", protocol, trailer)
		}
		var header metadata.MD
		if err := full[protocol].Invoke(t.Context(), listCall, &usersv1.ListApiSessionsRequest{}, &usersv1.ListApiSessionsResponse{}, grpc.Header(&header)); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("%s: %v", protocol, err)
		}
		if after := header.Get("retry-after"); (len(after) == 1 && after[0] == "1") == (strings.HasPrefix(protocol, "gRPC") && !strings.HasPrefix(protocol, "gRPC-Web")) {
			t.Errorf("%s: Retry-After: %q", protocol, after)
		}
		// Who is repeating the call already is not helped by more of it.
		upstream.Take()
		_ = conn.Invoke(metadata.AppendToOutgoingContext(t.Context(), "grpc-previous-rpc-attempts", "1"), listCall, &usersv1.ListApiSessionsRequest{}, &usersv1.ListApiSessionsResponse{})
		if n := len(upstream.Take()); n != 1 {
			t.Errorf("%s: a retry reached the upstream %d times", protocol, n)
		}
	}
}

// TestTyped_Deadlines: the shorter of the caller's and the facade's holds.
func TestTyped_Deadlines(t *testing.T) {
	t.Parallel()
	for _, own := range []time.Duration{time.Minute, 100 * time.Millisecond} {
		facade, _ := hanging(t, facadetest.Config{Timeout: own, BreakerRate: -1})
		for protocol, conn := range facade.TypedConns(t) {
			within := 100*time.Millisecond + time.Minute - own
			ctx, cancel := context.WithTimeout(t.Context(), within)
			began := time.Now()
			_, err := usersv1.NewSessionAndAuthenticationServiceClient(conn).ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{})
			cancel()
			if status.Code(err) != codes.DeadlineExceeded || time.Since(began) > 30*time.Second {
				t.Errorf("%s: %v after %s", protocol, err, time.Since(began))
			}
		}
	}
	// The deadline is the server's to keep also where the caller does not.
	facade, _ := hanging(t, facadetest.Config{Timeout: time.Minute})
	for _, form := range wireForms() {
		text := []byte(nil)
		if strings.HasSuffix(form.contentType, "json") {
			text = []byte("{}")
		}
		call := form.call(text)
		call.path = listCall
		call.header.Set(form.timeout, map[bool]string{true: "100", false: "100m"}[form.protocol == "connect"])
		response, body := call.do(t.Context(), t, facade, form.http2)
		if got := typedError(t, response, body); got.Code() != codes.DeadlineExceeded {
			t.Errorf("%s: %s", form.name, got)
		}
	}
}

// TestTyped_GETOnlyWhereNoSecretCanBe: of each RPC, the server takes by GET exactly those
// without side effects whose request has no field that is a secret.
func TestTyped_GETOnlyWhereNoSecretCanBe(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	var taken []string
	for i := range facadetest.Descriptor.Methods().Len() {
		method := facadetest.Descriptor.Methods().Get(i)
		path := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
		response, _ := rawCall{"GET", path + "?connect=v1&encoding=json&message=" + url.QueryEscape(`{}`), http.Header{}, nil}.do(t.Context(), t, facade, false)
		options, _ := method.Options().(*descriptorpb.MethodOptions)
		if options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS && !hasSecret(method.Input()) {
			taken = append(taken, string(method.Name()))
			upstream.Take()
			if response.StatusCode == 405 || response.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s is not taken by GET: %d, %v", path, response.StatusCode, response.Header)
			}
			continue
		}
		if response.StatusCode != 405 || response.Header.Get("Allow") != "POST" || len(upstream.Take()) > 0 {
			t.Errorf("%s is taken by GET: %d, Allow: %s", path, response.StatusCode, response.Header.Get("Allow"))
		}
	}
	if !slices.Contains(taken, "GetApiSession") || slices.Contains(taken, "GetSession") { // whose id is a token
		t.Errorf("taken by GET are %q", taken)
	}
	for name, query := range map[string]string{
		"no query": "", "no message": "?connect=v1&encoding=json", "no encoding": "?connect=v1&message=%7B%7D",
		"unknown encoding": "?connect=v1&encoding=canary&message=%7B%7D", "other version": "?connect=v2&encoding=json&message=%7B%7D",
		"unknown compression": "?connect=v1&encoding=json&message=%7B%7D&compression=canary", "no JSON": "?connect=v1&encoding=json&message=canary",
		"no base64":        "?connect=v1&encoding=json&base64=1&message=canary!",
		"not what it says": "?connect=v1&encoding=json&base64=1&compression=gzip&message=" + base64.RawURLEncoding.EncodeToString([]byte("canary")),
		"bomb": "?connect=v1&encoding=json&base64=1&compression=gzip&message=" +
			base64.RawURLEncoding.EncodeToString(zipped(t, bytes.Repeat([]byte(" "), 5<<20))),
	} {
		response, body := rawCall{"GET", listCall + query, http.Header{}, nil}.do(t.Context(), t, facade, false)
		if s := typedError(t, response, body); response.StatusCode/100 == 2 || len(s.Details()) == 0 || strings.Contains(string(body), "canary") {
			t.Errorf("%s: %d, %s", name, response.StatusCode, body)
		}
		if name == "bomb" && response.StatusCode != 429 {
			t.Errorf("a bomb: %d", response.StatusCode)
		}
	}
	if response, _ := (rawCall{"GET", listCall + "?connect=v1&encoding=json&message=%7B%7D", http.Header{}, []byte("{}")}).do(t.Context(), t, facade, false); response.StatusCode != 400 {
		t.Errorf("a GET with a body: %d", response.StatusCode)
	}
	if strings.Contains(facade.Log.String(), "canary") {
		t.Errorf("the log is %s", facade.Log)
	}
}

// hasSecret looks for a field that is a secret by the fields' own descriptors.
func hasSecret(message protoreflect.MessageDescriptor) bool {
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if options, _ := field.Options().(*descriptorpb.FieldOptions); options.GetDebugRedact() {
			return true
		}
		if field.Message() != nil && hasSecret(field.Message()) {
			return true
		}
	}
	return false
}

// TestTyped_Compression: a response of a kilobyte and more is compressed for those who ask,
// but for one that can hold a secret.
func TestTyped_Compression(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	grants := func(n int) string {
		return `[` + strings.TrimSuffix(strings.Repeat(`{"id":"0123456789"},`, n), ",") + `]`
	}
	for name, c := range map[string]struct {
		path, answer, accept string
		compressed           bool
	}{
		"large":          {"ListGrantedSubscriberSubscriptionGrants", grants(1000), "gzip", true},
		"small":          {"ListGrantedSubscriberSubscriptionGrants", grants(10), "gzip", false},
		"not asked for":  {"ListGrantedSubscriberSubscriptionGrants", grants(1000), "", false},
		"other":          {"ListGrantedSubscriberSubscriptionGrants", grants(1000), "br", false},
		"with secrets":   {"ListApiSessions", `[{"id":"s","name":"` + strings.Repeat("n", 4096) + `","token":"t"}]`, "gzip", false},
		"of several":     {"ListGrantedSubscriberSubscriptionGrants", grants(1000), "br, gzip", true},
		"error in words": {"ListGrantedSubscriberSubscriptionGrants", "", "gzip", false},
	} {
		upstream.Answer(facadetest.Respond(200, nil, c.answer))
		if c.answer == "" {
			upstream.Answer(facadetest.Respond(400, nil, `{"message":"`+strings.Repeat("m", 4096)+`"}`))
		}
		for _, form := range wireForms() {
			text := []byte(nil)
			if strings.HasSuffix(form.contentType, "json") {
				text = []byte("{}")
			}
			call := form.call(text)
			call.path = "/wingspan.users.v1.SessionAndAuthenticationService/" + c.path
			if c.accept != "" {
				call.header.Set(map[bool]string{true: "Accept-Encoding", false: "Grpc-Accept-Encoding"}[form.protocol == "connect"], c.accept)
			}
			response, body := call.do(t.Context(), t, facade, form.http2)
			if strings.Contains(form.contentType, "text") {
				first, _, _ := strings.Cut(string(body), "=")
				body, _ = base64.RawStdEncoding.DecodeString(first)
			}
			compressed := response.Header.Get("Content-Encoding") == "gzip"
			if form.protocol != "connect" {
				compressed = len(body) > 0 && body[0] == 1
			}
			if compressed != c.compressed {
				t.Errorf("%s by %s: compressed %t, want %t; %v", name, form.name, compressed, c.compressed, response.Header)
			}
		}
	}
}

// TestTyped_JSONErrorsNameTheField: what is wrong with a message in JSON is told by the
// field's name in the .proto, and never by its value.
func TestTyped_JSONErrorsNameTheField(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{}`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	const service = "/wingspan.users.v1.SessionAndAuthenticationService/"
	for body, want := range map[string]struct{ path, field string }{
		`{"email":5}`:                               {"Authenticate", "email"},
		"{\n\n  \"email\": {\"a\": \"canary\"}}":    {"Authenticate", "email"},
		`{"é":"canary"}`:                            {"Authenticate", "é"},
		`{"mail":"canary"}`:                         {"Authenticate", "mail"},
		`{"email":"canary","email":"canary"}`:       {"Authenticate", "email"},
		`{"email":"canary"`:                         {"Authenticate", ""},
		`{"email":"canary"}{"email":"canary"}`:      {"Authenticate", ""},
		`["canary"]`:                                {"Authenticate", ""},
		`canary`:                                    {"Authenticate", ""},
		``:                                          {"Authenticate", ""},
		"{\"email\":\"\xffcanary\"}":                {"Authenticate", "email"},
		`{"labels":{"canary":["canary"]}}`:          {"CreateApiSession", "labels"},
		`{"labels":{"a":"b","canary":5}}`:           {"CreateApiSession", "labels"},
		`{"isUnlimitedExpiration":"canary"}`:        {"CreateApiSession", "is_unlimited_expiration"},
		`{"id":"s","apiSession":{"labels":5}}`:      {"UpdateApiSession", "api_session.labels"},
		`{"api_session":{"expiration":["canary"]}}`: {"UpdateApiSession", "api_session.expiration"},
		`{"apiSession":{"nam":"canary"}}`:           {"UpdateApiSession", "api_session.nam"},
		`{"apiSession":"canary"}`:                   {"UpdateApiSession", "api_session"},
		`{"channel":"CANARY"}`:                      {"BeginOtpVerification", "channel"},
		`{"id":"s","updateMask":["canary"]}`:        {"UpdateApiSession", "update_mask"},
		`{"id":"s","updateMask":"canary.CANARY-x"}`: {"UpdateApiSession", "update_mask"},
	} {
		response, text := rawCall{"POST", service + want.path, http.Header{"Content-Type": {"application/json"}}, []byte(body)}.do(t.Context(), t, facade, false)
		s := connectStatus(t, text)
		(&grpcError{Code: "INVALID_ARGUMENT", Reason: "INVALID_REQUEST", Message: s.Message(), Fields: fieldsOf(want.field)}).check(t, s.Err())
		if response.StatusCode != 400 || strings.Contains(strings.ToLower(string(text)), "canary") {
			t.Errorf("%s: %d, %s", body, response.StatusCode, text)
		}
	}
}

func fieldsOf(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// TestTyped_HealthAndReflection: each protocol that has streams asks for health, watches it
// and finds the service.
func TestTyped_HealthAndReflection(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	for protocol, conn := range facade.TypedConns(t) {
		health := grpc_health_v1.NewHealthClient(conn)
		got, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: string(facadetest.Descriptor.FullName())})
		if err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("%s: %v, %v", protocol, got, err)
		}
		if _, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "other"}); status.Code(err) != codes.NotFound {
			t.Errorf("%s: %v", protocol, err)
		}
		if protocol == "gRPC-Web as text" {
			continue // the client reads a response whole
		}
		ctx, cancel := context.WithCancel(t.Context())
		watch, err := health.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := watch.Recv(); err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("%s: %v, %v", protocol, got, err)
		}
		cancel()
		if strings.HasPrefix(protocol, "gRPC") && protocol != "gRPC-Web" || protocol == "Connect over HTTP/2" {
			if names := connect(t, conn, "v1").services(); !slices.Contains(names, string(facadetest.Descriptor.FullName())) || len(names) != 4 {
				t.Errorf("%s: %q", protocol, names)
			}
		}
	}
	// Both directions at a time need HTTP/2.
	response, body := rawCall{"POST", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", http.Header{"Content-Type": {"application/connect+proto"}},
		framedMessage(0, nil)}.do(t.Context(), t, facade, false)
	if !strings.Contains(string(body), `"code":"unimplemented"`) || !response.Close {
		t.Errorf("reflection over HTTP/1.1: %d %q", response.StatusCode, body)
	}
	if strings.Contains(facade.Log.String(), `"msg":"call"`) {
		t.Errorf("health and reflection do not stay silent: %s", facade.Log)
	}
}
