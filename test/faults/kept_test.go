package faults

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// TestKeptConnections shows what becomes of calls whose kept connection turns
// out to be closed, under load: a GET is answered all the same, unless it meets
// three such connections, and no other call reaches the upstream twice.
func TestKeptConnections(t *testing.T) {
	t.Parallel()
	all := operations(t)
	for name, c := range map[string]struct {
		upstream func(*testing.T, []*operation) *server
		unread   bool // whether requests may have come of which the server knows nothing
	}{
		"closed after a response":   {upstream: answering(validOnce), unread: true},
		"closed at the next byte":   {upstream: closingNext(finish, 1), unread: true},
		"reset at the next request": {upstream: closingNext(reset, 4<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := c.upstream(t, all)
			facade := open(t, s.url, facadetest.Config{RetryBudget: 1, BreakerRate: -1})
			var running sync.WaitGroup
			for _, o := range all {
				running.Go(func() {
					for round := range 20 {
						checkKept(t, s, facade, o, fmt.Sprintf("%s/%d", o.rpc, round), c.unread)
					}
				})
			}
			running.Wait()
		})
	}
}

func checkKept(t *testing.T, s *server, facade *ports, o *operation, id string, unread bool) {
	t.Helper()
	got := facade.grpc(t.Context(), o, id)
	times := s.times(id)
	most := 1
	if o.isGet() {
		most = 3
	}
	switch {
	case times > most:
		t.Errorf("%s reached the upstream %d times", id, times)
	case got.code == codes.OK && times == 0, got.code != codes.OK && got.reason != "UPSTREAM_UNREACHABLE":
		t.Errorf("%s: %v %s, having reached the upstream %d times", id, got.code, got.reason, times)
	case got.code != codes.OK && times < most && !unread:
		t.Errorf("%s: %v, though it had reached the upstream only %d times", id, got.code, times)
	}
}

// validOnce answers and closes the connection without having said so.
func validOnce(s *server, c net.Conn, o *operation) bool {
	valid(s, c, o)
	return false
}

// closingNext makes a server that closes a connection when it has read so much
// of its second request at most. What it has read of it counts as reached.
func closingNext(end func(net.Conn), most int) func(t *testing.T, all []*operation) *server {
	return func(t *testing.T, all []*operation) *server {
		t.Helper()
		return listen(t, all, func(s *server, c net.Conn) {
			o := s.read(bufio.NewReader(c))
			if o == nil {
				return
			}
			valid(s, c, o)
			next := bufio.NewReaderSize(io.LimitReader(c, int64(most)), 16)
			lines := bufio.NewScanner(next)
			for lines.Scan() {
				if id := lines.Text(); len(id) > 14 && id[:14] == "X-Request-Id: " {
					s.note(id[14:])
					break
				}
			}
			end(c)
		})
	}
}
