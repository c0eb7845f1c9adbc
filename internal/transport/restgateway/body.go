package restgateway

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/transport/httpport"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// readBody reads a request's body whole, or not at all where its headers are enough to
// refuse it: a caller that waits for 100 Continue gets the response instead.
func (g *Gateway) readBody(ctx context.Context, rec *recorder, r *http.Request, rule *httprule.Rule) ([]byte, error) {
	limit := int64(g.pipeline.MaxRequestBytes)
	if r.ContentLength <= limit && rule.HasBody && !mayBeJSON(r) {
		return nil, errMediaType
	}
	body, incoming, err := httpport.ReadBody(ctx, g.pipeline, rec, r, limit, g.tooLarge)
	defer incoming.Release()
	if err != nil {
		return nil, err
	}
	if err := httpport.Reserve(ctx, g.pipeline, rec.call, len(body), transport.CopiesOfBody); err != nil {
		return nil, err
	}
	switch {
	case !rule.HasBody:
		return nil, nil // read so that net/http notices when the caller leaves
	case len(body) > 0 && !isJSON(r.Header):
		return nil, errMediaType
	}
	return wirejson.TrimBOM(body), nil
}

var errMediaType = transport.Refuse(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
	"the body must be declared as Content-Type: application/json, in UTF-8, without a Content-Encoding")

// mayBeJSON tells whether a body can be what is wanted, as far as the headers say. A
// body of unknown length may turn out to be none.
func mayBeJSON(r *http.Request) bool {
	return r.ContentLength == 0 || isJSON(r.Header) || r.ContentLength < 0 && r.Header.Get("Content-Type") == ""
}

// isJSON tells whether headers declare JSON. A parameter that is empty or malformed is
// no reason to refuse what is clear: senders are careless with these.
func isJSON(header http.Header) bool {
	declared := header.Get("Content-Type")
	mediaType, params, err := mime.ParseMediaType(declared)
	if err != nil {
		mediaType, _, _ = strings.Cut(declared, ";")
		mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	}
	charset := strings.ToLower(params["charset"])
	encoding := strings.ToLower(header.Get("Content-Encoding"))
	return mediaType == "application/json" && (charset == "" || charset == "utf-8" || charset == "utf8") &&
		(encoding == "" || encoding == "identity")
}
