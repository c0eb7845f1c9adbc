package faults

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

// responseFaults are those of an upstream that answers, but not as documented. It
// has been reached, so nothing is repeated.
var responseFaults = []fault{
	{name: "none", upstream: answering(valid), want: fine, gets: 1, others: 1},
	{name: "redirect 301", upstream: redirecting(301), want: broken, gets: 1, others: 1},
	{name: "redirect 302", upstream: redirecting(302), want: broken, gets: 1, others: 1},
	{name: "redirect 303", upstream: redirecting(303), want: broken, gets: 1, others: 1},
	{name: "redirect 307", upstream: redirecting(307), want: broken, gets: 1, others: 1},
	{name: "redirect 308", upstream: redirecting(308), want: broken, gets: 1, others: 1},
	{name: "304", upstream: answering(says("HTTP/1.1 304 Not Modified\r\n\r\n")), want: broken, gets: 1, others: 1},
	{name: "101", upstream: answering(then("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"+canary, hang)),
		want: broken, gets: 1, others: 1},
	{name: "status 000", upstream: answering(says(strings.Replace(reply(200, "", `{"message":"`+canary+`"}`), "200", "000", 1))), want: broken, gets: 1, others: 1},
	{name: "status 099", upstream: answering(says(strings.Replace(reply(200, "", `{"message":"`+canary+`"}`), "200", "099", 1))), want: broken, gets: 1, others: 1},
	{name: "closed after the headers", upstream: answering(then(okHead+"Content-Length: 9\r\n\r\n", finish)), want: broken, gets: 1, others: 1},
	{name: "reset after the headers", upstream: answering(then(okHead+"Content-Length: 9\r\n\r\n", reset)), want: broken, gets: 1, others: 1},
	{name: "reset within the body", upstream: answering(then(okHead+"Content-Length: 99\r\n\r\n[{\"token\":\""+canary, reset)), want: broken, gets: 1, others: 1},
	{name: "closed within a chunk", upstream: answering(then(okHead+"Transfer-Encoding: chunked\r\n\r\nff\r\n[{\"token\":\""+canary, finish)), want: broken, gets: 1, others: 1},
	{name: "closed without the last chunk", upstream: answering(then(okHead+"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n", finish)), want: broken, gets: 1, others: 1},
	{name: "malformed chunk", upstream: answering(then(okHead+"Transfer-Encoding: chunked\r\n\r\n"+canary+"\r\n", finish)), want: broken, gets: 1, others: 1},
	{name: "body longer than its length", upstream: answering(longer), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "truncated JSON", upstream: answering(mangled(func(text string) string { return text[:len(text)-1] })), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "text after JSON", upstream: answering(mangled(func(text string) string { return text + " " + canary })), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "byte order mark", upstream: answering(mangled(func(text string) string { return "\xef\xbb\xbf" + text })), want: fine, gets: 1, others: 1},
	{name: "two byte order marks", upstream: answering(mangled(func(text string) string { return "\xef\xbb\xbf\xef\xbb\xbf" + text })), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "not UTF-8", upstream: answering(mangled(func(text string) string { return strings.Replace(text, `"`, "\"\xff", 1) })), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "HTML", upstream: answering(says(strings.Replace(reply(200, "", "<html><body>"+canary+"</body></html>"), "application/json", "text/html", 1))),
		want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "array for object, object for array", upstream: answering(swapped), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "string", upstream: answering(says(reply(200, "", `"`+canary+`"`))), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "array of strings", upstream: answering(says(reply(200, "", `["`+canary+`"]`))), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "member of another type", upstream: answering(says(reply(200, "", `{"expiration":{"`+canary+`":1},"email":[1],"phone":1,"authenticationStrategy":1}`))),
		want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "empty 200", upstream: answering(says(reply(200, "", ""))), want: broken, spares: []kind{optional, nothing}, gets: 1, others: 1},
	{name: "204", upstream: answering(says("HTTP/1.1 204 No Content\r\n\r\n")), want: broken, spares: []kind{optional, nothing}, gets: 1, others: 1},
	{name: "compressed unasked", upstream: answering(compressed), want: broken, spares: []kind{nothing}, gets: 1, others: 1},
	{name: "declared too large", upstream: answering(then(okHead+"Content-Length: 99999999\r\n\r\n"+strings.Repeat(" ", 70<<10), hang)),
		config: facadetest.Config{MaxResponseBytes: 64 << 10}, want: broken, gets: 1, others: 1},
	{name: "endless body", upstream: answering(endless(200)), config: facadetest.Config{MaxResponseBytes: 64 << 10}, want: broken, gets: 1, others: 1},
	{name: "endless error body", upstream: answering(endless(400)), want: want{codes.InvalidArgument, "UPSTREAM_REJECTED", 400}, gets: 1, others: 1},
	{name: "trickled body", upstream: answering(trickle(okHead + "Content-Length: 9999\r\n\r\n")), config: facadetest.Config{Timeout: short}, want: late, gets: 1, others: 1},
	{name: "hang within the body", upstream: answering(then(okHead+"Content-Length: 9999\r\n\r\n[", hang)), config: facadetest.Config{Timeout: short}, want: late, gets: 1, others: 1},
	{name: "error body cut off", upstream: answering(then("HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n{\"message\":\""+canary, finish)),
		want: want{codes.NotFound, "UPSTREAM_REJECTED", 404}, gets: 1, others: 1},
	{name: "error body trickled", upstream: answering(trickle("HTTP/1.1 409 Conflict\r\nContent-Length: 9999\r\n\r\n")), config: facadetest.Config{Timeout: short},
		want: want{codes.Aborted, "UPSTREAM_REJECTED", 409}, gets: 1, others: 1},
}

