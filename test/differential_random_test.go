package test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/wingspan-grpc/session-facade/test/contract"
)

// dice makes what a random call is made of.
type dice struct{ *rand.Rand }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// oddTexts are texts that something may take for something else.
var oddTexts = []string{
	"", " ", ".", "..", "...", "null", "true", "0", "[]", "{}", `"`, `\`, `\u0000`, "\x00", "\x1f\x7f", "\r\n", "\t",
	"<script>&amp;", "__proto__", "constructor", "toString", "a.b[0]", "é", "e\u0301", "\u0085", "\u2028\u2029", "\ufeff",
	"\ufffd", "\uffff", "\U0010ffff", "\U0001F469\u200D\U0001F680", "日本語", "%2F", "%", "%zz", "a/../b", "//", "?x=1#y",
	"id", "ID", "Email", "api_session", "update_mask", "updateMask", "redirect_path", "@type", "_id", "error", "message",
	"2022-09-03T19:46:40.748Z", "(410) 435-0691 x609", "ada+1@example.com", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_=",
}

// runeRanges have characters of all lengths and none that is half of one.
var runeRanges = [][2]rune{
	{0, 0x20}, {0x20, 0x80}, {0x20, 0x80}, {0x20, 0x80}, {0x80, 0x800}, {0x800, 0xd800}, {0xe000, 0x10000}, {0x10000, 0x110000},
}

// text makes any text.
func (d dice) text() string {
	switch {
	case d.chance(50):
		return pick(d, oddTexts...)
	case d.IntN(300) == 0:
		return strings.Repeat(pick(d, "x", "é", `"`, "\U0001F600"), d.IntN(4000))
	}
	var b strings.Builder
	for range d.IntN(12) {
		r := pick(d, runeRanges...)
		b.WriteRune(r[0] + d.Int32N(r[1]-r[0]))
	}
	return b.String()
}

// id makes any value of a path's {id}.
func (d dice) id() string {
	for {
		if id := d.text(); id != "" && id != "." && id != ".." && len(id) < 32<<10 {
			return id
		}
	}
}

