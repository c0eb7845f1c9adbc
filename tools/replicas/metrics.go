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

// late is how many commands of all replicas the server of Redis was too late with so far.
func (c *cluster) late(ctx context.Context) (sum float64, err error) {
	for _, f := range c.facades {
		n, err := metric(ctx, f.Admin, "session_facade_replicas_operations_total{", `result="timeout"`)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
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
