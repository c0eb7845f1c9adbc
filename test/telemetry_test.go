package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/metadata"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/facadetest"
)

const callerTrace = "0af7651916cd43dd8448eb211c80319c"

// TestOneTrace shows that a call is one trace from the caller to the upstream, by
// both doors, and that no span holds what may be a secret.
func TestOneTrace(t *testing.T) {
	t.Parallel()
	traceparent := "00-" + callerTrace + "-b7ad6b7169203331-01"
	for door, call := range map[string]func(*testing.T, *facadetest.Facade){
		"gRPC": func(t *testing.T, f *facadetest.Facade) {
			t.Helper()
			ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", traceparent, "authorization", "Bearer canary-header")
			if _, err := f.Client.GetSession(ctx, &usersv1.GetSessionRequest{Id: "canary-id"}); err != nil {
				t.Fatal(err)
			}
		},
		"REST": func(t *testing.T, f *facadetest.Facade) {
			t.Helper()
			restCall{method: "GET", path: "/users/session/token/canary-id?canary=1",
				header: http.Header{"Traceparent": {traceparent}, "Authorization": {"Bearer canary-header"}}}.do(t, f.REST)
		},
	} {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil,
				`{"expiration":"e","sessionType":"User","token":"canary-token"}`))
			exporter := tracetest.NewInMemoryExporter()
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{
				Tracer: sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))})
			call(t, facade)
			spans := exporter.GetSpans()
			names := map[string]tracetest.SpanStub{}
			for _, span := range spans {
				names[span.Name] = span
				if got := span.SpanContext.TraceID().String(); got != callerTrace {
					t.Errorf("span %s is of trace %s", span.Name, got)
				}
			}
			inner, outer := names["GET /users/session/token/{id}"], names["wingspan.users.v1.SessionAndAuthenticationService/GetSession"]
			if len(spans) != 2 || inner.Parent.SpanID() != outer.SpanContext.SpanID() || outer.Parent.SpanID().String() != "b7ad6b7169203331" {
				t.Errorf("spans: %+v", spans)
			}
			seen := upstream.Take()
			if want := "00-" + callerTrace + "-" + inner.SpanContext.SpanID().String() + "-01"; seen[0].Header.Get("Traceparent") != want {
				t.Errorf("the upstream saw %s, want %s", seen[0].Header.Get("Traceparent"), want)
			}
			if all := fmt.Sprintf("%+v", spans); strings.Contains(all, "canary") {
				t.Errorf("a span holds a secret: %s", all)
			}
			if !strings.Contains(facade.Log.String(), `"trace_id":"`+callerTrace) {
				t.Errorf("the access line has no trace id:\n%s", facade.Log)
			}
		})
	}
}

// TestMetrics shows the instruments and that their attributes are bounded.
func TestMetrics(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil,
		`[{"sessionId":"s","expiration":"e","isUnlimitedExpiration":false,"sessionType":"Robot","canary":1}]`))
	reader := sdkmetric.NewManualReader()
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{Meter: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))})
	if _, err := facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}); err != nil {
		t.Fatal(err)
	}
	restCall{method: "GET", path: "/users/session/api"}.do(t, facade.REST)
	restCall{method: "GET", path: "/users/canary"}.do(t, facade.REST)
	_ = facade.Conn.Invoke(t.Context(), "/wingspan.users.v1.SessionAndAuthenticationService/Canary",
		&usersv1.ListApiSessionsRequest{}, &usersv1.ListApiSessionsResponse{})
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(collected.ScopeMetrics)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"rpc.server.call.duration", "http.client.request.duration", "session_facade.calls.in_flight",
		"session_facade.rest.refused", "session_facade.upstream.drift", "session_facade.upstream.breaker_open",
		`"grpc"`, `"rest"`, `"enum_word"`, `"member"`, `"NOT_FOUND"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(strings.ToLower(string(text)), "canary") {
		t.Errorf("an attribute is a caller's or the upstream's own word: %s", text)
	}
}
