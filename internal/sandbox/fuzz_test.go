package sandbox_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/sandbox"
	"github.com/wingspan-grpc/session-facade/internal/sandbox/seed"
)

// FuzzRestore shows of each text that it is refused, or that the sandbox's snapshot of it is
// restored as the same.
func FuzzRestore(f *testing.F) {
	f.Add(seed.Default)
	f.Add([]byte(`{"now":"2031-05-06T07:08:09.1Z","users":[{"userId":"a","email":"a@example.com","singleSignOn":{"code":"é","of":"","expiration":"2031-05-06T07:18:09+23:59"}}],
		"sessions":[{"token":"t","userId":"a","sessionType":"API","sessionId":"i","labels":{"\u0000":"\ud83d\ude00"},"isUnlimitedExpiration":true}],
		"messages":[{"id":7,"time":"0000-01-01T00:00:00Z","userId":"a","kind":"","to":"\"","code":""}]}`))
	f.Add([]byte(`{"users":[{"userId":"a","email":"a@b","subscriptionGrants":[{"package":"New","x":1}]}],"sessions":[{"token":"t","userId":"a","expiration":"9999-12-31T23:59:59Z","pending":true,"otpExpiration":"2999-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"users":[{"userId":"a","email":"a@b"}],"sessions":[{"token":"t","userId":"a","expiration":"9999-12-31T23:59:59-01:00"}]}`))
	now := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	box, err := sandbox.New(io.Discard, func() time.Time { return now }, seed.Default)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if box.Restore(text) != nil {
			return
		}
		first, err := box.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if err := box.Restore(first); err != nil {
			t.Fatalf("%v: %s", err, first)
		}
		if again, err := box.Snapshot(); err != nil || !bytes.Equal(again, first) {
			t.Errorf("%v: %s became %s", err, first, again)
		}
	})
}
