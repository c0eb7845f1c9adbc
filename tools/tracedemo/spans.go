package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// The trace and the span that the caller is in.
const (
	traceID  = "0af7651916cd43dd8448eb211c80319c"
	callerID = "b7ad6b7169203331"
)

// traceparent is the W3C header of a span of the caller's trace.
func traceparent(spanID string) string { return "00-" + traceID + "-" + spanID + "-01" }

// collector takes traces as OTLP over HTTP.
type collector struct {
	mu    sync.Mutex
	spans []*tracev1.Span
}

// ServeHTTP implements http.Handler.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var exported collectorv1.ExportTraceServiceRequest
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || proto.Unmarshal(body, &exported) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range exported.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

func (c *collector) all() []*tracev1.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spans
}

// tree is the spans by their parents.
type tree struct {
	spans    []*tracev1.Span
	children map[string][]*tracev1.Span
}

func newTree(spans []*tracev1.Span) *tree {
	t := &tree{spans: spans, children: map[string][]*tracev1.Span{}}
	for _, span := range spans {
		parent := hex.EncodeToString(span.GetParentSpanId())
		t.children[parent] = append(t.children[parent], span)
	}
	return t
}

func (t *tree) of(span *tracev1.Span) []*tracev1.Span {
	return t.children[hex.EncodeToString(span.GetSpanId())]
}

func (t *tree) print(w io.Writer) {
	fmt.Fprintf(w, "trace %s\ncaller %s\n", traceID, callerID)
	t.printBelow(w, callerID, "  ")
}

func (t *tree) printBelow(w io.Writer, parent, indent string) {
	for _, span := range t.children[parent] {
		took := time.Duration(span.GetEndTimeUnixNano() - span.GetStartTimeUnixNano())
		fmt.Fprintf(w, "%s└ %s (%v)\n", indent, span.GetName(), took.Round(time.Microsecond))
		for _, attribute := range span.GetAttributes() {
			value := strings.TrimSpace(attribute.GetValue().String())
			fmt.Fprintf(w, "%s    %s = %s\n", indent, attribute.GetKey(), value)
		}
		t.printBelow(w, hex.EncodeToString(span.GetSpanId()), indent+"  ")
	}
}

// check tells what is wrong with the trace: below the caller's span there is a
// server's for each protocol, below each of these one client's, whose id is what the
// upstream got, and there is nothing else.
func (t *tree) check(parents []string) error {
	for _, span := range t.spans {
		if got := hex.EncodeToString(span.GetTraceId()); got != traceID {
			return fmt.Errorf("span %s is of trace %s, not the caller's", span.GetName(), got)
		}
	}
	servers := t.children[callerID]
	var ports, sent []string
	for _, server := range servers {
		for _, attribute := range server.GetAttributes() {
			if attribute.GetKey() == "protocol" {
				ports = append(ports, attribute.GetValue().GetStringValue())
			}
		}
		clients := t.of(server)
		switch {
		case server.GetKind() != tracev1.Span_SPAN_KIND_SERVER:
			return fmt.Errorf("span %s below the caller's is of kind %s", server.GetName(), server.GetKind())
		case len(clients) != 1 || clients[0].GetKind() != tracev1.Span_SPAN_KIND_CLIENT:
			return fmt.Errorf("span %s has not one client's below it but %d spans", server.GetName(), len(clients))
		}
		sent = append(sent, traceparent(hex.EncodeToString(clients[0].GetSpanId())))
	}
	slices.Sort(ports)
	if want := []string{"grpc", "rest"}; !slices.Equal(ports, want) {
		return fmt.Errorf("below the caller's span are those of the protocols %v, want %v", ports, want)
	}
	if len(t.spans) != 2*len(servers) {
		return fmt.Errorf("%d spans, of which %d are joined", len(t.spans), 2*len(servers))
	}
	parents = slices.Clone(parents)
	slices.Sort(parents)
	slices.Sort(sent)
	if !slices.Equal(parents, sent) {
		return fmt.Errorf("the upstream was told %v, want %v", parents, sent)
	}
	return nil
}
