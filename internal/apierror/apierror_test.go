package apierror_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/apierror"
)

func violation(field, description string) *errdetails.BadRequest_FieldViolation {
	return &errdetails.BadRequest_FieldViolation{Field: field, Description: description}
}

// violations are n of them: f0, f1, ...
func violations(n int) []*errdetails.BadRequest_FieldViolation {
	var all []*errdetails.BadRequest_FieldViolation
	for i := range n {
		all = append(all, violation(fmt.Sprintf("f%d", i), "d"))
	}
	return all
}

func sameDetails(t *testing.T, got *status.Status, want ...any) {
	t.Helper()
	if diff := cmp.Diff(want, got.Details(), protocmp.Transform()); diff != "" {
		t.Errorf("not the same details (-want +got):\n%s", diff)
	}
}

func TestNewWithoutOptions(t *testing.T) {
	t.Parallel()
	s := apierror.New(codes.NotFound, usersv1.ErrorReason_ERROR_REASON_NOT_FOUND, "no such thing")
	if s.Code() != codes.NotFound || s.Message() != "no such thing" {
		t.Errorf("got %v", s)
	}
	sameDetails(t, s, &errdetails.ErrorInfo{Reason: "NOT_FOUND", Domain: "session-facade"})
}

func TestNewWithOptions(t *testing.T) {
	t.Parallel()
	s := apierror.New(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_UPSTREAM_REJECTED, "slow down",
		apierror.HTTPStatus("429"), apierror.RetryAfter(1500*time.Millisecond), apierror.Fields(violation("email", "is odd")))
	sameDetails(t, s,
		&errdetails.ErrorInfo{Reason: "UPSTREAM_REJECTED", Domain: "session-facade", Metadata: map[string]string{"http_status": "429"}},
		&errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: 1, Nanos: 500_000_000}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{violation("email", "is odd")}})
}

// TestOKIsNoError: the code for success has no details to carry.
func TestOKIsNoError(t *testing.T) {
	t.Parallel()
	s := apierror.New(codes.OK, usersv1.ErrorReason_ERROR_REASON_INTERNAL, "")
	if s.Err() != nil || len(s.Details()) != 0 {
		t.Errorf("got %v", s)
	}
}

func TestReasonRoundTrip(t *testing.T) {
	t.Parallel()
	for number := range usersv1.ErrorReason_name {
		reason := usersv1.ErrorReason(number)
		err := apierror.New(codes.Internal, reason, "m").Err()
		if got := apierror.Reason(status.Convert(err)); got != reason {
			t.Errorf("%v came back as %v", reason, got)
		}
	}
	if got := apierror.ReasonName(usersv1.ErrorReason_ERROR_REASON_SESSION_EXPIRED); got != "SESSION_EXPIRED" {
		t.Errorf("got %q", got)
	}
}

// TestReasonOfOthers: an error that is not of our making has no reason of ours.
func TestReasonOfOthers(t *testing.T) {
	t.Parallel()
	with := func(info *errdetails.ErrorInfo) *status.Status {
		s, err := status.New(codes.Internal, "m").WithDetails(&errdetails.RetryInfo{}, info)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, s := range map[string]*status.Status{
		"nil":          nil,
		"no details":   status.New(codes.Internal, "m"),
		"other domain": with(&errdetails.ErrorInfo{Reason: "INTERNAL", Domain: "googleapis.com"}),
		"other reason": with(&errdetails.ErrorInfo{Reason: "RATE_LIMIT_EXCEEDED", Domain: apierror.Domain}),
		"with prefix":  with(&errdetails.ErrorInfo{Reason: "ERROR_REASON_INTERNAL", Domain: apierror.Domain}),
	} {
		if got := apierror.Reason(s); got != usersv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	s := apierror.Invalid(violation("email", "must not be empty"), violation("id", "must be valid UTF-8"))
	if want := "invalid request: email: must not be empty; id: must be valid UTF-8"; s.Message() != want || s.Code() != codes.InvalidArgument {
		t.Errorf("got %v, want %s", s, want)
	}
	if got := apierror.Reason(s); got != usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST {
		t.Errorf("the reason is %v", got)
	}
	sameDetails(t, s,
		&errdetails.ErrorInfo{Reason: "INVALID_REQUEST", Domain: "session-facade"},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			violation("email", "must not be empty"), violation("id", "must be valid UTF-8"),
		}})
}

// TestFieldsAreBounded: details travel in a header, which clients bound.
func TestFieldsAreBounded(t *testing.T) {
	t.Parallel()
	for given, want := range map[int]int{0: 0, 1: 1, 16: 16, 17: 16, 1000: 16} {
		s := apierror.Invalid(violations(given)...)
		sameDetails(t, s,
			&errdetails.ErrorInfo{Reason: "INVALID_REQUEST", Domain: "session-facade"},
			&errdetails.BadRequest{FieldViolations: violations(want)})
		var said []string
		for i := range want {
			said = append(said, fmt.Sprintf("f%d: d", i))
		}
		if message := "invalid request: " + strings.Join(said, "; "); s.Message() != message {
			t.Errorf("%d fields: message %q, want %q", given, s.Message(), message)
		}
	}
}
