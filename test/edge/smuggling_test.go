package edge

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/facadetest"
)

const (
	// smuggled is a request that a front server took for something else.
	smuggled = "DELETE /users/session/api/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	// The same call by REST and by Connect.
	restTarget    = "POST /users/session/api "
	connectTarget = "POST /wingspan.users.v1.SessionAndAuthenticationService/CreateApiSession "

	post    = "POST /users/session/api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	service = "/wingspan.users.v1.SessionAndAuthenticationService/"
	get     = "GET /users/session/api HTTP/1.1\r\nHost: x\r\n"
)

// TestSmuggling sends what two servers may read in two ways. The REST gateway
// refuses it or reads it in one way and then hangs up; what hides behind it is
// never taken for a request.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	const bad = http.StatusBadRequest
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	p := start(t, "--upstream-url="+upstream.URL)
	chunked := "Transfer-Encoding: chunked\r\n"
	for name, c := range map[string]struct {
		raw  string
		want int // the only status that will do; 0 is any, and hanging up
	}{
		"CL and TE":            {post + "Content-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n" + smuggled, 0},
		"TE and CL":            {post + chunked + "Content-Length: 5\r\n\r\n0\r\n\r\n" + smuggled, 0},
		"two lengths":          {post + "Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}" + smuggled, bad},
		"two lengths in one":   {post + "Content-Length: 2, 60\r\n\r\n{}" + smuggled, bad},
		"signed length":        {post + "Content-Length: +2\r\n\r\n{}" + smuggled, bad},
		"negative length":      {post + "Content-Length: -1\r\n\r\n" + smuggled, bad},
		"hexadecimal length":   {post + "Content-Length: 0x2\r\n\r\n{}" + smuggled, bad},
		"xchunked":             {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, http.StatusNotImplemented},
		"chunked twice":        {post + chunked + chunked + "\r\n0\r\n\r\n" + smuggled, http.StatusNotImplemented},
		"chunked, identity":    {post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + smuggled, http.StatusNotImplemented},
		"vertical tab":         {post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" + smuggled, 0},
		"chunked in HTTP/1.0":  {strings.Replace(post, "1.1", "1.0", 1) + chunked + "\r\n0\r\n\r\n" + smuggled, 0},
		"folded TE":            {post + "Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + smuggled, 0},
		"fold at the start":    {strings.Replace(get, "\r\nHost", "\r\n Host", 1) + "\r\n" + smuggled, bad},
		"space before colon":   {post + "Content-Length : 2\r\n\r\n{}" + smuggled, bad},
		"TE, space, colon":     {post + "Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled, bad},
		"no colon":             {get + "Nothing\r\n\r\n" + smuggled, bad},
		"NUL in a value":       {get + "Cookie: a\x00b\r\n\r\n" + smuggled, bad},
		"NUL in a name":        {get + "Coo\x00kie: a\r\n\r\n" + smuggled, bad},
		"bare CR in a value":   {get + "Cookie: a\rb: c\r\n\r\n" + smuggled, bad},
		"bare LF in a chunk":   {post + chunked + "\r\n2\n{}\r\n0\r\n\r\n" + smuggled, bad},
		"chunk too long":       {post + chunked + "\r\nfffffffffffffffff\r\n{}" + smuggled, bad},
		"chunk of no number":   {post + chunked + "\r\n0x2\r\n{}\r\n0\r\n\r\n" + smuggled, bad},
		"chunk without an end": {post + chunked + "\r\n2\r\n{}" + smuggled, bad},
		"HTTP/0.9":             {"GET /users/session/api\r\n\r\n" + smuggled, bad},
		"HTTP/2 preface":       {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled, 0},
		"no host":              {"GET /users/session/api HTTP/1.1\r\n\r\n" + smuggled, bad},
		"two hosts":            {get + "Host: y\r\n\r\n" + smuggled, bad},
		"space in the target":  {"GET /users/session/api /x HTTP/1.1\r\nHost: x\r\n\r\n" + smuggled, bad},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, raw := range []string{c.raw, strings.Replace(c.raw, restTarget, connectTarget, 1)} {
				statuses, err := exchange(p.REST, raw)
				if err != nil {
					t.Fatal(err)
				}
				if len(statuses) > 1 || (c.want != 0 && (len(statuses) != 1 || statuses[0] != c.want)) {
					t.Errorf("%q: answered %v, want %d alone", raw, statuses, c.want)
				}
			}
		})
	}
	t.Cleanup(func() {
		for _, call := range upstream.Take() {
			if strings.Contains(call.Path, "smuggled") {
				t.Errorf("the upstream was called: %s %s", call.Method, call.Path)
			}
		}
	})
}

