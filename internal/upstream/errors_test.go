package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// TestCodes restates the contract's table, by hand.
func TestCodes(t *testing.T) {
	t.Parallel()
	named := map[int]codes.Code{
		400: codes.InvalidArgument, 422: codes.InvalidArgument,
		401: codes.Unauthenticated,
		403: codes.PermissionDenied,
		404: codes.NotFound, 410: codes.NotFound,
		408: codes.DeadlineExceeded, 504: codes.DeadlineExceeded,
		409: codes.Aborted,
		412: codes.FailedPrecondition,
		429: codes.ResourceExhausted,
		499: codes.Canceled,
		500: codes.Internal,
		501: codes.Unimplemented,
		502: codes.Unavailable, 503: codes.Unavailable,
	}
	for code := 400; code <= 599; code++ {
		want, ok := named[code]
		switch {
		case ok:
		case code < 500:
			want = codes.FailedPrecondition
		default:
			want = codes.Internal
		}
		failed := failure(&relay.Response{Status: code, Body: []byte(`{}`)})
		if got := status.Code(failed); got != want || reasonOf(failed) != "UPSTREAM_REJECTED" {
			t.Errorf("HTTP %d: %v %s, want %v", code, got, reasonOf(failed), want)
		}
	}
}

// TestMessages shows what a caller is told in words.
func TestMessages(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"message":"m"}`:                      "m",
		`{"error":"e"}`:                        "e",
		`{"error":"e","message":"m"}`:          "m",
		`{"error":"e","message":""}`:           "e",
		`{"message":{"a":1},"error":"e"}`:      "e",
		`{"message":null}`:                     "Conflict",
		`{"Message":"m"}`:                      "Conflict",
		`["message"]`:                          "Conflict",
		`"message"`:                            "Conflict",
		``:                                     "Conflict",
		`<html>`:                               "Conflict",
		`{"message":"m"`:                       "Conflict",
		`{"code":16,"message":"a code"}`:       "a code",
		"{\"message\":\"m\xff\"}":              "Conflict",
		`{"message":"\ud800m"}`:                "\uFFFDm",
		`{"message":"a","message":"b"}`:        "b",
		`{"message":"` + long("é", 600) + `"}`: long("é", 512),
	} {
		failed := failure(&relay.Response{Status: 409, Body: []byte(body)})
		if got := failed.GRPCStatus().Message(); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func long(text string, n int) string { return strings.Repeat(text, n) }

// TestDueIsNotCancelled shows that a caller whose deadline has come is one, even
// where it has cancelled before our own timer knew.
func TestDueIsNotCancelled(t *testing.T) {
	t.Parallel()
	for deadline, want := range map[time.Duration]fault{time.Hour: cancelled, 10 * time.Millisecond: timedOut} {
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		cancel()
		if got := noResponse(ctx, errors.New("gone"), maybeProcessed).fault; got != want {
			t.Errorf("cancelled with %v left: %v, want %v", deadline, got, want)
		}
	}
}

// FuzzErrorBody shows that no error answer, whatever it holds, makes an error
// that cannot be sent, or that says what the upstream did not say in JSON.
func FuzzErrorBody(f *testing.F) {
	for _, body := range []string{``, `{}`, `{"message":"m"}`, `{"error":"Session expired"}`, `[]`, `null`, "\xff", `{"message":"\ud800"}`, `<html>`,
		`{"message":"` + long("é", 2000) + `"}`, `{"message":"` + long("\\u0000", 2000) + `"}`} {
		f.Add(403, body, "application/json", "5")
	}
	f.Add(599, "", "text/html", "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Fuzz(func(t *testing.T, code int, body, contentType, after string) {
		if code < 300 || code > 999 {
			t.Skip("no status of an error")
		}
		a := &relay.Response{Status: code, Header: http.Header{"Content-Type": {contentType}, "Retry-After": {after}}, Body: []byte(body)}
		failed := failure(a)
		s := failed.GRPCStatus()
		if s.Code() == codes.OK || s.Message() == "" || len(s.Message()) > 1<<10 || !utf8.ValidString(s.Message()) {
			t.Errorf("%v with a message of %d bytes: %q", s.Code(), len(s.Message()), s.Message())
		}
		if _, err := proto.Marshal(s.Proto()); err != nil {
			t.Error(err)
		}
		if _, _, relayed := failed.HTTPResponse(); len(relayed) > 0 && (string(relayed) != body || !json.Valid(relayed)) {
			t.Errorf("%q is relayed as %q", body, relayed)
		}
		if len(failed.Error()) > 200 || len(body) > 20 && strings.Contains(failed.Error(), body) {
			t.Errorf("for the log: %q", failed.Error())
		}
	})
}

// TestError_WithHeader shows that others whose call it was are told the same, but for the
// headers: also that it has been repeated.
func TestError_WithHeader(t *testing.T) {
	t.Parallel()
	own := failure(&relay.Response{Status: http.StatusServiceUnavailable, Header: http.Header{"X-Request-Id": {"1"}, "Retry-After": {"7"}}, Body: []byte(`{}`)})
	own.attempts = 3
	var other *Error
	if !errors.As(own.WithHeader(http.Header{"Vary": {"x"}}), &other) {
		t.Fatal("it is another error")
	}
	code, header, body := other.HTTPResponse()
	if code != http.StatusServiceUnavailable || len(header) != 1 || string(body) != `{}` || other.Attempts() != 3 || retryInfo(other) != 7*time.Second {
		t.Errorf("%d, %v, %s after %d attempts", code, header, body, other.Attempts())
	}
	if _, header, _ := own.HTTPResponse(); len(header) != 2 {
		t.Errorf("one's own has changed: %v", header)
	}
}
