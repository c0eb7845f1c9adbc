//go:build unix

package main

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// TestSupervise_EndsWhatIsLeftBehind shows that no process stays, nor a file, even where who
// started it is killed, and it has been paused.
func TestSupervise_EndsWhatIsLeftBehind(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]string{
		"by itself":    "exit 1",
		"by a panic":   "kill -ABRT $$",
		"by the worst": "kill -KILL $$",
		"when told":    "wait",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if name == "when told" {
				cancelled, cancel := context.WithCancel(ctx)
				time.AfterFunc(100*time.Millisecond, cancel)
				ctx = cancelled
			}
			err = supervise(ctx, write, "sh", "-c", `trap 'exit 1' TERM; echo "$TMPDIR"; sleep 60 & kill -STOP $!; `+ends)
			_ = write.Close()
			if err == nil {
				t.Error("no error")
			}
			_ = read.SetReadDeadline(time.Now().Add(10 * time.Second))
			said, err := io.ReadAll(read) // which ends when nobody can write any more
			if err != nil {
				t.Fatal("somebody is left: ", err)
			}
			if _, err := os.Stat(strings.TrimSpace(string(said))); !os.IsNotExist(err) {
				t.Errorf("%q: %v, want it to be removed", said, err)
			}
		})
	}
}
