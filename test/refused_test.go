package test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const listCall = "/wingspan.users.v1.SessionAndAuthenticationService/ListApiSessions"

const refusedTrace = "4bf92f3577b34da6a3ce929d0e0e4736"

// bareCall makes a call of a list without a gRPC client, which would not make such a one.
func bareCall(ctx context.Context, t *testing.T, address string, header http.Header, body io.Reader) string {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	t.Cleanup(client.CloseIdleConnections)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+listCall, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := client.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.Header.Get("Grpc-Status") + response.Trailer.Get("Grpc-Status")
}

func bareHeader(id string) http.Header {
	return http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "X-Request-Id": {id},
		"Traceparent": {"00-" + refusedTrace + "-b7ad6b7169203331-01"}}
}

// oneMessage is a message as gRPC frames it.
func oneMessage(compressed byte, text string) io.Reader {
	frame := append([]byte{compressed}, binary.BigEndian.AppendUint32(nil, uint32(len(text)))...)
	return bytes.NewReader(append(frame, text...))
}

// TestRefusedByGRPC shows that a call which grpc-go refuses before any interceptor
// sees it leaves one access line and is counted, by reason.
func TestRefusedByGRPC(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call         func(context.Context, *testing.T, *facadetest.Facade, string)
		code, reason string
		known        bool // the RPC is, so its name is in the line
	}{
		"too large": {func(ctx context.Context, _ *testing.T, f *facadetest.Facade, _ string) {
			_, _ = f.Client.Authenticate(ctx, &usersv1.AuthenticateRequest{Email: strings.Repeat("canary", 1<<20)})
		}, "ResourceExhausted", "REQUEST_TOO_LARGE", true},
		"cannot be decoded": {func(ctx context.Context, t *testing.T, f *facadetest.Facade, id string) {
			t.Helper()
			if got := bareCall(ctx, t, f.GRPCAddr, bareHeader(id), oneMessage(0, "\xffcanary")); got != "13" {
				t.Errorf("answered %s", got)
			}
		}, "Internal", "INVALID_REQUEST", true},
		"no such method": {func(ctx context.Context, _ *testing.T, f *facadetest.Facade, _ string) {
			_ = f.Conn.Invoke(ctx, "/wingspan.users.v1.SessionAndAuthenticationService/Canary", &usersv1.ListApiSessionsRequest{}, nil)
		}, "Unimplemented", "NOT_FOUND", false},
		"no such service": {func(ctx context.Context, _ *testing.T, f *facadetest.Facade, _ string) {
			_ = f.Conn.Invoke(ctx, "/canary.Service/Canary", &usersv1.ListApiSessionsRequest{}, nil)
		}, "Unimplemented", "NOT_FOUND", false},
		"no such compression": {func(ctx context.Context, t *testing.T, f *facadetest.Facade, id string) {
			t.Helper()
			header := bareHeader(id)
			header.Set("Grpc-Encoding", "canary")
			if got := bareCall(ctx, t, f.GRPCAddr, header, oneMessage(1, "canary")); got != "12" {
				t.Errorf("answered %s", got)
			}
		}, "Unimplemented", "UNSUPPORTED_MEDIA_TYPE", true},
		"no message": {func(ctx context.Context, t *testing.T, f *facadetest.Facade, id string) {
			t.Helper()
			if got := bareCall(ctx, t, f.GRPCAddr, bareHeader(id), nil); got != "13" {
				t.Errorf("answered %s", got)
			}
		}, "Internal", "INVALID_REQUEST", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
			reader := metric.NewManualReader()
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{Meter: metric.NewMeterProvider(metric.WithReader(reader))})
			id := "id of " + name
			ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", id, "traceparent", "00-"+refusedTrace+"-b7ad6b7169203331-01")
			c.call(ctx, t, facade, id)
			text := facade.Log.Await(t, id)
			var line struct{ Msg, Protocol, Code, Reason, Peer, Method, TraceID string }
			if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "trace_id", "traceid")), &line); err != nil {
				t.Fatal(err)
			}
			if line.Msg != "call" || line.Protocol != "grpc" || line.Code != c.code || line.Reason != c.reason || line.Peer == "" ||
				line.TraceID != refusedTrace || (line.Method != "") != c.known {
				t.Errorf("the access line is %s", text)
			}
			if strings.Count(facade.Log.String(), id) != 1 || strings.Contains(strings.ToLower(facade.Log.String()), "canary") {
				t.Errorf("the log is %s", facade.Log)
			}
			if got := refusedCalls(t, reader, "grpc"); got[c.reason] != 1 || len(upstream.Take()) > 0 {
				t.Errorf("counted %v", got)
			}
		})
	}
}