// valid answers as documented.
func valid(_ *server, c net.Conn, o *operation) bool {
	_, err := io.WriteString(c, reply(200, "", o.answer))
	return err == nil
}

// mangled answers as documented but for a change.
func mangled(change func(string) string) answer {
	return func(_ *server, c net.Conn, o *operation) bool {
		_, err := io.WriteString(c, reply(200, "", change(o.answer)))
		return err == nil
	}
}

// longer declares less than it sends.
func longer(_ *server, c net.Conn, o *operation) bool {
	_, _ = fmt.Fprintf(c, "%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", okHead, len(o.answer)-1, o.answer)
	return false
}

func swapped(_ *server, c net.Conn, o *operation) bool {
	text := `[]`
	if o.kind == list {
		text = `{}`
	}
	_, err := io.WriteString(c, reply(200, "", text))
	return err == nil
}

func compressed(_ *server, c net.Conn, o *operation) bool {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = io.WriteString(writer, o.answer)
	_ = writer.Close()
	_, err := io.WriteString(c, reply(200, "Content-Encoding: gzip\r\n", packed.String()))
	return err == nil
}

// endless sends a body until the reader has enough, which it must have soon.
func endless(status int) answer {
	return func(s *server, c net.Conn, _ *operation) bool {
		const enough = 16 << 20 // what the kernel holds included
		_, _ = fmt.Fprintf(c, "HTTP/1.1 %d Status\r\nTransfer-Encoding: chunked\r\n\r\n", status)
		chunk := fmt.Sprintf("%x\r\n%s\r\n", 32<<10, strings.Repeat(" ", 32<<10))
		for sent := 0; ; sent += len(chunk) {
			if sent > enough {
				s.t.Errorf("%d bytes of a body were taken", sent)
				return false
			}
			if _, err := io.WriteString(c, chunk); err != nil {
				return false
			}
		}
	}
}

// redirecting points elsewhere, where nobody must come.
func redirecting(status int) func(t *testing.T, all []*operation) *server {
	return func(t *testing.T, all []*operation) *server {
		t.Helper()
		elsewhere := listen(t, nil, func(s *server, _ net.Conn) { s.t.Errorf("HTTP %d was followed", status) })
		return answering(says(reply(status, "Location: "+elsewhere.url+"/"+canary+"\r\n", canary)))(t, all)
	}
}
