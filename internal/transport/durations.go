package transport

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// durations records how long an RPC's calls by one protocol took, by code. It
// follows OpenTelemetry's conventions for RPC. The ready-made handler of grpc-go's
// calls would record the same, but makes each call's attributes anew.
type durations struct {
	histogram metric.Float64Histogram
	common    []attribute.KeyValue
	byCode    [codes.Unauthenticated + 1]atomic.Pointer[[]metric.RecordOption]
}

// newHistogram makes what the durations of all operations are recorded with.
func newHistogram(provider metric.MeterProvider) (metric.Float64Histogram, error) {
	return provider.Meter(scope).Float64Histogram("rpc.server.call.duration", metric.WithUnit("s"),
		metric.WithDescription("How long calls took that were RPCs, by RPC, door and code."),
		// Those of the conventions, and beyond --upstream-timeout's 15 s; the attempts'
		// are the same.
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 20, 30))
}

func (d *durations) init(histogram metric.Float64Histogram, protocol, method string) {
	d.histogram = histogram
	d.common = []attribute.KeyValue{protocolKey.String(protocol), attribute.String("rpc.system.name", "grpc"),
		methodKey.String(strings.TrimPrefix(method, "/"))}
}

// record notes a call that has ended.
func (d *durations) record(ctx context.Context, err error, took time.Duration) {
	c := status.Code(err)
	if int(c) >= len(d.byCode) {
		c = codes.Unknown
	}
	options := d.byCode[c].Load()
	if options == nil {
		options = d.options(c)
		d.byCode[c].Store(options)
	}
	d.histogram.Record(ctx, took.Seconds(), *options...)
}

// options are the attributes of calls that end with a code.
func (d *durations) options(c codes.Code) *[]metric.RecordOption {
	name := code.Code(c).String() //nolint:gosec // at most 16
	attributes := append([]attribute.KeyValue{attribute.String("rpc.response.status_code", name)}, d.common...)
	switch c {
	case codes.Unknown, codes.DeadlineExceeded, codes.Unimplemented, codes.Internal, codes.Unavailable, codes.DataLoss:
		attributes = append(attributes, attribute.String("error.type", name)) // those that are a server's fault
	default:
	}
	return &[]metric.RecordOption{labelled(attributes...)}
}
