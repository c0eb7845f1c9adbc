package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
)

// The libraries alone, doing only the half of a call that is theirs: what a facade
// costs above their sum is its own.
const (
	grpcName   = "grpc-go"         // a server that answers from memory
	serverName = "net/http-server" // the same
	clientName = "net/http-client" // called by nobody: it calls the upstream
)

// bareServer answers GetApiSession from memory.
type bareServer struct {
	usersv1.UnimplementedSessionAndAuthenticationServiceServer
	reply *usersv1.GetApiSessionResponse
}

func (s *bareServer) GetApiSession(context.Context, *usersv1.GetApiSessionRequest) (*usersv1.GetApiSessionResponse, error) {
	return proto.CloneOf(s.reply), nil
}

// runBareGRPC is the process of grpc-go alone.
func runBareGRPC([]string) error {
	listener, err := listen()
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	usersv1.RegisterSessionAndAuthenticationServiceServer(server,
		&bareServer{reply: &usersv1.GetApiSessionResponse{ApiSession: newSession()}})
	announce(map[string]string{"grpc": listener.Addr().String()})
	return server.Serve(listener)
}

// runBareHTTP is the process of net/http's server alone.
func runBareHTTP([]string) error {
	return serveHTTP("rest", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, sessionText)
	}))
}

// clientCaller calls the upstream by net/http's client, within the load generator.
type clientCaller struct {
	*operation
	client *http.Client
	url    string
}

func (c *clientCaller) call(time.Duration) error {
	request, err := http.NewRequestWithContext(context.Background(), c.verb, c.url+c.path, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", token)
	response, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != c.status || string(bytes.TrimSpace(text)) != c.answer) {
		err = fmt.Errorf("%s %s: %s: %.300s", c.verb, c.path, response.Status, text)
	}
	return err
}

func (c *clientCaller) close() { c.client.CloseIdleConnections() }
