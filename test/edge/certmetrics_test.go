package edge

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/certstest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// scrapes waits until /metrics has a line. Nobody else connects: to scrape is
// enough for the files to be looked at.
func (p *process) scrapes(t *testing.T, line string) {
	t.Helper()
	text := ""
	for began := time.Now(); time.Since(began) < waitLimit; {
		response, err := httpclient.Shared.Get("http://" + p.Admin + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if text = string(body); strings.Contains(text, "\n"+line+"\n") {
			return
		}
	}
	t.Fatalf("no %s in\n%s", line, text)
}

// TestCertificateMetrics shows that the metrics follow a certificate that is
// renewed, and count a renewal that cannot be used.
func TestCertificateMetrics(t *testing.T) {
	t.Parallel()
	s := startTLS(t, false)
	expires := func(at time.Time) string {
		return fmt.Sprintf(`session_facade_certificate_not_after_seconds{role="server"} %v`, float64(at.Unix()))
	}
	failures := func(role string, n int) string {
		return fmt.Sprintf(`session_facade_certificate_reload_failures_total{role=%q} %d`, role, n)
	}
	s.scrapes(t, failures("server", 0))
	s.scrapes(t, failures("upstream", 0))
	second := s.authority.Issue(t)
	certstest.Write(t, s.key, second.Key)
	s.scrapes(t, failures("server", 1)) // the key is not that of the certificate
	certstest.Write(t, s.cert, second.Cert)
	s.scrapes(t, expires(second.Until))
	certstest.Write(t, s.cert, []byte("garbage"))
	s.scrapes(t, failures("server", 2))
	s.scrapes(t, expires(second.Until))
}
