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

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// restDoor takes REST calls. It checks what grpc-gateway would forgive, and
// hands the rest to it with nothing left to guess: the operation found, no query,
// the body already read.
type restDoor struct {
	*door
	router     *httprule.Router
	errors     *errorWriter
	health     *Health
	limit      int64
	logger     *slog.Logger
	refused    *refusals
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
	if err := shared.attachGateway(channel, options.Rules, failures); err != nil {
		return nil, err
	}
	refused, err := restRefusals(options.Meter)
	if err != nil {
		return nil, err
	}
	overloaded, _ := failures.body(nil, errOverloaded)
	return &restDoor{door: shared, router: router, errors: failures, health: health,
		limit: int64(options.MaxRequestBytes), logger: options.Logger, refused: refused, overloaded: overloaded}, nil
}

// ServeHTTP implements http.Handler.
func (d *restDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{door: d.door, peer: r.RemoteAddr, started: time.Now()}
	c.requestID, c.minted = requestIDFrom(r.Header[requestIDHeader])
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
	c.nameTrace(r.Header)
	c.logShed(r.Context(), d.logShed)
}

// serve answers a call that has a place.
func (d *restDoor) serve(w http.ResponseWriter, r *http.Request, c *call) {
	ctx := withCall(r.Context(), c)
	visit := &visit{ResponseWriter: w, call: c}
	defer func() {
		c.nameTrace(r.Header)
		if p := recover(); p != nil {
			d.errors.write(visit, recovered(ctx, d.logger, p))
		}
		if c.operation != nil {
			c.operation.inFlight.Add(-1)
		}
		c.log(ctx, visit.err, visit.status)
	}()
	values, body, err := d.admit(visit, r)
	switch {
	case err != nil:
		d.refuse(ctx, visit, err)
	case visit.status == 0:
		c.operation.gateway(visit, restate(ctx, r, body), c.operation.pathParams(values))
	}
}

// refuse answers a call that is no RPC.
func (d *restDoor) refuse(ctx context.Context, v *visit, err error) {
	d.refused.add(ctx, apierror.Reason(status.Convert(err)))
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

// admit checks a request. It returns the values in its path and its body, unless
// the answer has been given already.
func (d *restDoor) admit(v *visit, r *http.Request) (values []string, body []byte, err error) {
	rules, values, err := d.router.Match(httprule.RequestPath(r.URL))
	var bad *httprule.SegmentError
	switch {
	case errors.As(err, &bad):
		return nil, nil, refuseField(string(bad.Field), bad.Problem)
	case err != nil:
		return nil, nil, refuseCall(codes.NotFound, usersv1.ErrorReason_ERROR_REASON_NOT_FOUND, err.Error())
	}
	rule, err := pick(v, r.Method, rules)
	if rule == nil {
		return nil, nil, err
	}
	v.call.operation = d.operations[rule.FullMethod]
	v.call.operation.inFlight.Add(1)
	if v.call.up, err = upwardHeader(r.Header); err != nil {
		return nil, nil, err
	}
	v.call.passOnID()
	body, err = d.readBody(v, r, rule)
	return values, body, err
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

// What most requests that grpc-gateway gets have in common; nobody changes it.
var (
	noQuery   = &url.URL{}
	noHeaders = http.Header{}
)

// restate makes the request that grpc-gateway gets: without a query, which no
// operation has, and without what it would tell the service of the caller.
func restate(ctx context.Context, r *http.Request, body []byte) *http.Request {
	inner := r.WithContext(ctx)
	inner.URL, inner.Header, inner.Body = noQuery, noHeaders, &requestBody{text: body}
	inner.Host, inner.RemoteAddr = "", ""
	for _, name := range restated {
		if have := r.Header[name]; len(have) > 0 {
			if len(inner.Header) == 0 {
				inner.Header = make(http.Header, len(restated))
			}
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
