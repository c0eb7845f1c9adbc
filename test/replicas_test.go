//go:build unix

package test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/replicas"
	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

// startTogether starts replicas that act as one, in front of one upstream.
func startTogether(t *testing.T, number int, at *redistest.Server, config facadetest.Config) *facadetest.Replicas {
	t.Helper()
	server, err := redis.ParseURL("redis://"+at.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	return startBy(t, number, server, config)
}

// startBy does so by a server that is known.
func startBy(t *testing.T, number int, server replicas.Server, config facadetest.Config) *facadetest.Replicas {
	t.Helper()
	config.Replicas = server
	if config.SessionCacheTTL == 0 {
		config.SessionCacheTTL = time.Hour
	}
	r := &facadetest.Replicas{Upstream: facadetest.NewRecorder(t, facadetest.Sessions())}
	for range number {
		r.Facades = append(r.Facades, facadetest.Start(t, r.Upstream.URL, config))
	}
	return r
}

// protocols check and end sessions at a facade: the error is nil, or says that there is no such
// session, or what went wrong.
var protocols = map[string]struct {
	check func(ctx context.Context, f *facadetest.Facade, token string) (cacheStatus string, live bool, err error)
	end   func(ctx context.Context, f *facadetest.Facade, token string) error
}{
	"gRPC": {
		func(ctx context.Context, f *facadetest.Facade, token string) (string, bool, error) {
			var header, trailer metadata.MD
			_, err := f.Client.GetSession(as(ctx, token), &usersv1.GetSessionRequest{Id: token}, grpc.Header(&header), grpc.Trailer(&trailer))
			said := strings.Join(metadata.Join(header, trailer).Get("cache-status"), "|")
			if status.Code(err) == codes.Unauthenticated {
				return said, false, nil
			}
			return said, err == nil, err
		},
		func(ctx context.Context, f *facadetest.Facade, token string) error {
			_, err := f.Client.DeleteSession(as(ctx, token), &usersv1.DeleteSessionRequest{Id: token})
			return err
		},
	},
	"REST": {
		func(ctx context.Context, f *facadetest.Facade, token string) (string, bool, error) {
			response, err := callREST(ctx, http.MethodGet, f, token)
			if err != nil {
				return "", false, err
			}
			said := response.Header.Get("Cache-Status")
			if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusForbidden {
				return said, false, fmt.Errorf("HTTP %d", response.StatusCode)
			}
			return said, response.StatusCode == http.StatusOK, nil
		},
		func(ctx context.Context, f *facadetest.Facade, token string) error {
			response, err := callREST(ctx, http.MethodDelete, f, token)
			if err == nil && response.StatusCode != http.StatusNoContent {
				err = fmt.Errorf("HTTP %d", response.StatusCode)
			}
			return err
		},
	},
}

func callREST(ctx context.Context, verb string, f *facadetest.Facade, token string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, verb, f.REST+"/users/session/token/"+token, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response, response.Body.Close()
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for late := time.Now().Add(30 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestReplicas_OneAsksForAll: what one replica has asked for, all others have without the
// upstream, from the store first and then from memory. A replica does not wait for the store
// where that is slow, as on a busy machine: then the next session shows it.
func TestReplicas_OneAsksForAll(t *testing.T) {
	t.Parallel()
	r := startTogether(t, 3, redistest.Start(t), facadetest.Config{})
	for protocol, p := range protocols {
		said := func(f *facadetest.Facade, token string) string {
			said, live, err := p.check(t.Context(), f, token)
			if err != nil || !live {
				t.Fatalf("%s: live %t, %v", protocol, live, err)
			}
			return said
		}
		sessions := 0
		eventually(t, protocol+": all others have what one has asked for", func() bool {
			sessions++
			token, asked := fmt.Sprint("one-", protocol, sessions), 1
			if first := said(r.Facades[0], token); first != "session-facade; fwd=miss" {
				t.Fatalf("%s: the first said %q", protocol, first)
			}
			for _, f := range r.Facades[1:] {
				if !strings.HasSuffix(said(f, token), "detail=shared") {
					asked++
				}
				if then := said(f, token); !cacheHit.MatchString(then) {
					t.Errorf("%s: then it said %q", protocol, then)
				}
			}
			if n := len(r.Upstream.Take()); n != asked {
				t.Errorf("%s: the upstream was asked %d times, and answered for %d", protocol, n, asked)
			}
			return asked == 1
		})
	}
}

// TestReplicas_ASignOutIsFinalAtAll: within seconds, whatever the protocols, and for good.
func TestReplicas_ASignOutIsFinalAtAll(t *testing.T) {
	t.Parallel()
	r := startTogether(t, 3, redistest.Start(t), facadetest.Config{})
	for ending, by := range protocols {
		for checking, p := range protocols {
			token := ending + "-" + checking
			for i, f := range r.Facades {
				eventually(t, fmt.Sprintf("replica %d has it in memory", i), func() bool {
					said, _, err := p.check(t.Context(), f, token)
					return err == nil && cacheHit.MatchString(said)
				})
			}
			if err := by.end(t.Context(), r.Facades[0], token); err != nil {
				t.Fatal(err)
			}
			if _, live, err := p.check(t.Context(), r.Facades[0], token); err != nil || live {
				t.Errorf("%s: live %t at the replica that ended it, %v", token, live, err)
			}
			for i, f := range r.Facades[1:] {
				eventually(t, fmt.Sprintf("%s is over at replica %d", token, i+1), func() bool {
					_, live, err := p.check(t.Context(), f, token)
					if err != nil {
						t.Fatal(err)
					}
					return !live
				})
				for range 10 {
					if _, live, err := p.check(t.Context(), f, token); err != nil || live {
						t.Errorf("%s is live again: %v", token, err)
					}
				}
			}
		}
	}
}

// TestReplicas_ShareTheRate: who is alone may make nearly all calls, and gives up what others
// want too.
func TestReplicas_ShareTheRate(t *testing.T) {
	t.Parallel()
	const total = 120
	at := redistest.Start(t)
	server, err := redis.ParseURL("redis://"+at.Addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	upstream := facadetest.NewRecorder(t, facadetest.Sessions())
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	defer load.Wait()
	defer stop()
	var shares []func() float64
	var starts []func()
	for i := range 3 {
		reader := metric.NewManualReader()
		f := facadetest.Start(t, upstream.URL, facadetest.Config{SessionCacheTTL: time.Hour, ReadRate: total, Replicas: server,
			Meter: metric.NewMeterProvider(metric.WithReader(reader))})
		shares = append(shares, func() float64 { return gauge(t, reader, "session_facade.pacing.rate") })
		starts = append(starts, func() {
			for caller := range 8 {
				load.Go(func() {
					for n := 0; ctx.Err() == nil; n++ {
						_, _, _ = protocols["gRPC"].check(ctx, f, fmt.Sprintf("%d-%d-%d", i, caller, n))
					}
				})
			}
		})
	}
	starts[0]()
	eventually(t, "one that is alone has most of the rate", func() bool { return shares[0]() > 0.7*total })
	starts[1]()
	starts[2]()
	eventually(t, "all have their parts", func() bool {
		for _, share := range shares {
			if s := share(); s < 0.2*total || s > 0.45*total {
				return false
			}
		}
		return true
	})
}

// gauge reads a figure of one class.
func gauge(t *testing.T, reader metric.Reader, name string) float64 {
	t.Helper()
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			if data, ok := m.Data.(metricdata.Gauge[float64]); ok && m.Name == name && len(data.DataPoints) > 0 {
				return data.DataPoints[0].Value
			}
		}
	}
	t.Fatalf("no %s", name)
	return 0
}
