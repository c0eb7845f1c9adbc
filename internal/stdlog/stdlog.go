// Package stdlog makes what libraries log by the standard library's log package, as
// net/http and grpc-go do, lines of an slog.Logger, without values: they quote peers.
package stdlog

import (
	"context"
	"log"
	"log/slog"
	"strings"
)

// Writer is where libraries log that know no logger of ours. net/http quotes what it
// did not expect from a peer, which may be a token: from the first quote on, a line is
// withheld, and so is the value of a panic.
type Writer struct{ Logger *slog.Logger }

// withheld are the lines of which only the beginning is told. A handshake that fails
// is a peer's business: a balancer that only opens a connection to see whether it can
// fails one every few seconds.
var withheld = map[string]slog.Level{
	"http: TLS handshake error": slog.LevelDebug,
	"http: panic serving":       slog.LevelError,
}

// Write implements io.Writer.
func (w Writer) Write(line []byte) (int, error) {
	said, _, quoted := strings.Cut(strings.TrimSpace(string(line)), `"`)
	level := slog.LevelWarn
	for beginning, severity := range withheld {
		if strings.HasPrefix(said, beginning) {
			said, quoted, level = beginning, true, severity
		}
	}
	w.Logger.Log(context.Background(), level, "library", "said", said, "withheld", quoted)
	return len(line), nil
}

// Default hands on to the standard logger, wherever that leads by then.
type Default struct{}

// Write implements io.Writer.
func (Default) Write(line []byte) (int, error) {
	log.Print(string(line))
	return len(line), nil
}
