package sessioncache

import (
	"cmp"
	"context"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/relay"
	"github.com/wingspan-grpc/session-facade/internal/sessioncache/outcome"
	"github.com/wingspan-grpc/session-facade/test/bubble"
)

// inBubble makes a test in virtual time.
var inBubble = bubble.Test

// usersRules are those of the service.
var usersRules, _ = httprule.Service(usersv1.File_wingspan_users_v1_session_and_authentication_service_proto.Services().Get(0))

// callTimeout is the longest that a call takes.
const callTimeout = 3 * time.Second

// newTestCache makes a cache of the service's sessions.
func newTestCache(t *testing.T, next Upstream, o Options) *Cache {
	t.Helper()
	if o.Entries == 0 {
		o.Entries = 100
	}
	o.Timeout, o.Meter, o.Memory, o.Logger = cmp.Or(o.Timeout, callTimeout), noop.NewMeterProvider(), membudget.New(1<<20), slog.New(slog.DiscardHandler)
	c, err := New(usersRules, next, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answered is what came of a call.
type answered struct {
	said     string // as the model says it; empty where the error tells nothing of sessions
	key      string // whose answer it is, where it is a session
	err      error
	exchange *relay.Exchange
}

// checkWith checks a session as the exchange has it.
func checkWith(ctx context.Context, c *Cache, token string, e *relay.Exchange) answered {
	var response usersv1.GetSessionResponse
	err := c.Invoke(relay.NewContext(ctx, e), usersv1.SessionAndAuthenticationService_GetSession_FullMethodName,
		&usersv1.GetSessionRequest{Id: token}, &response)
	if err == nil && e.Raw {
		err = proto.Unmarshal(e.Response.Body, &response)
	}
	a := answered{err: err, exchange: e, said: response.GetSession().GetLabels()["answer"], key: response.GetSession().GetLabels()["key"]}
	if err != nil && outcome.IsExpired(err) {
		a.said = expiredAnswer
	}
	return a
}

// ask checks a session.
func ask(ctx context.Context, c *Cache, k checkKey) answered {
	return checkWith(ctx, c, k.token, &relay.Exchange{Header: k.header()})
}

// invoke makes a call that is no check; a call's deadline is that of the facade.
func invoke(ctx context.Context, c *Cache, e *relay.Exchange, method string, request proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.Invoke(relay.NewContext(ctx, e), method, request, responses[method].ProtoReflect().New().Interface())
}

// The RPCs that end or change sessions.
const (
	endToken   = usersv1.SessionAndAuthenticationService_DeleteSession_FullMethodName
	raise      = usersv1.SessionAndAuthenticationService_CompleteOtpVerification_FullMethodName
	changeUser = usersv1.SessionAndAuthenticationService_UpdateApiSession_FullMethodName
	endUser    = usersv1.SessionAndAuthenticationService_DeleteApiSession_FullMethodName
)

var responses = map[string]proto.Message{
	endToken: &usersv1.DeleteSessionResponse{}, raise: &usersv1.CompleteOtpVerificationResponse{},
	changeUser: &usersv1.UpdateApiSessionResponse{}, endUser: &usersv1.DeleteApiSessionResponse{},
}

// signOut ends a session by its token.
func signOut(ctx context.Context, c *Cache, token string) error {
	return invoke(ctx, c, &relay.Exchange{}, endToken, &usersv1.DeleteSessionRequest{Id: token})
}

// reasonOf is why a call failed.
func reasonOf(err error) usersv1.ErrorReason { return apierror.Reason(status.Convert(err)) }

// chargingUpstream charges each response.
type chargingUpstream struct {
	*fakeUpstream
	size int64
}

func (u *chargingUpstream) Respond(ctx context.Context, method string, request proto.Message) (*relay.Response, error) {
	if err := relay.FromContext(ctx).Lease.Grow(ctx, u.size); err != nil {
		return nil, err
	}
	return u.fakeUpstream.Respond(ctx, method, request)
}
