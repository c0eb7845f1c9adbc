package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tlsPorts are those that speak TLS: with and without client certificates.
func (e *env) tlsPorts(ctx context.Context) ([]string, error) {
	secure, _, err := e.secured(ctx)
	if err != nil {
		return nil, err
	}
	mutual, _, err := e.secured(ctx, "--tls-client-ca=$CA")
	if err != nil {
		return nil, err
	}
	return []string{secure.GRPC, secure.HTTP, mutual.GRPC, mutual.HTTP}, nil
}

// judgeTLS has sslscan try each TLS port.
func judgeTLS(ctx context.Context, e *env, v *verdict) error {
	ports, err := e.tlsPorts(ctx)
	if err != nil {
		return err
	}
	for _, port := range ports {
		if err := e.sslscan(ctx, port, v); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) sslscan(ctx context.Context, port string, v *verdict) error {
	output, _, err := e.output(ctx, "sslscan", "--xml=-", "--show-sigs", port)
	if err != nil {
		return err
	}
	var report struct {
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
	if err := xml.Unmarshal(output, &report); err != nil || report.Test == nil {
		return fmt.Errorf("sslscan: %w: %s", err, tail(output))
	}
	name := e.portName(port)
	for _, p := range report.Test.Protocol {
		modern := p.Type == "tls" && (p.Version == "1.2" || p.Version == "1.3")
		v.check((p.Enabled == 1) == modern, name+", "+p.Type+" "+p.Version, "enabled: %d", p.Enabled)
	}
	for _, c := range report.Test.Compression {
		v.check(c.Supported == 0, name+", compression", "supported")
	}
	for _, h := range report.Test.Heartbleed {
		v.check(h.Vulnerable == 0, name+", heartbleed "+h.Version, "vulnerable")
	}
	for _, c := range report.Test.Cipher {
		v.check(c.Strength == "strong" || c.Strength == "acceptable", name+", "+c.Version+" "+c.Name, "%s", c.Strength)
	}
	for _, g := range report.Test.Group {
		v.check(g.Bits >= 112, name+", "+g.Version+" "+g.Name, "%d bits", g.Bits)
	}
	return nil
}

// judgeTLSFully has testssl look at each port that it can get through to.
func judgeTLSFully(ctx context.Context, e *env, v *verdict) error {
	secure, ca, err := e.secured(ctx)
	if err != nil {
		return err
	}
	for i, port := range []string{secure.GRPC, secure.HTTP} {
		report := filepath.Join(e.work, fmt.Sprintf("testssl-%d.json", i))
		output, _, err := e.output(ctx, "testssl", "--quiet", "--color", "0", "--warnings", "off", "--add-ca", ca, "--jsonfile", report, "https://"+port)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(report)
		if err != nil {
			return fmt.Errorf("testssl: %w: %s", err, tail(output))
		}
		var found []struct{ ID, Severity, Finding string }
		if err := json.Unmarshal(text, &found); err != nil {
			return err
		}
		for _, f := range found {
			id, _, _ := strings.Cut(f.ID, " <")
			switch f.Severity {
			case "OK":
				v.passed++
			case "INFO": // tells, and judges nothing
			default:
				v.check(false, e.portName(port)+", "+id, "%s: %s", f.Severity, f.Finding)
			}
		}
	}
	return nil
}
