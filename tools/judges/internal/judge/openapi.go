package judge

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// documents are the facade's own and the sandbox's, as it is served, by what findings in
// them are called.
func documents(ctx context.Context, e *testbed.Env) (map[string]string, error) {
	s, err := e.Sandboxed(ctx)
	if err != nil {
		return nil, err
	}
	response, err := testbed.Call(ctx, "http://"+s.Admin, "", http.MethodGet, "/sandbox/openapi.json", "")
	if err != nil {
		return nil, err
	}
	return map[string]string{"": Document, "sandbox: ": e.File("sandbox-openapi.json", string(response.Body))}, nil
}

// Redocly has its linter read the documents.
func Redocly(ctx context.Context, e *testbed.Env, v *Verdict) error {
	all, err := documents(ctx, e)
	if err != nil {
		return err
	}
	for prefix, path := range all {
		output, _, err := e.Output(ctx, "redocly", "lint", "--format=json", path)
		if err != nil {
			return err
		}
		var report struct {
			Totals   *struct{}
			Problems []struct {
				RuleID, Message string
				Location        []struct{ Pointer string }
			}
		}
		if err := json.Unmarshal(output, &report); err != nil || report.Totals == nil {
			return fmt.Errorf("redocly: %w: %s", err, testbed.Tail(output))
		}
		for _, p := range report.Problems {
			name := prefix + p.RuleID
			if len(p.Location) > 0 {
				name += " " + p.Location[0].Pointer
			}
			v.Check(false, name, "%s", p.Message)
		}
		if err := countOperations(path, v); err != nil {
			return err
		}
	}
	return nil
}

// Spectral has its linter read the documents.
func Spectral(ctx context.Context, e *testbed.Env, v *Verdict) error {
	all, err := documents(ctx, e)
	if err != nil {
		return err
	}
	rules := e.File("spectral.yaml", "extends: [\"spectral:oas\"]\n")
	for prefix, path := range all {
		output, exit, err := e.Output(ctx, "spectral", "lint", path, "--ruleset", rules, "--format", "json", "--quiet")
		if err != nil {
			return err
		}
		var found []struct {
			Code, Message string
			Path          []any
		}
		if err := json.Unmarshal(output, &found); err != nil || exit > 1 {
			return fmt.Errorf("spectral: %d, %w: %s", exit, err, testbed.Tail(output))
		}
		for _, f := range found {
			v.Check(false, prefix+strings.TrimSpace(fmt.Sprintln(append([]any{f.Code}, f.Path...)...)), "%s", f.Message)
		}
		if err := countOperations(path, v); err != nil {
			return err
		}
	}
	return nil
}

// countOperations counts what a linter has read: it tells of faults only.
func countOperations(path string, v *Verdict) error {
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return err
	}
	for _, item := range doc.Paths.Map() {
		v.Passed += len(item.Operations())
	}
	return nil
}

// Prism makes each operation's call through Prism, which compares requests and
// responses with the document, and responds by an error of its own to what differs.
func Prism(ctx context.Context, e *testbed.Env, v *Verdict) error {
	s, err := e.Sandboxed(ctx)
	if err != nil {
		return err
	}
	doc, err := openapi3.NewLoader().LoadFromFile(Document)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	prism, err := startPrism(ctx, e, s)
	if err != nil {
		return err
	}
	for path, item := range doc.Paths.Map() {
		for verb, operation := range item.Operations() {
			if err := throughPrism(ctx, s, prism, verb, path, operation, v); err != nil {
				return fmt.Errorf("%s: %w", operation.OperationID, err)
			}
		}
	}
	// That it does compare: a member of the wrong type.
	response, err := testbed.Call(ctx, prism, "", http.MethodPost, "/users/session", `{"email":1}`)
	if err != nil {
		return err
	}
	v.Check(response.Status == http.StatusUnprocessableEntity, "a wrong request is refused", "%d", response.Status)
	return nil
}

func startPrism(ctx context.Context, e *testbed.Env, s *testbed.Server) (string, error) {
	command := exec.CommandContext(ctx, e.Programs["prism"], "proxy", Document, "http://"+s.HTTP, "--errors", "--host=127.0.0.1", "--port=0")
	command.Env = append(os.Environ(), "NO_COLOR=1", "FORCE_COLOR=0")
	out, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", err
	}
	go func() { <-ctx.Done(); _ = command.Wait() }()
	var printed strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		printed.WriteString(lines.Text() + "\n")
		if _, address, found := strings.Cut(lines.Text(), "Prism is listening on "); found {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return strings.TrimSpace(address), nil
		}
	}
	return "", errors.New("prism has not begun to listen: " + printed.String())
}

// throughPrism makes a call as the document's example has it, with what only the sandbox
// knows put in.
func throughPrism(ctx context.Context, s *testbed.Server, prism, verb, path string, operation *openapi3.Operation, v *Verdict) error {
	token := ""
	if operation.Security == nil || len(*operation.Security) > 0 {
		user := testbed.Ada
		if operation.OperationID == "postUsersSessionRequestingUser" {
			user = testbed.Grace
		}
		var err error
		if token, err = s.SignIn(ctx, user); err != nil {
			return err
		}
	}
	c, err := prepare(ctx, s, token, verb, path, operation)
	if err != nil {
		return err
	}
	response, err := testbed.Call(ctx, prism, token, verb, c.path, c.body)
	if err != nil {
		return err
	}
	ok := response.Status/100 == 2 && response.Header.Get("Sl-Violations") == ""
	v.Check(ok, operation.OperationID, "%d %s %s", response.Status, response.Header.Get("Sl-Violations"), testbed.Tail(response.Body))
	return nil
}
