package sandbox

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

const (
	apiSessionLifetime = 90 * 24 * time.Hour
	// maxAPISessions bounds the API sessions of an account, which hold labels of
	// any size; the oldest makes way for the newest.
	maxAPISessions = 100
)

// The members of an update, found by setting them: a name in quotes would not be
// checked by the compiler.
var (
	expirationMember = onlyField(&usersv1.ApiSessionUpdate{Expiration: new(string)})
	unlimitedMember  = onlyField(&usersv1.ApiSessionUpdate{IsUnlimitedExpiration: new(bool)})
	labelsMember     = onlyField(&usersv1.ApiSessionUpdate{Labels: map[string]string{"": ""}})
)

// onlyField returns the field that is set in a message.
func onlyField(message proto.Message) (field protoreflect.FieldDescriptor) {
	message.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		field = f
		return false
	})
	return field
}

// apiMessage is the API session as the API shows it. The upstream may show live
// tokens anywhere; the sandbox shows one where it is asked for by itself, on
// being created or read back, and nowhere else.
func (x *session) apiMessage(withToken bool) *usersv1.ApiSession {
	message := &usersv1.ApiSession{
		SessionId:             x.id,
		Expiration:            formatTime(x.expires),
		IsUnlimitedExpiration: x.unlimited,
		Labels:                x.labels,
		SessionType:           x.kind,
		UserId:                proto.String(x.account.id),
	}
	if withToken {
		message.Token = proto.String(x.token)
	}
	return message
}

// apiSession finds one of the caller's API sessions.
func (s *service) apiSession(ctx context.Context, id string) (*session, error) {
	who, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	s.bury(who.account.apiSessions)
	i := slices.IndexFunc(who.account.apiSessions, func(x *session) bool { return x.id == id })
	if i < 0 {
		return nil, notFound("You have no such API session.")
	}
	return who.account.apiSessions[i], nil
}

// CreateApiSession opens an API session, whose token acts as the account.
func (s *service) CreateApiSession(ctx context.Context, in *usersv1.CreateApiSessionRequest) (*usersv1.CreateApiSessionResponse, error) {
	who, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	expires, err := s.deadline(in.Expiration, s.now().Add(apiSessionLifetime))
	if err != nil {
		return nil, err
	}
	x := &session{
		token: newToken(), account: who.account, kind: usersv1.SessionType_SESSION_TYPE_API,
		expires: expires, labels: in.GetLabels(), id: rand.Text(), unlimited: in.GetIsUnlimitedExpiration(),
	}
	s.open(x, &who.account.apiSessions, maxAPISessions)
	return &usersv1.CreateApiSessionResponse{ApiSession: x.apiMessage(true)}, nil
}

// ListApiSessions returns the account's API sessions in the order of their making.
func (s *service) ListApiSessions(ctx context.Context, _ *usersv1.ListApiSessionsRequest) (*usersv1.ListApiSessionsResponse, error) {
	who, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	s.bury(who.account.apiSessions)
	out := &usersv1.ListApiSessionsResponse{}
	for _, x := range who.account.apiSessions {
		out.ApiSessions = append(out.ApiSessions, x.apiMessage(false))
	}
	return out, nil
}

// GetApiSession returns an API session.
func (s *service) GetApiSession(ctx context.Context, in *usersv1.GetApiSessionRequest) (*usersv1.GetApiSessionResponse, error) {
	x, err := s.apiSession(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	return &usersv1.GetApiSessionResponse{ApiSession: x.apiMessage(true)}, nil
}

// UpdateApiSession changes the members that the body has and leaves the others.
// The vendor does not say what null does: here it restores what a new API session
// would have.
func (s *service) UpdateApiSession(ctx context.Context, in *usersv1.UpdateApiSessionRequest) (*usersv1.UpdateApiSessionResponse, error) {
	x, err := s.apiSession(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	update := in.GetApiSession()
	expires, err := s.deadline(update.Expiration, x.expires)
	if err != nil {
		return nil, err
	}
	if string(callOf(ctx).member(expirationMember)) == "null" {
		expires = s.now().Add(apiSessionLifetime)
	}
	x.expires = expires
	if callOf(ctx).member(unlimitedMember) != nil {
		x.unlimited = update.GetIsUnlimitedExpiration()
	}
	if callOf(ctx).member(labelsMember) != nil {
		x.labels = update.GetLabels()
	}
	return &usersv1.UpdateApiSessionResponse{ApiSession: x.apiMessage(false)}, nil
}

// DeleteApiSession ends an API session and returns it as it was.
func (s *service) DeleteApiSession(ctx context.Context, in *usersv1.DeleteApiSessionRequest) (*usersv1.DeleteApiSessionResponse, error) {
	x, err := s.apiSession(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	s.end(x)
	return &usersv1.DeleteApiSessionResponse{ApiSession: x.apiMessage(false)}, nil
}
