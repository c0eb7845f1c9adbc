package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const service = "/wingspan.users.v1.SessionAndAuthenticationService/"

// ports are a facade's ports with a client for each.
type ports struct {
	*facadetest.Facade
	client *http.Client
}

// open starts a facade.
func open(t *testing.T, url string, config facadetest.Config) *ports {
	t.Helper()
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &ports{facadetest.Start(t, url, config), &http.Client{Transport: transport}}
}

// result is what a caller gets of a call, by either protocol.
type result struct {
	code   codes.Code // over gRPC
	status int        // over REST; 0 where the caller left
	reason string
	retry  time.Duration // RetryInfo or Retry-After
	stop   bool          // whether a retrying client is told not to
	text   string        // all that the caller is told beside a success's message
}

// credential is a caller's own: a cache of sessions gives nobody what another asked for.
func credential(id string) string { return "Bearer " + canary + id }

func (d *ports) grpc(ctx context.Context, o *operation, id string) result {
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", credential(id), "x-request-id", id)
	var header, trailer metadata.MD
	err := d.Conn.Invoke(ctx, service+o.rpc, o.request, o.response.New().Interface(), grpc.Header(&header), grpc.Trailer(&trailer))
	s := status.Convert(err)
	r := result{code: s.Code(), text: fmt.Sprint(s.Proto(), header, trailer)}
	r.stop = strings.Join(trailer.Get("grpc-retry-pushback-ms"), ",") == "-1"
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			r.reason = d.GetReason()
		case *errdetails.RetryInfo:
			r.retry = d.GetRetryDelay().AsDuration()
		}
	}
	return r
}

func (d *ports) rest(ctx context.Context, o *operation, id string) result {
	request, err := http.NewRequestWithContext(ctx, o.verb, d.REST+o.path, strings.NewReader(o.body))
	if err != nil {
		return result{text: err.Error()} // a golden case's path is no URL
	}
	if o.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", credential(id))
	request.Header.Set("X-Request-Id", id)
	response, err := d.client.Do(request)
	if err != nil {
		return result{text: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return result{text: err.Error()}
	}
	r := result{status: response.StatusCode, text: fmt.Sprint(response.Header)}
	r.retry, _ = time.ParseDuration(response.Header.Get("Retry-After") + "s")
	if r.status/100 != 2 {
		var own struct{ Code string }
		_ = json.Unmarshal(body, &own) // an upstream's body has no code of ours
		r.reason = own.Code
		r.text += string(body)
	}
	return r
}

// checkQuiet shows that the canary is not where it must not be.
func checkQuiet(t *testing.T, where, text string) {
	t.Helper()
	if at := strings.Index(text, canary); at >= 0 {
		t.Errorf("%s holds the canary: …%s", where, text[max(0, at-200):at+len(canary)])
	}
}

// headed adds a header to each request.
type headed struct {
	http.RoundTripper
	name, value string
}

// RoundTrip implements http.RoundTripper.
func (h headed) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set(h.name, h.value)
	return h.RoundTripper.RoundTrip(request)
}
