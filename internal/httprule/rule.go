// Package httprule reads the REST side of a service from its descriptors: the
// google.api.http rules give each RPC's verb, path, query, body and answer. It is used
// in both directions: from a request message to the upstream's path, and from
// an incoming path to the RPC. It reads which RPCs have to do with sessions, too.
//
// Of the google.api.http grammar is known here what REST APIs use: one verb,
// literal segments, {field} segments of one string each, and a query. A rule
// that asks for more, or that would lose a field of the request, is an error,
// so that a wrong .proto refuses to start rather than to work.
package httprule

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// fieldMask is the one kind of message that a request may hold outside of its
// body: it says what to send of the body and is not sent itself.
const fieldMask protoreflect.FullName = "google.protobuf.FieldMask"

// Rule is one RPC as it appears in REST.
type Rule struct {
	// FullMethod names the RPC as gRPC does: "/package.Service/Method".
	FullMethod string
	// Method describes the RPC.
	Method protoreflect.MethodDescriptor
	// Verb is the HTTP method.
	Verb string
	// Template is the path as the .proto has it, "/users/session/api/{id}". It
	// is safe to log, unlike a path.
	Template string
	// HasBody tells whether the request has a body.
	HasBody bool
	// BodyField is the field of the request that is the body; nil where the body
	// is all fields that are not in the path, or where there is none.
	BodyField protoreflect.FieldDescriptor
	// QueryFields are the request's fields that are in the query.
	QueryFields []protoreflect.FieldDescriptor
	// MaskField is the google.protobuf.FieldMask that says which fields of
	// BodyField to send; nil where there is none.
	MaskField protoreflect.FieldDescriptor
	// ResponseField is the field of the response that is the body of the response;
	// nil where the whole response is, or where there is none.
	ResponseField protoreflect.FieldDescriptor
	// MayRespondEmpty tells whether a success may come without a body: the vendor
	// documents it as 204.
	MayRespondEmpty bool
	// NoSideEffects tells whether the call may be repeated at will.
	NoSideEffects bool
	// Anonymous tells whether the call is made without a token: it signs in.
	Anonymous bool

	segments []segment
}

// segment is one part of a path between slashes.
type segment struct {
	literal string
	field   protoreflect.FieldDescriptor // nil: a literal
}

// HasResponseBody tells whether a success can have a body that means something.
func (r *Rule) HasResponseBody() bool {
	return r.ResponseField != nil || !r.MayRespondEmpty
}

// PathFields returns the request's fields that are in the path.
func (r *Rule) PathFields() []protoreflect.FieldDescriptor {
	var fields []protoreflect.FieldDescriptor
	for _, s := range r.segments {
		if s.field != nil {
			fields = append(fields, s.field)
		}
	}
	return fields
}

// Service reads the rules of all RPCs of a service. The error names every RPC
// whose rule is missing or wrong.
func Service(service protoreflect.ServiceDescriptor) ([]*Rule, error) {
	var (
		rules []*Rule
		errs  []error
	)
	for i := range service.Methods().Len() {
		rule, err := newRule(service.Methods().Get(i))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", service.Methods().Get(i).FullName(), err))
			continue
		}
		rules = append(rules, rule)
	}
	return rules, errors.Join(errs...)
}

func newRule(method protoreflect.MethodDescriptor) (*Rule, error) {
	options, _ := method.Options().(*descriptorpb.MethodOptions)
	binding, _ := proto.GetExtension(options, annotations.E_Http).(*annotations.HttpRule)
	operation, _ := proto.GetExtension(options, usersv1.E_Operation).(*usersv1.Operation)
	success := operation.GetSuccessStatus()
	switch {
	case method.IsStreamingClient() || method.IsStreamingServer():
		return nil, errors.New("is streaming, which REST is not")
	case binding == nil:
		return nil, errors.New("has no google.api.http rule")
	case operation == nil:
		return nil, errors.New("has no operation option")
	case options.IdempotencyLevel == nil:
		return nil, errors.New("has no idempotency_level")
	case len(binding.GetAdditionalBindings()) > 0:
		return nil, errors.New("has additional_bindings: an RPC is one upstream operation")
	case success != http.StatusOK && success != http.StatusNoContent:
		return nil, fmt.Errorf("operation.success_status is %d; it must be 200 or 204", success)
	}
	r := &Rule{
		FullMethod:      fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name()),
		Method:          method,
		MayRespondEmpty: success == http.StatusNoContent,
		NoSideEffects:   options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		Anonymous:       operation.GetAnonymous(),
	}
	return r, errors.Join(r.setPath(binding), r.setBody(binding), r.setResponse(binding), r.setQuery())
}