// encodeURIComponent is ECMAScript's, by which the vendor's client spells an id.
func encodeURIComponent(id string) string {
	var b strings.Builder
	for _, c := range []byte(id) {
		if isLetterOrDigit(c) || strings.IndexByte("-_.!~*'()", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isLetterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// respell spells an id in any way that RFC 3986 (section 3.3) has for it, or
// the URLs of browsers, which leave some marks as they are.
func (d dice) respell(id string) string {
	needless := pick(d, 0, 0, 20, 100) // percent
	var b strings.Builder
	for _, c := range []byte(id) {
		switch plain := isLetterOrDigit(c) || strings.IndexByte("-._~!$&'()*+,;=:@[]|", c) >= 0; {
		case plain && !d.chance(needless):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, pick(d, "%%%02X", "%%%02x"), c)
		}
	}
	return b.String()
}

func (d dice) space() string {
	if d.chance(90) {
		return ""
	}
	return pick(d, " ", "\n", "\t", "\r\n    ")
}

// quote spells a text as JSON in any of the ways there are.
func (d dice) quote(text string) string {
	needless := pick(d, 0, 0, 0, 20, 100) // percent
	escape := pick(d, `\u%04x`, `\u%04X`)
	short := map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	b := []byte{'"'}
	for _, r := range text {
		switch must := r < 0x20 || r == '"' || r == '\\'; {
		case !must && !d.chance(needless):
			b = append(b, string(r)...)
		case short[r] != "" && d.chance(70):
			b = append(b, short[r]...)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				b = fmt.Appendf(b, escape, unit)
			}
		}
	}
	return string(append(b, '"'))
}

// any makes a JSON value that is at most so deep, but for a few that are far
// deeper. In a response a member may occur twice, the last of which counts; in a
// request that is refused.
func (d dice) any(depth int, answer bool) string {
	if d.chance(1) {
		n := 1 + d.IntN(200)
		return strings.Repeat(`[{"a":`, n) + d.any(0, answer) + strings.Repeat("}]", n)
	}
	kind := d.IntN(8)
	if depth == 0 {
		kind %= 6
	}
	switch kind {
	case 0:
		return pick(d, "null", "true", "false")
	case 1, 2:
		return pick(d, "0", "-0", "1", "1.0", "1.50", "1e2", "-1E+5", "1e400", "0.1e-7", "9007199254740993",
			"-9223372036854775809", "12345678901234567890123456789.0123456789", strconv.Itoa(d.Int()))
	case 3, 4, 5:
		return d.quote(d.text())
	case 6:
		items := make([]string, d.IntN(4))
		for i := range items {
			items[i] = d.any(depth-1, answer)
		}
		return "[" + strings.Join(items, d.space()+","+d.space()) + "]"
	default:
		return d.join(d.unknown(d.IntN(4), depth-1, answer, map[string]bool{}))
	}
}

// unknown makes members of other names than are taken.
func (d dice) unknown(n, depth int, answer bool, taken map[string]bool) []string {
	var members []string
	for range n {
		if name := d.text(); !taken[name] {
			taken[name] = true
			members = append(members, d.member(name, d.any(depth, answer)))
			if answer && d.chance(2) {
				members = append(members, d.member(name, d.any(depth, answer)))
			}
		}
	}
	return members
}

func (d dice) member(name, value string) string {
	return d.quote(name) + d.space() + ":" + d.space() + value
}

// join makes an object of members.
func (d dice) join(members []string) string {
	d.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + d.space() + strings.Join(members, d.space()+","+d.space()) + d.space() + "}"
}

// object makes an object of a shape, with members that the shape has not.
func (d dice) object(shape string, answer bool) string {
	var members []string
	taken := map[string]bool{}
	for _, m := range contract.Members(contract.Shapes[shape]) {
		taken[m.Name] = true
		occurrences := 1
		switch {
		case m.Optional && d.chance(35):
			occurrences = 0
		case answer && d.chance(2):
			occurrences = pick(d, 0, 2)
		}
		for range occurrences {
			value := d.value(m, answer)
			if d.chance(2) && answer || m.Optional && d.chance(20) {
				value = "null"
			}
			members = append(members, d.member(m.Name, value))
		}
	}
	if d.chance(35) {
		members = append(members, d.unknown(d.IntN(4), 3, answer, taken)...)
	}
	return d.join(members)
}

// value makes a value of a member's type. In a response an enum's word may be one
// that nobody knows; in a request what must be there must not be empty.
func (d dice) value(m contract.Member, answer bool) string {
	switch {
	case m.Type == "bool":
		return pick(d, "true", "false")
	case m.Type == "labels":
		var labels []string
		taken := map[string]bool{}
		for range d.IntN(5) {
			if name := d.text(); !taken[name] {
				taken[name] = true
				labels = append(labels, d.member(name, d.label(answer)))
			}
		}
		return d.join(labels)
	case m.Type == "string":
		text := d.text()
		if text == "" && !answer && !m.Optional {
			text = "x"
		}
		return d.quote(text)
	case contract.Shapes[m.Type] != "":
		return d.object(m.Type, answer)
	case answer && d.chance(10):
		return d.quote(d.text())
	default:
		return d.quote(pick(d, strings.Split(m.Type, "|")...))
	}
}

func (d dice) label(answer bool) string {
	if answer && d.chance(3) {
		return "null"
	}
	return d.quote(d.text())
}

// requestBody makes a request's body. Where nothing must be there, it may be
// null or missing itself.
func (d dice) requestBody(shape string) string {
	if !contract.Required(shape) && d.chance(15) {
		return pick(d, "", "null", "{}")
	}
	return d.space() + d.object(shape, false) + d.space()
}

// query makes a query of an operation: as the facade spells it, and as it may be spelled too.
func (d dice) query(parameters string) (query, other string) {
	var pairs, others []string
	for _, m := range contract.Members(parameters) {
		occurrences := 1
		switch {
		case m.List:
			occurrences = d.IntN(4)
		case m.Optional:
			occurrences = d.IntN(2)
		}
		for range occurrences {
			value := strconv.Itoa(1 + d.IntN(1000)) // most have a least
			if m.Type != "int" {
				_ = json.Unmarshal([]byte(d.value(m, false)), &value)
			}
			if m.Type == "bool" {
				value = pick(d, "true", "false")
			}
			pairs = append(pairs, encodeURIComponent(m.Name)+"="+encodeURIComponent(value))
			others = append(others, d.respellQuery(m.Name)+"="+d.respellQuery(value))
		}
	}
	if len(pairs) == 0 {
		return "", pick(d, "", "?", "?&")
	}
	return "?" + strings.Join(pairs, "&"), "?" + strings.Join(others, "&")
}

// respellQuery spells a name or a value of a query in another way.
func (d dice) respellQuery(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if d.chance(20) {
			fmt.Fprintf(&b, pick(d, "%%%02x", "%%%02X"), value[i])
			continue
		}
		b.WriteString(url.QueryEscape(value[i : i+1]))
	}
	return b.String()
}

// headersUp makes some headers that pass up, and one that does not.
func (d dice) headersUp() http.Header {
	header := http.Header{"X-Other": {"no"}}
	for _, name := range []string{"Authorization", "Cookie", "X-Wingspan-User", "Accept-Language", "X-Request-Id", "Traceparent", "Tracestate"} {
		for range pick(d, 0, 1, 1, 2, 3) {
			header.Add(name, d.headerValue())
			if name != "Cookie" && name != "Tracestate" {
				break // the others are no lists
			}
		}
	}
	if d.chance(50) {
		header.Set("Authorization", "Bearer "+pick(d, oddTexts[len(oddTexts)-1], d.headerValue()))
	}
	for _, name := range []string{"Authorization", "X-Wingspan-User"} { // of which two are refused
		for i, value := range header[name] {
			header[name][i] = strings.ReplaceAll(value, ",", "")
		}
	}
	return header
}

// headersDown makes some headers that pass down, and one that does not.
func (d dice) headersDown() http.Header {
	header := http.Header{"Server": {"no"}}
	for _, name := range []string{"Set-Cookie", "Set-Cookie", "Set-Cookie", "Retry-After", "X-Request-Id", "Cache-Control", "Vary", "Age", "Expires", "Etag", "Www-Authenticate",
		"Ratelimit", "Ratelimit-Policy", "Ratelimit-Policy", "X-Ratelimit-Limit", "X-Rate-Limit-Reset"} {
		if d.chance(30) {
			header.Add(name, pick(d, "0", "17", "Wed, 21 Oct 2065 07:28:00 GMT", "private, max-age=5", "a=é; Path=/", d.headerValue()))
		}
	}
	return header
}

// headerValue makes a value of printable ASCII, which is all that passes.
func (d dice) headerValue() string {
	b := make([]byte, 1+d.IntN(30))
	for i := range b {
		b[i] = byte(' ' + d.IntN('~'-' '+1))
	}
	return "v" + string(b)
}
