// Package faults holds what is tested of the facade in front of an upstream that
// fails: in every way that a network, a server or a proxy between can.
package faults

import (
	"io"
	"log"
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

// TestMain shows that no call leaves a goroutine behind, however it failed.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // where net/http quotes what comes after a response
	// net/http rests for half a second before it closes a connection whose body is not whole.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// quiet is for servers whose clients fail as they should.
var quiet = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
