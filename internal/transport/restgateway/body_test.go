package restgateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/wingspan-grpc/session-facade/internal/httprule"
	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// TestIsJSON_IsLenientOnlyWhereTheMeaningIsClear shows which headers declare JSON.
func TestIsJSON_IsLenientOnlyWhereTheMeaningIsClear(t *testing.T) {
	t.Parallel()
	for declared, want := range map[string]bool{
		"application/json": true, "Application/JSON ; Charset=\"UTF-8\"": true, "application/json; charset=utf8": true,
		"application/json; charset=": true, "application/json;;": true, "application/json; q": true,
		"application/json; charset=utf-16": false, "application/json; charset=latin1": false,
		"": false, "text/plain": false, "application/jsonp": false, "application/grpc+json": false, "text/plain; application/json": false,
	} {
		if got := isJSON(http.Header{"Content-Type": {declared}}); got != want {
			t.Errorf("Content-Type: %s: %t, want %t", declared, got, want)
		}
	}
	for encoding, want := range map[string]bool{"": true, "identity": true, "Identity": true, "gzip": false, "identity, gzip": false} {
		header := http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {encoding}}
		if got := isJSON(header); got != want {
			t.Errorf("Content-Encoding: %s: %t, want %t", encoding, got, want)
		}
	}
}

// TestReadBody_LeavesOutTheByteOrderMark shows that only one at the beginning is no part
// of the body, and that a body is none where the operation has none.
func TestReadBody_LeavesOutTheByteOrderMark(t *testing.T) {
	t.Parallel()
	const bom = "\uFEFF"
	for sent, want := range map[string]string{bom + "{}": "{}", "{}": "{}", bom + bom + "{}": bom + "{}", "{}" + bom: "{}" + bom} {
		for _, rule := range []*httprule.Rule{{HasBody: true}, {}} {
			g := &Gateway{pipeline: &transport.Pipeline{
				Options: transport.Options{MaxRequestBytes: 100}, Incomplete: transport.NewWaiters(1)}}
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(sent))
			r.Header.Set("Content-Type", "application/json")
			got, err := g.readBody(t.Context(), &recorder{ResponseWriter: httptest.NewRecorder(), call: &transport.Call{}}, r, rule)
			if err != nil || string(got) != want && rule.HasBody || got != nil && !rule.HasBody {
				t.Errorf("%q, with a body %t: %q, want %q: %v", sent, rule.HasBody, got, want, err)
			}
		}
	}
}

// TestWriteError_AddsNothingToAResponse shows that an error that comes when the response
// has begun is noted and not sent.
func TestWriteError_AddsNothingToAResponse(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	rec := &recorder{ResponseWriter: w, call: &transport.Call{}}
	_, _ = rec.Write([]byte("[1,"))
	late := status.Error(codes.Internal, "late")
	writeError(rec, late)
	if got := w.Body.String(); got != "[1," || rec.err != late {
		t.Errorf("sent %q, noted %v", got, rec.err)
	}
}
