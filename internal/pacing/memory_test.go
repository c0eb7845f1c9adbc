package pacing

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/heapdump"
)

// canary is a made-up credential. None of its parts is in the program as it stands there.
func canary(n int) string {
	text := []byte("QSLPQ[\x1fVLJ\x1f") // each letter by another
	for i := range text {
		text[i] ^= 0x3e
	}
	return string(strconv.AppendInt(text, int64(n), 10))
}

// TestMemory_HoldsNoCredential shows that nothing is kept of callers by which they could be
// told, not even of those who are stopped.
func TestMemory_HoldsNoCredential(t *testing.T) {
	if !heapdump.InOwnProcess(t) {
		return
	}
	p := fresh(t, 1e6, 0)
	var group sync.WaitGroup
	group.Go(func() {
		for i := range 1000 {
			call := &Call{Header: http.Header{"Authorization": {canary(i)}}}
			if i%2 == 0 {
				call.Header = http.Header{"Cookie": {canary(i)}}
			}
			if err := p.Wait(t.Context(), call); err != nil {
				t.Error(err)
			}
			p.Observe(call, true, time.Minute)
			p.Observe(call, false, 0) // or the next one's stopped all
		}
	})
	group.Wait()
	dump, err := io.ReadAll(heapdump.Take(t))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(dump, []byte(canary(0)[:len(canary(0))-1])); n > 0 || len(p.read.stops) != 1000 {
		t.Errorf("%d credentials are in memory, of %d callers", n, len(p.read.stops))
	}
}
