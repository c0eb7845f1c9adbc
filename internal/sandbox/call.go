package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// operation is one RPC, compiled for serving.
type operation struct {
	*usersv1.Operation // the vendor's

	rule   *httprule.Rule
	handle grpc.MethodHandler
	json   wirejson.Method
}

// decode fills a request message from a body, the values in the path, and a query's fields.
func (op *operation) decode(request any, body []byte, values []string, query proto.Message) error {
	if op.json.Request != nil {
		if len(body) == 0 && !op.json.Request.AllOptional() {
			return refuse(http.StatusBadRequest, "The body is missing.")
		}
		if _, err := op.json.Request.Decode(body, request); err != nil {
			return refuse(http.StatusBadRequest, err.Error())
		}
	}
	typed := request.(proto.Message) //nolint:forcetypeassert // generated handlers have no others
	if query != nil {
		proto.Merge(typed, query)
	}
	message := typed.ProtoReflect()
	for i, field := range op.rule.PathFields() {
		message.Set(field, protoreflect.ValueOfString(values[i]))
	}
	if mask := op.rule.MaskField; mask != nil {
		message.Set(mask, protoreflect.ValueOfMessage(maskOf(body, op.rule.BodyField.Message()).ProtoReflect()))
	}
	if op.rule.BodyField != nil {
		message = message.Get(op.rule.BodyField).Message()
	}
	return requireMembers(message)
}

// maskOf names the members that a body has: a message can't tell null or an empty
// object from none.
func maskOf(body []byte, described protoreflect.MessageDescriptor) *fieldmaskpb.FieldMask {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(wirejson.TrimBOM(body), &members) // has been decoded before, or is empty
	mask := &fieldmaskpb.FieldMask{}
	for name := range members {
		if field := described.Fields().ByJSONName(name); field != nil {
			mask.Paths = append(mask.Paths, string(field.Name()))
		}
	}
	return mask
}

// requireMembers refuses a request that lacks a text which must always be there:
// the contract has no use for an empty one.
func requireMembers(message protoreflect.Message) error {
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		always := f.Kind() == protoreflect.StringKind && f.Cardinality() != protoreflect.Repeated && !f.HasPresence()
		if always && !message.Has(f) {
			return refuse(http.StatusBadRequest, f.JSONName()+" is required.")
		}
	}
	return nil
}

const (
	// onBehalfHeader names the account that an administrator acts for.
	onBehalfHeader = "X-Wingspan-User"
	// userPath begins the paths that name the account that they are for.
	userPath = "/users/user/{id}/"
)

// callKey is the context's key for the *call.
type callKey struct{}

// call is what a behaviour knows of an HTTP request beside its message.
type call struct {
	session *session       // whose call it is; nil where that does not matter
	account *account       // that the call is for
	sent    []seed.Message // what the live service would mail or text
	printed strings.Builder
}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call) // every behaviour is called with one
	return c
}

// authorize finds who makes a call and for whom, and refuses who may not. Calls that
// sign in need no session, and a session's token in the path is itself the proof that
// the caller may see it. A pending session may only be raised.
func (s *state) authorize(c *call, op *operation, header http.Header, values []string) (err error) {
	if op.GetAnonymous() {
		return nil
	}
	pendingMay := false
	switch op.rule.FullMethod {
	case usersv1.SessionAndAuthenticationService_GetSession_FullMethodName,
		usersv1.SessionAndAuthenticationService_DeleteSession_FullMethodName:
		c.session, err = s.sessionOf(values[0])
		return err
	case usersv1.SessionAndAuthenticationService_BeginOtpVerification_FullMethodName,
		usersv1.SessionAndAuthenticationService_CompleteOtpVerification_FullMethodName:
		pendingMay = true
	}
	if c.session, err = s.sessionOf(bearerToken(header)); err != nil {
		return err
	}
	c.account = c.session.account
	err = s.actFor(c, header.Get(onBehalfHeader))
	switch {
	case err != nil:
		return err
	case c.session.pending && !pendingMay:
		return errOTPRequired
	case strings.HasPrefix(op.rule.Template, userPath):
		return s.actFor(c, values[0])
	}
	return nil
}

func bearerToken(header http.Header) string {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// actFor makes a call be for the account with an id, where there is one, if its caller
// may act for it. Others than administrators do not learn whether it exists.
func (s *state) actFor(c *call, id string) error {
	if id == "" || id == c.account.ID {
		return nil
	}
	if !c.session.account.Administrator {
		return refuse(http.StatusForbidden, "You may act for yourself only.")
	}
	for _, a := range s.accounts {
		if a.ID == id {
			c.account = a
			return nil
		}
	}
	return refuse(http.StatusNotFound, "There is no such user.")
}
