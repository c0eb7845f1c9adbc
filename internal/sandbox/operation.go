package sandbox

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// operation is one RPC, compiled for serving.
type operation struct {
	rule     *httprule.Rule
	handle   grpc.MethodHandler // generated: calls the RPC's method of the service
	request  *wirejson.Codec    // of the body; nil where there is none
	response *wirejson.Codec    // of the answer or its elements; nil where there is none
}

func newOperation(rule *httprule.Rule) (*operation, error) {
	op := &operation{rule: rule}
	methods := usersv1.SessionAndAuthenticationService_ServiceDesc.Methods
	i := slices.IndexFunc(methods, func(m grpc.MethodDesc) bool { return m.MethodName == string(rule.Method.Name()) })
	if i < 0 {
		return nil, errors.New("has no generated handler")
	}
	op.handle = methods[i].Handler
	var errs [2]error
	switch {
	case rule.BodyField != nil:
		op.request, errs[0] = wirejson.Compile(rule.BodyField.Message())
	case rule.HasBody:
		op.request, errs[0] = wirejson.Compile(rule.Method.Input(), rule.PathFields()...)
	}
	switch {
	case rule.AnswerField != nil:
		op.response, errs[1] = wirejson.Compile(rule.AnswerField.Message())
	case rule.HasAnswer():
		op.response, errs[1] = wirejson.Compile(rule.Method.Output())
	}
	return op, errors.Join(errs[:]...)
}

// decode fills a request message from a body and the values in the path.
func (op *operation) decode(request any, body []byte, values []string) error {
	typed, ok := request.(proto.Message)
	if !ok {
		return fmt.Errorf("%s: the request is a %T", op.rule.FullMethod, request)
	}
	message := typed.ProtoReflect()
	if err := op.decodeBody(message, body); err != nil {
		return err
	}
	for i, field := range op.rule.PathFields() {
		message.Set(field, protoreflect.ValueOfString(values[i]))
	}
	return nil
}

func (op *operation) decodeBody(message protoreflect.Message, body []byte) error {
	if op.request == nil {
		return nil
	}
	if op.rule.BodyField != nil {
		message = message.Mutable(op.rule.BodyField).Message()
	}
	if len(body) == 0 {
		if op.request.AllOptional() {
			return nil
		}
		return badRequest("The body is missing.")
	}
	if err := op.request.Decode(body, message, wirejson.Request); err != nil {
		return badRequest(err.Error())
	}
	return op.requireMembers(message)
}

// requireMembers refuses a body that lacks a text which must always be there:
// the contract has no use for an empty one.
func (op *operation) requireMembers(message protoreflect.Message) error {
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		always := f.Kind() == protoreflect.StringKind && f.Cardinality() != protoreflect.Repeated && !f.HasPresence()
		if always && !message.Has(f) && !slices.Contains(op.rule.PathFields(), f) {
			return badRequest(f.JSONName() + " is required.")
		}
	}
	return nil
}

// encode makes the body of an answer; nil where there is none.
func (op *operation) encode(response any) ([]byte, error) {
	typed, ok := response.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%s: the response is a %T", op.rule.FullMethod, response)
	}
	message, field := typed.ProtoReflect(), op.rule.AnswerField
	switch {
	case op.response == nil:
		return nil, nil
	case field == nil:
		return op.response.Append(nil, message)
	case field.IsList():
		return op.response.AppendList(nil, message.Get(field).List())
	case !message.Has(field):
		return nil, nil
	default:
		return op.response.Append(nil, message.Get(field).Message())
	}
}
