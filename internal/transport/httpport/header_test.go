package httpport

import (
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

// TestRetryAfter_BegunSecondsCount shows that a caller is never told to come back too
// early: HTTP knows whole seconds only.
func TestRetryAfter_BegunSecondsCount(t *testing.T) {
	t.Parallel()
	for delay, want := range map[time.Duration]string{
		0: "0", time.Nanosecond: "1", 999 * time.Millisecond: "1", time.Second: "1", time.Second + time.Nanosecond: "2",
		1500 * time.Millisecond: "2", time.Hour: "3600",
	} {
		header := http.Header{}
		SetRetryAfter(header, apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_OVERLOADED, "m",
			apierror.RetryAfter(delay)).Err())
		if got := header.Get("Retry-After"); got != want {
			t.Errorf("%s: Retry-After: %q, want %q", delay, got, want)
		}
	}
	header := http.Header{}
	SetRetryAfter(header, apierror.New(codes.Internal, usersv1.ErrorReason_ERROR_REASON_INTERNAL, "m").Err())
	if len(header) > 0 {
		t.Errorf("without a delay: %v", header)
	}
}
