package judge

import (
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// ourStreams is --max-streams-per-connection, for the bare servers: cases depend on it.
const ourStreams = 100

// HTTPPort has h2spec try the HTTP port beside a bare net/http.
func HTTPPort(ctx context.Context, e *testbed.Env, v *Verdict) error {
	ours, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	bare := &http.Server{Protocols: protocols, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: ourStreams}, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "a page")
	})}
	address, err := listen(func(l net.Listener) { _ = bare.Serve(l) })
	if err != nil {
		return err
	}
	defer bare.Close()
	return besides(ctx, e, v, ours.HTTP, address, "net/http")
}

// GRPCPort has it try the gRPC port beside a bare grpc-go.
func GRPCPort(ctx context.Context, e *testbed.Env, v *Verdict) error {
	ours, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	bare := grpc.NewServer(grpc.MaxConcurrentStreams(ourStreams))
	healthv1.RegisterHealthServer(bare, health.NewServer())
	address, err := listen(func(l net.Listener) { _ = bare.Serve(l) })
	if err != nil {
		return err
	}
	defer bare.Stop()
	return besides(ctx, e, v, ours.GRPC, address, "grpc-go")
}

func listen(serve func(net.Listener)) (string, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go serve(listener)
	return listener.Addr().String(), nil
}

// besides runs h2spec on both. What both fail is the library's, and is said to be. Some
// cases hang on who is faster, and a busy machine loses: what only ours fails is tried again.
func besides(ctx context.Context, e *testbed.Env, v *Verdict, ours, bare, library string) error {
	cases, beside, err := both(ctx, e, ours, bare)
	if err != nil {
		return err
	}
	for range 3 {
		var sections []string
		for name, why := range cases {
			if why != "" && beside[name] == "" {
				sections = append(sections, path.Dir(name))
			}
		}
		if len(sections) == 0 {
			break
		}
		slices.Sort(sections)
		again, besideAgain, err := both(ctx, e, ours, bare, slices.Compact(sections)...)
		if err != nil {
			return err
		}
		for name, why := range again {
			if why == "" {
				cases[name] = ""
			}
			beside[name] = cmp.Or(beside[name], besideAgain[name])
		}
	}
	for name, why := range cases {
		if beside[name] != "" {
			name += " (bare " + library + " too)"
		}
		v.Check(why == "", name, "%s", why)
	}
	return nil
}

// both runs h2spec on both at once.
func both(ctx context.Context, e *testbed.Env, ours, bare string, sections ...string) (cases, beside map[string]string, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		cases, err = h2spec(ctx, e, ours, sections...)
		return err
	})
	group.Go(func() (err error) {
		beside, err = h2spec(ctx, e, bare, sections...)
		return err
	})
	return cases, beside, group.Wait()
}

// h2spec returns each case and why it failed, "" if it did not. Cases that it skips, since
// they have no meaning with what the server allows, are left out.
func h2spec(ctx context.Context, e *testbed.Env, address string, sections ...string) (map[string]string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	report := filepath.Join(e.Work, "h2spec-"+port+".xml")
	if _, _, err := e.Output(ctx, "h2spec", append(sections, "-h", host, "-p", port, "-P", "/docs", "-j", report)...); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return nil, err
	}
	var suites struct {
		Suite []struct {
			Package string `xml:"package,attr"`
			Case    []struct {
				Name    string    `xml:"classname,attr"`
				Error   *string   `xml:"error"`
				Failure *string   `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &suites); err != nil {
		return nil, err
	}
	cases := map[string]string{}
	for _, suite := range suites.Suite {
		for i, c := range suite.Case {
			name := suite.Package + "/" + strconv.Itoa(i+1)
			switch {
			case c.Skipped != nil:
			case c.Error != nil && !isClosed(*c.Error):
				cases[name] = c.Name + ": " + *c.Error
			case c.Failure != nil && !isClosed(*c.Failure):
				cases[name] = c.Name + ": " + *c.Failure
			default:
				cases[name] = ""
			}
		}
	}
	return cases, nil
}

// isClosed says whether a case failed only since the connection that may be closed was reset
// first. A server that closes one with bytes unread has no choice, and h2spec no eye for it.
func isClosed(why string) bool {
	return strings.Contains(why, "Connection closed\n") && strings.HasSuffix(why, "connection reset by peer")
}
