package httprule

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// SessionCheck is an RPC that asks for a session.
type SessionCheck struct {
	// Method is its full name.
	Method string
	// Token is in the request, Expiration and User are in the response.
	Token, Expiration, User FieldPath
	// Response is the type of that.
	Response protoreflect.MessageType
}

// SessionEnd is an RPC that ends or changes sessions: that of the Token in the request, all
// of the User in the response, or, without either, the caller's.
type SessionEnd struct {
	// Method is its full name.
	Method string
	// Token or User is nil, or both are.
	Token, User FieldPath
	// Response is the type of what has the User.
	Response protoreflect.MessageType
}

// FieldPath leads from a message to a string in it.
type FieldPath []protoreflect.FieldDescriptor

// Value is the string; empty where it is absent.
func (p FieldPath) Value(message protoreflect.Message) string {
	last := len(p) - 1
	for _, field := range p[:last] {
		message = message.Get(field).Message()
	}
	return message.Get(p[last]).String()
}

// Sessions finds the RPCs of a service that have to do with sessions, by session_rule. The
// error names every one whose rule makes no sense.
func Sessions(all []*Rule) (checks map[string]*SessionCheck, ends map[string]*SessionEnd, err error) {
	checks, ends = map[string]*SessionCheck{}, map[string]*SessionEnd{}
	var errs []error
	for _, r := range all {
		declared, _ := proto.GetExtension(r.Method.Options(), usersv1.E_SessionRule).(*usersv1.SessionRule)
		if declared == nil {
			continue
		}
		var err error
		switch kind := declared.GetKind().(type) {
		case *usersv1.SessionRule_Check:
			checks[r.FullMethod], err = newSessionCheck(r, kind.Check)
		case *usersv1.SessionRule_End:
			ends[r.FullMethod], err = newSessionEnd(r, kind.End)
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

func newSessionCheck(r *Rule, declared *usersv1.SessionCheck) (*SessionCheck, error) {
	switch {
	case !r.NoSideEffects:
		return nil, errors.New("a check must have no side effects")
	case r.Method.Input().Fields().Len() != 1:
		return nil, errors.New("a check must ask for nothing but the session: what is kept is found by its token")
	}
	c := &SessionCheck{Method: r.FullMethod}
	var errs [4]error
	c.Token, errs[0] = newFieldPath(r.Method.Input(), declared.GetTokenField())
	c.Expiration, errs[1] = newFieldPath(r.Method.Output(), declared.GetExpirationField())
	c.User, errs[2] = newFieldPath(r.Method.Output(), declared.GetUserField())
	c.Response, errs[3] = protoregistry.GlobalTypes.FindMessageByName(r.Method.Output().FullName())
	return c, errors.Join(errs[:]...)
}

func newSessionEnd(r *Rule, declared *usersv1.SessionEnd) (*SessionEnd, error) {
	if r.NoSideEffects {
		return nil, errors.New("what ends a session has a side effect")
	}
	e := &SessionEnd{Method: r.FullMethod}
	var err error
	switch target := declared.GetTarget().(type) {
	case *usersv1.SessionEnd_TokenField:
		e.Token, err = newFieldPath(r.Method.Input(), target.TokenField)
	case *usersv1.SessionEnd_UserField:
		if e.User, err = newFieldPath(r.Method.Output(), target.UserField); err == nil {
			e.Response, err = protoregistry.GlobalTypes.FindMessageByName(r.Method.Output().FullName())
		}
	case *usersv1.SessionEnd_Caller:
		if !target.Caller {
			err = errors.New("caller must be true")
		}
	default:
		err = errors.New("does not say which sessions end")
	}
	return e, err
}

// newFieldPath finds a string by its path, for example "session.user_id".
func newFieldPath(message protoreflect.MessageDescriptor, path string) (FieldPath, error) {
	var found FieldPath
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
