// Command server is the session facade: a gRPC and REST server in front of the
// Wingspan Users API. See --help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal lets calls finish; one more ends the process at once.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		for mistake := range strings.Lines(err.Error()) {
			fmt.Fprintln(os.Stderr, "server:", strings.TrimSpace(mistake))
		}
		os.Exit(1)
	}
}
