//go:build linux

package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/tools/internal/server"
)

func TestStart_TellsOfAServerThatEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := server.New(0, "false")
	if err := s.Start(ctx); err == nil || !strings.Contains(err.Error(), "has ended before it was ready") {
		t.Errorf("got %v, want to be told that it has ended", err)
	}
	s.Kill() // as the callers do, whatever became of it
}
