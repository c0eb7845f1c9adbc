package test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// TestNoJSONInjection shows that a gRPC caller can't write JSON of its own choice, nor
// gets what the contract does not know.
func TestNoJSONInjection(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil,
		`{"sessionId":"s-1","expiration":"e","isUnlimitedExpiration":false,"sessionType":"Robot","labels":{},"new":1}`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	update := &usersv1.ApiSessionUpdate{Expiration: new("e")}
	for number := protowire.MaxValidNumber - 1; number <= protowire.MaxValidNumber; number++ {
		unknown := protowire.AppendTag(update.ProtoReflect().GetUnknown(), number, protowire.BytesType)
		update.ProtoReflect().SetUnknown(protowire.AppendString(unknown, `"admin":true`))
	}
	response, err := facade.Client.UpdateApiSession(t.Context(), &usersv1.UpdateApiSessionRequest{Id: "s-1", ApiSession: update})
	if err != nil {
		t.Fatal(err)
	}
	if seen := upstream.Take(); len(seen) != 1 || string(seen[0].Body) != `{"expiration":"e"}` {
		t.Errorf("the upstream saw %s", seen[0].Body)
	}
	if unknown := response.GetApiSession().ProtoReflect().GetUnknown(); len(unknown) > 0 {
		t.Errorf("the caller got unknown fields: %q", unknown)
	}
}

// TestGRPCSideBytes shows that headers and error details stay small enough for
// every language's client, the least wanted headers giving way.
func TestGRPCSideBytes(t *testing.T) {
	t.Parallel()
	const limit = 4 << 10
	header := http.Header{
		"Set-Cookie": {strings.Repeat("c", 1500)}, "X-Request-Id": {"r-1"}, "Retry-After": {"3"},
		"X-Ratelimit-Policy": {strings.Repeat("p", 3000)},
	}
	for name, answer := range map[string]http.HandlerFunc{
		"success": facadetest.Respond(200, header, `[]`),
		"failure": facadetest.Respond(400, header, `{"message":"`+strings.Repeat("é", 5000)+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, answer)
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
			var got metadata.MD
			_, err := facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}, grpc.Header(&got))
			size := proto.Size(status.Convert(err).Proto()) * 4 / 3
			for key, values := range got {
				for _, value := range values {
					size += len(key) + len(value)
				}
			}
			if size > limit {
				t.Errorf("%d bytes, want at most %d", size, limit)
			}
			if len(got.Get("set-cookie")) != 1 || len(got.Get("x-request-id")) != 1 || len(got.Get("x-ratelimit-policy")) != 0 {
				t.Errorf("headers: %v", got)
			}
			if message := status.Convert(err).Message(); len(message) > 1<<10 || strings.Contains(message, "\uFFFD") {
				t.Errorf("a message of %d bytes: %q", len(message), message)
			}
		})
	}
}

// TestGRPCRefusesTwoTokens shows that a call with two credentials is refused.
func TestGRPCRefusesTwoTokens(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer a", "authorization", "Bearer b")
	_, err := facade.Client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{})
	(&grpcError{Code: "INVALID_ARGUMENT", Reason: "INVALID_REQUEST", Fields: []string{"authorization"}}).check(t, err)
	if seen := upstream.Take(); len(seen) > 0 {
		t.Error("the upstream was called")
	}
}

