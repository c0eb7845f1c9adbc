package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/metadata"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const callerTrace = "0af7651916cd43dd8448eb211c80319c"

// TestOneTrace shows that a call is one trace from the caller to the upstream, by
// both ports, and that no span holds what may be a secret.
func TestOneTrace(t *testing.T) {
	t.Parallel()
	traceparent := "00-" + callerTrace + "-b7ad6b7169203331-01"
	by := func(protocol string) func(*testing.T, *facadetest.Facade) {
		return func(t *testing.T, f *facadetest.Facade) {
			t.Helper()
			ctx := metadata.AppendToOutgoingContext(t.Context(), "traceparent", traceparent, "authorization", "Bearer canary-header")
			client := usersv1.NewSessionAndAuthenticationServiceClient(f.TypedConns(t)[protocol])
			if _, err := client.GetSession(ctx, &usersv1.GetSessionRequest{Id: "canary-id"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for protocol, call := range map[string]func(*testing.T, *facadetest.Facade){
		"gRPC": by("gRPC"), "gRPC on the HTTP port": by("gRPC on the HTTP port"), "Connect": by("Connect in JSON"), "gRPC-Web": by("gRPC-Web"),
		"REST": func(t *testing.T, f *facadetest.Facade) {
			t.Helper()
			restCall{method: "GET", path: "/users/session/token/canary-id?canary=1",
				header: http.Header{"Traceparent": {traceparent}, "Authorization": {"Bearer canary-header"}}}.do(t, f.REST)
		},
	} {
		t.Run(protocol, func(t *testing.T) {
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
			if got := httpOf(outer); protocol == "REST" && got != "GET /users/session/token/{id} 200" || protocol != "REST" && got != "" {
				t.Errorf("the span of the protocol tells of HTTP: %q", got)
			}
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

// TestTraceThatBeginsHere_IsLogged: where the caller names no trace, the access line has
// the one that its span begins.
func TestTraceThatBeginsHere_IsLogged(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	exporter := tracetest.NewInMemoryExporter()
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{Tracer: sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))})
	for protocol, conn := range facade.TypedConns(t) {
		exporter.Reset()
		ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", protocol)
		if err := conn.Invoke(ctx, listCall, &usersv1.ListApiSessionsRequest{}, &usersv1.ListApiSessionsResponse{}); err != nil {
			t.Fatal(err)
		}
		line := facade.Log.Await(t, `"request_id":"`+protocol+`"`)
		if spans := exporter.GetSpans(); len(spans) != 2 || !strings.Contains(line, `"trace_id":"`+spans[0].SpanContext.TraceID().String()) {
			t.Errorf("%s: %d spans, logged %s", protocol, len(spans), line)
		}
	}
}

// httpOf is what a span tells of HTTP: verb, route and status.
func httpOf(span tracetest.SpanStub) string {
	var told []string
	for _, key := range []attribute.Key{"http.request.method", "http.route", "http.response.status_code"} {
		for _, a := range span.Attributes {
			if a.Key == key {
				told = append(told, a.Value.String())
			}
		}
	}
	return strings.Join(told, " ")
}

// TestSpanStatus shows that the span of a REST call has the status of its response,
// whoever gave that.
func TestSpanStatus(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, nil)
	exporter := tracetest.NewInMemoryExporter()
	facade := facadetest.Start(t, upstream.URL, facadetest.Config{
		Tracer: sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))})
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		path   string
	}{
		"201":           {facadetest.Respond(201, nil, `[]`), "/users/session/api"},
		"409":           {facadetest.Respond(409, nil, `{"error":"e"}`), "/users/session/api"},
		"500, not JSON": {facadetest.Respond(500, nil, "text"), "/users/session/api"},
		"contract":      {facadetest.Respond(200, nil, "text"), "/users/session/api"},
		"two tokens":    {facadetest.Respond(200, nil, "[]"), "/users/session/api"},
	} {
		exporter.Reset()
		upstream.Answer(c.answer)
		header := http.Header{}
		if name == "two tokens" {
			header["Authorization"] = []string{"Bearer a", "Bearer b"}
		}
		response, _ := restCall{method: "GET", path: c.path, header: header}.do(t, facade.REST)
		for _, span := range exporter.GetSpans() {
			want := fmt.Sprintf("GET %s %d", c.path, response.StatusCode)
			if got := httpOf(span); strings.HasPrefix(span.Name, "wingspan") && got != want {
				t.Errorf("%s: the span tells of HTTP %q, want %q", name, got, want)
			}
		}
		if len(exporter.GetSpans()) == 0 {
			t.Errorf("%s: no span", name)
		}
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
		"session_facade.calls.refused", "session_facade.upstream.drift", "session_facade.upstream.breaker_open",
		`"grpc"`, `"rest"`, `"enum_word"`, `"member"`, `"NOT_FOUND"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(strings.ToLower(string(text)), "canary") {
		t.Errorf("an attribute is a caller's or the upstream's own word: %s", text)
	}
}
