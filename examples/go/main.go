// Command go calls the session facade over gRPC. Start one with
// "go run ./cmd/server --sandbox", then: go run ./examples/go
//
// FACADE_ADDR is its address. With FACADE_CA, a file of CA certificates (PEM),
// the connection is TLS.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // the service config asks for health checks
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/config"
	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// deadline is how long we wait for a step, retries included.
const deadline = 10 * time.Second

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, describe(err))
		os.Exit(1)
	}
}

func run() error {
	transport, err := transportCredentials(os.Getenv("FACADE_CA"))
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(cmp.Or(os.Getenv("FACADE_ADDR"), "localhost:9090"),
		grpc.WithTransportCredentials(transport),
		// Retries calls without side effects, and only those.
		grpc.WithDefaultServiceConfig(config.ServiceConfig),
		// Lists come whole; the default limit is 4 MiB.
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16<<20)))
	if err != nil {
		return err
	}
	defer conn.Close()
	client := usersv1.NewSessionAndAuthenticationServiceClient(conn)

	ctx, err := signIn(client)
	if err != nil {
		return err
	}
	if err := apiSessions(ctx, client); err != nil {
		return err
	}
	return refusals(client)
}

func transportCredentials(ca string) (credentials.TransportCredentials, error) {
	if ca == "" {
		return insecure.NewCredentials(), nil
	}
	return credentials.NewClientTLSFromFile(ca, "")
}

// signIn returns a context whose calls are made as ada.
func signIn(client usersv1.SessionAndAuthenticationServiceClient) (context.Context, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	response, err := client.CreateSession(ctx, &usersv1.CreateSessionRequest{
		Email: new("ada@example.com"), Password: new("analytical-engine"),
	})
	if err != nil {
		return nil, err
	}
	fmt.Println("signed in as", response.GetSession().GetUserId())
	return metadata.AppendToOutgoingContext(context.Background(),
		"authorization", "Bearer "+response.GetSession().GetToken()), nil
}

// apiSessions creates, lists and deletes an API session.
func apiSessions(as context.Context, client usersv1.SessionAndAuthenticationServiceClient) error {
	ctx, cancel := context.WithTimeout(as, deadline)
	defer cancel()
	created, err := client.CreateApiSession(ctx, &usersv1.CreateApiSessionRequest{Labels: map[string]string{"example": "go"}})
	if err != nil {
		return err
	}
	id := created.GetApiSession().GetSessionId()
	fmt.Println("created an API session with labels", created.GetApiSession().GetLabels())

	listed, err := client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{}) // retried if need be
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(listed.GetApiSessions(), func(s *usersv1.ApiSession) bool { return s.GetSessionId() == id }) {
		return errors.New("the API session is not listed")
	}
	fmt.Println("listed it")
	if _, err := client.DeleteApiSession(ctx, &usersv1.DeleteApiSessionRequest{Id: id}); err != nil {
		return err
	}
	fmt.Println("deleted it")
	return nil
}

// refusals shows what errors look like.
func refusals(client usersv1.SessionAndAuthenticationServiceClient) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	_, wrong := client.CreateSession(ctx, &usersv1.CreateSessionRequest{Email: new("ada@example.com"), Password: new("wrong")})
	_, empty := client.Authenticate(ctx, &usersv1.AuthenticateRequest{})
	if wrong == nil || empty == nil {
		return errors.New("a wrong password or an empty field was accepted")
	}
	fmt.Println("wrong password:", describe(wrong))
	fmt.Println("empty email:", describe(empty))
	tooMany, err := tooManyTries(ctx, client)
	if err != nil {
		return err
	}
	fmt.Println("too many tries:", describe(tooMany))
	return nil
}

// tooManyTries gives wrong passwords until it is told when to try again. The
// sandbox takes five in a row.
func tooManyTries(ctx context.Context, client usersv1.SessionAndAuthenticationServiceClient) (refused, err error) {
	for range 10 {
		_, err := client.CreateSession(ctx, &usersv1.CreateSessionRequest{Email: new("grace@example.com"), Password: new("wrong")})
		if status.Code(err) == codes.ResourceExhausted {
			return err, nil
		}
	}
	return nil, errors.New("wrong passwords are taken without end")
}

// describe says what is in an error, for programs to act on: its code, why, which
// fields are at fault, and when to call again.
func describe(err error) string {
	s := status.Convert(err)
	text := &strings.Builder{}
	fmt.Fprint(text, s.Code())
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			fmt.Fprint(text, " ", d.GetReason()) // an ErrorReason without its prefix
		case *errdetails.BadRequest:
			for _, field := range d.GetFieldViolations() {
				fmt.Fprintf(text, " [%s: %s]", field.GetField(), field.GetDescription())
			}
		case *errdetails.RetryInfo:
			fmt.Fprintf(text, " (again in %v)", d.GetRetryDelay().AsDuration())
		}
	}
	return text.String() + ": " + s.Message()
}
