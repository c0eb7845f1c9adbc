// Package upstream makes the REST upstream callable as if it were a gRPC
// server: Conn is a grpc.ClientConnInterface, so the generated client over it
// is the typed REST client, without a path or a field name written by hand.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/upstream/connpool"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// Options says how to reach the upstream and how far to trust it.
type Options struct {
	// JSON are the bodies of the RPCs.
	JSON wirejson.Methods
	// Pool says how connections are made. Its URL is where the upstream's paths begin,
	// for example "https://api.wingspan.app", without a query.
	Pool connpool.Options
	// UserAgent is the User-Agent of every request.
	UserAgent string
	// MaxResponseBytes bounds the body of a success, MaxErrorBytes that of an error.
	MaxResponseBytes, MaxErrorBytes int64
	// MaxAttempts is how often a call without side effects may reach the upstream,
	// at least 1; any other reaches it once.
	MaxAttempts int
	// RetryBudget is which part of the calls in flight may be retries, from 0 to 1.
	RetryBudget float64
	// BreakerRate is the rate of an operation's attempts that run into Timeout, from 0
	// to 1, at which it is not called for a while; 0 is never.
	BreakerRate float64
	// Pacer gives attempts their turns; nil lets each go at once.
	Pacer Pacer
	// Timeout is the longest that a call can take, as whoever calls bounds it.
	Timeout time.Duration
	// Logger tells what operators should know of the upstream.
	Logger *slog.Logger
	// Tracer, Meter and Propagator record the attempts.
	Tracer     trace.TracerProvider
	Meter      metric.MeterProvider
	Propagator propagation.TextMapPropagator
}

// Conn sends RPCs to the upstream as REST calls. Headers go there and come back by the
// relay.Exchange of the call's context; what may pass is for the caller to choose. An
// error is an *Error, or a status where the request was refused before anything was sent.
//
// grpc-go means grpc.ClientConnInterface for generated code and may extend it;
// this file is all that knows of it.
type Conn struct {
	options   Options
	base      string // of every path
	userAgent []string
	pool      *connpool.Pool
	calls     map[string]*call
	budget    budget
	records   *telemetry
}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// NewConn compiles the rules of a service. The error names what cannot be
// translated.
func NewConn(rules []*httprule.Rule, options Options) (*Conn, error) {
	c := &Conn{
		options:   options,
		base:      strings.TrimSuffix(options.Pool.URL.EscapedPath(), "/"),
		userAgent: []string{options.UserAgent},
		calls:     make(map[string]*call, len(rules)),
		budget:    budget{most: options.RetryBudget},
	}
	options.Pool.OnHTTP1 = sync.OnceFunc(c.warnOfHTTP1)
	var err error
	if c.pool, err = connpool.New(options.Pool); err != nil {
		return nil, err
	}
	var errs []error
	for _, rule := range rules {
		if c.calls[rule.FullMethod], err = newCall(rule, &options); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", rule.FullMethod, err))
		}
	}
	c.records, err = newTelemetry(&c.options, c.calls, &c.budget)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	c.records.initCounters(c.calls)
	return c, nil
}

// Invoke implements grpc.ClientConnInterface. What the upstream answered beside the
// message is in the relay.Exchange of ctx, if there is one.
func (c *Conn) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	request, okRequest := args.(proto.Message)
	response, okResponse := reply.(proto.Message)
	if !okRequest || !okResponse {
		return unknown(method)
	}
	got, err := c.Respond(ctx, method, request)
	if err != nil {
		return err
	}
	exchange := relay.FromContext(ctx)
	exchange.Response = *got
	if !exchange.Raw {
		exchange.Response.Body = nil
	}
	return c.Decode(ctx, method, got, response, exchange.Raw)
}

// Respond is the first half of Invoke: it asks the upstream, and returns a success as it
// came, with its body. Any other response is an error.
func (c *Conn) Respond(ctx context.Context, method string, request proto.Message) (*relay.Response, error) {
	call := c.calls[method]
	if call == nil {
		return nil, unknown(method)
	}
	exchange := relay.FromContext(ctx)
	prepared, err := c.prepare(call, request, exchange)
	if err != nil {
		return nil, err
	}
	return c.exchange(ctx, call, prepared, exchange)
}

// Decode is the second half of Invoke: it fills the message from a response, or only
// checks it where it is relayed as bytes. A response that is no success is the error that
// Respond returned for it.
func (c *Conn) Decode(ctx context.Context, method string, got *relay.Response, message proto.Message, relayed bool) error {
	call := c.calls[method]
	if call == nil {
		return unknown(method)
	}
	if got.Status/100 != 2 {
		failed := *got
		return failure(&failed)
	}
	result, err := call.decode(got, message, relayed)
	if err != nil {
		return err
	}
	if got.CacheStatus == "" { // else it has been, when it came
		c.records.recordDrift(ctx, call, result)
	}
	return nil
}

// Unanswered is the error of a call whose ctx has ended before there was a response to
// another call that it waits for.
func (c *Conn) Unanswered(ctx context.Context) error {
	err := noResponse(ctx, ctx.Err(), maybeProcessed)
	err.attempts = 2 // for all that is known, it has been repeated
	return err
}

func unknown(method string) error {
	return status.Errorf(codes.Unimplemented, "the upstream has no operation for %s", method)
}

// NewStream implements grpc.ClientConnInterface. REST has no streams.
func (c *Conn) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Errorf(codes.Unimplemented, "%s is streaming, which the upstream is not", method)
}

// Warm opens a connection to the upstream, so that the first call need not wait
// for one. Nothing is sent on it. The error says in a few words why there is
// none.
func (c *Conn) Warm(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	taken, err := c.pool.Take(ctx, time.Time{})
	if err != nil {
		return errors.New(kindOf(err))
	}
	c.pool.Unused(taken)
	return nil
}

// Close closes the connections that no call uses. A call still opens one.
func (c *Conn) Close() { c.pool.Close() }

// warnOfHTTP1 says what it means that the upstream speaks HTTP/1.1, unless it is on
// this machine.
func (c *Conn) warnOfHTTP1() {
	host := c.options.Pool.URL.Hostname()
	if address, err := netip.ParseAddr(host); host == "localhost" || err == nil && address.IsLoopback() {
		return
	}
	c.options.Logger.Warn("the upstream speaks HTTP/1.1, where responses have no numbers: " +
		"if it or a proxy ever sends more than one for a request, the next caller on that connection may get it; " +
		"let it speak HTTP/2, or set --upstream-http1-reuse=false")
}
