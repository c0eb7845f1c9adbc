package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
)

// announce tells that calls are taken, and where. Programs read it in the log. A person
// who tries the sandbox at a terminal gets what to do next in its place.
func (l *lifecycle) announce(ctx context.Context, grpc, rest, admin net.Addr) {
	if l.person != nil {
		fmt.Fprint(l.person, welcome(l.config, grpc, rest, admin))
		return
	}
	l.logger.LogAttrs(ctx, slog.LevelInfo, "serving", append([]slog.Attr{
		slog.String("version", buildVersion()),
		slog.String("grpc", grpc.String()),
		slog.String("http", rest.String()),
		slog.String("admin", admin.String()),
	}, slog.Attr{Key: "config", Value: slog.GroupValue(l.config.attrs()...)})...)
}

// welcome is three lines, one for each port.
func welcome(c *config, grpc, rest, admin net.Addr) string {
	scheme, security, page := "http", "plaintext", ""
	if c.Files.Cert != "" {
		scheme, security = "https", "TLS"
	}
	if c.Docs {
		page = fmt.Sprintf("; try each call at %s://%s/docs, codes at /docs/sandbox", scheme, rest)
	}
	return fmt.Sprintf("REST   %s://%s%s\n", scheme, rest, page) +
		fmt.Sprintf("gRPC   %s (%s, with reflection)\n", grpc, security) +
		fmt.Sprintf("admin  http://%s/readyz, /metrics; the configuration: server --sandbox --print-config\n", admin)
}

// person is the log, if a sandbox's is read at a terminal.
func person(c *config, stderr, logs io.Writer) io.Writer {
	file, ok := stderr.(*os.File)
	if !ok || !c.Sandbox {
		return nil
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return logs
}
