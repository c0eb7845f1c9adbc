package main

import (
	"log"
	"log/slog"
	"strings"
)

// libraryLog is where libraries log that know no logger of ours. net/http quotes
// what it did not expect on the wire, which may be a token: from the first quote
// on, a line is withheld.
type libraryLog struct{ logger *slog.Logger }

// Write implements io.Writer.
func (l libraryLog) Write(line []byte) (int, error) {
	said, _, quoted := strings.Cut(strings.TrimSpace(string(line)), `"`)
	l.logger.Warn("library", "said", said, "withheld", quoted)
	return len(line), nil
}

// standardLog hands on to the standard logger, wherever that leads by then.
type standardLog struct{}

// Write implements io.Writer.
func (standardLog) Write(line []byte) (int, error) {
	log.Print(string(line))
	return len(line), nil
}
