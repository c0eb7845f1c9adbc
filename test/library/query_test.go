package library_test

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	libraryv1 "github.com/wingspan-grpc/session-facade/gen/library/go/library/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const shelf = "/shelves/s/books"

// TestQuery_IsTheSameByBothProtocols sends each kind of field as a typed caller and as a
// REST caller do, and compares what the upstream sees.
func TestQuery_IsTheSameByBothProtocols(t *testing.T) {
	t.Parallel()
	l := serve(t)
	l.upstream.Answer(facadetest.Respond(http.StatusOK, nil, `[{"title":"t"}]`))
	for name, c := range map[string]struct {
		query   string
		request *libraryv1.ListBooksRequest
	}{
		"none":             {"", &libraryv1.ListBooksRequest{}},
		"text":             {"?search=a", &libraryv1.ListBooksRequest{Search: "a"}},
		"escaped":          {"?search=a%20%26%3D%2B%3F%23%C3%A9", &libraryv1.ListBooksRequest{Search: "a &=+?#é"}},
		"repeated":         {"?author=b&author=a&author=", &libraryv1.ListBooksRequest{Author: []string{"b", "a", ""}}},
		"int32":            {"?pageSize=20", &libraryv1.ListBooksRequest{PageSize: proto.Int32(20)}},
		"int64":            {"?after=-9223372036854775808", &libraryv1.ListBooksRequest{After: proto.Int64(-1 << 63)}},
		"zero":             {"?after=0", &libraryv1.ListBooksRequest{After: proto.Int64(0)}},
		"double":           {"?minRating=4.5", &libraryv1.ListBooksRequest{MinRating: proto.Float64(4.5)}},
		"true":             {"?available=true", &libraryv1.ListBooksRequest{Available: proto.Bool(true)}},
		"false":            {"?available=false", &libraryv1.ListBooksRequest{Available: proto.Bool(false)}},
		"enum":             {"?order=year-", &libraryv1.ListBooksRequest{Order: libraryv1.Order_ORDER_YEAR.Enum()}},
		"repeated enum":    {"?then=byTitle&then=year-", &libraryv1.ListBooksRequest{Then: []libraryv1.Order{libraryv1.Order_ORDER_TITLE, libraryv1.Order_ORDER_YEAR}}},
		"escaped name":     {"?odd%20name=x", &libraryv1.ListBooksRequest{OddName: proto.String("x")}},
		"empty and absent": {"?odd%20name=", &libraryv1.ListBooksRequest{OddName: proto.String("")}},
		"many":             {"?search=s&author=a&pageSize=1&order=byTitle", &libraryv1.ListBooksRequest{Search: "s", Author: []string{"a"}, PageSize: proto.Int32(1), Order: libraryv1.Order_ORDER_TITLE.Enum()}},
	} {
		c.request.Shelf = "s"
		if response, body := l.call(t, "GET", shelf+c.query, ""); response.StatusCode != http.StatusOK || body != `[{"title":"t"}]` {
			t.Errorf("%s: REST: %d %s", name, response.StatusCode, body)
			continue
		}
		if got := l.seen(t).Path; got != shelf+c.query {
			t.Errorf("%s: REST: the upstream saw %s, want %s", name, got, shelf+c.query)
		}
		if response, err := l.client.ListBooks(t.Context(), c.request); err != nil || len(response.GetBooks()) != 1 {
			t.Errorf("%s: gRPC: %v, %v", name, response, err)
			continue
		}
		if got := l.seen(t).Path; got != shelf+c.query {
			t.Errorf("%s: gRPC: the upstream saw %s, want %s", name, got, shelf+c.query)
		}
	}
}

