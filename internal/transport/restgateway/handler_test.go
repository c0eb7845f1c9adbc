package restgateway

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wingspan-grpc/session-facade/internal/transport"
)

// TestRecorder_IsCachedOnlyWhereTheUpstreamSaysSo shows the response's Cache-Control,
// the status that counts, and that a 204 has no Content-Length.
func TestRecorder_IsCachedOnlyWhereTheUpstreamSaysSo(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "no-store", "private, max-age=1": "private, max-age=1"} {
		w := httptest.NewRecorder()
		rec := &recorder{ResponseWriter: w, call: &transport.Call{}, success: http.StatusNoContent}
		rec.Header().Set("Content-Length", "0")
		if given != "" {
			rec.Header().Set("Cache-Control", given)
		}
		_, err := rec.Write(nil)
		if got := w.Header().Get("Cache-Control"); err != nil || got != want || w.Code != http.StatusNoContent {
			t.Errorf("%q: %d, Cache-Control: %q, want %q: %v", given, w.Code, got, want, err)
		}
		if got, has := w.Header()["Content-Length"]; has {
			t.Errorf("a 204 with Content-Length: %q", got)
		}
		rec.WriteHeader(http.StatusInternalServerError)
		if rec.status != http.StatusNoContent {
			t.Errorf("the status is %d, want that which was written first", rec.status)
		}
	}
}
