package grpcserver

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// failure is an error of an upstream, with headers and details.
type failure struct {
	status *status.Status
	header http.Header
}

func (f *failure) Error() string              { return f.status.String() }
func (f *failure) GRPCStatus() *status.Status { return f.status }
func (f *failure) HTTPAnswer() (int, http.Header, []byte) {
	return http.StatusBadRequest, f.header, nil
}
func (*failure) Attempts() int { return 1 }

// headerSize is a stream that knows how large its headers are.
type headerSize struct{ bytes int }

func (*headerSize) Method() string               { return list }
func (*headerSize) SendHeader(metadata.MD) error { return nil }
func (*headerSize) SetTrailer(metadata.MD) error { return nil }
func (h *headerSize) SetHeader(md metadata.MD) error {
	for name, values := range md {
		for _, value := range values {
			h.bytes += len(name) + len(value)
		}
	}
	return nil
}

// TestMetadata_DetailsAndHeadersShareOneBound shows that a caller gets no more headers
// beside an error's details than its library takes of both together.
func TestMetadata_DetailsAndHeadersShareOneBound(t *testing.T) {
	t.Parallel()
	f := newFixture(t, options())
	defer f.stop(t)
	header := http.Header{"Set-Cookie": {strings.Repeat("c", 2000)}}
	for details, relayed := range map[int]bool{0: true, 1000: true, 2500: false} {
		s := status.New(codes.InvalidArgument, "")
		if details > 0 {
			with, err := s.WithDetails(&errdetails.DebugInfo{Detail: strings.Repeat("d", details)})
			if err != nil {
				t.Fatal(err)
			}
			s = with
		}
		size := &headerSize{}
		call := f.protocol.NewCall(transport.Metadata(nil), "")
		f.setMetadata(grpc.NewContextWithServerTransportStream(t.Context(), size), call, &failure{s, header})
		if total := size.bytes + details*4/3; (size.bytes > 2000) != relayed || total > maxMetadataBytes {
			t.Errorf("%d bytes of headers beside %d of details", size.bytes, details)
		}
	}
}
