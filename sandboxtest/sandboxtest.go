// Package sandboxtest starts a whole facade on a sandbox for tests: in the test's own
// process, on random ports of loopback, with all protocols. Tests drive the sandbox by
// methods here; programs in other languages by the API at Control.
package sandboxtest

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/grpc"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/control"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/faults"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

type (
	// Message is what the live service would mail, text or say on the phone.
	Message = seed.Message
	// User is somebody with an account.
	User = seed.User
	// Faults are what the sandbox is told to fail of; docs/SANDBOX.md describes them.
	Faults = faults.Set
	// Fault is what comes of calls of an operation.
	Fault = faults.Fault
	// Limits are how many calls an account may make in a second.
	Limits = faults.Limits
)

// Sandbox is a running facade on a sandbox.
type Sandbox struct {
	// HTTP is the URL of the HTTP port: REST, Connect, gRPC-Web and gRPC, and /docs.
	HTTP string
	// GRPC is the host and port of the gRPC port.
	GRPC string
	// Control is the URL of the sandbox's own API, with the path /sandbox.
	Control string
	// Conn is a connection to GRPC, Client the typed client over it.
	Conn   *grpc.ClientConn
	Client usersv1.SessionAndAuthenticationServiceClient

	tb  testing.TB
	box *sandbox.Sandbox
}

// Start starts a facade on a sandbox with the users of README's, which is stopped when the
// test ends.
func Start(tb testing.TB) *Sandbox {
	tb.Helper()
	return StartFrom(tb, seed.Default)
}

// StartFrom starts one that begins with a state: a snapshot, or a text like that of
// --sandbox-file.
func StartFrom(tb testing.TB, state []byte) *Sandbox {
	tb.Helper()
	box, err := sandbox.New(io.Discard, time.Now, state)
	if err != nil {
		tb.Fatalf("sandboxtest: %v", err)
	}
	upstream, admin := httptest.NewServer(box), httptest.NewServer(control.Handler(box))
	tb.Cleanup(func() {
		upstream.Close()
		admin.Close()
	})
	// The breaker would open for tests of its errors, and the cache not see the clock move.
	facade := facadetest.Start(tb, upstream.URL, facadetest.Config{Docs: true, Mailbox: control.Messages(box),
		SessionCacheTTL: -1, BreakerRate: -1, Logger: slog.New(slog.DiscardHandler)})
	return &Sandbox{
		HTTP: facade.REST, GRPC: facade.GRPCAddr, Control: admin.URL + "/sandbox",
		Conn: facade.Conn, Client: facade.Client, tb: tb, box: box,
	}
}

// Messages returns what was sent to a user, or to all if the id is empty, newest last.
func (s *Sandbox) Messages(userID string) []Message { return s.box.Messages(userID) }

// Code returns the code that was sent to a user last. The test fails if none was.
func (s *Sandbox) Code(userID string) string {
	s.tb.Helper()
	messages := s.box.Messages(userID)
	if len(messages) == 0 {
		s.tb.Fatalf("sandboxtest: nothing was sent to %s", userID)
	}
	return messages[len(messages)-1].Code
}

// AddUser adds a user, and returns it with its id. The test fails if it is wrong.
func (s *Sandbox) AddUser(user User) User {
	s.tb.Helper()
	added, err := s.box.AddUser(user)
	s.must(err)
	return added
}

// Now is the sandbox's time.
func (s *Sandbox) Now() time.Time { return s.box.Now() }

// Advance moves the sandbox's time forward: sessions and codes expire by it.
func (s *Sandbox) Advance(by time.Duration) {
	s.tb.Helper()
	_, err := s.box.MoveClock(func(now time.Time) time.Time { return now.Add(by) })
	s.must(err)
}

// SetFaults replaces all faults; the zero value clears them. The facade repeats calls
// without side effects that fail with 502, 503 or 504, so a test of its own retries lets
// them fail three times.
func (s *Sandbox) SetFaults(set Faults) {
	s.tb.Helper()
	s.must(s.box.SetFaults(&set))
}

// Snapshot writes down what the sandbox remembers, for Restore and StartFrom.
func (s *Sandbox) Snapshot() []byte {
	s.tb.Helper()
	text, err := s.box.Snapshot()
	s.must(err)
	return text
}

// Restore makes the sandbox remember what a snapshot says, and that alone.
func (s *Sandbox) Restore(snapshot []byte) {
	s.tb.Helper()
	s.must(s.box.Restore(snapshot))
}

// Reset makes the sandbox as it began, without faults.
func (s *Sandbox) Reset() {
	s.tb.Helper()
	s.must(s.box.Reset())
}

func (s *Sandbox) must(err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Fatalf("sandboxtest: %v", err)
	}
}
