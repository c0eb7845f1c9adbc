package upstream

import (
	"errors"
	"sync"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// call is one RPC, compiled.
type call struct {
	rule *httprule.Rule
	json wirejson.Method

	breaker  *breaker
	spanName string
	rpcName  string   // as OpenTelemetry has it: without the first slash
	outcomes sync.Map // outcomeKey to metric.MeasurementOption
}

func newCall(rule *httprule.Rule, methods wirejson.Methods) (*call, error) {
	c := &call{rule: rule, spanName: rule.Verb + " " + rule.Template, rpcName: rule.FullMethod[1:]}
	var err error
	c.json, err = methods.For(rule.FullMethod, rule.HasBody, rule.HasAnswer())
	return c, err
}

// prepare translates a request message. The error is the status of a refusal.
// The exchange has the body, if it is one of bytes.
func (c *call) prepare(base string, message proto.Message, exchange *relay.Exchange) (*request, error) {
	if err := checkHeader(exchange.Header); err != nil {
		return nil, err
	}
	path, err := c.rule.Path(message.ProtoReflect())
	if err != nil {
		return nil, refusal(err)
	}
	r := &request{verb: c.rule.Verb, path: base + path, header: exchange.Header}
	if exchange.Raw {
		r.query, r.body = exchange.Query, exchange.Request
		return r, nil
	}
	if r.query, err = c.rule.Query(message.ProtoReflect()); err != nil {
		return nil, refusal(err)
	}
	if c.json.Request != nil {
		if r.body, err = c.json.Request.Append(nil, message); err != nil {
			return nil, refusal(err)
		}
	}
	return r, nil
}

// refusal is the status for a request that cannot be translated.
func refusal(err error) error {
	violation := &errdetails.BadRequest_FieldViolation{Description: err.Error()}
	var (
		segment *httprule.SegmentError
		query   *httprule.QueryError
		value   *wirejson.Error
	)
	switch {
	case errors.As(err, &segment):
		violation.Field, violation.Description = string(segment.Field), segment.Problem
	case errors.As(err, &query):
		violation.Field, violation.Description = query.Field, query.Problem
	case errors.As(err, &value):
		violation.Field, violation.Description = value.Field, value.Problem
	}
	return apierror.Invalid(violation).Err()
}
