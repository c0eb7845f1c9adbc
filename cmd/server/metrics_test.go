package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestMonitoring shows that the dashboard and the alerts ask only for metrics that
// the server has: each name in a query is looked for in a live scrape.
func TestMonitoring(t *testing.T) {
	t.Parallel()
	scraped := scrape(t)
	names := regexp.MustCompile(`\b(?:session_facade|rpc|http_client|go|process)_[a-z_]+[a-z]\b`)
	for _, query := range queries(t) {
		used := 0
		for _, name := range names.FindAllString(query, -1) {
			if strings.HasPrefix(name, "rpc_method") || strings.HasPrefix(name, "rpc_response_status_code") {
				continue // labels
			}
			used++
			if !strings.Contains(scraped, "\n"+name+"{") && !strings.Contains(scraped, "\n"+name+" ") {
				t.Errorf("%s is not scraped; it is in\n%s", name, query)
			}
		}
		if used == 0 {
			t.Errorf("no metric in\n%s", query)
		}
	}
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

// scrape starts the server in front of an upstream that makes every metric appear,
// and returns what /metrics answers then.
func scrape(t *testing.T) string {
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
	logs, stderr := io.Pipe()
	go func() {
		_ = stderr.CloseWithError(run(t.Context(), []string{"--upstream-url=" + upstream.URL, "--grpc-addr=127.0.0.1:0",
			"--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}, noEnv, io.Discard, stderr))
	}()
	lines := bufio.NewScanner(logs)
	var serving struct{ Msg, REST, Admin string }
	for serving.Msg != "serving" && lines.Scan() {
		if err := json.Unmarshal(lines.Bytes(), &serving); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	fetch(t, "http://"+serving.REST+"/users/session/api")
	fetch(t, "http://"+serving.REST+"/users/nothing")
	return "\n" + fetch(t, "http://"+serving.Admin+"/metrics")
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
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
