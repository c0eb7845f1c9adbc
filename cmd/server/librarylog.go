package main

import (
	"context"
	"log"
	"log/slog"
	"strings"
)

// libraryLog is where libraries log that know no logger of ours. net/http quotes
// what it did not expect from a peer, which may be a token: from the first quote on,
// a line is withheld, and so is the value of a panic.
type libraryLog struct{ logger *slog.Logger }

// withheld are the lines of which only the beginning is told. A handshake that fails
// is a peer's business: a balancer that only opens a connection to see whether it can
// fails one every few seconds.
var withheld = map[string]slog.Level{
	"http: TLS handshake error": slog.LevelDebug,
	"http: panic serving":       slog.LevelError,
}

// Write implements io.Writer.
func (l libraryLog) Write(line []byte) (int, error) {
	said, _, quoted := strings.Cut(strings.TrimSpace(string(line)), `"`)
	level := slog.LevelWarn
	for beginning, severity := range withheld {
		if strings.HasPrefix(said, beginning) {
			said, quoted, level = beginning, true, severity
		}
	}
	l.logger.Log(context.Background(), level, "library", "said", said, "withheld", quoted)
	return len(line), nil
}

// standardLog hands on to the standard logger, wherever that leads by then.
type standardLog struct{}

// Write implements io.Writer.
func (standardLog) Write(line []byte) (int, error) {
	log.Print(string(line))
	return len(line), nil
}
