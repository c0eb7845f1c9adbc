package preflight

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/certs"
	"github.com/wingspan-grpc/session-facade/test/certstest"
)

// lines are findings as they are printed.
func lines(found []Finding) string {
	var text strings.Builder
	for _, f := range found {
		text.WriteString(f.String() + "\n")
	}
	return text.String()
}

// TestPorts_AreHeldTogether: two of the same address are told, though each alone is free,
// and all are free again afterwards.
func TestPorts_AreHeldTogether(t *testing.T) {
	t.Parallel()
	listen := func(ctx context.Context, address string) (net.Listener, error) {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	}
	free := listener(t)
	_ = free.Close()
	address := free.Addr().String()
	told := lines(Ports(t.Context(), listen, Port{"ONE", address}, Port{"TWO", address}, Port{"THREE", "127.0.0.1:0"}))
	for _, want := range []string{"ok       ONE: can listen on " + address, "wrong    TWO: listen tcp " + address, "ok       THREE: can listen on 127.0.0.1:"} {
		if !strings.Contains(told, want) {
			t.Errorf("no %q in\n%s", want, told)
		}
	}
	if again := lines(Ports(t.Context(), listen, Port{"ONE", address})); strings.Contains(again, "wrong") {
		t.Errorf("it was not closed: %s", again)
	}
}

// TestCertificates_SayWhatIsWrong has each state in which files may be.
func TestCertificates_SayWhatIsWrong(t *testing.T) {
	t.Parallel()
	authority, now := certstest.NewAuthority(t), time.Now()
	files := func(pair certstest.Pair, mode os.FileMode) certs.Files {
		dir := t.TempDir()
		f := certs.Files{Cert: certstest.Write(t, filepath.Join(dir, "tls.crt"), pair.Cert), Key: certstest.Write(t, filepath.Join(dir, "tls.key"), pair.Key),
			CA: certstest.Write(t, filepath.Join(dir, "ca.crt"), authority.PEM)}
		if err := os.Chmod(f.Key, mode); err != nil {
			t.Fatal(err)
		}
		return f
	}
	const day = 24 * time.Hour
	lasting := authority.IssueFor(t, now.Add(-day), now.Add(90*day+time.Hour))
	authorities := files(lasting, 0o600)
	gone := authority.IssueFor(t, now.Add(-3*day), now.Add(-day))
	authorities.CA = certstest.Write(t, filepath.Join(t.TempDir(), "ca.crt"), gone.Cert)
	renewed := authorities
	renewed.CA = certstest.Write(t, filepath.Join(t.TempDir(), "ca.crt"), append(gone.Cert, lasting.Cert...))
	swapped := files(lasting, 0o600)
	swapped.Key = swapped.CA
	for name, c := range map[string]struct {
		files certs.Files
		want  []string
	}{
		"none":          {certs.Files{}, []string{""}},
		"well":          {files(lasting, 0o640), []string{"ok       CERT: its certificate chain is valid for 90 days", "ok       KEY: fits", "CA: its last certificate expires on "}},
		"expired":       {files(authority.IssueFor(t, now.Add(-3*day), now.Add(-day)), 0o600), []string{"wrong    CERT: its certificate chain expired on", "Renew it"}},
		"not valid yet": {files(authority.IssueFor(t, now.Add(day), now.Add(3*day)), 0o600), []string{"wrong    CERT: its certificate chain is not valid before"}},
		"expires soon":  {files(authority.IssueFor(t, now.Add(-day), now.Add(13*day+time.Hour)), 0o600), []string{"warning  CERT: its certificate chain expires on", "in 13 days"}},
		"for everybody": {files(lasting, 0o644), []string{"warning  KEY: fits the certificate, but everybody", "chmod o-rw"}},
		"expired CA":    {authorities, []string{"wrong    CA: its last certificate expired on"}},
		"renewed CA":    {renewed, []string{"ok       CA: its last certificate is valid for 90 days"}},
		"no key":        {swapped, []string{"wrong    certificates: BLAMED: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blame := func(err error) error { return errors.New("BLAMED: " + err.Error()) }
			told := lines(Certificates(c.files, Names{"CERT", "KEY", "CA"}, blame, now))
			for _, want := range c.want {
				if !strings.Contains(told, want) || want == "" && told != "" {
					t.Errorf("no %q in\n%s", want, told)
				}
			}
			if strings.Contains(told, "PRIVATE") {
				t.Error("the key is told")
			}
		})
	}
}

// TestMemory_ComparesBoundsWithLimits has each limit in its turn.
func TestMemory_ComparesBoundsWithLimits(t *testing.T) {
	t.Parallel()
	const mib, none = 1 << 20, math.MaxInt64
	bounds := MemoryBounds{Setting: "BODIES", Bodies: 256 * mib, Sessions: 21 * mib} // 400 with all
	for name, c := range map[string]struct {
		limits MemoryLimits
		want   string
	}{
		"no limits":            {MemoryLimits{none, none}, "ok       BODIES: bodies, sessions and the program may take 400 MiB"},
		"room":                 {MemoryLimits{400 * mib, 500 * mib}, "ok       BODIES: bodies, sessions and the program may take 400 MiB of 400"},
		"small container":      {MemoryLimits{300 * mib, 399 * mib}, "warning  BODIES: bodies, sessions and the program may take 400 MiB, and the container is killed over 399"},
		"small GOMEMLIMIT":     {MemoryLimits{399 * mib, 500 * mib}, "warning  GOMEMLIMIT: bodies"},
		"GOMEMLIMIT not set":   {MemoryLimits{none, 500 * mib}, "warning  GOMEMLIMIT: is not below the container's 500 MiB"},
		"GOMEMLIMIT above all": {MemoryLimits{501 * mib, 500 * mib}, "Set it to 450MiB"},
	} {
		if told := Memory(bounds, c.limits).String(); !strings.Contains(told, c.want) {
			t.Errorf("%s: %s", name, told)
		}
	}
	if limits := FindMemoryLimits(); limits.Soft <= 0 || limits.Hard <= 0 {
		t.Errorf("%+v", limits)
	}
}
