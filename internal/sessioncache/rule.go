package sessioncache

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
)

// check is an RPC that asks for a session.
type check struct {
	method           string
	token            fieldPath
	expiration, user fieldPath // of the response
	response         protoreflect.MessageType
}

// end is an RPC that ends or changes sessions. One of its fields is set.
type end struct {
	method   string
	token    fieldPath
	user     fieldPath // of the response
	caller   bool
	response protoreflect.MessageType
}

// fieldPath leads from a message to a string in it.
type fieldPath []protoreflect.FieldDescriptor

// value is the string; empty where it is absent.
func (p fieldPath) value(message protoreflect.Message) string {
	last := len(p) - 1
	for _, field := range p[:last] {
		message = message.Get(field).Message()
	}
	return message.Get(p[last]).String()
}

// rules finds the RPCs of a service that have to do with sessions. The error names every
// one whose rule makes no sense.
func rules(all []*httprule.Rule) (checks map[string]*check, ends map[string]*end, err error) {
	checks, ends = map[string]*check{}, map[string]*end{}
	var errs []error
	for _, r := range all {
		declared, _ := proto.GetExtension(r.Method.Options(), usersv1.E_SessionRule).(*usersv1.SessionRule)
		if declared == nil {
			continue
		}
		var err error
		switch kind := declared.GetKind().(type) {
		case *usersv1.SessionRule_Check:
			checks[r.FullMethod], err = newCheck(r, kind.Check)
		case *usersv1.SessionRule_End:
			ends[r.FullMethod], err = newEnd(r, kind.End)
		default:
			err = errors.New("is neither a check nor an end")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: session_rule: %w", r.FullMethod, err))
		}
	}
	if len(checks) == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("no RPC is declared as a check of a session"))
	}
	return checks, ends, errors.Join(errs...)
}

func newCheck(r *httprule.Rule, declared *usersv1.SessionCheck) (*check, error) {
	switch {
	case !r.NoSideEffects:
		return nil, errors.New("a check must have no side effects")
	case r.Method.Input().Fields().Len() != 1:
		return nil, errors.New("a check must ask for nothing but the session: what is kept is found by its token")
	}
	c := &check{method: r.FullMethod}
	var errs [4]error
	c.token, errs[0] = newFieldPath(r.Method.Input(), declared.GetTokenField())
	c.expiration, errs[1] = newFieldPath(r.Method.Output(), declared.GetExpirationField())
	c.user, errs[2] = newFieldPath(r.Method.Output(), declared.GetUserField())
	c.response, errs[3] = protoregistry.GlobalTypes.FindMessageByName(r.Method.Output().FullName())
	return c, errors.Join(errs[:]...)
}

func newEnd(r *httprule.Rule, declared *usersv1.SessionEnd) (*end, error) {
	if r.NoSideEffects {
		return nil, errors.New("what ends a session has a side effect")
	}
	e := &end{method: r.FullMethod}
	var err error
	switch target := declared.GetTarget().(type) {
	case *usersv1.SessionEnd_TokenField:
		e.token, err = newFieldPath(r.Method.Input(), target.TokenField)
	case *usersv1.SessionEnd_UserField:
		if e.user, err = newFieldPath(r.Method.Output(), target.UserField); err == nil {
			e.response, err = protoregistry.GlobalTypes.FindMessageByName(r.Method.Output().FullName())
		}
	case *usersv1.SessionEnd_Caller:
		if e.caller = target.Caller; !e.caller {
			err = errors.New("caller must be true")
		}
	default:
		err = errors.New("does not say which sessions end")
	}
	return e, err
}

// newFieldPath finds a string by its path, for example "session.user_id".
func newFieldPath(message protoreflect.MessageDescriptor, path string) (fieldPath, error) {
	var found fieldPath
	names := strings.Split(path, ".")
	for i, name := range names {
		field := message.Fields().ByName(protoreflect.Name(name))
		last := i == len(names)-1
		switch {
		case field == nil:
			return nil, fmt.Errorf("%q: %s has no field %q", path, message.Name(), name)
		case field.IsList() || field.IsMap():
			return nil, fmt.Errorf("%q: %s is repeated", path, name)
		case last && field.Kind() != protoreflect.StringKind:
			return nil, fmt.Errorf("%q is no string", path)
		case !last && field.Message() == nil:
			return nil, fmt.Errorf("%q: %s is no message", path, name)
		}
		found, message = append(found, field), field.Message()
	}
	return found, nil
}
