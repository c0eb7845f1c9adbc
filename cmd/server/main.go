// Command server is the session facade: a gRPC and REST server in front of the
// Wingspan Users API. See --help.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"google.golang.org/grpc/grpclog"
)

// headroom is how much garbage may gather, in bytes, beside as much as is in use.
const headroom = 32 << 20

func main() {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, standardLog{}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal lets calls finish; one more ends the process at once.
	context.AfterFunc(ctx, stop)
	var ballast []byte
	if _, set := os.LookupEnv("GOGC"); !set {
		// The heap is small and short-lived. Go collects it whenever it has doubled;
		// memory that is never touched, and so takes none, makes doubling take longer.
		// A higher GOGC would do the same, but at many calls in flight as well, where
		// it takes several times the memory.
		ballast = make([]byte, headroom)
	}
	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	runtime.KeepAlive(ballast)
	stop()
	if err != nil {
		for mistake := range strings.Lines(err.Error()) {
			fmt.Fprintln(os.Stderr, "server:", strings.TrimSpace(mistake))
		}
		os.Exit(1)
	}
}
