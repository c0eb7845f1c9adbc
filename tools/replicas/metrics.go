//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// commands are what replicas have the server of Redis do, and what it was too late with, by all
// replicas so far.
type commands struct{ find, keep, release, sync, late float64 }

func (c *cluster) commands(ctx context.Context) (all commands, err error) {
	for _, f := range c.facades {
		for label, sum := range map[string]*float64{
			`operation="find"`: &all.find, `operation="keep"`: &all.keep, `operation="release"`: &all.release,
			`operation="sync"`: &all.sync, `result="timeout"`: &all.late,
		} {
			n, err := metric(ctx, f.Admin, "session_facade_replicas_operations_total{", label)
			if err != nil {
				return all, err
			}
			*sum += n
		}
	}
	return all, nil
}

// rates tells how many commands there were in a second since.
func (c commands) rates(since commands, seconds float64) string {
	return fmt.Sprintf("%.0f finds, %.0f keeps, %.0f releases and %.0f syncs a second; Redis was too late with %.0f of all of them",
		(c.find-since.find)/seconds, (c.keep-since.keep)/seconds, (c.release-since.release)/seconds, (c.sync-since.sync)/seconds, c.late-since.late)
}

// metric sums up the figures of a metric that have a label.
func metric(ctx context.Context, admin, begins, label string) (sum float64, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("metrics: %s", response.Status)
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if line := lines.Text(); strings.HasPrefix(line, begins) && strings.Contains(line, label) {
			n, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, lines.Err()
}
