package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// tool is something to install.
type tool struct {
	name    string // of the program
	from    string // Go's package, npm's or Debian's
	version string // exactly; Debian 12's is what the page says
	shown   string // for the page, if it is not the version
	install func(context.Context, *env, tool) (string, error)
}

func goTool(name, from, version string) tool {
	return tool{name: name, from: from, version: version, install: installGo}
}

func npmTool(name, version string) tool {
	return tool{name: name, from: name, version: version, install: installNPM}
}

func debianTool(name, from, version string) tool {
	return tool{name: name, from: from, version: version, shown: version + ", Debian 12's", install: installDebian}
}

// own is a tool that the repository runs elsewhere, by its go.mod.
func own(shown string) tool { return tool{shown: shown} }

var errUnavailable = errors.New("cannot be installed")

// install installs tools, each once.
func (e *env) install(ctx context.Context, tools []tool) error {
	for _, t := range tools {
		if t.install == nil || e.programs[t.name] != "" {
			continue
		}
		path, err := t.install(ctx, e, t)
		if err != nil {
			return fmt.Errorf("%s %s %w: %w", t.name, t.version, errUnavailable, err)
		}
		e.programs[t.name] = path
	}
	return nil
}

func installGo(ctx context.Context, e *env, t tool) (string, error) {
	folder := filepath.Join(e.root, "bin", "judges", t.name+"-"+t.version)
	path := filepath.Join(folder, t.name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	command := exec.CommandContext(ctx, "go", "install", t.from+"@"+t.version)
	command.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, tail(output))
	}
	return path, nil
}

// installNPM installs all of npm's at once: one lock file has them all.
func installNPM(ctx context.Context, e *env, t tool) (string, error) {
	modules := filepath.Join(e.npm(), "node_modules")
	path := filepath.Join(modules, ".bin", t.name)
	lock, err := os.ReadFile(filepath.Join(e.npm(), "package-lock.json"))
	if err != nil {
		return "", err
	}
	stamp := filepath.Join(modules, ".installed")
	if was, err := os.ReadFile(stamp); err == nil && string(was) == string(lock) {
		return path, nil
	}
	command := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	command.Dir = e.npm()
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, tail(output))
	}
	return path, os.WriteFile(stamp, lock, 0o644)
}

// installDebian takes what is there. In CI it installs what is not.
func installDebian(ctx context.Context, _ *env, t tool) (string, error) {
	if path, err := exec.LookPath(t.name); err == nil || os.Getenv("CI") != "true" {
		return path, err
	}
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-qq", "-y", "--no-install-recommends", t.from}} {
		command := exec.CommandContext(ctx, "apt-get", args...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if output, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, tail(output))
		}
	}
	return exec.LookPath(t.name)
}

// tail is the end of what a program has printed.
func tail(output []byte) string { return string(output[max(0, len(output)-2000):]) }
