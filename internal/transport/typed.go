package transport

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// maxMetadataBytes bounds what goes down to a gRPC caller beside the message: relayed
// headers and error details. Clients in other languages refuse more (Python's at 7 KB,
// all in all).
const maxMetadataBytes = 4 << 10

// Pushback is the trailer that tells a gRPC caller not to repeat a call, where that has
// been done here (gRFC A6).
const Pushback = "grpc-retry-pushback-ms"

// previousAttempts is the header by which a caller tells that it is retrying, and how
// often it has (gRFC A6).
var previousAttempts = header("grpc-previous-rpc-attempts")

// IsRetry tells whether the caller is repeating the call already.
func (c *Call) IsRetry() bool {
	for _, value := range c.header.Values(previousAttempts) {
		if n, err := strconv.Atoi(value); err != nil || n > 0 {
			return true
		}
	}
	return false
}

// upstreamError is an error of the upstream. See upstream.Error, which is not named
// here: transport does not know where errors come from.
type upstreamError interface {
	error
	// HTTPAnswer is what the upstream answered.
	HTTPAnswer() (status int, header http.Header, body []byte)
	// Attempts is how often the call may have reached the upstream.
	Attempts() int
}

// Upstream is what the upstream answered to a call that has ended with err: its headers,
// and whether the call may have reached it more than once.
func (c *Call) Upstream(err error) (header http.Header, repeated bool) {
	var failed upstreamError
	if !errors.As(err, &failed) {
		return c.Exchange.Response.Header, false
	}
	_, header, _ = failed.HTTPAnswer()
	return header, failed.Attempts() > 1
}

// Metadata is what a gRPC caller gets beside the message or the error that its call has
// ended with.
func (c *Call) Metadata(err error) (header, trailer metadata.MD) {
	upstream, repeated := c.Upstream(err)
	header, trailer = ResponseMetadata(upstream, maxMetadataBytes-RequestIDBytes-detailBytes(err)), metadata.MD{}
	if repeated {
		trailer.Set(Pushback, "-1")
	}
	if err != nil && c.RequestIDGenerated && len(header[RequestIDKey]) == 0 {
		// As a trailer: a client takes headers for the beginning of the response, and does
		// not retry what has begun.
		trailer.Set(RequestIDKey, c.RequestID)
	}
	return header, trailer
}

// detailBytes is how much of a response's headers the details of an error take.
func detailBytes(err error) int {
	if err == nil {
		return 0
	}
	s := status.Convert(err).Proto()
	if len(s.GetDetails()) == 0 {
		return 0
	}
	return base64.RawStdEncoding.EncodedLen(proto.Size(s))
}
