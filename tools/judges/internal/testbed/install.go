package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Tool is something to install.
type Tool struct {
	Name    string // of the program
	from    string // Go's package, npm's or Debian's
	Version string // exactly; Debian 12's is what the page says
	Shown   string // for the page, if it is not the version
	install func(context.Context, *Env, Tool) (string, error)
}

// Go is a tool that Go installs.
func Go(name, from, version string) Tool {
	return Tool{Name: name, from: from, Version: version, install: installGo}
}

// NPM is one of tools/judges/npm/package.json.
func NPM(name, version string) Tool {
	return Tool{Name: name, from: name, Version: version, install: installNPM}
}

// Debian is one of Debian 12.
func Debian(name, from, version string) Tool {
	return Tool{Name: name, from: from, Version: version, Shown: version + ", Debian 12's", install: installDebian}
}

// Own is one that the repository has elsewhere, or none: a text that is held against.
func Own(name, version string) Tool { return Tool{Name: name, Version: version} }

// ErrUnavailable is what a tool is that cannot be had here.
var ErrUnavailable = errors.New("cannot be installed")

// Install installs tools, each once.
func (e *Env) Install(ctx context.Context, tools []Tool) error {
	for _, t := range tools {
		if t.install == nil || e.Programs[t.Name] != "" {
			continue
		}
		path, err := t.install(ctx, e, t)
		if err != nil {
			return fmt.Errorf("%s %s %w: %w", t.Name, t.Version, ErrUnavailable, err)
		}
		e.Programs[t.Name] = path
	}
	return nil
}

func installGo(ctx context.Context, e *Env, t Tool) (string, error) {
	folder := filepath.Join(e.Root, "bin", "judges", t.Name+"-"+t.Version)
	path := filepath.Join(folder, t.Name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	command := exec.CommandContext(ctx, "go", "install", t.from+"@"+t.Version)
	command.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, Tail(output))
	}
	return path, nil
}

// installNPM installs all of npm's at once: one lock file has them all.
func installNPM(ctx context.Context, e *Env, t Tool) (string, error) {
	modules := filepath.Join(e.NPM(), "node_modules")
	path := filepath.Join(modules, ".bin", t.Name)
	lock, err := os.ReadFile(filepath.Join(e.NPM(), "package-lock.json"))
	if err != nil {
		return "", err
	}
	stamp := filepath.Join(modules, ".installed")
	if was, err := os.ReadFile(stamp); err == nil && string(was) == string(lock) {
		return path, nil
	}
	command := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	command.Dir = e.NPM()
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, Tail(output))
	}
	return path, os.WriteFile(stamp, lock, 0o644)
}

// installDebian takes what is there. In CI it installs what is not.
func installDebian(ctx context.Context, _ *Env, t Tool) (string, error) {
	if path, err := exec.LookPath(t.Name); err == nil || os.Getenv("CI") != "true" {
		return path, err
	}
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-qq", "-y", "--no-install-recommends", t.from}} {
		command := exec.CommandContext(ctx, "apt-get", args...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if output, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, Tail(output))
		}
	}
	return exec.LookPath(t.Name)
}

// Tail is the end of what a program has printed.
func Tail(output []byte) string { return string(output[max(0, len(output)-2000):]) }
