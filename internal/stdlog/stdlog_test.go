package stdlog

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// TestWriter_WithholdsValues shows what is told of a library's lines: nothing that it quotes, or
// that a peer or a panic has put into them.
func TestWriter_WithholdsValues(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`Unsolicited response received on idle HTTP channel starting with "{\"token\":\"canary\"}"; err=<nil>`: `"level":"WARN","msg":"library","said":"Unsolicited response received on idle HTTP channel starting with ","withheld":true`,
		"http: TLS handshake error from 192.0.2.1:5: EOF\n":                                                    `"level":"DEBUG","msg":"library","said":"http: TLS handshake error","withheld":true`,
		"http: panic serving 192.0.2.1:5: canary\ngoroutine 1 [running]:":                                      `"level":"ERROR","msg":"library","said":"http: panic serving","withheld":true`,
		"http: superfluous response.WriteHeader call":                                                          `"level":"WARN","msg":"library","said":"http: superfluous response.WriteHeader call","withheld":false`,
	} {
		var written bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&written, &slog.HandlerOptions{Level: slog.LevelDebug}))
		if _, err := (Writer{logger}).Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if got := written.String(); strings.Contains(got, "canary") || strings.Contains(got, "192.0.2.1") || !strings.Contains(got, want) {
			t.Errorf("logged %s", got)
		}
	}
}
