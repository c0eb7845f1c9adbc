package sandbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

const apiSessionLifetime = 90 * 24 * time.Hour

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
		UserId:                proto.String(x.account.ID),
	}
	if withToken {
		message.Token = proto.String(x.token)
	}
	return message
}

// apiSession finds one of the account's API sessions.
func (s *state) apiSession(ctx context.Context, id string) (*session, error) {
	list := s.list(callOf(ctx).account, usersv1.SessionType_SESSION_TYPE_API)
	i := slices.IndexFunc(list, func(x *session) bool { return x.id == id })
	if i < 0 {
		return nil, refuse(http.StatusNotFound, "You have no such API session.")
	}
	return list[i], nil
}

// CreateApiSession opens an API session, whose token acts as the account.
func (s *state) CreateApiSession(ctx context.Context, in *usersv1.CreateApiSessionRequest) (*usersv1.CreateApiSessionResponse, error) {
	expires, err := s.deadline(in.Expiration, s.now().Add(apiSessionLifetime))
	if err != nil {
		return nil, err
	}
	x := s.open(&session{
		account: callOf(ctx).account, kind: usersv1.SessionType_SESSION_TYPE_API,
		expires: expires, labels: in.GetLabels(), id: rand.Text(), unlimited: in.GetIsUnlimitedExpiration(),
	})
	return &usersv1.CreateApiSessionResponse{ApiSession: x.apiMessage(true)}, nil
}

// ListApiSessions returns the account's API sessions in the order of their making.
func (s *state) ListApiSessions(ctx context.Context, _ *usersv1.ListApiSessionsRequest) (*usersv1.ListApiSessionsResponse, error) {
	out := &usersv1.ListApiSessionsResponse{}
	for _, x := range s.list(callOf(ctx).account, usersv1.SessionType_SESSION_TYPE_API) {
		out.ApiSessions = append(out.ApiSessions, x.apiMessage(false))
	}
	return out, nil
}

// GetApiSession returns an API session.
func (s *state) GetApiSession(ctx context.Context, in *usersv1.GetApiSessionRequest) (*usersv1.GetApiSessionResponse, error) {
	x, err := s.apiSession(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	return &usersv1.GetApiSessionResponse{ApiSession: x.apiMessage(true)}, nil
}

// UpdateApiSession changes the members that the body has and leaves the others.
// The vendor does not say what null does: here it restores what a new API session
// would have.
func (s *state) UpdateApiSession(ctx context.Context, in *usersv1.UpdateApiSessionRequest) (*usersv1.UpdateApiSessionResponse, error) {
	x, err := s.apiSession(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	expires, err := s.deadline(in.GetApiSession().Expiration, s.now().Add(apiSessionLifetime))
	if err != nil {
		return nil, err
	}
	for _, path := range in.GetUpdateMask().GetPaths() {
		switch path {
		case "expiration":
			x.expires = expires
		case "is_unlimited_expiration":
			x.unlimited = in.GetApiSession().GetIsUnlimitedExpiration()
		case "labels":
			x.labels = in.GetApiSession().GetLabels()
			s.makeRoom()
		default:
			return nil, fmt.Errorf("an update of %s has no behaviour", path)
		}
	}
	return &usersv1.UpdateApiSessionResponse{ApiSession: x.apiMessage(false)}, nil
}

// DeleteApiSession ends an API session and returns it as it was.
func (s *state) DeleteApiSession(ctx context.Context, in *usersv1.DeleteApiSessionRequest) (*usersv1.DeleteApiSessionResponse, error) {
	x, err := s.apiSession(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	s.end(x)
	return &usersv1.DeleteApiSessionResponse{ApiSession: x.apiMessage(false)}, nil
}
