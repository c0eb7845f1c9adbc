package test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/wingspan-grpc/session-facade/test/contract"
)

// pathVariable is what stands in a path for a field.
var pathVariable = regexp.MustCompile(`\{\w+\}`)

// diffCase is a call and how the upstream answers it.
type diffCase struct {
	op           contract.Operation
	path         string // as the vendor's client spells it
	otherPath    string // the same, as it may be spelled too
	header       http.Header
	body         string
	status       int
	answerHeader http.Header
	answer       string
}

func newDiffCase(seed, number uint64) *diffCase {
	d := dice{rand.New(rand.NewPCG(seed, number))}
	c := &diffCase{op: pick(d, contract.Operations...), header: d.headersUp(), answerHeader: d.headersDown()}
	id := d.id()
	c.path = pathVariable.ReplaceAllLiteralString(c.op.Path(), encodeURIComponent(id))
	c.otherPath = pathVariable.ReplaceAllLiteralString(c.op.Path(), d.respell(id))
	if c.op.Query != "" {
		query, otherQuery := d.query(c.op.Query)
		c.path, c.otherPath = c.path+query, c.otherPath+otherQuery
	} else if d.chance(10) {
		// "Query: none is declared; dropped, never interpreted."
		c.otherPath += "?" + pick(d, "", "updateMask=labels", "id=9&api_session.expiration=x", "a=%zz", "email=b&email=c")
	}
	if c.op.Body != "" {
		c.body = d.requestBody(c.op.Request)
		if c.body != "" {
			c.header["Content-Type"] = []string{pick(d, "application/json", "application/json; charset=utf-8", `Application/JSON;charset="UTF-8"`)}
		}
	}
	if d.chance(25) {
		c.fail(d)
	} else {
		c.succeed(d)
	}
	return c
}

// fail makes the upstream answer with an error.
func (c *diffCase) fail(d dice) {
	// A status that says "later" makes a call without side effects be repeated: the upstream would see
	// it more than once, which is no difference that the client can tell.
	later := []int{408, 429, 502, 503, 504}
	for {
		c.status = pick(d, 400+d.IntN(200), pick(d, 400, 401, 403, 404, 409, 422, 429, 500, 503))
		if c.op.Level() != contract.NoSideEffects || !slices.Contains(later, c.status) {
			break
		}
	}
	c.answer = d.space() + pick(d,
		`{"error":"Session expired"}`,
		`{"code":`+d.any(1, true)+`,"message":`+d.any(1, true)+`}`,
		`{"message":`+d.quote(d.text())+`,"error":`+d.quote(d.text())+`}`,
		d.any(4, true),
		d.any(0, true)) + d.space()
	if len(c.answer) > 60<<10 {
		c.answer = "null" // "error body <= 64 KiB"
	}
	if d.chance(30) {
		c.answerHeader["Content-Type"] = []string{pick(d, "application/problem+json", "application/json; charset=utf-8", "text/plain")}
	}
}

// succeed makes the upstream answer as documented, or as it is known to do where
// 204 is documented: any 2xx, with a session or without.
func (c *diffCase) succeed(d dice) {
	c.status = pick(d, 200, 200, 200, 200, 201, 202)
	if c.op.MayBeEmpty() && d.chance(40) {
		c.status = pick(d, 204, 204, c.status)
		return
	}
	element, isList := strings.CutPrefix(c.op.Response, "[]")
	switch {
	case isList:
		items := make([]string, d.IntN(21))
		for i := range items {
			items[i] = d.object(element, true)
		}
		c.answer = "[" + strings.Join(items, d.space()+","+d.space()) + "]"
	case c.op.Response == "":
		c.answer = d.any(3, true)
	case c.op.MayBeEmpty() && d.chance(5):
		c.answer = "null"
	default:
		c.answer = d.object(c.op.Response, true)
	}
	c.answer = d.space() + c.answer + d.space()
}

// String tells the case on a few lines.
func (c *diffCase) String() string {
	short := func(text string) string {
		if len(text) > 1500 {
			return fmt.Sprintf("%q... (%d bytes)", text[:1500], len(text))
		}
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%s %s\nas %s\nwith %q\nbody %s\nanswered %d with %q\nbody %s",
		c.op.Verb(), c.path, c.otherPath, c.header, short(c.body), c.status, c.answerHeader, short(c.answer))
}
