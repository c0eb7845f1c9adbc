package restgateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/membudget"
	"github.com/wingspan-grpc/session-facade/internal/transport"
	"github.com/wingspan-grpc/session-facade/internal/wirejson"
)

// bodyTimeout is how long a body may take to come. It is enough for the largest at
// 4 Mbit/s.
const bodyTimeout = 10 * time.Second

// usualBody is as much as there is room for before it has come: what is announced and does
// not come must cost little.
const usualBody = 4 << 10

// readBody reads a request's body whole, or not at all where its headers are enough to
// refuse it: a caller that waits for 100 Continue gets the answer instead. A call takes
// no place in flight meanwhile: nobody is kept out by bodies that do not come.
func (g *Gateway) readBody(ctx context.Context, rec *recorder, r *http.Request, rule *httprule.Rule) ([]byte, error) {
	if r.ContentLength > int64(g.pipeline.MaxRequestBytes) {
		return nil, g.tooLarge()
	}
	if rule.HasBody && !mayBeJSON(r) {
		return nil, errMediaType
	}
	if r.ContentLength == 0 {
		return nil, nil
	}
	body, err := g.read(ctx, rec, r)
	switch {
	case err != nil:
		return nil, err
	case !rule.HasBody:
		return nil, nil // read so that net/http notices when the caller leaves
	case len(body) > 0 && !isJSON(r.Header):
		return nil, errMediaType
	}
	return wirejson.TrimBOM(body), nil
}

// read reads the body within the bounds of time, of number and of memory.
func (g *Gateway) read(ctx context.Context, rec *recorder, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(rec.ResponseWriter)
	deadline := time.Now().Add(bodyTimeout)
	_ = control.SetReadDeadline(deadline)
	done := g.pipeline.Incomplete.Add(func() { _ = control.SetReadDeadline(time.Unix(1, 0)) })
	defer done()
	limit := int64(g.pipeline.MaxRequestBytes)
	source := http.MaxBytesReader(rec.ResponseWriter, r.Body, limit)
	var buffer bytes.Buffer
	buffer.Grow(int(min(max(r.ContentLength, 0), usualBody)) + bytes.MinRead)
	if _, err := io.CopyN(&buffer, source, membudget.Free); err != nil {
		return buffer.Bytes(), g.bodyError(err)
	}
	expected := r.ContentLength
	if expected < 0 {
		expected = limit // what else there is nobody knows
	}
	incoming := g.pipeline.Incoming.Lease()
	defer incoming.Release()
	wait, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if incoming.Grow(wait, expected) != nil {
		return nil, transport.ErrNoMemory
	}
	buffer.Grow(int(expected) - buffer.Len() + bytes.MinRead)
	if _, err := buffer.ReadFrom(source); err != nil {
		return nil, g.bodyError(err)
	}
	body := buffer.Bytes()
	if int64(len(body)) < expected {
		body = bytes.Clone(body)
	}
	return body, rec.call.Reserve(ctx, g.pipeline.Timeout, len(body), transport.CopiesOfBody)
}

// bodyError is the refusal for a body that could not be read; nil at its end.
func (g *Gateway) bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &tooLarge):
		return g.tooLarge()
	default:
		return refuse(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_INVALID_REQUEST,
			"the body could not be read to its end")
	}
}

func (g *Gateway) tooLarge() error {
	return refuse(codes.ResourceExhausted, usersv1.ErrorReason_ERROR_REASON_REQUEST_TOO_LARGE,
		fmt.Sprintf("the body is larger than %d bytes", g.pipeline.MaxRequestBytes))
}

var errMediaType = refuse(codes.InvalidArgument, usersv1.ErrorReason_ERROR_REASON_UNSUPPORTED_MEDIA_TYPE,
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
