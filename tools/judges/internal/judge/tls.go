package judge

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// tlsPorts are those that speak TLS: with and without client certificates.
func tlsPorts(ctx context.Context, e *testbed.Env) ([]string, error) {
	secure, _, err := e.Secured(ctx)
	if err != nil {
		return nil, err
	}
	mutual, _, err := e.Secured(ctx, "--tls-client-ca=$CA")
	if err != nil {
		return nil, err
	}
	return []string{secure.GRPC, secure.HTTP, mutual.GRPC, mutual.HTTP}, nil
}

// SSLScan has sslscan try each TLS port.
func SSLScan(ctx context.Context, e *testbed.Env, v *Verdict) error {
	ports, err := tlsPorts(ctx, e)
	if err != nil {
		return err
	}
	for _, port := range ports {
		if err := sslscan(ctx, e, port, v); err != nil {
			return err
		}
	}
	return nil
}

// scan is sslscan's report.
type scan struct {
	Test *struct {
		Protocol []struct {
			Type    string `xml:"type,attr"`
			Version string `xml:"version,attr"`
			Enabled int    `xml:"enabled,attr"`
		} `xml:"protocol"`
		Compression []struct {
			Supported int `xml:"supported,attr"`
		} `xml:"compression"`
		Heartbleed []struct {
			Version    string `xml:"sslversion,attr"`
			Vulnerable int    `xml:"vulnerable,attr"`
		} `xml:"heartbleed"`
		Cipher []struct {
			Version  string `xml:"sslversion,attr"`
			Name     string `xml:"cipher,attr"`
			Strength string `xml:"strength,attr"`
		} `xml:"cipher"`
		Group []struct {
			Version string `xml:"sslversion,attr"`
			Name    string `xml:"name,attr"`
			Bits    int    `xml:"bits,attr"`
		} `xml:"group"`
	} `xml:"ssltest"`
}

func sslscan(ctx context.Context, e *testbed.Env, port string, v *Verdict) error {
	output, _, err := e.Output(ctx, "sslscan", "--xml=-", "--show-sigs", port)
	if err != nil {
		return err
	}
	var report scan
	if err := xml.Unmarshal(output, &report); err != nil || report.Test == nil {
		return fmt.Errorf("sslscan: %w: %s", err, testbed.Tail(output))
	}
	name := e.PortName(port)
	for _, p := range report.Test.Protocol {
		modern := p.Type == "tls" && (p.Version == "1.2" || p.Version == "1.3")
		v.Check((p.Enabled == 1) == modern, name+", "+p.Type+" "+p.Version, "enabled: %d", p.Enabled)
	}
	for _, c := range report.Test.Compression {
		v.Check(c.Supported == 0, name+", compression", "supported")
	}
	for _, h := range report.Test.Heartbleed {
		v.Check(h.Vulnerable == 0, name+", heartbleed "+h.Version, "vulnerable")
	}
	for _, c := range report.Test.Cipher {
		// CBC is "acceptable" to sslscan, and none of it is offered here.
		sealed := strings.Contains(c.Name, "GCM") || strings.Contains(c.Name, "CHACHA20")
		v.Check(sealed && (c.Strength == "strong" || c.Strength == "acceptable"), name+", "+c.Version+" "+c.Name, "%s", c.Strength)
	}
	for _, g := range report.Test.Group {
		v.Check(g.Bits >= 112, name+", "+g.Version+" "+g.Name, "%d bits", g.Bits)
	}
	return nil
}

// TestSSL has testssl look at the TLS ports, both at once: it takes minutes.
func TestSSL(ctx context.Context, e *testbed.Env, v *Verdict) error {
	secure, ca, err := e.Secured(ctx)
	if err != nil {
		return err
	}
	ports := []string{secure.GRPC, secure.HTTP}
	found := make([][]finding, len(ports))
	group, ctx := errgroup.WithContext(ctx)
	for i, port := range ports {
		group.Go(func() (err error) {
			found[i], err = testssl(ctx, e, port, ca)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, port := range ports {
		for _, f := range found[i] {
			id, _, _ := strings.Cut(f.ID, " <")
			switch f.Severity {
			case "OK":
				v.Passed++
			case "INFO", "DEBUG": // tells, and judges nothing
			default:
				v.Check(false, e.PortName(port)+", "+id, "%s: %s", f.Severity, f.Finding)
			}
		}
	}
	return nil
}

// finding is a line of testssl's report.
type finding struct{ ID, Severity, Finding string }

func testssl(ctx context.Context, e *testbed.Env, port, ca string) ([]finding, error) {
	report := filepath.Join(e.Work, "testssl-"+strings.ReplaceAll(port, ":", "-")+".json")
	output, _, err := e.Output(ctx, "testssl", "--quiet", "--color", "0", "--warnings", "off", "--add-ca", ca, "--jsonfile", report, "https://"+port)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return nil, fmt.Errorf("testssl: %w: %s", err, testbed.Tail(output))
	}
	var found []finding
	err = json.Unmarshal(text, &found)
	return found, err
}
