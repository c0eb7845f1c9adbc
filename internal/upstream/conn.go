// Package upstream makes the REST upstream callable as if it were a gRPC
// server: Conn is a grpc.ClientConnInterface, so the generated client over it
// is the typed REST client, without a path or a field name written by hand.
package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// StatusKey is the key in the header metadata of a successful call under which
// the HTTP status stands, in decimal. Its name cannot be a header's.
const StatusKey = ":status"

// Options says how to reach the upstream and how far to trust it.
type Options struct {
	// URL is where the upstream's paths begin, for example
	// "https://api.wingspan.app". It has no query.
	URL *url.URL
	// TLS returns the configuration for an https URL. It is asked at every request:
	// the same pointer is the same configuration, nil the default one.
	TLS func() *tls.Config
	// Dial opens the connections; nil does so by TCP.
	Dial Dialer
	// UserAgent is the User-Agent of every request.
	UserAgent string
	// MaxAnswerBytes bounds the body of a success, MaxErrorBytes that of an error.
	MaxAnswerBytes, MaxErrorBytes int64
	// MaxAttempts is how often a call without side effects may reach the upstream,
	// at least 1; any other reaches it once.
	MaxAttempts int
	// RetryBudget is which part of the calls in flight may be retries, from 0 to 1.
	RetryBudget float64
	// BreakerRate is the rate of attempts without an answer, from 0 to 1, at which
	// the upstream is not called for a while; 0 is never.
	BreakerRate float64
	// Timeout is the longest that a call can take, as whoever calls bounds it.
	Timeout time.Duration
	// Tracer, Meter and Propagator record the attempts; nothing does where they are
	// nil.
	Tracer     trace.TracerProvider
	Meter      metric.MeterProvider
	Propagator propagation.TextMapPropagator
}

// withTelemetry puts what does nothing in place of what is nil.
func (o Options) withTelemetry() Options {
	if o.Tracer == nil {
		o.Tracer = tracenoop.NewTracerProvider()
	}
	if o.Meter == nil {
		o.Meter = metricnoop.NewMeterProvider()
	}
	if o.Propagator == nil {
		o.Propagator = propagation.NewCompositeTextMapPropagator()
	}
	return o
}

// Conn sends RPCs to the upstream as REST calls. Outgoing metadata becomes
// request headers, and response headers come back through grpc.Header; what may
// pass is for the caller to choose. An error is an *Error, or a status where
// the request was refused before anything was sent.
//
// grpc-go means grpc.ClientConnInterface for generated code and may extend it;
// this file is all that knows of it.
type Conn struct {
	options Options
	base    string // of every path
	wire    *transport
	calls   map[string]*call
	retries failsafe.Executor[*outcome]
	breaker *breaker
	records *telemetry
}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// NewConn compiles the rules of a service. The error names what cannot be
// translated.
func NewConn(rules []*httprule.Rule, options Options) (*Conn, error) {
	allowed := budget.NewBuilder().WithMaxRate(options.RetryBudget).Build()
	c := &Conn{
		options: options.withTelemetry(),
		base:    strings.TrimSuffix(options.URL.EscapedPath(), "/"),
		calls:   make(map[string]*call, len(rules)),
		retries: newRetries(options.MaxAttempts, allowed),
		breaker: newBreaker(options.BreakerRate),
	}
	c.wire = &transport{options: &c.options}
	var errs []error
	for _, rule := range rules {
		compiled, err := newCall(rule)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", rule.FullMethod, err))
		}
		c.calls[rule.FullMethod] = compiled
	}
	var err error
	c.records, err = newTelemetry(&c.options, c.breaker, allowed)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	c.records.introduce(c.calls)
	return c, nil
}

// Invoke implements grpc.ClientConnInterface. Of the call options it heeds
// grpc.Header and grpc.Trailer.
func (c *Conn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	call := c.calls[method]
	request, okRequest := args.(proto.Message)
	response, okResponse := reply.(proto.Message)
	if call == nil || !okRequest || !okResponse {
		return status.Errorf(codes.Unimplemented, "the upstream has no operation for %s", method)
	}
	header, told := metadata.FromOutgoingContext(ctx)
	if !told {
		header = metadata.MD{}
	}
	prepared, err := call.prepare(c.base, request, header)
	if err != nil {
		return err
	}
	exchange := relay.FromContext(ctx)
	if exchange == nil {
		exchange = &relay.Exchange{}
	}
	if exchange.Raw {
		prepared.body = exchange.Request
	}
	answer, err := c.exchange(ctx, call, prepared)
	tell(opts, answer, err)
	if err != nil {
		return err
	}
	exchange.Response = relay.Response{Status: answer.status, Header: answer.header}
	result, err := call.decode(answer, response)
	if exchange.Raw {
		exchange.Response.Body = bytes.Clone(answer.body)
	}
	answer.release()
	if err != nil {
		return err
	}
	c.records.noteDrift(ctx, call, result)
	return nil
}

// Warm opens a connection to the upstream, so that the first call need not wait
// for one. Nothing is sent on it. The error says in a few words why there is
// none.
func (c *Conn) Warm(ctx context.Context) error {
	if err := c.wire.link().warm(ctx); err != nil {
		return errors.New(kindOf(err))
	}
	return nil
}

// Close closes the connections that no call uses. A call still opens one.
func (c *Conn) Close() { c.wire.close() }

// tell fills in what a caller asked for by call options.
func tell(opts []grpc.CallOption, a *answer, err error) {
	for _, opt := range opts {
		switch o := opt.(type) {
		case grpc.HeaderCallOption:
			if a != nil {
				*o.HeaderAddr = a.metadata()
			}
		case grpc.TrailerCallOption:
			*o.TrailerAddr = trailer(err)
		}
	}
}

// NewStream implements grpc.ClientConnInterface. REST has no streams.
func (c *Conn) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Errorf(codes.Unimplemented, "%s is streaming, which the upstream is not", method)
}

// metadata is what an answer tells beside its body.
func (a *answer) metadata() metadata.MD {
	md := make(metadata.MD, len(a.header)+1)
	for name, values := range a.header {
		key, known := usualKeys[name]
		if !known {
			key = strings.ToLower(name)
		}
		md[key] = values
	}
	md[StatusKey] = []string{strconv.Itoa(a.status)}
	return md
}

// usualKeys are the keys of the headers that every answer has.
var usualKeys = map[string]string{"Content-Length": "content-length", "Content-Type": "content-type", "Date": "date"}