// TestHealthAndReflection shows the two services that tools expect.
func TestHealthAndReflection(t *testing.T) {
	t.Parallel()
	facade := facadetest.Start(t, "http://127.0.0.1:1", facadetest.Config{})
	for service, want := range map[string]codes.Code{"": codes.OK, string(facadetest.Descriptor.FullName()): codes.OK, "other": codes.NotFound} {
		answer, err := healthv1.NewHealthClient(facade.Conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if status.Code(err) != want || (err == nil && answer.GetStatus() != healthv1.HealthCheckResponse_SERVING) {
			t.Errorf("health of %q: %v, %v", service, answer, err)
		}
	}
	stream, err := reflectionv1.NewServerReflectionClient(facade.Conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil || !strings.Contains(answer.String(), string(facadetest.Descriptor.FullName())) {
		t.Errorf("reflection: %v, %v", answer, err)
	}
	if strings.Contains(facade.Log.String(), `"msg":"call"`) {
		t.Errorf("health or reflection left an access line:\n%s", facade.Log)
	}
}

// TestUpstreamFaults shows what each fault of the upstream is to the callers of
// both ports.
func TestUpstreamFaults(t *testing.T) {
	t.Parallel()
	const canary = "canary-in-the-body"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   string
		reason string
		status int
	}{
		"HTML":      {facadetest.Respond(200, http.Header{"Content-Type": {"text/html"}}, "<p>"+canary), "INTERNAL", "UPSTREAM_CONTRACT", 502},
		"object":    {facadetest.Respond(200, nil, `{"`+canary+`":1}`), "INTERNAL", "UPSTREAM_CONTRACT", 502},
		"empty":     {facadetest.Respond(200, nil, ""), "INTERNAL", "UPSTREAM_CONTRACT", 502},
		"null":      {facadetest.Respond(200, nil, "null"), "INTERNAL", "UPSTREAM_CONTRACT", 502},
		"bad type":  {facadetest.Respond(200, nil, `[{"labels":{"`+canary+`":1}}]`), "INTERNAL", "UPSTREAM_CONTRACT", 502},
		"too large": {facadetest.Respond(200, nil, `["`+strings.Repeat("a", 2000)+canary+`"]`), "INTERNAL", "UPSTREAM_CONTRACT", 502},
		"redirect":  {facadetest.Respond(302, http.Header{"Location": {"/" + canary}}, canary), "INTERNAL", "UPSTREAM_CONTRACT", 502},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`[{"` + canary))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "INTERNAL", "UPSTREAM_CONTRACT", 502},
		"text error":  {facadetest.Respond(404, http.Header{"Content-Type": {"text/plain"}}, canary), "NOT_FOUND", "UPSTREAM_REJECTED", 404},
		"large error": {facadetest.Respond(404, nil, `{"message":"`+canary+strings.Repeat("a", 2000)+`"}`), "NOT_FOUND", "UPSTREAM_REJECTED", 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, c.answer)
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{MaxResponseBytes: 1000, MaxErrorBytes: 1000})
			_, err := facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{})
			want := &grpcError{Code: c.code, Reason: c.reason}
			if c.status/100 == 4 {
				want.HTTPStatus = "404"
			}
			want.check(t, err)
			response, body := restCall{method: "GET", path: "/users/session/api"}.do(t, facade.REST)
			checkErrorBody(t, []byte(body), c.reason, nil)
			if response.StatusCode != c.status || response.Header.Get("Location") != "" {
				t.Errorf("REST: %d, Location %q", response.StatusCode, response.Header.Get("Location"))
			}
			if n := len(upstream.Take()); n != 2 {
				t.Errorf("the upstream saw %d requests, want 2", n)
			}
			if strings.Contains(facade.Log.String()+body+err.Error(), canary) {
				t.Error("the upstream's body has leaked")
			}
		})
	}
}

// TestUnreachable shows an upstream that is not there.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	facade := facadetest.Start(t, "http://127.0.0.1:1", facadetest.Config{})
	_, err := facade.Client.DeleteSession(t.Context(), &usersv1.DeleteSessionRequest{Id: "canary"})
	(&grpcError{Code: "UNAVAILABLE", Reason: "UPSTREAM_UNREACHABLE"}).check(t, err)
	response, body := restCall{method: "DELETE", path: "/users/session/token/canary"}.do(t, facade.REST)
	checkErrorBody(t, []byte(body), "UPSTREAM_UNREACHABLE", nil)
	if response.StatusCode != 502 || !strings.Contains(body, "connection refused") {
		t.Errorf("REST: %d %s", response.StatusCode, body)
	}
	if log := facade.Log.String(); strings.Contains(log, "canary") || !strings.Contains(log, "connection refused") {
		t.Errorf("log:\n%s", log)
	}
}

// TestDeadline shows that a hanging upstream ends with the shorter of the two
// deadlines, and that a caller who leaves takes the upstream call along.
func TestDeadline(t *testing.T) {
	t.Parallel()
	left := make(chan struct{}, 8)
	upstream := facadetest.NewRecorder(t, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		left <- struct{}{}
	})
	short := facadetest.Start(t, upstream.URL, facadetest.Config{Timeout: 300 * time.Millisecond})
	_, err := short.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{})
	(&grpcError{Code: "DEADLINE_EXCEEDED", Reason: "UPSTREAM_TIMEOUT"}).check(t, err)
	response, body := restCall{method: "GET", path: "/users/session/api"}.do(t, short.REST)
	checkErrorBody(t, []byte(body), "UPSTREAM_TIMEOUT", nil)
	if response.StatusCode != 504 {
		t.Errorf("REST: status %d", response.StatusCode)
	}
	long := facadetest.Start(t, upstream.URL, facadetest.Config{})
	response, _ = restCall{method: "GET", path: "/users/session/api", header: http.Header{"Grpc-Timeout": {"300m"}}}.do(t, long.REST)
	if response.StatusCode != 504 {
		t.Errorf("Grpc-Timeout: status %d", response.StatusCode)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err = long.Client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("gRPC: %v", err)
	}
	reached := upstream.Take() // on a busy machine a call may end before it does
	if len(reached) == 0 {
		t.Error("no call reached the upstream")
	}
	for range reached {
		<-left
	}
}
