package main

import (
	"log"
	"log/slog"
	"net/http"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/stdlog"
)

// What an HTTP client may take its time for: to send the headers of a request, all
// of it, and to read the response once it is there. Who answers no ping over HTTP/2
// is gone, and so is who takes nothing off the connection.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = time.Minute
	pingInterval  = time.Minute
	pingTimeout   = 20 * time.Second
	stallTimeout  = 30 * time.Second
	maxHeader     = 96 << 10
	// maxUnread is what may have come over HTTP/2 of a body that nobody reads yet, while it
	// waits for memory. It is in no sum; over HTTP/1.1 the socket holds it.
	maxUnread = 128 << 10
)

// upstreamIdleTimeout is longer than the facade keeps an idle connection to the
// sandbox's upstream.
const upstreamIdleTimeout = time.Hour

// newHTTPServer makes an HTTP server; longest is how long a call may take.
func newHTTPServer(c *config, handler http.Handler, longest time.Duration, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + longest + writeTimeout,
		IdleTimeout:       c.HTTPIdleTimeout,
		MaxHeaderBytes:    maxHeader,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: c.MaxStreams, SendPingTimeout: pingInterval, PingTimeout: pingTimeout,
			WriteByteTimeout: stallTimeout, MaxReceiveBufferPerStream: maxUnread,
		},
		ErrorLog: log.New(stdlog.Writer{Logger: logger}, "", 0),
	}
}
