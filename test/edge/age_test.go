package edge

import (
	"testing"

	"google.golang.org/grpc/connectivity"
)

// TestConnectionAge shows that a gRPC connection ends at the age that is set, and
// that calls go on over another.
func TestConnectionAge(t *testing.T) {
	t.Parallel()
	c := newCaller(t, start(t, "--sandbox", "--max-connection-age=300ms"), nil)
	for range 3 {
		if err := c.viaGRPC(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !c.conn.WaitForStateChange(t.Context(), connectivity.Ready) {
			t.Fatal("the connection does not end")
		}
	}
}
