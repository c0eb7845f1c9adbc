package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const (
	// diffShards is how many facades are tried at once. A case is made of the seed
	// and its number alone, so the shards do not change it.
	diffShards = 4
	// maxDifferences is how many differences are told: one fault makes many.
	maxDifferences = 5
)

// TestDifferential makes random calls, each straight to an upstream and through
// a facade's REST gateway, and compares what the upstream saw and what the client
// got. DIFF_CASES is the number of calls, DIFF_SEED what they are made of.
func TestDifferential(t *testing.T) {
	t.Parallel()
	cases, seed := numberFromEnv(t, "DIFF_CASES", 10_000), numberFromEnv(t, "DIFF_SEED", rand.Uint64())
	t.Logf("DIFF_SEED=%d DIFF_CASES=%d", seed, cases)
	var differences atomic.Int32
	for shard := range uint64(diffShards) {
		t.Run(fmt.Sprintf("shard %d", shard), func(t *testing.T) {
			t.Parallel()
			upstream := facadetest.NewRecorder(t, nil)
			facade := facadetest.Start(t, upstream.URL, facadetest.Config{})
			for number := shard; number < cases && differences.Load() < maxDifferences; number += diffShards {
				c := newDiffCase(seed, number)
				straight, through := c.run(t, upstream, facade)
				want := c.expect(straight)
				if reflect.DeepEqual(want, through) { // cmp takes ten times as long
					continue
				}
				if differences.Add(1) <= maxDifferences {
					t.Errorf("DIFF_SEED=%d, case %d:\n%s\n(-straight +through the facade)\n%s",
						seed, number, c, cmp.Diff(want, through))
				}
			}
		})
	}
}

func numberFromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return number
}

// outcome is what came of a call, in what has to be the same.
type outcome struct {
	Seen   []seenRequest
	Status int
	Header http.Header
	Body   any
	// JSON tells whether the response is declared as JSON.
	JSON bool
}

// seenRequest is a request as the upstream saw it.
type seenRequest struct {
	Method, Path string
	Header       http.Header
	Body         any
}

// Bodies that are no JSON value. Null is one: it is nil.
type (
	noBody  struct{}
	badBody string
)

// jsonValue reads a body. Numbers stay as they are spelled, since a reader may
// see more in 1.0 than in 1, or in a number larger than its own.
func jsonValue(text []byte) any {
	if len(text) == 0 {
		return noBody{}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return badBody(text)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return badBody(text)
	}
	return value
}

// run makes the call both ways.
func (c *diffCase) run(t *testing.T, upstream *facadetest.Recorder, facade *facadetest.Facade) (straight, through outcome) {
	t.Helper()
	base, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	upstream.Answer(facadetest.Respond(c.status, c.answerHeader, c.answer))
	do := func(url, path string) outcome {
		response, body := restCall{c.op.Verb(), path, c.header, c.body}.do(t, url)
		if response.Uncompressed { // "From a kilobyte on, what can hold no secret is compressed"
			vary := response.Header["Vary"]
			response.Header["Vary"] = vary[:len(vary)-1]
			if len(vary) == 1 {
				delete(response.Header, "Vary")
			}
			if tag := c.answerHeader.Get("Etag"); response.Header.Get("Etag") == "W/"+tag && strings.HasPrefix(tag, `"`) {
				response.Header.Set("Etag", tag)
			}
		}
		o := outcome{
			Status: response.StatusCode,
			Header: only(response.Header, isDown),
			Body:   jsonValue([]byte(body)),
			JSON:   strings.Contains(response.Header.Get("Content-Type"), "json"),
		}
		for _, s := range upstream.Take() {
			up := only(s.Header, isUp)
			if url == facade.REST && c.header["X-Request-Id"] == nil && len(up["X-Request-Id"]) == 1 {
				up["X-Request-Id"] = []string{"made here"} // "A call without a request id gets one."
			}
			o.Seen = append(o.Seen, seenRequest{s.Method, s.Path, up, jsonValue(s.Body)})
		}
		return o
	}
	return do(upstream.URL, base.Path+c.path), do(facade.REST, c.otherPath)
}

// expect is what has to come of the call through the facade where this came of
// it without one: the same, but for what the contract says.
func (c *diffCase) expect(straight outcome) outcome {
	// "A 200 with a body on #2 and #15: 200 without one."
	if c.op.Response == "" && c.status/100 == 2 {
		straight.Body = noBody{}
	}
	// What is relayed is JSON, and is said to be, whatever the upstream called it.
	straight.JSON = straight.Body != any(noBody{})
	// Of the headers only those pass that the contract names.
	for _, seen := range straight.Seen {
		delete(seen.Header, "X-Other")
		if cookies := seen.Header["Cookie"]; len(cookies) > 1 { // "Cookies in crumbs are joined"
			seen.Header["Cookie"] = []string{strings.Join(cookies, "; ")}
		}
		if seen.Header["X-Request-Id"] == nil {
			seen.Header["X-Request-Id"] = []string{"made here"}
		}
	}
	delete(straight.Header, "Server")
	// "Every answer is Cache-Control: no-store unless the upstream says otherwise."
	if straight.Header["Cache-Control"] == nil {
		straight.Header["Cache-Control"] = []string{"no-store"}
	}
	return straight
}

// only picks headers.
func only(header http.Header, want func(name string) bool) http.Header {
	picked := http.Header{}
	for name, values := range header {
		if want(name) {
			picked[name] = values
		}
	}
	return picked
}

// isUp tells whether a header that goes up is compared: one that the contract
// lets pass, and one that it does not.
func isUp(name string) bool {
	switch name {
	case "X-Other", "Authorization", "Cookie", "X-Wingspan-User", "Accept-Language", "X-Request-Id", "Traceparent", "Tracestate":
		return true
	}
	return false
}

// isDown tells the same of a header that goes down.
func isDown(name string) bool {
	switch name {
	case "Server", "Set-Cookie", "Retry-After", "X-Request-Id", "Cache-Control", "Vary", "Age", "Expires", "Etag", "Www-Authenticate":
		return true
	}
	return strings.HasPrefix(name, "Ratelimit") ||
		strings.HasPrefix(name, "X-Ratelimit-") || strings.HasPrefix(name, "X-Rate-Limit-")
}
