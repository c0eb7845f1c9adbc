package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"buf.build/go/protovalidate"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// Options says how calls are taken, whichever protocol they come by.
type Options struct {
	// Rules are the service's RPCs as they appear in REST.
	Rules []*httprule.Rule
	// Logger gets the access lines and panics.
	Logger *slog.Logger
	// Timeout bounds every call; a caller's own deadline applies if it is shorter.
	Timeout time.Duration
	// MaxRequestBytes bounds a request's message or body.
	MaxRequestBytes int
	// MaxInFlight bounds the calls in flight, over all protocols.
	MaxInFlight int
	// CORSOrigins are the origins whose pages may call over HTTP.
	CORSOrigins []string
	// Memory bounds the bytes of bodies, over all calls.
	Memory *membudget.Budget
	// Tracer, Meter and Propagator record the calls.
	Tracer     trace.TracerProvider
	Meter      metric.MeterProvider
	Propagator propagation.TextMapPropagator
}

// Pipeline is the steps that every call passes; see Intercept.
type Pipeline struct {
	// Options are read-only.
	Options
	// InFlight is the limit on calls in flight.
	InFlight InFlight
	// Incomplete bounds the calls whose request is not whole, by RequestTimeout in time.
	Incomplete *Waiters
	// Incoming bounds the bytes of requests that are not whole, beside Memory: what has
	// not come keeps nobody from the memory for what has.
	Incoming *membudget.Budget
	// Health is what health checks are told.
	Health *Health

	validator protovalidate.Validator
	protocols []*Protocol
}

// maxIncomplete is how many calls may be waiting for the rest of their request. Each
// costs some 20 KiB; see Waiters for what happens to more.
const maxIncomplete = 4096

// RequestTimeout is how long a request may take to come after its call's headers. It is
// enough for the largest at 4 Mbit/s.
const RequestTimeout = 10 * time.Second

// incomingShare is the part of the budget of memory that there is beside it for
// requests that are not whole.
const incomingShare = 4

// newValidator makes what checks the contract's rules, once: it is the largest part of what
// a pipeline costs, and tests make many in a process. It compiles the rules of a message
// with the first that it sees.
var newValidator = sync.OnceValues(func() (protovalidate.Validator, error) { return protovalidate.New() })

// NewPipeline makes the pipeline of a service.
func NewPipeline(service string, o Options) (*Pipeline, error) {
	validator, err := newValidator()
	if err != nil {
		return nil, fmt.Errorf("validation rules: %w", err)
	}
	p := &Pipeline{Options: o, InFlight: make(InFlight, o.MaxInFlight), Incomplete: NewWaiters(maxIncomplete),
		Incoming: membudget.New(o.Memory.Size() / incomingShare), Health: NewHealth(service), validator: validator}
	p.Incomplete.Timeout = RequestTimeout
	return p, p.observe()
}

// How often a request is held while its call is answered, at most.
const (
	// CopiesOfMessage is of gRPC's: decoded, and as JSON, where a control character
	// takes six bytes.
	CopiesOfMessage = 1 + 6
	// CopiesOfBody is of REST's: as the bytes that are relayed, and decoded, where
	// short strings take more than their length.
	CopiesOfBody = 3
)

// Intercept takes a call whose request is whole through the steps that all protocols
// share, in this order:
//
//  1. admission: a place in flight, so that what is over the limit costs nothing more
//  2. deadline: what is behind it ends in time; the caller's applies if it is shorter
//  3. recovery: a panic behind it becomes INTERNAL
//  4. headers: of the caller's, what the allow-list names goes to the upstream; what the
//     others say of the call is noted
//  5. validation: the rules of the .proto
//
// In front of them the protocol made the call, with its request id, behind them it
// calls End, which writes the access line, so that refusals are seen.
func (p *Pipeline) Intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (response any, err error) {
	c := CallFromContext(ctx)
	defer func() { c.err = err }()
	if !p.InFlight.Acquire() {
		return nil, ErrOverloaded
	}
	c.admitted = true
	c.Method.inFlight.Add(1)
	defer func() {
		c.Method.inFlight.Add(-1)
		p.InFlight.Release()
	}()
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	defer func() {
		if panicked := recover(); panicked != nil {
			response, err = nil, c.Recovered(ctx, p.Logger, panicked)
		}
	}()
	if c.Exchange.Header, err = c.requestHeader(); err != nil {
		return nil, err
	}
	c.Exchange.Peer, c.Exchange.NoCache = peerHost(c.Peer), c.wantsUpstream()
	c.Exchange.CallerRetries = !c.Exchange.Raw && c.isRetry() // clients of REST do not say so
	if err := p.validate(request); err != nil {
		return nil, err
	}
	return handler(relay.NewContext(ctx, &c.Exchange), request)
}

// Reserve charges a call for a request of so many bytes, held in so many copies,
// waiting for the memory within ctx, and no longer than timeout.
func (c *Call) Reserve(ctx context.Context, timeout time.Duration, bytes, copies int) error {
	if bytes <= membudget.Free {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := c.Exchange.Lease.Grow(ctx, int64(bytes)*int64(copies)); err != nil {
		return ErrNoMemory
	}
	return nil
}

// Recovered logs a panic and makes the error that the caller gets. Of the value only
// what the runtime itself says is logged: any other may hold a secret.
func (c *Call) Recovered(ctx context.Context, logger *slog.Logger, panicked any) error {
	value := "a value of its own"
	var runtimeError runtime.Error
	if err, ok := panicked.(error); ok && errors.As(err, &runtimeError) {
		value = runtimeError.Error()
	}
	c.FindTrace(ctx)
	logger.ErrorContext(ctx, "panic", "value", value, "request_id", c.loggedRequestID(), "trace_id", c.traceID,
		"stack", string(debug.Stack()))
	return Refuse(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL,
		"the facade failed; its log says more under request id "+c.loggedRequestID())
}
