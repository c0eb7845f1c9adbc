package faults

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	usersv1 "github.com/wingspan-grpc/session-facade/gen/go/wingspan/users/v1"
	"github.com/wingspan-grpc/session-facade/test/facadetest"

	"google.golang.org/grpc/metadata"
)

// TestSurplus shows that an upstream which speaks HTTP/1.1 and always sends more
// than a response gives nobody the response to another: with and without TLS, in one
// write and in two, one caller after another and many at a time, by both protocols.
// SURPLUS_TIME is how long it runs, for example 10s.
//
// What an upstream sends while the next request is under way looks like its response, and
// no client of HTTP/1.1 can tell them apart: where this machine is so busy that the test's
// upstream pauses between a response and the rest, it is passed over.
func TestSurplus(t *testing.T) {
	t.Parallel()
	length, err := time.ParseDuration(os.Getenv("SURPLUS_TIME"))
	if err != nil {
		length = 2 * time.Second
	}
	for name, version := range map[string]uint16{"plain": 0, "TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		for _, callers := range []int{1, 16} {
			t.Run(fmt.Sprintf("%s, %d callers", name, callers), func(t *testing.T) {
				t.Parallel()
				s := oversharing(t, version)
				facade := open(t, s.url, facadetest.Config{TLS: s.trust})
				var running sync.WaitGroup
				var own atomic.Int64
				stop := time.Now().Add(length)
				for i := range callers {
					running.Go(func() {
						for n := 0; time.Now().Before(stop); n++ {
							id := fmt.Sprintf("caller-%d-%d", i, n)
							got := facade.token(t, id, (i+n)%2 == 0)
							switch {
							case got == id:
								own.Add(1)
							case got != "":
								if _, late := overslept.Load(got); !late {
									t.Errorf("%s gets the response to %s", id, got)
								}
							}
						}
					})
				}
				running.Wait()
				if own.Load() == 0 {
					t.Error("no call is answered")
				}
			})
		}
	}
}

// token makes a call whose response tells whose it is; empty where it has none.
func (d *ports) token(t *testing.T, id string, rest bool) string {
	t.Helper()
	if !rest {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+id)
		got, _ := d.Client.GetSession(ctx, &usersv1.GetSessionRequest{Id: id})
		return got.GetSession().GetToken()
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.REST+"/users/session/token/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+id)
	response, err := d.client.Do(request)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	_, after, _ := strings.Cut(string(body), `"token":"`)
	token, _, _ := strings.Cut(after, `"`)
	return token
}

// oversharing makes an upstream that answers with the caller's own token, and sends
// more than that.
func oversharing(t *testing.T, version uint16) *server {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of its certificate
	lender.Close()
	s := listen(t, nil, func(_ *server, c net.Conn) {
		if version != 0 {
			c = tls.Server(c, &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: version, MaxVersion: version})
		}
		reader := bufio.NewReader(c)
		for n := 0; ; n++ {
			request, err := http.ReadRequest(reader)
			if err != nil || overshare(c, strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "), n) != nil {
				return
			}
		}
	})
	if version != 0 {
		s.url = strings.Replace(s.url, "http:", "https:", 1)
		trusted := x509.NewCertPool()
		trusted.AddCert(lender.Certificate())
		s.trust = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	}
	return s
}

var overshares atomic.Int64

func overshare(c net.Conn, id string, _ int) error {
	body := fmt.Sprintf(`{"expiration":"e","sessionType":"User","token":%q}`, id)
	whole := reply(200, "", body)
	chunked := fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	first, more := whole, whole
	switch overshares.Add(1) % 5 {
	case 0:
		first = "HTTP/1.1 204 No Content\r\n\r\n"
	case 1:
		first = chunked
	case 2:
		more = chunked
	case 3:
		more = "\r\n" + body
	}
	if overshares.Load()%2 == 0 {
		_, err := io.WriteString(c, first+more)
		return err
	}
	began := time.Now()
	_, err := io.WriteString(c, first)
	for range 2 { // before it is sent, and where sending it took long
		if time.Since(began) > pause {
			overslept.Store(id, true)
		}
		if more != "" && err == nil {
			_, err = io.WriteString(c, more)
			more = ""
		}
	}
	return err
}

// pause is less than a connection of the facade's rests.
const pause = 15 * time.Millisecond

// overslept are the calls whose surplus came after a pause.
var overslept sync.Map
