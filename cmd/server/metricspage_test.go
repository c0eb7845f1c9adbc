package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
	"github.com/wingspan-grpc/session-facade/test/readme"
)

// TestMetricsPage keeps the table of docs/METRICS.md, which is made of a live scrape:
// each metric of our own with its labels, and with the values of those labels that
// queries name.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(scrapeAll(t)))
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| metric | kind | labels | what it is |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") || name == "target_info" {
			continue // the libraries' own
		}
		family := families[name]
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", name,
			strings.ToLower(family.GetType().String()), labelsOf(family), family.GetHelp())
	}
	readme.Check(t, "../../docs/METRICS.md", "metrics", table.String())
}

// named are the labels whose values are few, and named in queries.
var named = []string{"port", "error_type", "le", "class", "background", "result"}

// labelsOf lists a metric's labels.
func labelsOf(family *dto.MetricFamily) string {
	values := map[string]map[string]bool{}
	add := func(label, value string) {
		if values[label] == nil {
			values[label] = map[string]bool{}
		}
		values[label][value] = true
	}
	for _, series := range family.GetMetric() {
		for _, label := range series.GetLabel() {
			add(label.GetName(), label.GetValue())
		}
		for _, bucket := range series.GetHistogram().GetBucket() {
			add("le", strconv.FormatFloat(bucket.GetUpperBound(), 'g', -1, 64))
		}
	}
	var all []string
	for _, label := range slices.Sorted(maps.Keys(values)) {
		text := "`" + label + "`"
		if slices.Contains(named, label) {
			text += " (" + strings.Join(slices.SortedFunc(maps.Keys(values[label]), byNumber), ", ") + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func byNumber(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(x, y)
}

// scrapeAll starts the server in front of an upstream that fails in every way that
// metrics tell apart, and returns what /metrics answers after a call of each.
func scrapeAll(t *testing.T) string {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/users/session/api/gone":
			panic(http.ErrAbortHandler)
		case "/users/session/api/slow":
			<-r.Context().Done()
		case "/users/session/api/broken":
			_, _ = io.WriteString(w, "not JSON")
		default:
			_, _ = io.WriteString(w, `[{"sessionId":"s","expiration":"e","isUnlimitedExpiration":false,"sessionType":"Robot","new":1}]`)
		}
	}))
	t.Cleanup(upstream.Close)
	rest, admin := serveMeasured(t, upstream.URL)
	for _, path := range []string{"/users/session/api", "/users/session/api/gone", "/users/session/api/broken", "/users/nothing"} {
		fetch(t, rest+path)
	}
	callShortly(t, rest+"/users/session/api/slow")
	return fetch(t, admin+"/metrics")
}

// callShortly calls with a deadline, as gRPC callers have it, that passes.
func callShortly(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Grpc-Timeout", "50m")
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusGatewayTimeout {
		t.Fatalf("%s: %s", url, response.Status)
	}
}