// TestQuery_ValuesAreRelayedAsTheyCame: what a message would lose goes on over REST, in
// one order and one spelling of the escapes.
func TestQuery_ValuesAreRelayedAsTheyCame(t *testing.T) {
	t.Parallel()
	l := serve(t)
	l.upstream.Answer(facadetest.Respond(http.StatusOK, nil, `[]`))
	for sent, want := range map[string]string{
		"?search=":                     "?search=", // a plain field's zero
		"?search":                      "?search=",
		"?":                            "",
		"?&":                           "",
		"?minRating=1e2":               "?minRating=1e2",
		"?%70ageSize=%31":              "?pageSize=1",
		"?search=a+b~!*'()":            "?search=a%20b~!*'()",
		"?author=b&search=s&author=a":  "?search=s&author=b&author=a",
		"?odd+name=%2Fx%2F..&search=/": "?search=%2F&odd%20name=%2Fx%2F..",
	} {
		if response, body := l.call(t, "GET", shelf+sent, ""); response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", sent, response.StatusCode, body)
			continue
		}
		if got := l.seen(t).Path; got != shelf+want {
			t.Errorf("%s: the upstream saw %s, want %s", sent, got, shelf+want)
		}
	}
}

// TestQuery_IsRefused: a query of which something would be lost or guessed. The response
// names the parameter, and quotes nothing.
func TestQuery_IsRefused(t *testing.T) {
	t.Parallel()
	l := serve(t)
	for query, want := range map[string]string{
		"?canary=1":                  "query", // unknown
		"?pageSize=1&canary":         "query",
		"?=canary":                   "query",
		"?page_size=1":               "query", // Protobuf's name
		"?Search=canary":             "query",
		"?search.x=canary":           "query",
		"?author[0]=canary":          "query",
		"?shelf=canary":              "query", // is in the path
		"?search=%zzcanary":          "query",
		"?search=a;author=canary":    "query",
		"?search=canary&search=b":    "search",
		"?search=canary%FF":          "search",
		"?author=a&author=%C3%28":    "author",
		"?pageSize=canary":           "pageSize",
		"?pageSize=":                 "pageSize",
		"?pageSize=1.0":              "pageSize",
		"?pageSize=01":               "pageSize",
		"?pageSize=%2B1":             "pageSize",
		"?pageSize=2147483648":       "pageSize",
		"?pageSize=0":                "pageSize", // by the rule of the .proto
		"?after=9223372036854775808": "after",
		"?minRating=NaN":             "minRating",
		"?minRating=Infinity":        "minRating",
		"?minRating=0x1p3":           "minRating",
		"?minRating=1e999":           "minRating",
		"?available=1":               "available",
		"?available=True":            "available",
		"?available":                 "available",
		"?order=ORDER_YEAR":          "order",
		"?order=2":                   "order",
		"?order=":                    "order",
		"?order=canary":              "order",
		"?then=byTitle&then=Year-":   "then",
		"?search=" + strings.Repeat("canary", 6<<10): "search",
	} {
		response, body := l.call(t, "GET", shelf+query, "")
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(body, `"field":"`+want+`"`) || strings.Contains(body, "canary") {
			t.Errorf("%.40s: %d %s, want a refusal of %s", query, response.StatusCode, body, want)
		}
	}
	if n := len(l.upstream.Take()); n != 0 {
		t.Errorf("the upstream was called %d times", n)
	}
	if strings.Contains(l.log.String(), "canary") {
		t.Errorf("a value is in the log:\n%s", l.log)
	}
}

// TestQuery_OfMessagesIsRefused: what no query can hold is refused over gRPC as well.
func TestQuery_OfMessagesIsRefused(t *testing.T) {
	t.Parallel()
	l := serve(t)
	for name, request := range map[string]*libraryv1.ListBooksRequest{
		"min_rating": {MinRating: proto.Float64(0), Shelf: "s"},
		"order":      {Order: libraryv1.Order_ORDER_UNSPECIFIED.Enum(), Shelf: "s"},
		"then":       {Then: []libraryv1.Order{9}, Shelf: "s"},
		"search":     {Search: strings.Repeat("a", 32<<10), Shelf: "s"},
		"author":     {Author: []string{strings.Repeat("é", 6<<10), "b"}, Shelf: "s"},
	} {
		if name == "min_rating" {
			*request.MinRating /= *request.MinRating // not a number
		}
		_, err := l.client.ListBooks(t.Context(), request)
		if s := status.Convert(err); s.Code() != codes.InvalidArgument || !strings.Contains(s.Proto().String(), name) {
			t.Errorf("%s: %v", name, s.Proto())
		}
	}
	if n := len(l.upstream.Take()); n != 0 {
		t.Errorf("the upstream was called %d times", n)
	}
}

