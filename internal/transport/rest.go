package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// restDoor takes REST calls. It checks what grpc-gateway would forgive, and
// hands the rest to it with nothing left to guess: one path spelling, no query,
// the body already read.
type restDoor struct {
	*door
	router     *httprule.Router
	gateway    http.Handler
	errors     *errorWriter
	health     *Health
	limit      int64
	logger     *slog.Logger
	refused    metric.Int64Counter
	overloaded []byte // the body of the refusal
}

// newRESTDoor makes the REST door to the service behind a channel.
func newRESTDoor(shared *door, channel grpc.ClientConnInterface, health *Health, options Options) (http.Handler, error) {
	router, err := httprule.NewRouter(options.Rules)
	if err != nil {
		return nil, err
	}
	failures, err := newErrorWriter()
	if err != nil {
		return nil, err
	}
	gateway, err := newGateway(channel, options.Rules, failures)
	if err != nil {
		return nil, err
	}
	refused, err := options.Meter.Meter(scope).Int64Counter("session_facade.rest.refused",
		metric.WithDescription("REST calls refused before they were an RPC, by reason."))
	if err != nil {
		return nil, err
	}
	overloaded, _ := failures.body(nil, errOverloaded)
	return &restDoor{door: shared, router: router, gateway: gateway, errors: failures, health: health,
		limit: int64(options.MaxRequestBytes), logger: options.Logger, refused: refused, overloaded: overloaded}, nil
}

// ServeHTTP implements http.Handler.
func (d *restDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{door: d.door, peer: r.RemoteAddr, started: time.Now(),
		requestID: requestIDFrom(r.Header[requestIDHeader])}
	w.Header()["X-Content-Type-Options"] = nosniff
	// A connection ends with this call where we are about to go; and after a
	// chunked body, since net/http takes one that has a Content-Length as well and
	// hides that: what somebody before us took for the next request is not read.
	if !d.health.serving.Load() || len(r.TransferEncoding) > 0 {
		w.Header().Set("Connection", "close")
	}
	if !d.places.enter() {
		d.turnAway(w, r, c)
		return
	}
	defer d.places.leave()
	d.serve(w, r, c)
}

// What the headers of many answers say is made once; nobody changes it.
var (
	nosniff       = []string{"nosniff"}
	noStore       = []string{"no-store"}
	jsonContent   = []string{"application/json"}
	overloadAfter = []string{strconv.Itoa(int(overloadRetry.Seconds()))}
)

// turnAway refuses a call over the bound, before anything of it is looked at.
func (d *restDoor) turnAway(w http.ResponseWriter, r *http.Request, c *call) {
	d.shed.Add(1)
	header := w.Header()
	header["Cache-Control"], header["Content-Type"] = noStore, jsonContent
	header["Retry-After"], header[requestIDHeader] = overloadAfter, []string{c.requestID}
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(d.overloaded)
	c.logShed(r.Context(), d.logShed)
}

// serve answers a call that has a place.
func (d *restDoor) serve(w http.ResponseWriter, r *http.Request, c *call) {
	ctx := withCall(r.Context(), c)
	visit := &visit{ResponseWriter: w, call: c}
	defer func() {
		if p := recover(); p != nil {
			d.errors.write(visit, recovered(ctx, d.logger, p))
		}
		if c.operation != nil {
			c.operation.inFlight.Add(-1)
		}
		c.log(ctx, visit.err, visit.status)
	}()
	inner, err := d.admit(ctx, visit, r)
	if err != nil {
		d.refuse(ctx, visit, err)
		return
	}
	if inner != nil {
		d.gateway.ServeHTTP(visit, inner)
	}
}

// refuse answers a call that is no RPC.
func (d *restDoor) refuse(ctx context.Context, v *visit, err error) {
	reason := apierror.ReasonName(apierror.Reason(status.Convert(err)))
	d.refused.Add(ctx, 1, metric.WithAttributes(attribute.String("reason", reason)))
	d.errors.write(v, err)
}

// visit is one REST call's response: it notes what the access line tells.
type visit struct {
	http.ResponseWriter
	call   *call
	status int
	err    error
}

func (v *visit) WriteHeader(status int) {
	if v.status == 0 {
		v.status = status
		if header := v.Header(); len(header["Cache-Control"]) == 0 {
			header["Cache-Control"] = noStore // answers hold tokens
		}
	}
	v.ResponseWriter.WriteHeader(status)
}

