package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const rules = "deploy/monitoring/alerts.yaml"

// judgeMetrics has promtool read the metrics of a server that has had calls, and the rules.
func judgeMetrics(ctx context.Context, e *env, v *verdict) error {
	s, err := e.sandboxed(ctx)
	if err != nil {
		return err
	}
	if _, err := s.signIn(ctx, ada); err != nil {
		return err
	}
	_, text, err := call(ctx, "http://"+s.Admin, "", http.MethodGet, "/metrics", "")
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, e.programs["promtool"], "check", "metrics")
	command.Stdin = bytes.NewReader(text)
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	for line := range strings.Lines(string(output)) {
		name, why, _ := strings.Cut(strings.TrimSpace(line), " ")
		v.check(false, "metric "+name, "%s", why)
	}
	v.passed += bytes.Count(text, []byte("# TYPE ")) - len(v.failed)
	for _, args := range [][]string{{"check", "rules", rules}, {"test", "rules", "deploy/monitoring/alerts_test.yaml"}} {
		output, exit, err := e.output(ctx, "promtool", args...)
		if err != nil {
			return err
		}
		v.check(exit == 0, strings.Join(args, " "), "%s", tail(output))
	}
	return nil
}

// judgeByBuf has `buf curl` call in its three protocols, as the tests of clients do.
func judgeByBuf(ctx context.Context, e *env, v *verdict) error {
	command := exec.CommandContext(ctx, "go", "test", "-count=1", "-v", "-run", "^TestBufCurl$", "./test/clients")
	command.Env = append(os.Environ(), "CI=true") // it installs buf, and skips nothing
	command.Dir = e.root
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	for line := range strings.Lines(string(output)) {
		verdict, name, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "--- "), ": TestBufCurl/")
		if name, _, _ = strings.Cut(name, " "); found && strings.Contains(name, "/") {
			v.check(verdict == "PASS", filepath.ToSlash(name), "%s", verdict)
		}
	}
	if err != nil && len(v.failed) == 0 {
		return errors.New(tail(output))
	}
	return nil
}
