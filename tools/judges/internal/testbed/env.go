package testbed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Env is what judges share: the tools, the server's binary and servers that run.
type Env struct {
	Root     string            // of the repository
	Work     string            // for files of this run
	Programs map[string]string // installed tools by name
	Overlay  string            // of the sources, for a mistake that is planted
	binary   string
	servers  map[string]*Server
}

// New makes one of the folder that it is called in.
func New() (*Env, error) {
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
	return &Env{Root: root, Work: work, Programs: map[string]string{}, servers: map[string]*Server{}}, nil
}

// NPM is the folder of npm's tools.
func (e *Env) NPM() string { return filepath.Join(e.Root, "tools", "judges", "npm") }

// Close stops the servers that this run has started.
func (e *Env) Close() {
	for _, s := range e.servers {
		s.stop()
	}
	_ = os.RemoveAll(e.Work)
}

// Output runs an installed tool and returns what it has printed, or complained of if that is
// nothing, and its exit code.
func (e *Env) Output(ctx context.Context, name string, args ...string) ([]byte, int, error) {
	return e.OutputIn(ctx, e.Root, name, args...)
}

// OutputIn does so in a folder.
func (e *Env) OutputIn(ctx context.Context, folder, name string, args ...string) ([]byte, int, error) {
	path := e.Programs[name]
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

// File writes a file for a tool to read. One that cannot be written is missed by the tool.
func (e *Env) File(name, text string) string {
	path := filepath.Join(e.Work, name)
	_ = os.WriteFile(path, []byte(text), 0o600)
	return path
}
