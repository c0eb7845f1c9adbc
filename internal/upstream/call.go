package upstream

import (
	"errors"
	"fmt"
	"sync"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// call is one RPC, compiled.
type call struct {
	rule   *httprule.Rule
	body   *wirejson.Codec // of the request's body; nil where there is none
	answer *wirejson.Codec // of the answer's body; nil where there is none

	spanName string
	rpcName  string   // as OpenTelemetry has it: without the first slash
	outcomes sync.Map // outcomeKey to metric.MeasurementOption
}

func newCall(rule *httprule.Rule) (*call, error) {
	c := &call{rule: rule, spanName: rule.Verb + " " + rule.Template, rpcName: rule.FullMethod[1:]}
	var errs [2]error
	switch {
	case rule.BodyField != nil:
		c.body, errs[0] = wirejson.Compile(rule.BodyField.Message())
	case rule.HasBody:
		c.body, errs[0] = wirejson.Compile(rule.Method.Input(), rule.PathFields()...)
	}
	switch {
	case rule.AnswerField != nil && !rule.AnswerField.IsList():
		c.answer, errs[1] = wirejson.Compile(rule.AnswerField.Message())
	case rule.HasAnswer():
		c.answer, errs[1] = wirejson.Compile(rule.Method.Output())
	}
	return c, errors.Join(errs[:]...)
}

// prepare translates a request message. The error is the status of a refusal.
func (c *call) prepare(base string, message protoreflect.Message, header metadata.MD) (*request, error) {
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	path, err := c.rule.Path(message)
	if err != nil {
		return nil, refusal(err)
	}
	body, err := c.encodeBody(message)
	if err != nil {
		return nil, refusal(err)
	}
	return &request{verb: c.rule.Verb, path: base + path, header: header, body: body}, nil
}

// encodeBody makes the request's body; empty where there is none. A mask without paths
// stands for the fields that are set, as no mask does (AIP-134).
func (c *call) encodeBody(message protoreflect.Message) ([]byte, error) {
	if c.body == nil {
		return nil, nil
	}
	if c.rule.BodyField == nil {
		return c.body.Append(nil, message)
	}
	sub := message.Get(c.rule.BodyField).Message()
	if c.rule.MaskField == nil || !message.Has(c.rule.MaskField) {
		return c.body.Append(nil, sub)
	}
	fields, err := c.masked(message)
	switch {
	case err != nil:
		return nil, err
	case len(fields) == 0:
		return c.body.Append(nil, sub)
	}
	return c.body.AppendFields(nil, sub, fields)
}

// masked finds the fields that the mask names. A field of a field can't be sent
// by itself: the upstream replaces a member as a whole.
func (c *call) masked(message protoreflect.Message) ([]protoreflect.FieldDescriptor, error) {
	mask := message.Get(c.rule.MaskField).Message()
	paths := mask.Get(mask.Descriptor().Fields().ByName("paths")).List()
	var fields []protoreflect.FieldDescriptor
	for i := range paths.Len() {
		field := c.rule.BodyField.Message().Fields().ByName(protoreflect.Name(paths.Get(i).String()))
		if field == nil {
			return nil, &fieldError{c.rule.MaskField.Name(), fmt.Sprintf(
				"path %d names no field of %s", i, c.rule.BodyField.Message().Name())}
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// fieldError says what is wrong with a field of the request.
type fieldError struct {
	field   protoreflect.Name
	problem string
}

func (e *fieldError) Error() string { return string(e.field) + " " + e.problem }

// refusal is the status for a request that cannot be translated.
func refusal(err error) error {
	violation := &errdetails.BadRequest_FieldViolation{Description: err.Error()}
	var (
		segment *httprule.SegmentError
		field   *fieldError
		value   *wirejson.Error
	)
	switch {
	case errors.As(err, &segment):
		violation.Field, violation.Description = string(segment.Field), segment.Problem
	case errors.As(err, &field):
		violation.Field, violation.Description = string(field.field), field.problem
	case errors.As(err, &value):
		violation.Field, violation.Description = value.Field, value.Problem
	}
	return apierror.Invalid(violation).Err()
}
