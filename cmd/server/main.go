// Command server is the session facade: a gRPC and REST server in front of the
// Wingspan Users API. See --help.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"google.golang.org/grpc/grpclog"
)

func main() {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, standardLog{}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal lets calls finish; one more ends the process at once.
	context.AfterFunc(ctx, stop)
	if _, set := os.LookupEnv("GOGC"); !set {
		collectByAmount()
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
