package judge

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// JSONRequests sends each case as a request of REST, as the body and inside of one.
func JSONRequests(ctx context.Context, e *testbed.Env, v *Verdict) error {
	s, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	for _, c := range jsonCases() {
		for _, where := range []string{"body", "member"} {
			body, fits := c.in(where)
			if !fits {
				continue
			}
			response, err := testbed.Call(ctx, "http://"+s.HTTP, "", http.MethodPost, "/users/authentication", body)
			if err != nil {
				return err
			}
			c.judge(v, where, response.Status, http.StatusOK, http.StatusBadRequest)
		}
	}
	return nil
}

// JSONResponses has an upstream respond with each case.
func JSONResponses(ctx context.Context, e *testbed.Env, v *Verdict) error {
	var body atomic.Pointer[string]
	upstream := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, *body.Load())
	})}
	address, err := listen(func(l net.Listener) { _ = upstream.Serve(l) })
	if err != nil {
		return err
	}
	defer upstream.Close()
	s, err := e.Start(ctx, "--upstream-url=http://"+address)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(s.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	client := usersv1.NewSessionAndAuthenticationServiceClient(conn)
	for _, c := range jsonCases() {
		for _, where := range []string{"body", "member"} {
			text, fits := c.in(where)
			if !fits {
				continue
			}
			body.Store(&text)
			_, err := client.Authenticate(ctx, &usersv1.AuthenticateRequest{Email: "ada@example.com"})
			c.judge(v, where+", by gRPC", int(status.Code(err)), int(codes.OK), int(codes.Internal))
			response, err := testbed.Call(ctx, "http://"+s.HTTP, "", http.MethodPost, "/users/authentication", `{"email":"ada@example.com"}`)
			if err != nil {
				return err
			}
			c.judge(v, where+", by REST", response.Status, http.StatusOK, http.StatusBadGateway)
		}
	}
	return nil
}

// in is a case as the whole body, or as a member that the contract does not know. A case
// that is JSON but no object is no body of a message: only what is malformed is tried so.
func (c jsonCase) in(where string) (string, bool) {
	if where == "member" {
		return `{"email":"ada@example.com","unknown":` + c.text + `}`, !c.whole
	}
	return c.text, c.name[0] == 'n' || c.whole
}

// judge looks at a status as RFC 8259 would: y must pass, n must be refused, i may be either.
func (c jsonCase) judge(v *Verdict, where string, status, accepted, refused int) {
	ok := status == refused
	switch c.name[0] {
	case 'y':
		ok = status == accepted
	case 'i':
		ok = ok || status == accepted
	}
	v.Check(ok, fmt.Sprintf("%s as %s", c.name, where), "%d", status)
}