func (r *Rule) setPath(binding *annotations.HttpRule) error {
	pattern := binding.ProtoReflect()
	verb := pattern.WhichOneof(pattern.Descriptor().Oneofs().ByName("pattern"))
	if verb == nil || verb.Kind() != protoreflect.StringKind {
		return errors.New("has no verb, or a custom one")
	}
	r.Verb, r.Template = strings.ToUpper(string(verb.Name())), pattern.Get(verb).String()
	if !strings.HasPrefix(r.Template, "/") {
		return fmt.Errorf("path %q does not begin with a slash", r.Template)
	}
	for part := range strings.SplitSeq(r.Template[1:], "/") {
		s, err := r.newSegment(part)
		if err != nil {
			return fmt.Errorf("path %q: %w", r.Template, err)
		}
		r.segments = append(r.segments, s)
	}
	return nil
}

func (r *Rule) newSegment(part string) (segment, error) {
	name, isField := strings.CutPrefix(part, "{")
	if !isField {
		if problemOf(part) != "" || strings.ContainsAny(part, "*{}:%?#") {
			return segment{}, fmt.Errorf("segment %q is not a plain word", part)
		}
		return segment{literal: part}, nil
	}
	name, closed := strings.CutSuffix(name, "}")
	field := r.Method.Input().Fields().ByName(protoreflect.Name(name))
	if !closed || field == nil {
		return segment{}, fmt.Errorf("segment %q names no field of %s", part, r.Method.Input().Name())
	}
	if field.Kind() != protoreflect.StringKind || field.IsList() || field.HasPresence() {
		return segment{}, fmt.Errorf("field %s is not a plain string", name)
	}
	return segment{field: field}, nil
}

func (r *Rule) setBody(binding *annotations.HttpRule) error {
	name := binding.GetBody()
	if name == "" {
		return nil
	}
	if r.Verb == http.MethodGet || r.Verb == http.MethodDelete {
		return fmt.Errorf("%s has a body", r.Verb)
	}
	r.HasBody = true
	if name == "*" {
		return nil
	}
	r.BodyField = messageField(r.Method.Input(), name)
	if r.BodyField == nil || r.BodyField.IsList() {
		return fmt.Errorf("body %q is not a message field of %s", name, r.Method.Input().Name())
	}
	return nil
}

// messageField is the field of a name that is a message or a list of them; nil where
// there is none.
func messageField(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	field := message.Fields().ByName(protoreflect.Name(name))
	if field == nil || field.Message() == nil || field.IsMap() {
		return nil
	}
	return field
}

func (r *Rule) setResponse(binding *annotations.HttpRule) error {
	name, output := binding.GetResponseBody(), r.Method.Output()
	if name == "" {
		return nil
	}
	r.ResponseField = messageField(output, name)
	switch {
	case r.ResponseField == nil:
		return fmt.Errorf("response_body %q is not a message or list field of %s", name, output.Name())
	case output.Fields().Len() != 1:
		return fmt.Errorf("%s has fields beside %q, which no response would fill", output.Name(), name)
	}
	return nil
}

// setQuery finds the fields that are neither in the path nor in the body: as
// google.api.http has it, they are in the query. None is lost.
func (r *Rule) setQuery() error {
	inPath, fields := r.PathFields(), r.Method.Input().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case slices.Contains(inPath, f) || f == r.BodyField:
		case r.BodyField != nil && f.Message() != nil && f.Message().FullName() == fieldMask:
			r.MaskField = f
		case r.HasBody && r.BodyField == nil:
		default:
			if err := checkQueryField(f); err != nil {
				return fmt.Errorf("field %s is neither in the path nor in the body: %w", f.Name(), err)
			}
			r.QueryFields = append(r.QueryFields, f)
		}
	}
	return nil
}