// refusedCalls reads the counter of a protocol's calls that were refused, by reason.
func refusedCalls(t *testing.T, reader metric.Reader, protocol string) map[string]int64 {
	t.Helper()
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	counted := map[string]int64{}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || m.Name != "session_facade.calls.refused" {
				continue
			}
			for _, point := range sum.DataPoints {
				if by, _ := point.Attributes.Value("protocol"); by.AsString() == protocol {
					reason, _ := point.Attributes.Value("reason")
					counted[reason.AsString()] = point.Value
				}
			}
		}
	}
	return counted
}

// TestRequestIDIsPassedOn shows that the upstream gets the request id that is made
// here for a call without one, the caller gets it with an error, and a REST caller
// does not with a response that is the upstream's.
func TestRequestIDIsPassedOn(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(404, nil, `{"error":"gone"}`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
	made := func() string {
		t.Helper()
		seen := upstream.Take()
		if len(seen) != 1 || len(seen[0].Header["X-Request-Id"]) != 1 {
			t.Fatalf("the upstream saw %+v", seen)
		}
		id := seen[0].Header.Get("X-Request-Id")
		facade.Log.Await(t, fmt.Sprintf(`"request_id":%q`, id))
		return id
	}
	var trailer metadata.MD
	_, err := facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}, grpc.Trailer(&trailer))
	if got := trailer.Get("x-request-id"); err == nil || len(got) != 1 || got[0] != made() {
		t.Errorf("gRPC: %v, %v", got, err)
	}
	response, _ := restCall{method: "GET", path: "/users/session/api"}.do(t, facade.REST)
	if id := made(); response.Header["X-Request-Id"] != nil {
		t.Errorf("REST: the upstream's response has a request id of ours, %s", id)
	}
	upstream.Answer(facadetest.Respond(404, http.Header{"X-Request-Id": {"theirs"}}, `{"error":"gone"}`))
	var header metadata.MD
	trailer = nil
	_, _ = facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}, grpc.Header(&header), grpc.Trailer(&trailer))
	if got := append(header.Get("x-request-id"), trailer.Get("x-request-id")...); len(got) != 1 || got[0] != "theirs" {
		t.Errorf("gRPC: request ids %v where the upstream gave one", got)
	}
	_ = made()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "mine")
	_, _ = facade.Client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{})
	if id := made(); id != "mine" {
		t.Errorf("the caller's request id became %s", id)
	}
}

// TestTraceIDOfEachLine shows that the lines of calls that are no RPC, and of
// panics, name the caller's trace too.
func TestTraceIDOfEachLine(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{Alone: true,
		Wrap: func(s usersv1.SessionAndAuthenticationServiceServer) usersv1.SessionAndAuthenticationServiceServer {
			return panicking{s, "canary"}
		}})
	traceparent := "00-" + refusedTrace + "-b7ad6b7169203331-01"
	for _, path := range []string{"/users/nothing", "/users/session/token/any"} {
		restCall{method: "GET", path: path, header: http.Header{"Traceparent": {traceparent}}}.do(t, facade.REST)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", traceparent)
	_, _ = facade.Client.GetSession(ctx, &usersv1.GetSessionRequest{Id: "any"})
	lines := 0
	facade.Log.Await(t, `"protocol":"grpc"`)
	for line := range strings.Lines(facade.Log.String()) {
		if lines++; !strings.Contains(line, `"trace_id":"`+refusedTrace) {
			t.Errorf("no trace id in %s", line)
		}
	}
	if lines != 5 { // a refusal, and two panics with their calls
		t.Errorf("%d lines:\n%s", lines, facade.Log)
	}
}
