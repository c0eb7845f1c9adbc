package edge

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
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
	onEachPort(t, testMessagesWithoutTheirLastByte, "--sandbox", "--max-memory-bytes=33554432", "--max-response-bytes=1048576")
}

func testMessagesWithoutTheirLastByte(t *testing.T, p *process) {
	t.Helper()
	const size = 4<<20 - 64
	message := append([]byte{0, size >> 24, size >> 16 & 0xff, size >> 8 & 0xff, size & 0xff}, make([]byte, size-1)...)
	keepsWorking(t, p, nil, func() {
		ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
		defer cancel()
		var calls sync.WaitGroup
		for range 10 {
			transport := &http.Transport{Protocols: new(http.Protocols)}
			transport.Protocols.SetUnencryptedHTTP2(true)
			defer transport.CloseIdleConnections()
			for range 100 {
				calls.Go(func() {
					waiting, answered := context.WithCancel(ctx)
					defer answered()
					request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.GRPC+listMethod, &lacking{bytes.NewReader(message), waiting})
					if err != nil {
						t.Error(err)
						return
					}
					request.Header.Set("Content-Type", "application/grpc")
					request.Header.Set("Te", "trailers")
					response, err := transport.RoundTrip(request)
					answered() // closing the response waits for the message
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

// TestLargeLists_StayWithinTheBudget asks thirty times at once, by both protocols, for a
// list that takes five times its 4 MiB while it is answered: together more than half a
// gigabyte, of which the budget allows a thirtieth. Those that find no memory in time are
// refused, for that and for nothing else.
func TestLargeLists_StayWithinTheBudget(t *testing.T) {
	t.Parallel()
	onOneOrTwoPorts(t, testLargeListsStayWithinTheBudget)
}

func testLargeListsStayWithinTheBudget(t *testing.T, onePort bool) {
	t.Helper()
	const one = `{"sessionId":"s","expiration":"e","isUnlimitedExpiration":false,"sessionType":"API"},`
	list := "[" + strings.Repeat(one, (4<<20-1<<10)/len(one)) + strings.TrimSuffix(one, ",") + "]"
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer large" {
			_, _ = io.WriteString(w, "[]")
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(list)))
		_, _ = io.WriteString(w, list)
	}))
	defer upstream.Close()
	p := start(t, "--upstream-url="+upstream.URL, "--max-response-bytes=4194304", "--max-request-bytes=1048576",
		"--max-memory-bytes=20971520")
	if onePort {
		p.GRPC = p.REST
	}
	conn, err := grpc.NewClient(p.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(32<<20)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := usersv1.NewSessionAndAuthenticationServiceClient(conn)
	var answered, overloaded atomic.Int64
	var calls sync.WaitGroup
	for i := range 30 {
		calls.Go(func() {
			var code codes.Code
			if i%2 == 0 {
				ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer large")
				_, err := client.ListApiSessions(ctx, &usersv1.ListApiSessionsRequest{})
				code = status.Code(err)
			} else {
				code = getLarge(t, p)
			}
			switch code {
			case codes.OK:
				answered.Add(1)
			case codes.ResourceExhausted, codes.DeadlineExceeded: // it waited until its end
				overloaded.Add(1)
			default:
				t.Errorf("call %d: %s", i, code)
			}
		})
	}
	if _, err := client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{}); err != nil {
		t.Errorf("a small list meanwhile: %v", err)
	}
	calls.Wait()
	t.Logf("%d answered, %d overloaded", answered.Load(), overloaded.Load())
	if answered.Load() == 0 {
		t.Error("none was answered")
	}
	p.checkMemory(t)
}

// getLarge asks for the large list by REST and reads it.
func getLarge(t *testing.T, p *process) codes.Code {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.REST+"/users/session/api", http.NoBody)
	if err != nil {
		t.Error(err)
		return codes.Unknown
	}
	request.Header.Set("Authorization", "Bearer large")
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		t.Error(err)
		return codes.Unknown
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Error(err)
	}
	code, known := map[int]codes.Code{200: codes.OK, 503: codes.ResourceExhausted, 504: codes.DeadlineExceeded}[response.StatusCode]
	if !known {
		return codes.Unknown
	}
	return code
}

// TestBodiesThatDoNotCome opens a thousand connections that announce a body and send
// none: they take no place from others, by either protocol, and are answered in the end.
func TestBodiesThatDoNotCome(t *testing.T) {
	t.Parallel()
	p := start(t, "--sandbox", "--max-in-flight=64")
	keepsWorking(t, p, nil, func() {
		var calls sync.WaitGroup
		for range 1024 {
			calls.Go(func() {
				conn, err := net.Dial("tcp", p.REST)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(waitLimit))
				_, _ = io.WriteString(conn, "POST /users/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n")
				if got, err := io.ReadAll(conn); err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 400 ")) {
					t.Errorf("%.60q: %v", got, err)
				}
			})
		}
		calls.Wait()
	})
	p.checkMemory(t)
}
