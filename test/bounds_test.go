package test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// withLength is a JSON object of so many bytes.
func withLength(name string, length int) string {
	return fmt.Sprintf(`{%q:%q}`, name, strings.Repeat("a", length-len(name)-len(`{"":""}`)))
}

// TestMaxRequestBytes_IsTheLargest shows that a request as large as the bound is taken,
// and one of a byte more is not, whichever way it comes.
func TestMaxRequestBytes_IsTheLargest(t *testing.T) {
	t.Parallel()
	// What is charged to memory is read in another way than what is not.
	for _, bound := range []int{100, membudget.Free, membudget.Free + 1, 2 * membudget.Free} {
		t.Run(strconv.Itoa(bound), func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `{"expiration":"","sessionType":"User"}`))
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{MaxRequestBytes: bound})
			for length, want := range map[int]int{bound - 1: 200, bound: 200, bound + 1: 413} {
				body := withLength("email", length)
				for name, reader := range map[string]io.Reader{"sized": strings.NewReader(body), "chunked": io.MultiReader(strings.NewReader(body))} {
					if got := post(t, facade.REST+"/users/session", reader); got != want {
						t.Errorf("%s, %d bytes: %d, want %d", name, length, got, want)
					}
					if seen := upstream.Take(); want == 200 && (len(seen) != 1 || string(seen[0].Body) != body) {
						t.Errorf("%s, %d bytes: the upstream saw %d requests, or another body", name, length, len(seen))
					}
				}
			}
			for length, want := range map[int]codes.Code{bound: codes.OK, bound + 1: codes.ResourceExhausted} {
				email := length - 2
				request := &usersv1.CreateSessionRequest{}
				for request.Email = proto.String(strings.Repeat("a", email)); proto.Size(request) > length; email-- {
					request.Email = proto.String(strings.Repeat("a", email))
				}
				if _, err := facade.Client.CreateSession(t.Context(), request); status.Code(err) != want || proto.Size(request) != length {
					t.Errorf("gRPC, %d bytes: %v, want %s", proto.Size(request), err, want)
				}
			}
		})
	}
}

func post(t *testing.T, url string, body io.Reader) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := httpclient.Shared.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// TestMaxResponseBytes_IsTheLargest shows that what the upstream sends is relayed up to
// the bound for its kind, and that a byte more is too much.
func TestMaxResponseBytes_IsTheLargest(t *testing.T) {
	t.Parallel()
	const bound = 200
	for name, c := range map[string]struct {
		status int
		config facadetest.Config
		beyond int // the status of what is a byte too large
	}{
		"success": {200, facadetest.Config{MaxResponseBytes: bound}, 502},
		"error":   {404, facadetest.Config{MaxErrorBytes: bound}, 404},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " chunked ", chunked), func(t *testing.T) {
				t.Parallel()
				for length, status := range map[int]int{bound - 1: c.status, bound: c.status, bound + 1: c.beyond} {
					body := withLength("message", length)
					upstream := facadetest.NewRecorder(t, responding(c.status, body, chunked))
					facade := facadetest.Start(t, upstream.URL, c.config)
					response, got := restCall{method: "GET", path: "/users/session/api/s"}.do(t, facade.REST)
					if response.StatusCode != status || (got == body) != (length <= bound) {
						t.Errorf("%d bytes: %d %q", length, response.StatusCode, got)
					}
				}
			})
		}
	}
}

func responding(status int, body string, chunked bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if chunked {
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.Copy(w, bytes.NewBufferString(body))
	}
}

// TestUpstreamMessage_IsCutOff shows how much of the upstream's message a gRPC caller
// gets, and that no character is cut in two.
func TestUpstreamMessage_IsCutOff(t *testing.T) {
	t.Parallel()
	const bound = 1 << 10
	a := strings.Repeat("a", bound-1)
	for sent, whole := range map[string]bool{a: true, a + "b": true, a + "bc": false, a + "é": false, a[1:] + "é": true} {
		upstream := facadetest.NewRecorder(t, facadetest.Respond(400, nil, fmt.Sprintf(`{"message":%q}`, sent)))
		facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
		_, err := facade.Client.ListApiSessions(t.Context(), &usersv1.ListApiSessionsRequest{})
		got := status.Convert(err).Message()
		if (got == sent) != whole || len(got) > bound || !strings.HasPrefix(got, a[:bound-4]) || strings.Contains(got, "\uFFFD") {
			t.Errorf("of %d bytes that end in %q came %d that end in %q", len(sent), sent[bound-3:], len(got), got[len(got)-5:])
		}
	}
}
