//go:build unix

package test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/replicas/redis"
	"github.com/wingspan-grpc/session-facade/test/redistest"
)

// hears is what redis-cli writes.
type hears struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *hears) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *hears) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// TestCanaries_InWhatReplicasShare: neither a dump of the store nor all that is said to it has
// a secret, a user or what a session says; nor does the store's password get anywhere.
func TestCanaries_InWhatReplicasShare(t *testing.T) { //nolint:tparallel // it looks at what all calls have left
	t.Parallel()
	dir := t.TempDir()
	at := redistest.Start(t, "--dir", dir, "--rdbcompression", "no", "--requirepass", canary+"-password")
	said := &hears{}
	host, port, _ := net.SplitHostPort(at.Addr)
	monitor := exec.CommandContext(t.Context(), "redis-cli", "-h", host, "-p", port, "-a", canary+"-password", "--no-auth-warning", "MONITOR")
	monitor.Stdout = said
	if err := monitor.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = monitor.Wait() })
	eventually(t, "it is heard what is said to the store", func() bool { return strings.Contains(said.String(), "OK") })
	server, err := redis.ParseURL(fmt.Sprintf("redis://:%s-password@%s", canary, at.Addr), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("calls", func(t *testing.T) { testCanaries(t, time.Hour, server) }) // with all that it starts
	if _, err := at.Command(t.Context(), "-a", canary+"-password", "--no-auth-warning", "SAVE"); err != nil {
		t.Fatal(err)
	}
	if _, err := at.Command(t.Context(), "-a", canary+"-password", "--no-auth-warning", "ECHO", "the last"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the last command is heard", func() bool { return strings.Contains(said.String(), "the last") })
	dump, err := os.ReadFile(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"dump": string(dump), "commands": said.String()} {
		if !strings.Contains(text, "session-facade:") || len(text) < 1000 {
			t.Errorf("the %s are suspiciously short: %q", what, text)
		}
		for _, secret := range []string{canary, "Robot", "userId", "sessionType", "expiration", "Bearer"} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%q is in the %s: …%q…", secret, what, text[max(i-200, 0):min(i+100, len(text))])
			}
		}
	}
	if n := strings.Count(string(dump), "}:s:"); n == 0 {
		t.Error("no session is in the dump")
	}
}
