package upstream

import (
	"errors"
	"sync"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
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

func newCall(rule *httprule.Rule) (*call, error) {
	c := &call{rule: rule, spanName: rule.Verb + " " + rule.Template, rpcName: rule.FullMethod[1:]}
	var err error
	c.json, err = usersv1json.Methods.For(rule.FullMethod, rule.HasBody, rule.HasAnswer())
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
	switch {
	case exchange.Raw:
		r.body = exchange.Request
	case c.json.Request != nil:
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
		value   *wirejson.Error
	)
	switch {
	case errors.As(err, &segment):
		violation.Field, violation.Description = string(segment.Field), segment.Problem
	case errors.As(err, &value):
		violation.Field, violation.Description = value.Field, value.Problem
	}
	return apierror.Invalid(violation).Err()
}