func (v *visit) Write(b []byte) (int, error) {
	if v.status == 0 {
		v.WriteHeader(http.StatusOK)
	}
	return v.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (v *visit) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// admit checks a request and makes the one that grpc-gateway gets; nil where the
// answer has been given already.
func (d *restDoor) admit(ctx context.Context, v *visit, r *http.Request) (*http.Request, error) {
	rules, values, err := d.router.Match(httprule.RequestPath(r.URL))
	var bad *httprule.SegmentError
	switch {
	case errors.As(err, &bad):
		return nil, refuseField(string(bad.Field), bad.Problem)
	case err != nil:
		return nil, refuseCall(codes.NotFound, usersv1.ErrorReason_ERROR_REASON_NOT_FOUND, err.Error())
	}
	rule, err := pick(v, r.Method, rules)
	if rule == nil {
		return nil, err
	}
	v.call.operation = d.operations[rule.FullMethod]
	v.call.operation.inFlight.Add(1)
	if v.call.up, err = upwardHeader(r.Header); err != nil {
		return nil, err
	}
	body, err := d.readBody(v, r, rule)
	if err != nil {
		return nil, err
	}
	return restate(ctx, r, rule, values, body), nil
}

// pick finds the rule for a verb. HEAD is GET whose body net/http leaves out;
// OPTIONS is answered here.
func pick(v *visit, verb string, rules []*httprule.Rule) (*httprule.Rule, error) {
	allow := []string{http.MethodOptions}
	for _, rule := range rules {
		if verb == rule.Verb || (verb == http.MethodHead && rule.Verb == http.MethodGet) {
			return rule, nil
		}
		allow = append(allow, rule.Verb)
		if rule.Verb == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	v.Header().Set("Allow", strings.Join(allow, ", "))
	if verb == http.MethodOptions {
		v.WriteHeader(http.StatusNoContent)
		return nil, nil
	}
	return nil, refuseCall(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED,
		fmt.Sprintf("this path has no %s operation; see the Allow header", verb))
}

// readBody reads a request's body whole. What an operation without one is sent
// is not looked at.
func (d *restDoor) readBody(v *visit, r *http.Request, rule *httprule.Rule) ([]byte, error) {
	if !rule.HasBody {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(v.ResponseWriter, r.Body, d.limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, refuseCall(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
			fmt.Sprintf("the body is larger than %d bytes", d.limit))
	case err != nil:
		return nil, refuseCall(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
			"the body could not be read to its end")
	case len(body) == 0:
		return nil, nil
	}
	if !isJSON(r.Header) {
		return nil, refuseCall(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
			"the body must be declared as Content-Type: application/json, in UTF-8, without a Content-Encoding")
	}
	return body, nil
}

func isJSON(header http.Header) bool {
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset, declared := params["charset"]
	return err == nil && mediaType == "application/json" &&
		(!declared || strings.EqualFold(charset, "utf-8")) &&
		header.Get("Content-Encoding") == ""
}

// restated are the headers that grpc-gateway gets. It would copy each of them
// several times over: the others have been read.
var restated = []string{"Grpc-Timeout", "Traceparent", "Tracestate"}

// restate makes the request that grpc-gateway gets: without a query, which no
// operation has; without what would change the method or add trailers; its path
// spelled in the one way that the gateway cannot misread.
func restate(ctx context.Context, r *http.Request, rule *httprule.Rule, values []string, body []byte) *http.Request {
	inner := (&http.Request{Method: rule.Verb, URL: &url.URL{}, Header: http.Header{}, Body: &requestBody{text: body}}).WithContext(ctx)
	inner.URL.Path, inner.URL.RawPath = rule.Spell(values)
	for _, name := range restated {
		if have := r.Header[name]; len(have) > 0 {
			inner.Header[name] = have
		}
	}
	return inner
}

// incomingHeader is grpc-gateway's matcher of request headers: what is left of
// them for a trace.
func incomingHeader(name string) (string, bool) {
	return strings.ToLower(name), name != "Grpc-Timeout"
}

// outgoingHeader is grpc-gateway's matcher of response metadata.
func outgoingHeader(key string) (string, bool) {
	return http.CanonicalHeaderKey(key), isDownward(key)
}
