package edge

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestMalformed_OverTLS: what net/http refuses by itself is answered and logged over TLS
// as it is without.
func TestMalformed_OverTLS(t *testing.T) {
	t.Parallel()
	s := startTLS(t, false)
	config := s.client.Clone()
	config.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", s.REST, config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(waitLimit))
	_, _ = io.WriteString(conn, "GET /users/session/token/%zzcanary HTTP/1.1\r\nHost: x\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 400 || response.Header.Get("Content-Type") != "application/json" || !strings.Contains(string(body), `"INVALID_REQUEST"`) {
		t.Errorf("%d, %q: %v", response.StatusCode, body, err)
	}
	id := response.Header.Get("X-Request-Id")
	if line := s.await(t, `"request_id":"`+id+`"`); id == "" || !strings.Contains(line, `"msg":"call"`) || strings.Contains(line, "canary") {
		t.Errorf("id %q, logged: %s", id, line)
	}
	works(t, s.process, s.client)
}
