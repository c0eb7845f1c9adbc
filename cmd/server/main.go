// Command server is the session facade: a gRPC and REST server in front of the
// Wingspan Users API. See --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"google.golang.org/grpc/grpclog"

	"github.com/wingspan-grpc/session-facade/internal/gctuner"
	"github.com/wingspan-grpc/session-facade/internal/stdlog"
)

func main() {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, stdlog.Default{}))
	// Go ends a process that writes to a broken stdout or stderr, unless it ignores
	// this. Whoever reads the log may be restarted; calls go on.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	// The first signal lets calls finish; one more ends the process at once.
	context.AfterFunc(ctx, stop)
	if _, set := os.LookupEnv("GOGC"); !set {
		gctuner.Start()
	}
	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), logTimeout)
		defer cancel()
		_ = write(ctx, os.Stderr, mistakes(err))
		os.Exit(exitCode(err)) //nolint:gocritic // there is nothing left to cancel
	}
}

// endings are the signals that end the process. A process that was started with
// SIGHUP ignored, as by nohup, goes on ignoring it.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// exitCode is 2 for what is wrong with the command line or the environment, as of other
// commands, and 1 for what fails.
func exitCode(err error) int {
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

// mistakes are the lines of an error, as the command tells them.
func mistakes(err error) string {
	var text strings.Builder
	for mistake := range strings.Lines(err.Error()) {
		fmt.Fprintln(&text, "server:", strings.TrimSpace(mistake))
	}
	return text.String()
}

// write writes a text, unless ctx ends before: a pipe may be one that nobody reads.
func write(ctx context.Context, to io.Writer, text string) error {
	written := make(chan error, 1)
	go func() {
		_, err := io.WriteString(to, text)
		written <- err
	}()
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
