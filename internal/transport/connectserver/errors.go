package connectserver

import (
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// What is refused before connect or the service sees it, and what connect refuses: its
// own words may hold values.
var (
	errUnknown = transport.Refuse(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_NOT_FOUND, "the service has no such method")
	errVerb    = transport.Refuse(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED,
		"the method is not called by this HTTP verb; see the Allow header")
	errMediaType = transport.Refuse(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
		"the content type must be one of Connect's, gRPC's or gRPC-Web's, of Protobuf or its JSON in UTF-8")
	errCompression = transport.Refuse(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
		"the compression must be gzip or identity")
	errVersion    = transport.Refuse(codes.Unimplemented, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST, "the method needs HTTP/2")
	errParameters = transport.RefuseInvalid("a call must not have more than " + strconv.Itoa(maxParameters) + " query parameters")
	errBodyOfGet  = transport.RefuseInvalid("a call by GET must have no body")
	errMalformed  = transport.RefuseInvalid("the call's timeout, protocol version, query or base64 cannot be read")
	errMessage    = transport.RefuseInvalid("the message cannot be read")
)

// statuses are the HTTP statuses of refusals that are of HTTP itself. All others are
// those that Connect has for a code.
var statuses = map[usersv1.ErrorReason]int{
	usersv1.ErrorReason_ERROR_REASON_NOT_FOUND:              http.StatusNotFound,
	usersv1.ErrorReason_ERROR_REASON_METHOD_NOT_ALLOWED:     http.StatusMethodNotAllowed,
	usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE: http.StatusUnsupportedMediaType,
}

// bareTypes are the content types by which errors are sent that have no message's.
var bareTypes = map[string]string{transport.ProtocolGRPC: "application/grpc", transport.ProtocolGRPCWeb: "application/grpc-web"}

// refuse ends a call without connect.
func (s *Server) refuse(c *call, r *http.Request, err error) {
	c.err = err
	if c.status != 0 {
		return // a response has begun
	}
	header := c.Header()
	maps.DeleteFunc(header, func(name string, _ []string) bool { return isConnects(name) })
	for name, values := range c.ownHeader(err) {
		header[name] = values
	}
	if bare := bareTypes[c.Protocol.Name]; bare != "" {
		r.Header["Content-Type"] = []string{bare}
	} else if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/connect+") {
		c.refused = statuses[transport.ReasonOf(status.Convert(err))]
	}
	_ = s.errors.Write(c, r, connectError(err)) // fails only where there is nobody to tell
}

// isConnects tells whether a header is one that connect sets for a response of its own.
func isConnects(name string) bool {
	for _, prefix := range []string{"Grpc-", "Connect-", "Content-", "Accept-", http.TrailerPrefix} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// ownHeader is what a caller that reads headers gets beside an error of the facade's own.
func (c *call) ownHeader(err error) http.Header {
	header := http.Header{}
	if c.Protocol.Name == transport.ProtocolGRPC && !c.RequestIDGenerated {
		return header
	}
	header.Set(transport.RequestIDKey, c.RequestID)
	if c.Protocol.Name == transport.ProtocolGRPC {
		return header
	}
	httpport.SetRetryAfter(header, err)
	return header
}

// connectError is a status as connect sends it: the code, the message and the details.
func connectError(err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		s = status.FromContextError(err)
	}
	failed := connect.NewError(connect.Code(s.Code()), s.Message())
	for _, detail := range s.Proto().GetDetails() {
		failed = failed.WithDetail(&connect.ErrorDetail{Type: string(detail.MessageName()), Value: detail.GetValue()})
	}
	return failed
}

// receiveError is the refusal for a message that connect could not read.
func (c *call) receiveError(err error) error {
	var refused interface{ GRPCStatus() *status.Status }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused): // the codec's
		return refused.GRPCStatus().Err()
	case connect.CodeOf(err) == connect.CodeResourceExhausted:
		return c.procedure.tooLarge
	}
	return errMessage
}
