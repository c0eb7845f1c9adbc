package main

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
)

func span(t *testing.T, id, parent string, kind tracev1.Span_SpanKind, protocol string) *tracev1.Span {
	t.Helper()
	octets := func(text string) []byte {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	s := &tracev1.Span{Name: id, TraceId: octets(traceID), SpanId: octets(id), ParentSpanId: octets(parent), Kind: kind}
	if protocol != "" {
		s.Attributes = []*commonv1.KeyValue{{Key: "protocol", Value: &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: protocol}}}}
	}
	return s
}

// TestCheck breaks a joined trace in each way that the demo is to notice.
func TestCheck(t *testing.T) {
	t.Parallel()
	const server, client = tracev1.Span_SPAN_KIND_SERVER, tracev1.Span_SPAN_KIND_CLIENT
	for name, c := range map[string]struct {
		spoil func(spans []*tracev1.Span, parents []string) ([]*tracev1.Span, []string)
		want  string
	}{
		"joined": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) { return s, p }, ""},
		"another trace": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) {
			s[0].TraceId = s[0].GetSpanId()
			return s, p
		}, "not the caller's"},
		"not the caller's child": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) {
			s[0].ParentSpanId = nil
			return s, p
		}, "the protocols [rest]"},
		"one protocol twice": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) {
			s[0].Attributes = s[2].GetAttributes()
			return s, p
		}, "the protocols [rest rest]"},
		"a server's span is none": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) {
			s[0].Kind = client
			return s, p
		}, "of kind"},
		"no client's span": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) {
			return slices.Delete(s, 1, 2), p
		}, "0 spans"},
		"a span too many": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) {
			return append(s, span(t, "0000000000000009", "0000000000000002", client, "")), p
		}, "5 spans"},
		"the upstream was told nothing": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) {
			p[0] = ""
			return s, p
		}, "the upstream was told"},
		"the upstream was told the server's span": {func(s []*tracev1.Span, p []string) ([]*tracev1.Span, []string) {
			p[0] = traceparent("0000000000000001")
			return s, p
		}, "the upstream was told"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans, parents := c.spoil([]*tracev1.Span{
				span(t, "0000000000000001", callerID, server, "grpc"), span(t, "0000000000000002", "0000000000000001", client, ""),
				span(t, "0000000000000003", callerID, server, "rest"), span(t, "0000000000000004", "0000000000000003", client, ""),
			}, []string{traceparent("0000000000000004"), traceparent("0000000000000002")})
			err := newTree(spans).check(parents)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
