package faults

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// TestMemory_BodiesThatDoNotCome opens 256 connections that announce the largest
// body and send little of it, or none: they hold neither a place in flight nor memory
// that others need. Others are to be served before these bodies are given up, so
// nothing runs beside it.
func TestMemory_BodiesThatDoNotCome(t *testing.T) {
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{"authenticationStrategy":"Password"}`))
	f := open(t, upstream.URL, facadetest.Config{MaxInFlight: 1, MaxMemoryBytes: 64 << 20})
	begin := "POST /users/authentication HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4194304\r\n\r\n"
	for i := range 256 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(f.REST, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		sent := begin
		if i%4 == 0 {
			sent += strings.Repeat(" ", 80<<10)
		}
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second) // less than a body may take
	defer cancel()
	for range 5 {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.REST+"/users/authentication", strings.NewReader(`{"email":"`+strings.Repeat("a", 60<<10)+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := f.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("REST: %s", response.Status)
		}
		if _, err := f.Client.Authenticate(ctx, &usersv1.AuthenticateRequest{Email: strings.Repeat("a", 256<<10)}); err != nil {
			t.Fatalf("gRPC: %v", err)
		}
	}
}

// TestMemory_OneBodyAfterTheOther sends more bodies at once than there is memory for,
// by either protocol, of known and of unknown length: all are served. Each must come
// within its time, so they are small, and nothing runs beside it.
func TestMemory_OneBodyAfterTheOther(t *testing.T) {
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{"authenticationStrategy":"Password"}`))
	f := open(t, upstream.URL, facadetest.Config{MaxRequestBytes: 512 << 10, MaxMemoryBytes: 2 << 20})
	email := strings.Repeat("a", 128<<10)
	results := make(chan error)
	for i := range 30 {
		go func() {
			if i%3 == 0 {
				_, err := f.Client.Authenticate(t.Context(), &usersv1.AuthenticateRequest{Email: email})
				results <- err
				return
			}
			var body io.Reader = strings.NewReader(`{"email":"` + email + `"}`)
			if i%3 == 1 {
				body = io.MultiReader(body) // of a length that nobody knows
			}
			response, err := f.client.Post(f.REST+"/users/authentication", "application/json", body)
			if err == nil {
				_ = response.Body.Close()
				if response.StatusCode != http.StatusOK {
					err = fmt.Errorf("%s", response.Status)
				}
			}
			results <- err
		}()
	}
	for range 30 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