// TestQuery_WhereNoneIsDeclaredIsDropped: as for every RPC of the contract.
func TestQuery_WhereNoneIsDeclaredIsDropped(t *testing.T) {
	t.Parallel()
	l := serve(t)
	l.upstream.Answer(facadetest.Respond(http.StatusOK, nil, `{"title":"t"}`))
	if response, body := l.call(t, "POST", "/books?title=x&%zz", `{"title":"t"}`); response.StatusCode != http.StatusOK {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	if got := l.seen(t); got.Path != "/books" || string(got.Body) != `{"title":"t"}` {
		t.Errorf("the upstream saw %s %s", got.Path, got.Body)
	}
}

// TestQuery_BesideABodyAndWithout: PUT with a body of one field, DELETE with none.
func TestQuery_BesideABodyAndWithout(t *testing.T) {
	t.Parallel()
	l := serve(t)
	l.upstream.Answer(facadetest.Respond(http.StatusOK, nil, `{"title":"t","more":1}`))
	response, body := l.call(t, "PUT", "/books/b?notify=a&notify=b", `{"title":"t","unknown":null}`)
	if response.StatusCode != http.StatusOK || body != `{"title":"t","more":1}` {
		t.Errorf("PUT over REST: %d %s", response.StatusCode, body)
	}
	if got := l.seen(t); got.Method != "PUT" || got.Path != "/books/b?notify=a&notify=b" || string(got.Body) != `{"title":"t","unknown":null}` {
		t.Errorf("the upstream saw %s %s %s", got.Method, got.Path, got.Body)
	}
	replaced, err := l.client.ReplaceBook(t.Context(), &libraryv1.ReplaceBookRequest{Id: "b", Book: &libraryv1.Book{Title: "t"}, Notify: []string{"a", "b"}})
	if err != nil || replaced.GetBook().GetTitle() != "t" {
		t.Errorf("PUT over gRPC: %v, %v", replaced, err)
	}
	if got := l.seen(t); got.Method != "PUT" || got.Path != "/books/b?notify=a&notify=b" || string(got.Body) != `{"title":"t"}` {
		t.Errorf("the upstream saw %s %s %s", got.Method, got.Path, got.Body)
	}
	l.upstream.Answer(facadetest.Respond(http.StatusNoContent, nil, ""))
	if response, body := l.call(t, "DELETE", "/books/b?reason=canary", ""); response.StatusCode != http.StatusNoContent || body != "" {
		t.Errorf("DELETE over REST: %d %s", response.StatusCode, body)
	}
	if got := l.seen(t); got.Path != "/books/b?reason=canary" {
		t.Errorf("the upstream saw %s", got.Path)
	}
	if response, body := l.call(t, "DELETE", "/books/b", ""); response.StatusCode != http.StatusBadRequest || !strings.Contains(body, `"reason"`) {
		t.Errorf("DELETE without what is required: %d %s", response.StatusCode, body)
	}
	if _, err := l.client.DeleteBook(t.Context(), &libraryv1.DeleteBookRequest{Id: "b", Reason: proto.String("canary")}); err != nil {
		t.Errorf("DELETE over gRPC: %v", err)
	}
	if got := l.seen(t); got.Path != "/books/b?reason=canary" {
		t.Errorf("the upstream saw %s", got.Path)
	}
	if strings.Contains(l.log.String(), "canary") {
		t.Errorf("a value is in the log:\n%s", l.log)
	}
}
