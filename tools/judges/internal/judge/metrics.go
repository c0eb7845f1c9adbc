package judge

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

const rules = "deploy/monitoring/alerts.yaml"

// Promtool has promtool read the metrics of a server that has had calls, and the rules.
func Promtool(ctx context.Context, e *testbed.Env, v *Verdict) error {
	s, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	if _, err := s.SignIn(ctx, testbed.Ada); err != nil {
		return err
	}
	response, err := testbed.Call(ctx, "http://"+s.Admin, "", http.MethodGet, "/metrics", "")
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, e.Programs["promtool"], "check", "metrics")
	command.Stdin = bytes.NewReader(response.Body)
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	for line := range strings.Lines(string(output)) {
		name, why, _ := strings.Cut(strings.TrimSpace(line), " ")
		v.Check(false, "metric "+name, "%s", why)
	}
	v.Passed += bytes.Count(response.Body, []byte("# TYPE ")) - len(v.Failed)
	for _, args := range [][]string{{"check", "rules", rules}, {"test", "rules", "deploy/monitoring/alerts_test.yaml"}} {
		output, exit, err := e.Output(ctx, "promtool", args...)
		if err != nil {
			return err
		}
		v.Check(exit == 0, strings.Join(args, " "), "%s", testbed.Tail(output))
	}
	return nil
}

// BufCurl has `buf curl` call in its three protocols, as the tests of clients do.
func BufCurl(ctx context.Context, e *testbed.Env, v *Verdict) error {
	command := exec.CommandContext(ctx, "go", "test", "-count=1", "-v", "-run", "^TestBufCurl$", "./test/clients")
	command.Env = append(os.Environ(), "CI=true") // it installs buf, and skips nothing
	command.Dir = e.Root
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	for line := range strings.Lines(string(output)) {
		verdict, name, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "--- "), ": TestBufCurl/")
		if name, _, _ = strings.Cut(name, " "); found && strings.Contains(name, "/") {
			v.Check(verdict == "PASS", filepath.ToSlash(name), "%s", verdict)
		}
	}
	if err != nil && len(v.Failed) == 0 {
		return errors.New(testbed.Tail(output))
	}
	return nil
}
