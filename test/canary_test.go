package test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const canary = "canary"

// secretHeaders are where a caller's and the upstream's credentials travel.
var (
	secretHeaders = http.Header{"Authorization": {"Bearer canary-auth"}, "Cookie": {"s=canary-cookie"}, "X-Wingspan-User": {"canary-user"}}
	secretAnswer  = http.Header{"Set-Cookie": {"s=canary-set-cookie"}, "Location": {"/canary-location"}}
)

// TestCanaries puts a secret into every place that has one, sends each operation
// by each protocol through success and every kind of failure, at debug level, and
// looks for it in the log, the spans and the metrics. The facade's own errors do
// not hold it either. It does so without the cache of sessions, and with it.
func TestCanaries(t *testing.T) {
	t.Parallel()
	for name, ttl := range map[string]time.Duration{"without a cache": -1, "with a cache": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testCanaries(t, ttl, nil)
		})
	}
}

// testCanaries does so with a cache, if there is a time for it, and with what replicas share, if
// there is a server for that.
func testCanaries(t *testing.T, ttl time.Duration, server replicas.Server) {
	t.Helper()
	htmlHeader := maps.Clone(secretAnswer)
	htmlHeader["Content-Type"] = []string{"text/html"}
	for name, answer := range map[string]func(success string) http.HandlerFunc{
		"success": func(success string) http.HandlerFunc { return facadetest.Respond(200, secretAnswer, success) },
		"kept": func(success string) http.HandlerFunc {
			return facadetest.Respond(200, http.Header{"Etag": {"canary-etag"}}, success)
		},
		"refusal": func(string) http.HandlerFunc {
			return facadetest.Respond(403, secretAnswer, `{"message":"canary said"}`)
		},
		"expired": func(string) http.HandlerFunc {
			return facadetest.Respond(403, nil, `{"error":"Session expired","said":"canary"}`)
		},
		"HTML":     func(string) http.HandlerFunc { return facadetest.Respond(200, htmlHeader, "<p>canary-html") },
		"text":     func(string) http.HandlerFunc { return facadetest.Respond(500, htmlHeader, "canary-text") },
		"shape":    func(string) http.HandlerFunc { return facadetest.Respond(200, secretAnswer, `["canary-list"]`) },
		"redirect": func(string) http.HandlerFunc { return facadetest.Respond(307, secretAnswer, `"canary-moved"`) },
		"reset": func(string) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		},
	} {
		if server != nil && name != "success" && name != "kept" && name != "expired" {
			continue // nothing is shared
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
			upstream := facadetest.NewRecorder(t, nil)
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{SessionCacheTTL: ttl, SessionCacheStale: max(0, ttl), Replicas: server,
				Tracer: sdktrace.NewTracerProvider(sdktrace.WithSyncer(withoutStatus{spans})),
				Meter:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))})
			conns := facade.TypedConns(t)
			rules, err := httprule.Service(facadetest.Descriptor)
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range rules {
				upstream.Answer(answer(lasting.ReplaceAllString(secretSuccess(t, rule), `"expiration":"2999-01-01T00:00:00.000Z"`)))
				own := callWithSecrets(t, facade, conns, rule)
				if name != "success" && name != "kept" && name != "refusal" && name != "expired" && strings.Contains(own, canary) {
					t.Errorf("%s: an error of the facade's own holds a secret: %s", rule.Method.Name(), own)
				}
			}
			var collected metricdata.ResourceMetrics
			if err := reader.Collect(context.Background(), &collected); err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{
				"log": facade.Log.String(), "spans": fmt.Sprintf("%+v", spans.GetSpans()), "metrics": fmt.Sprintf("%+v", collected),
			} {
				if len(text) < 1000 {
					t.Errorf("the %s are suspiciously short: %s", what, text)
				}
				if i := strings.Index(text, canary); i >= 0 {
					t.Errorf("a secret is in the %s: …%s…", what, text[max(i-200, 0):min(i+100, len(text))])
				}
			}
			if word := map[string]string{"kept": "hit", "expired": "expired"}[name]; ttl > 0 && word != "" && !strings.Contains(facade.Log.String(), `"cache":"`+word+`"`) {
				t.Errorf("nothing is a %s", word)
			}
			if n := len(upstream.Take()); n < 2*len(rules) {
				t.Errorf("the upstream saw %d requests of %d operations", n, len(rules))
			}
		})
	}
}

