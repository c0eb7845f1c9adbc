package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/net/http/httpguts"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// call is one RPC, compiled.
type call struct {
	rule    *httprule.Rule
	json    wirejson.Method
	breaker *breaker
	lately  lately

	// What is recorded of it.
	spanName  string
	span      []trace.SpanStartOption
	rpc, verb attribute.KeyValue

	mu       sync.Mutex
	outcomes map[attribute.KeyValue]metric.MeasurementOption
}

func newCall(rule *httprule.Rule, options *Options) (*call, error) {
	c := &call{rule: rule, breaker: &breaker{rate: options.BreakerRate},
		outcomes: map[attribute.KeyValue]metric.MeasurementOption{}}
	c.describe(options.Pool.URL)
	var err error
	c.json, err = options.JSON.For(rule.FullMethod, rule.HasBody, rule.HasResponseBody())
	return c, err
}

// request is a call translated to HTTP, as it can be sent several times.
type request struct {
	verb   string
	url    *url.URL
	header http.Header
	body   []byte // empty: none
}

// prepare translates a request message. The error is the status of a refusal.
// The exchange has the body, if it is one of bytes, and the caller's headers, which
// get those that every request has.
func (c *Conn) prepare(call *call, message proto.Message, exchange *relay.Exchange) (*request, error) {
	if err := checkHeader(exchange.Header); err != nil {
		return nil, err
	}
	path, err := call.rule.Path(message.ProtoReflect())
	if err != nil {
		return nil, refusal(err)
	}
	r := &request{verb: call.rule.Verb, header: exchange.Header}
	if r.url, err = c.url(path); err != nil {
		return nil, refusal(err)
	}
	if exchange.Raw {
		r.url.RawQuery, r.body = exchange.Query, exchange.Request
	} else if r.url.RawQuery, err = call.rule.Query(message.ProtoReflect()); err != nil {
		return nil, refusal(err)
	} else if call.json.Request != nil {
		if r.body, err = call.json.Request.Append(nil, message); err != nil {
			return nil, refusal(err)
		}
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header["Accept"], r.header["Accept-Encoding"], r.header["User-Agent"] = mediaTypeJSON, identity, c.userAgent
	if len(r.body) > 0 {
		r.header["Content-Type"] = mediaTypeJSON
	}
	return r, nil
}

// The values of headers that every request has; read-only.
var (
	mediaTypeJSON = []string{"application/json"}
	identity      = []string{"identity"}
)

// url is that of a path. Both spellings of the path are set, since net/http would
// escape the plain one by other rules than the vendor's client does.
func (c *Conn) url(path string) (*url.URL, error) {
	raw := c.base + path
	plain, err := url.PathUnescape(raw)
	if err != nil {
		return nil, errors.New("the upstream's path cannot be unescaped") // err may quote it
	}
	return &url.URL{Scheme: c.options.Pool.URL.Scheme, Host: c.options.Pool.URL.Host, Path: plain, RawPath: raw}, nil
}

// toHTTP makes the request for net/http. GetBody stays nil: whether to send it again is
// not for net/http to decide.
func (r *request) toHTTP(ctx context.Context) *http.Request {
	made := &http.Request{Method: r.verb, URL: r.url, Host: r.url.Host, Header: r.header, Body: http.NoBody}
	if len(r.body) > 0 {
		made.Body, made.ContentLength = io.NopCloser(bytes.NewReader(r.body)), int64(len(r.body))
	}
	return made.WithContext(ctx)
}

// checkHeader refuses what cannot be a header: a line break would begin another.
func checkHeader(header http.Header) error {
	for name, values := range header {
		for _, value := range values {
			if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
				return apierror.Invalid(&errdetails.BadRequest_FieldViolation{
					Field: strconv.QuoteToASCII(name), Description: "cannot be sent as an HTTP header"}).Err()
			}
		}
	}
	return nil
}

// refusal is the status for a request that cannot be translated.
func refusal(err error) error {
	violation := &errdetails.BadRequest_FieldViolation{Description: err.Error()}
	if field, ok := errors.AsType[*httprule.FieldError](err); ok {
		violation.Field, violation.Description = string(field.Field), field.Problem
	} else if value, ok := errors.AsType[*wirejson.Error](err); ok {
		violation.Field, violation.Description = value.Field, value.Problem
	}
	return apierror.Invalid(violation).Err()
}

// decode fills the response message from a response, and tells what the contract does
// not know of it. A response that is relayed as bytes is only checked: the message stays
// empty. The error is an *Error.
func (c *call) decode(a *relay.Response, message proto.Message, relayed bool) (result wirejson.Result, err error) {
	if c.json.Response == nil {
		return wirejson.Result{}, nil
	}
	if len(bytes.TrimLeft(wirejson.TrimBOM(a.Body), " \t\r\n")) == 0 {
		if c.rule.MayRespondEmpty {
			return wirejson.Result{}, nil
		}
		return wirejson.Result{}, brokenContract(fmt.Sprintf("its response, HTTP %d, has no body", a.Status))
	}
	if relayed {
		result, err = c.json.Response.Check(a.Body)
	} else {
		result, err = c.json.Response.Decode(a.Body, message)
	}
	switch {
	case err != nil:
		return result, brokenContract("its response is not as documented: " + err.Error())
	case result.Null && !c.rule.MayRespondEmpty:
		return result, brokenContract("its response is not as documented: the body must be an object, not null")
	}
	return result, nil
}
