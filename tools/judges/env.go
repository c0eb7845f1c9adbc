package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// env is what judges share: the tools, the server's binary and servers that run.
type env struct {
	root     string
	work     string // for files of this run
	programs map[string]string
	binary   string
	overlay  string // of the sources, for a mistake that is planted
	servers  map[string]*server
}

// newEnv makes one of the folder that it is called in.
func newEnv(_ context.Context) (*env, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat("cmd/server"); err != nil {
		return nil, errors.New("run it in the root of the repository")
	}
	work, err := os.MkdirTemp("", "judges-")
	if err != nil {
		return nil, err
	}
	return &env{root: root, work: work, programs: map[string]string{}, servers: map[string]*server{}}, nil
}

func (e *env) npm() string { return filepath.Join(e.root, "tools", "judges", "npm") }

// close stops the servers that this run has started.
func (e *env) close() {
	for _, s := range e.servers {
		s.stop()
	}
	_ = os.RemoveAll(e.work)
}

// output runs an installed tool and returns what it has printed, or complained of if that is
// nothing, and its exit code.
func (e *env) output(ctx context.Context, name string, args ...string) ([]byte, int, error) {
	return e.outputIn(ctx, e.root, name, args...)
}

func (e *env) outputIn(ctx context.Context, folder, name string, args ...string) ([]byte, int, error) {
	path := e.programs[name]
	if path == "" {
		path = name
	}
	command := exec.CommandContext(ctx, path, args...)
	command.Dir = folder
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if len(output) == 0 {
		output = complaints.Bytes()
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, 0, fmt.Errorf("%s: %w", name, ctx.Err())
	case errors.As(err, &exit): // most tools end so when they have found something
		return output, exit.ExitCode(), nil
	case err != nil:
		return nil, 0, fmt.Errorf("%s: %w", name, err)
	}
	return output, 0, nil
}
