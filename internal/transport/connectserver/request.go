package connectserver

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// envelope is what stands before a message but in a unary call of Connect's, in bytes.
const envelope = 5

// maxRatio is how many bytes one of gzip's may become (RFC 1951: 258 for two bits).
const maxRatio = 1032

// read reads the request of a call that has one message whole, and charges the call for
// what becomes of it, before connect unpacks and decodes it.
func (s *Server) read(ctx context.Context, c *call, r *http.Request) (err error) {
	most := c.procedure.maxMessage
	size := len(r.URL.RawQuery)
	if r.Method == http.MethodPost {
		limit := int64(most + envelope)
		if c.text != nil {
			limit = int64(base64.StdEncoding.EncodedLen(most + envelope))
		}
		var body []byte
		if body, c.incoming, err = httpport.ReadBody(ctx, s.pipeline, c, r, limit, c.procedure.tooLarge); err != nil {
			return err
		}
		if c.text != nil {
			n, err := base64.StdEncoding.Decode(body, body)
			if err != nil {
				return errMalformed
			}
			body = body[:n]
		}
		if c.isEnveloped() && isMore(body) {
			return errMessage
		}
		r.Body, r.ContentLength, size = io.NopCloser(bytes.NewReader(body)), int64(len(body)), len(body)
	}
	if c.Method == nil {
		return nil
	}
	if c.compressed {
		size = min(most, size*maxRatio)
	}
	return httpport.Reserve(ctx, s.pipeline, c.Call, size, transport.CopiesOfMessage)
}

// isEnveloped tells whether a message stands in an envelope.
func (c *call) isEnveloped() bool {
	return c.Protocol.Name != transport.ProtocolConnect || c.procedure.StreamType != connect.StreamTypeUnary
}

// isMore tells whether a request is more than one message, compressed or not. Connect
// would read gRPC-Web's trailers into headers, which take twenty times their bytes, and
// keep them as long as the call lasts, in no sum.
func isMore(body []byte) bool {
	return len(body) >= envelope && (body[0] > 1 || uint64(len(body)) > envelope+uint64(binary.BigEndian.Uint32(body[1:])))
}

// settle charges a call no more than for its message as it has turned out, of so many
// bytes: it was charged for the most that it could be. One that grew as it is unpacked
// would wait for memory that others hold who wait too.
func (c *call) settle(size int) {
	c.incoming.Release()
	if size <= membudget.Free {
		size = 0
	}
	c.Exchange.Lease.Shrink(c.Exchange.Lease.Held() - int64(size)*transport.CopiesOfMessage)
}

// compression is the name of the request's compression.
func (c *call) compression(r *http.Request) string {
	name := "Grpc-Encoding"
	switch {
	case c.Protocol.Name != transport.ProtocolConnect:
	case r.Method == http.MethodGet:
		return r.URL.Query().Get("compression")
	case c.procedure.StreamType == connect.StreamTypeUnary:
		name = "Content-Encoding"
	default:
		name = "Connect-Content-Encoding"
	}
	return r.Header.Get(name)
}

// checkContentType refuses what there is no codec for. The parameters are left to connect.
func checkContentType(c *call, r *http.Request) error {
	if r.Method == http.MethodGet {
		return nil // it is in the query
	}
	prefix := "application/"
	switch {
	case c.Protocol.Name == transport.ProtocolGRPC:
		prefix = "application/grpc+"
	case c.Protocol.Name == transport.ProtocolGRPCWeb:
		prefix = "application/grpc-web+"
	case c.procedure.StreamType != connect.StreamTypeUnary:
		prefix = "application/connect+"
	}
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch mediaType = strings.ToLower(strings.TrimSpace(mediaType)); mediaType {
	case prefix + connect.CodecNameProto, prefix + connect.CodecNameJSON:
		return nil
	case strings.TrimSuffix(prefix, "+"): // gRPC's, of Protobuf
		return nil
	}
	return errMediaType
}
