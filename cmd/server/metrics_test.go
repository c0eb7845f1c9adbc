package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/wingspan-grpc/session-facade/test/certstest"

	"github.com/wingspan-grpc/session-facade/internal/facade"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// TestMonitoring shows that the dashboard and the alerts ask only for metrics that
// the server has: each name in a query is looked for in a live scrape.
func TestMonitoring(t *testing.T) {
	t.Parallel()
	scraped := scrape(t, func(rest string) {
		fetch(t, rest+"/users/session/api")
		fetch(t, rest+"/users/nothing")
	})
	for _, query := range queries(t) {
		names := metricsOf(query)
		for _, name := range names {
			if !isScraped(scraped, name) {
				t.Errorf("%s is not scraped; it is in\n%s", name, query)
			}
		}
		if len(names) == 0 {
			t.Errorf("no metric in\n%s", query)
		}
	}
}

// TestFirstScrape shows that all of these metrics are there before the first call,
// with a figure for each label that they can have: to increase() and rate(), what
// goes from nothing to 1 has not grown. Histograms are another matter: OpenTelemetry
// has none without a measurement, and 16 codes of each RPC by each protocol would be
// ten thousand series of zeros.
func TestFirstScrape(t *testing.T) {
	t.Parallel()
	scraped := scrape(t, func(string) {})
	histogram := regexp.MustCompile(`_duration_seconds_(bucket|count|sum)$`)
	for _, query := range queries(t) {
		for _, name := range metricsOf(query) {
			if !histogram.MatchString(name) && !isScraped(scraped, name) {
				t.Errorf("%s is not scraped before the first call", name)
			}
		}
	}
	rpcs := facade.Descriptor.Methods().Len()
	for name, want := range map[string]int{
		"session_facade_upstream_retries_total": rpcs,
		"session_facade_upstream_drift_total":   2 * (rpcs - 2), // of two, no response is looked into
		"session_facade_calls_rejected_total":   4,
		"session_facade_pacing_refused_total":   4,
		"session_facade_pacing_pauses_total":    2,
		"session_facade_calls_refused_total":    4 * 7,
		"session_facade_calls_in_flight":        4 * rpcs,
	} {
		if got := strings.Count(scraped, "\n"+name+"{"); got != want {
			t.Errorf("%s has %d series before the first call, want %d", name, got, want)
		}
	}
}

var metricName = regexp.MustCompile(`\b(?:session_facade|rpc|http_client|go|process)_[a-z_]+[a-z]\b`)

// metricsOf are the names of the metrics in a query.
func metricsOf(query string) (names []string) {
	for _, name := range metricName.FindAllString(query, -1) {
		if !strings.HasPrefix(name, "rpc_method") && !strings.HasPrefix(name, "rpc_response_status_code") { // labels
			names = append(names, name)
		}
	}
	return names
}

func isScraped(scraped, name string) bool {
	return strings.Contains(scraped, "\n"+name+"{") || strings.Contains(scraped, "\n"+name+" ")
}

// queries are those of the dashboard and of the alerts.
func queries(t *testing.T) []string {
	t.Helper()
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	var alerts struct {
		Groups []struct{ Rules []struct{ Expr string } }
	}
	text, err := os.ReadFile("../../deploy/monitoring/dashboard.json")
	if err == nil {
		err = json.Unmarshal(text, &dashboard)
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile("../../deploy/monitoring/alerts.yaml"); err == nil {
		err = yaml.Unmarshal(text, &alerts)
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			all = append(all, target.Expr)
		}
	}
	for _, group := range alerts.Groups {
		for _, rule := range group.Rules {
			all = append(all, rule.Expr)
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d queries", len(all))
	}
	return all
}

// scrape starts the server in front of an upstream that makes every metric appear
// when it is called, and returns what /metrics answers then.
func scrape(t *testing.T, call func(rest string)) string {
	t.Helper()
	var calls atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable) // to be retried
			return
		}
		_, _ = io.WriteString(w, `[{"sessionId":"s","expiration":"e","isUnlimitedExpiration":false,"sessionType":"Robot","new":1}]`)
	}))
	t.Cleanup(upstream.Close)
	rest, admin := serveMeasured(t, upstream.URL)
	call(rest)
	return "\n" + fetch(t, admin+"/metrics")
}

// serveMeasured starts the server, with a certificate for metrics to tell of, and
// returns where its ports are.
func serveMeasured(t *testing.T, upstreamURL string) (rest, admin string) {
	t.Helper()
	pair, dir := certstest.NewAuthority(t).Issue(t), t.TempDir()
	args := []string{
		"--upstream-url=" + upstreamURL, "--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0",
		"--upstream-read-rate=1000", "--upstream-write-rate=1000",
		"--session-cache-ttl=30s", "--session-cache-redis=redis://" + nobody,
		"--session-cache-secret-file=" + secretFile(t, current),
		"--upstream-cert=" + certstest.Write(t, filepath.Join(dir, "tls.crt"), pair.Cert),
		"--upstream-key=" + certstest.Write(t, filepath.Join(dir, "tls.key"), pair.Key),
	}
	logs, stderr := io.Pipe()
	go func() { _ = stderr.CloseWithError(run(t.Context(), args, noEnv, io.Discard, stderr)) }()
	lines := bufio.NewScanner(logs)
	var serving struct{ Msg, HTTP, Admin string }
	for serving.Msg != "serving" && lines.Scan() {
		if err := json.Unmarshal(lines.Bytes(), &serving); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	return "http://" + serving.HTTP, "http://" + serving.Admin
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	response, err := httpclient.Shared.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
