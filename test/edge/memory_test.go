package edge

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// lacking is a message that lacks its last byte, for as long as its caller waits.
type lacking struct {
	io.Reader
	ctx context.Context
}

// Read implements io.Reader.
func (u *lacking) Read(b []byte) (int, error) {
	n, err := u.Reader.Read(b)
	if err == io.EOF {
		<-u.ctx.Done()
		return 0, u.ctx.Err()
	}
	return n, err
}

// TestMessagesWithoutTheirLastByte sends a hundred messages of nearly 4 MiB over each of ten
// connections, all without their last byte: the server takes no more of them than it
// has memory for, serves others meanwhile, and ends them all.
func TestMessagesWithoutTheirLastByte(t *testing.T) {
	t.Parallel()
	p := start(t, "--sandbox", "--max-memory-bytes=33554432", "--max-answer-bytes=1048576")
	const size = 4<<20 - 64
	message := append([]byte{0, size >> 24, size >> 16 & 0xff, size >> 8 & 0xff, size & 0xff}, make([]byte, size-1)...)
	keepsWorking(t, p, nil, func() {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var calls sync.WaitGroup
		for range 10 {
			transport := &http.Transport{Protocols: new(http.Protocols)}
			transport.Protocols.SetUnencryptedHTTP2(true)
			defer transport.CloseIdleConnections()
			for range 100 {
				calls.Go(func() {
					request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.GRPC+listMethod, &lacking{bytes.NewReader(message), ctx})
					if err != nil {
						t.Error(err)
						return
					}
					request.Header.Set("Content-Type", "application/grpc")
					request.Header.Set("Te", "trailers")
					response, err := transport.RoundTrip(request)
					if err == nil {
						_ = response.Body.Close()
					}
				})
			}
		}
		began := time.Now()
		calls.Wait()
		if ctx.Err() != nil {
			t.Errorf("some are not ended after %s", time.Since(began))
		}
	})
	p.checkMemory(t)
}
