package transport

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// TestIsRetry_ReadsPreviousAttempts shows which callers repeat their calls themselves.
func TestIsRetry_ReadsPreviousAttempts(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"0": false, "1": true, "7": true, "many": true} {
		c := &Call{header: Metadata(metadata.Pairs(previousAttempts.key, value))}
		if got := c.isRetry(); got != want {
			t.Errorf("%q: %t, want %t", value, got, want)
		}
	}
	if (&Call{header: Metadata(nil)}).isRetry() {
		t.Error("a caller that does not say so retries")
	}
}

// failure is an error of an upstream, with headers and details.
type failure struct {
	status   *status.Status
	header   http.Header
	attempts int
	none     bool // there is no response
}

func (f *failure) Error() string              { return f.status.String() }
func (f *failure) GRPCStatus() *status.Status { return f.status }
func (f *failure) HTTPResponse() (int, http.Header, []byte) {
	if f.none {
		return 0, nil, nil
	}
	return http.StatusBadRequest, f.header, nil
}
func (f *failure) Attempts() int { return f.attempts }

// TestMetadata_DetailsAndHeadersShareOneBound shows that a caller gets no more headers
// beside an error's details than its library takes of both together.
func TestMetadata_DetailsAndHeadersShareOneBound(t *testing.T) {
	t.Parallel()
	upstream := http.Header{"Set-Cookie": {strings.Repeat("c", 2000)}}
	for details, relayed := range map[int]bool{0: true, 1000: true, 2500: false} {
		s := status.New(codes.InvalidArgument, "")
		if details > 0 {
			with, err := s.WithDetails(&errdetails.DebugInfo{Detail: strings.Repeat("d", details)})
			if err != nil {
				t.Fatal(err)
			}
			s = with
		}
		header, _ := (&Call{}).Metadata(&failure{s, upstream, 1, false})
		size := 0
		for name, values := range header {
			for _, value := range values {
				size += len(name) + len(value)
			}
		}
		if total := size + details*4/3; (size > 2000) != relayed || total > maxMetadataBytes {
			t.Errorf("%d bytes of headers beside %d of details", size, details)
		}
	}
}

// TestMetadata_TellsOfWhatWasDoneHere: a call that was repeated here is not to be repeated
// by its caller, and one that failed has a name; a success tells neither.
func TestMetadata_TellsOfWhatWasDoneHere(t *testing.T) {
	t.Parallel()
	c := &Call{RequestID: "id", RequestIDGenerated: true}
	for attempts, want := range map[int]string{1: "", 2: "-1"} {
		_, trailer := c.Metadata(&failure{status.New(codes.Unavailable, ""), nil, attempts, false})
		if got := strings.Join(trailer[Pushback], ","); got != want || strings.Join(trailer[RequestIDKey], ",") != "id" {
			t.Errorf("after %d attempts: %v", attempts, trailer)
		}
	}
	if header, trailer := c.Metadata(nil); len(header)+len(trailer) > 0 {
		t.Errorf("a success has %v and %v", header, trailer)
	}
}
