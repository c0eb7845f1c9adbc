package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// onBehalfHeader names the account that an administrator acts for.
const onBehalfHeader = "X-Wingspan-User"

// callKey is the context's key for the *call.
type callKey struct{}

// call is what a behaviour knows of an HTTP request beside its message.
type call struct {
	token      string   // the bearer token
	onBehalfOf string   // the id of the account to act for; empty: the caller's own
	body       []byte   // as it came
	lines      []string // to be printed
}

func newCall(header http.Header) *call {
	c := &call{onBehalfOf: header.Get(onBehalfHeader)}
	if scheme, token, ok := strings.Cut(header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		c.token = strings.TrimSpace(token)
	}
	return c
}

func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return &call{}
	}
	return c
}

// print keeps a line until the behaviour is done.
func (c *call) print(format string, args ...any) {
	c.lines = append(c.lines, fmt.Sprintf("sandbox: "+format+"\n", args...))
}

// member is the JSON of one of the body's members; nil where there is none. A message
// can't tell null or an empty object from none.
func (c *call) member(field protoreflect.FieldDescriptor) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(wirejson.TrimBOM(c.body), &members) != nil {
		return nil
	}
	return members[field.JSONName()]
}

// caller is who makes a call.
type caller struct {
	session *session // that the token belongs to
	account *account // that the call is for
}

// caller finds who makes a call that a pending session may not make.
func (s *service) caller(ctx context.Context) (caller, error) {
	who, err := s.pendingCaller(ctx)
	if err == nil && who.session.pending {
		return caller{}, errOTPRequired
	}
	return who, err
}

// pendingCaller finds who makes a call that a pending session may make too.
func (s *service) pendingCaller(ctx context.Context) (caller, error) {
	c := callOf(ctx)
	found := s.sessionOf(c.token)
	if found == nil {
		return caller{}, errSessionExpired
	}
	who := caller{session: found, account: found.account}
	if c.onBehalfOf == "" {
		return who, nil
	}
	var err error
	who.account, err = s.accountFor(who, c.onBehalfOf)
	return who, err
}

// accountFor returns the account with an id, if a caller may act for it. Others
// than administrators do not learn whether it exists.
func (s *service) accountFor(who caller, id string) (*account, error) {
	if id == who.account.id {
		return who.account, nil
	}
	if !who.session.account.admin {
		return nil, forbidden("You may act for yourself only.")
	}
	for _, a := range s.accounts {
		if a.id == id {
			return a, nil
		}
	}
	return nil, notFound("There is no such user.")
}
