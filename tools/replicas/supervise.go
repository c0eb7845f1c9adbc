//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// isSupervised is a variable that is set where somebody ends what is left behind.
const isSupervised = "REPLICAS_SUPERVISED"

// endTime is how long a program may take to end when it is told to.
const endTime = 20 * time.Second

// supervise runs a program in a group of processes of its own, with a folder of its own for
// what is temporary, and ends and removes what it leaves behind, however it ends: servers that
// nobody waits for would go on for ever.
func supervise(ctx context.Context, output *os.File, program string, args ...string) error {
	dir, err := os.MkdirTemp("", "replicas")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), isSupervised+"=yes", "TMPDIR="+dir)
	command.Stdout, command.Stderr = output, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = endTime
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	if err := command.Start(); err != nil {
		return err
	}
	err = command.Wait()
	if left := syscall.Kill(-command.Process.Pid, syscall.SIGKILL); left != nil && !errors.Is(left, syscall.ESRCH) {
		err = errors.Join(err, left)
	}
	return err
}

// supervised runs this program again below a supervisor, which it becomes, and returns the code
// to exit with.
func supervised() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	self, err := os.Executable()
	if err == nil {
		err = supervise(ctx, os.Stdout, self, os.Args[1:]...)
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit) || exit.ExitCode() != 1: // else it has told of it itself
		fmt.Fprintln(os.Stderr, "replicas:", err)
	}
	return 1
}