// TestTargets shows that no form of request target leads anywhere but to our own
// operations.
func TestTargets(t *testing.T) {
	t.Parallel()
	upstream := facadetest.NewRecorder(t, facadetest.Respond(200, nil, `[]`))
	p := start(t, "--upstream-url="+upstream.URL)
	for target, want := range map[string]struct {
		status int
		calls  int
	}{
		"GET http://other.example/users/session/api":                           {200, 1}, // RFC 9112, 3.2.2: must be taken; it is ours
		"GET http://other.example/":                                            {404, 0},
		"CONNECT other.example:443":                                            {404, 0},
		"CONNECT http://other.example/users/session/api":                       {404, 0},
		"GET other.example:443":                                                {404, 0},
		"OPTIONS *":                                                            {200, 0},
		"TRACE /users/session/api":                                             {405, 0},
		"GET //users/session/api":                                              {404, 0},
		"GET /users/../users/session":                                          {404, 0},
		"POST http://other.example" + service + "ListApiSessions":              {415, 0}, // it is ours, of no type
		"GET " + service + "ListApiSessions?encoding=json&message=%7B%7D":      {200, 1},
		"GET " + service + "ListApiSessions?message=%7B%7D":                    {415, 0},
		"GET /" + service + "ListApiSessions?encoding=json&message=%7B%7D":     {404, 0},
		"GET " + service + "./ListApiSessions?encoding=json&message=%7B%7D":    {404, 0},
		"GET " + service + "x/../ListApiSessions?encoding=json&message=%7B%7D": {404, 0},
		"GET " + service + "List%41piSessions?encoding=json&message=%7B%7D":    {404, 0},
		"GET " + service + "ListApiSessions/?encoding=json&message=%7B%7D":     {404, 0},
		"GET " + service + "listapisessions?encoding=json&message=%7B%7D":      {404, 0},
		"GET " + service[:len(service)-1] + "%2FListApiSessions?encoding=json": {404, 0},
		"GET " + service + "Authenticate?encoding=json&message=%7B%7D":         {405, 0},
		"CONNECT " + service + "ListApiSessions":                               {405, 0},
	} {
		statuses, err := exchange(p.REST, target+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if err != nil || len(statuses) != 1 || statuses[0] != want.status {
			t.Errorf("%s: answered %v, %v, want %d", target, statuses, err, want.status)
		}
		if seen := upstream.Take(); len(seen) != want.calls {
			t.Errorf("%s: the upstream saw %d calls, want %d", target, len(seen), want.calls)
		}
	}
}

// exchange sends bytes and returns the statuses of all responses, until the server
// hangs up. That it does not is an error.
func exchange(address, raw string) (statuses []int, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(waitLimit)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, raw); err != nil {
		return nil, err
	}
	answers := bufio.NewReader(conn)
	for {
		answer, err := http.ReadResponse(answers, nil)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return statuses, err
		}
		if err != nil {
			return statuses, nil // the end, orderly or by a reset
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil && answer.ContentLength > 0 {
			return statuses, nil
		}
		statuses = append(statuses, answer.StatusCode)
	}
}
