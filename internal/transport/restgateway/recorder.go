package restgateway

import (
	"cmp"
	"net/http"

	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
)

// recorder is one response: it notes what the access line tells of a call.
type recorder struct {
	http.ResponseWriter

	call       *transport.Call // nil where it is no RPC's
	rpc        *rpc
	pathValues []string
	body       requestBody
	gzip       bool  // the response may be compressed
	success    int   // the status of a success; 0 is 200
	status     int   // that was written
	err        error // that the call is refused with, or has ended with
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		if r.call != nil {
			httpport.SetDefaults(r.Header())
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(data []byte) (int, error) {
	if r.status == 0 {
		status := cmp.Or(r.success, http.StatusOK)
		if status == http.StatusNoContent {
			r.Header().Del("Content-Length") // RFC 9110, section 8.6
		}
		r.WriteHeader(status)
	}
	if len(data) == 0 {
		return 0, nil
	}
	return r.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
