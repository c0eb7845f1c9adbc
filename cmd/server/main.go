// Command server is the session facade: a gRPC and REST server in front of the
// Wingspan Users API. See --help.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"google.golang.org/grpc/grpclog"
)

// gcPercent is how far the heap may grow over what is in use, unless GOGC says.
const gcPercent = 400

func main() {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, standardLog{}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal lets calls finish; one more ends the process at once.
	context.AfterFunc(ctx, stop)
	if _, set := os.LookupEnv("GOGC"); !set {
		// The heap is small and short-lived: collecting it a quarter as often saves a
		// fifth of the CPU. GOMEMLIMIT bounds it, as the manifests set it.
		debug.SetGCPercent(gcPercent)
	}
	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		for mistake := range strings.Lines(err.Error()) {
			fmt.Fprintln(os.Stderr, "server:", strings.TrimSpace(mistake))
		}
		os.Exit(1)
	}
}
