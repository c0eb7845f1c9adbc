package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// selected is a metric's name in a query of the dashboard's: each selects by job.
var selected = regexp.MustCompile(`(\w+)\{job=`)

// missingMetrics are those of the dashboard's that a scrape does not have.
func missingMetrics(ctx context.Context, admin string) ([]string, error) {
	dashboard, err := os.ReadFile(filepath.Join("deploy", "monitoring", "dashboard.json"))
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	scraped, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var names, missing []string
	for _, found := range selected.FindAllStringSubmatch(string(dashboard), -1) {
		names = append(names, found[1])
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 15 {
		return nil, fmt.Errorf("the dashboard names only %d metrics", len(names))
	}
	lines := "\n" + string(scraped)
	for _, name := range names {
		if !strings.Contains(lines, "\n"+name+"{") && !strings.Contains(lines, "\n"+name+" ") {
			missing = append(missing, name)
		}
	}
	return missing, nil
}
