//go:build unix

package redistest_test

import (
	"net"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/redistest"
)

func TestServer_KeepsWhatItIsToldToAcrossARestart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"by default", nil, ""},
		{"with persistence", []string{"--appendonly", "yes", "--appendfsync", "always"}, "there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, test.args...)
			if _, err := s.Command(t.Context(), "SET", "key", "there"); err != nil {
				t.Fatal(err)
			}
			if err := s.Restart(); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Command(t.Context(), "GET", "key"); err != nil || got != test.want {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestServer_PausesWithoutClosingConnections(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTimeout("tcp", s.Addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	reply := make([]byte, 7)
	if n, err := conn.Read(reply); err == nil {
		t.Fatalf("a paused server replied: %q", reply[:n])
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := conn.Read(reply); err != nil || string(reply[:n]) != "+PONG\r\n" {
		t.Errorf("%q, %v", reply[:n], err)
	}
}
