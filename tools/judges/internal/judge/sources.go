package judge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// ShellCheck has shellcheck read each shell script.
func ShellCheck(ctx context.Context, e *testbed.Env, v *Verdict) error {
	listed, _, err := e.Output(ctx, "git", "ls-files")
	if err != nil {
		return err
	}
	args := []string{"--format=json"}
	for file := range strings.Lines(string(listed)) {
		file = strings.TrimSpace(file)
		text, err := os.ReadFile(file)
		first, _, _ := bytes.Cut(text, []byte("\n"))
		if err == nil && bytes.HasPrefix(first, []byte("#!")) && bytes.HasSuffix(first, []byte("sh")) {
			args = append(args, file)
		}
	}
	output, _, err := e.Output(ctx, "shellcheck", args...)
	if err != nil {
		return err
	}
	var found []struct {
		File, Message string
		Line, Code    int
	}
	if err := json.Unmarshal(output, &found); err != nil {
		return fmt.Errorf("shellcheck: %w: %s", err, testbed.Tail(output))
	}
	for _, f := range found {
		v.Check(false, fmt.Sprintf("%s SC%d", f.File, f.Code), "line %d: %s", f.Line, f.Message)
	}
	for _, file := range args[1:] {
		if !slices.ContainsFunc(found, func(f struct {
			File, Message string
			Line, Code    int
		},
		) bool {
			return f.File == file
		}) {
			v.Passed++
		}
	}
	return nil
}

// Staticcheck has staticcheck read all packages.
func Staticcheck(ctx context.Context, e *testbed.Env, v *Verdict) error {
	listed, _, err := e.Output(ctx, "go", "list", "./...")
	if err != nil {
		return err
	}
	output, exit, err := e.Output(ctx, "staticcheck", "-f", "json", "./...")
	if err != nil {
		return err
	}
	dirty := map[string]bool{}
	for line := range strings.Lines(string(output)) {
		var f struct {
			Code, Message string
			Location      struct {
				File string
				Line int
			}
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			return fmt.Errorf("staticcheck: %w: %s", err, line)
		}
		file, err := filepath.Rel(e.Root, f.Location.File)
		if err != nil {
			return err
		}
		dirty[filepath.Dir(file)] = true
		v.Check(false, file+" "+f.Code, "line %d: %s", f.Location.Line, f.Message)
	}
	if exit != 0 && len(dirty) == 0 {
		return fmt.Errorf("staticcheck has ended with %d", exit)
	}
	v.Passed += strings.Count(string(listed), "\n") - len(dirty)
	return nil
}

// Actionlint has actionlint read the workflows.
func Actionlint(ctx context.Context, e *testbed.Env, v *Verdict) error {
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil {
		return err
	}
	for _, file := range files {
		output, exit, err := e.Output(ctx, "actionlint", "-oneline", file)
		if err != nil {
			return err
		}
		v.Check(exit == 0, file, "%s", output)
	}
	return nil
}

// Gitleaks has gitleaks read all commits, or what there is of them.
func Gitleaks(ctx context.Context, e *testbed.Env, v *Verdict) error {
	report := filepath.Join(e.Work, "gitleaks.json")
	output, _, err := e.Output(ctx, "gitleaks", "git", "--config", ".gitleaks.toml", "--no-banner", "--redact", "--report-format", "json", "--report-path", report, ".")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return fmt.Errorf("gitleaks: %w: %s", err, testbed.Tail(output))
	}
	var found []struct {
		RuleID, File string
		StartLine    int
		Commit       string
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return err
	}
	for _, f := range found {
		v.Check(false, f.File+" "+f.RuleID, "line %d of commit %.12s", f.StartLine, f.Commit)
	}
	if len(found) == 0 {
		v.Passed++
	}
	// That it does notice one, in spite of the allow-list. It is put together here, so that
	// this file has none.
	planted := e.File("planted.txt", "token = \"ghp_"+"0Zb3kQ9vT2xW7mLr5YcN8dHs1JfPa4GuE6oi"+"\"\n")
	_, exit, err := e.Output(ctx, "gitleaks", "dir", "--config", ".gitleaks.toml", "--no-banner", "--redact", planted)
	v.Check(exit == 1, "a token that is planted is noticed", "it has ended with %d", exit)
	return err
}

// KubeScore has kube-score read what each overlay makes.
func KubeScore(ctx context.Context, e *testbed.Env, v *Verdict) error {
	for _, overlay := range []string{"base", "overlays/production", "overlays/sandbox"} {
		made, exit, err := e.Output(ctx, "kustomize", "build", "deploy/"+overlay)
		if err != nil || exit != 0 {
			return fmt.Errorf("kustomize: %w: %s", err, testbed.Tail(made))
		}
		file := filepath.Join(e.Work, "manifests.yaml")
		if err := os.WriteFile(file, made, 0o600); err != nil {
			return err
		}
		output, _, err := e.Output(ctx, "kube-score", "score", "--output-format", "json", file)
		if err != nil {
			return err
		}
		if err := readScores(output, overlay, v); err != nil {
			return err
		}
	}
	return nil
}

// worst grades of kube-score that are not "OK".
const gradeOK = 10

func readScores(output []byte, overlay string, v *Verdict) error {
	var objects []struct {
		ObjectName string `json:"object_name"`
		TypeMeta   struct {
			Kind string `json:"kind"`
		} `json:"type_meta"`
		Checks []struct {
			Check    struct{ ID string }
			Grade    int
			Skipped  bool
			Comments []struct{ Summary, Description string }
		}
	}
	if err := json.Unmarshal(output, &objects); err != nil {
		return fmt.Errorf("kube-score: %w: %s", err, testbed.Tail(output))
	}
	for _, o := range objects {
		for _, c := range o.Checks {
			if !c.Skipped {
				v.Check(c.Grade >= gradeOK, fmt.Sprintf("%s %s %s", overlay, o.TypeMeta.Kind, c.Check.ID), "%s: %v", o.ObjectName, c.Comments)
			}
		}
	}
	return nil
}
