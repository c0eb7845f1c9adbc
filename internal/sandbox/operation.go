package sandbox

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	usersv1json "github.com/wingspan-grpc/session-facade/gen/wirejson/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// operation is one RPC, compiled for serving.
type operation struct {
	rule   *httprule.Rule
	handle grpc.MethodHandler // generated: calls the RPC's method of the service
	json   wirejson.Method
}

func newOperation(rule *httprule.Rule) (*operation, error) {
	op := &operation{rule: rule}
	methods := usersv1.SessionAndAuthenticationService_ServiceDesc.Methods
	i := slices.IndexFunc(methods, func(m grpc.MethodDesc) bool { return m.MethodName == string(rule.Method.Name()) })
	if i < 0 {
		return nil, errors.New("has no generated handler")
	}
	op.handle = methods[i].Handler
	var err error
	op.json, err = usersv1json.Methods.For(rule.FullMethod, rule.HasBody, rule.HasAnswer())
	return op, err
}

// decode fills a request message from a body, the values in the path, and a query.
func (op *operation) decode(request any, body []byte, values []string, query *httprule.Query) error {
	typed, ok := request.(proto.Message)
	if !ok {
		return fmt.Errorf("%s: the request is a %T", op.rule.FullMethod, request)
	}
	if err := op.decodeBody(typed, body); err != nil {
		return err
	}
	for i, field := range op.rule.PathFields() {
		typed.ProtoReflect().Set(field, protoreflect.ValueOfString(values[i]))
	}
	query.Fill(typed.ProtoReflect())
	return nil
}

func (op *operation) decodeBody(request proto.Message, body []byte) error {
	if op.json.Request == nil {
		return nil
	}
	if len(body) == 0 && !op.json.Request.AllOptional() {
		return badRequest("The body is missing.")
	}
	if _, err := op.json.Request.Decode(body, request); err != nil {
		return badRequest(err.Error())
	}
	message := request.ProtoReflect()
	if op.rule.BodyField != nil {
		message = message.Get(op.rule.BodyField).Message()
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
	if op.json.Response == nil {
		return nil, nil
	}
	return op.json.Response.Append(nil, response)
}