// withoutStatus stands for internal/telemetry's exporter, which blanks the
// descriptions of statuses; that it does is tested there.
type withoutStatus struct{ *tracetest.InMemoryExporter }

func (e withoutStatus) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	stubs := tracetest.SpanStubsFromReadOnlySpans(spans)
	for i := range stubs {
		stubs[i].Status.Description = ""
	}
	return e.InMemoryExporter.ExportSpans(ctx, stubs.Snapshots())
}

// lasting finds what is to be long from now, for a session to be kept.
var lasting = regexp.MustCompile(`"expiration": *"[^"]*"`)

var secretMember = regexp.MustCompile(`"(token|email|phone|authenticationUrl|userId|sessionId)": *"[^"]*"`)

// secretSuccess is an operation's answer from its golden cases, with secrets.
func secretSuccess(t *testing.T, rule *httprule.Rule) string {
	t.Helper()
	for _, c := range readCases(t, string(rule.Method.Name())) {
		if c.Answers.Status == http.StatusOK && c.Answers.Body != nil && c.GRPC != nil && c.GRPCGets.Error == nil {
			return secretMember.ReplaceAllString(string(c.Answers.Body), `"$1":"canary-$1"`)
		}
	}
	return ""
}

// callWithSecrets calls an operation by each protocol and returns what the errors say.
func callWithSecrets(t *testing.T, facade *facadetest.Facade, conns map[string]grpc.ClientConnInterface, rule *httprule.Rule) string {
	t.Helper()
	request := secretRequest(t, rule)
	ctx := t.Context()
	for name, values := range secretHeaders {
		ctx = metadata.AppendToOutgoingContext(ctx, strings.ToLower(name), values[0])
	}
	var said strings.Builder
	for _, conn := range conns {
		err := conn.Invoke(ctx, rule.FullMethod, request, newMessage(t, rule.Method.Output(), nil))
		fmt.Fprintln(&said, status.Convert(err).Proto())
	}
	path, pathErr := rule.Path(request.ProtoReflect())
	query, queryErr := rule.Query(request.ProtoReflect())
	if err := errors.Join(pathErr, queryErr); err != nil {
		t.Fatal(err)
	}
	if len(rule.QueryFields) == 0 {
		query = "q=canary-query" // is dropped
	}
	call := restCall{method: rule.Verb, path: path + "?" + query, header: secretHeaders.Clone()}
	if rule.HasBody {
		call.header.Set("Content-Type", "application/json")
		message := request.ProtoReflect()
		if rule.BodyField != nil {
			message = message.Get(rule.BodyField).Message()
		}
		text, err := protojson.Marshal(message.Interface())
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		delete(members, "channel") // protojson spells enums otherwise
		text, _ = json.Marshal(members)
		call.body = string(text)
	}
	_, body := call.do(t, facade.REST)
	return said.String() + body
}

// secretRequest fills each string of a request with a secret.
func secretRequest(t *testing.T, rule *httprule.Rule) proto.Message {
	t.Helper()
	request := newMessage(t, rule.Method.Input(), nil)
	fill(request.ProtoReflect())
	return request
}

func fill(message protoreflect.Message) {
	for i := range message.Descriptor().Fields().Len() {
		switch f := message.Descriptor().Fields().Get(i); {
		case f.IsMap():
			message.Mutable(f).Map().Set(protoreflect.ValueOfString("canary-key").MapKey(), protoreflect.ValueOfString("canary-value"))
		case f.Kind() == protoreflect.StringKind && f.IsList():
			message.Mutable(f).List().Append(protoreflect.ValueOfString("canary-" + string(f.Name())))
		case f.Kind() == protoreflect.StringKind:
			message.Set(f, protoreflect.ValueOfString("canary-"+string(f.Name())))
		case f.Message() != nil && f.Message().ParentFile().Package() != "google.protobuf":
			fill(message.Mutable(f).Message())
		}
	}
}
