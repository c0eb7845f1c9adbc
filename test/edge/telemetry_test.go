package edge

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// tracing are the variables that have spans sent to a collector.
func tracing(endpoint string) []string {
	return []string{"OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint, "OTEL_BSP_SCHEDULE_DELAY=50"}
}

// TestSpansOnTheWire shows what a collector is really sent: the spans of both ports
// and of their calls of the upstream, without a status' words, a path or anything
// else that is the caller's or the upstream's.
func TestSpansOnTheWire(t *testing.T) {
	t.Parallel()
	sent := make(chan []byte, 100)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent <- body
	}))
	t.Cleanup(collector.Close)
	upstream := facadetest.NewRecorder(t, facadetest.Respond(500, nil, `{"message":"canary-said"}`))
	p := startWith(t, tracing(collector.URL), "--upstream-url="+upstream.URL, "--shutdown-delay=0s")
	c := newCaller(t, p, nil)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer canary-token")
	if _, err := c.grpc.GetSession(ctx, &usersv1.GetSessionRequest{Id: "canary-id"}); err == nil {
		t.Error("no error")
	}
	response, err := c.http.Get(c.rest + "/users/session/token/canary-id?q=canary-query")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	p.terminate(t)
	p.wait(t)
	names := map[string]int{}
	close(sent)
	for body := range sent {
		if bytes.Contains(body, []byte("canary")) {
			t.Errorf("a secret is sent: %q", body)
		}
		for _, span := range spansIn(t, body) {
			names[span.GetName()]++
			if span.GetStatus().GetCode() != tracev1.Status_STATUS_CODE_ERROR || span.GetStatus().GetMessage() != "" {
				t.Errorf("the status of %s is %v", span.GetName(), span.GetStatus())
			}
		}
	}
	if names["GET /users/session/token/{id}"] != 2 || names["wingspan.users.v1.SessionAndAuthenticationService/GetSession"] != 2 {
		t.Errorf("spans: %v", names)
	}
}

func spansIn(t *testing.T, body []byte) (spans []*tracev1.Span) {
	t.Helper()
	var export collectorv1.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &export); err != nil {
		t.Fatal(err)
	}
	for _, resource := range export.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			spans = append(spans, scope.GetSpans()...)
		}
	}
	return spans
}

// TestCollectorRefuses shows that the log says where spans could not be sent, and
// why, without what may be a secret.
func TestCollectorRefuses(t *testing.T) {
	t.Parallel()
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "canary-body", http.StatusUnauthorized)
	}))
	t.Cleanup(collector.Close)
	host := strings.TrimPrefix(collector.URL, "http://")
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	p := startWith(t, append(tracing("http://u:canary-password@"+host), "OTEL_PROPAGATORS=b3"), "--upstream-url="+upstream.URL)
	p.await(t, `"ignored":"b3"`)
	if _, err := newCaller(t, p, nil).grpc.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}); err != nil {
		t.Fatal(err)
	}
	if line := p.await(t, "telemetry"); !strings.Contains(line, host) || !strings.Contains(line, "401") {
		t.Errorf("logged %s", line)
	}
	if all := strings.Join(p.log(), "\n"); strings.Contains(all, "canary") {
		t.Errorf("logged a secret: %s", all)
	}
}
