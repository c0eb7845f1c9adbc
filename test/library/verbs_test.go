package library_test

import (
	"context"
	"net/http"
	"testing"

	libraryv1 "github.com/wingspan-grpc/session-facade/gen/library/go/library/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// TestPUT_WithoutABodySaysSo: an upstream may refuse a PUT without a Content-Length (411).
func TestPUT_WithoutABodySaysSo(t *testing.T) {
	t.Parallel()
	l := serve(t)
	l.upstream.Answer(facadetest.Respond(http.StatusOK, nil, `{"title":"t"}`))
	if response, body := l.call(t, "PUT", "/books/b/inspection", ""); response.StatusCode != http.StatusOK {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	if _, err := l.client.InspectBook(t.Context(), &libraryv1.InspectBookRequest{Id: "b"}); err != nil {
		t.Error(err)
	}
	all := l.upstream.Take()
	if len(all) != 2 {
		t.Errorf("the upstream saw %d requests, want 2", len(all))
	}
	for _, seen := range all {
		if seen.Method != "PUT" || seen.Header.Get("Content-Length") != "0" || seen.Header.Get("Content-Type") != "" {
			t.Errorf("the upstream saw %s with %v", seen.Method, seen.Header)
		}
	}
}

// TestRetry_IsDecidedByTheIdempotencyLevel and not by the verb: only what has no side
// effects is repeated once it may have been processed.
func TestRetry_IsDecidedByTheIdempotencyLevel(t *testing.T) {
	t.Parallel()
	l := serve(t)
	l.upstream.Answer(facadetest.Respond(http.StatusServiceUnavailable, nil, ""))
	for name, c := range map[string]struct {
		call func(context.Context) error
		want int
	}{
		"PUT of unknown effects": {func(ctx context.Context) error {
			_, err := l.client.ReplaceBook(ctx, &libraryv1.ReplaceBookRequest{Id: "b", Book: &libraryv1.Book{Title: "t"}})
			return err
		}, 1},
		"PUT without effects": {func(ctx context.Context) error {
			_, err := l.client.InspectBook(ctx, &libraryv1.InspectBookRequest{Id: "b"})
			return err
		}, 3},
		"idempotent DELETE": {func(ctx context.Context) error {
			reason := "r"
			_, err := l.client.DeleteBook(ctx, &libraryv1.DeleteBookRequest{Id: "b", Reason: &reason})
			return err
		}, 1},
		"GET": {func(ctx context.Context) error {
			_, err := l.client.ListBooks(ctx, &libraryv1.ListBooksRequest{Shelf: "s", Author: []string{"a"}})
			return err
		}, 3},
	} {
		if err := c.call(t.Context()); err == nil {
			t.Errorf("%s: a 503 is a success", name)
		}
		seen := l.upstream.Take()
		if len(seen) != c.want {
			t.Errorf("%s: the upstream saw it %d times, want %d", name, len(seen), c.want)
		}
		for _, again := range seen {
			if again.Path != seen[0].Path {
				t.Errorf("%s: repeated as %s", name, again.Path)
			}
		}
	}
}

// TestVerbs_AreTold: the Allow header of a path has every verb that it has.
func TestVerbs_AreTold(t *testing.T) {
	t.Parallel()
	l := serve(t)
	response, _ := l.call(t, "PATCH", "/books/b", "")
	if got := response.Header.Get("Allow"); response.StatusCode != http.StatusMethodNotAllowed || got != "OPTIONS, PUT, DELETE" {
		t.Errorf("%d, Allow: %s", response.StatusCode, got)
	}
}
