package identity

import (
	"bytes"
	"net/http"
	"testing"
)

// TestKey_IsOfAllThatTheUpstreamDecidesBy shows which checks are the same question.
func TestKey_IsOfAllThatTheUpstreamDecidesBy(t *testing.T) {
	t.Parallel()
	k := NewKeys()
	one := k.Identify("/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}})
	for name, c := range map[string]struct {
		method, token string
		header        http.Header
		same          bool
	}{
		"all the same":             {"/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}}, true},
		"another request id":       {"/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}, "X-Request-Id": {"1"}}, true},
		"another trace":            {"/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}, "Traceparent": {"1"}, "Tracestate": {"2"}}, true},
		"another token":            {"/check", "token2", http.Header{"Authorization": {"a"}, "Cookie": {"b"}}, false},
		"another RPC":              {"/check2", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}}, false},
		"another bearer token":     {"/check", "token", http.Header{"Authorization": {"A"}, "Cookie": {"b"}}, false},
		"another cookie":           {"/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"B"}}, false},
		"no credential":            {"/check", "token", nil, false},
		"a user":                   {"/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}, "X-Wingspan-User": {"u"}}, false},
		"a language":               {"/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}, "Accept-Language": {"de"}}, false},
		"the other way round":      {"/check", "token", http.Header{"Authorization": {"b"}, "Cookie": {"a"}}, false},
		"cut elsewhere":            {"/check", "tokenA", http.Header{"uthorization": {"a"}, "Cookie": {"b"}}, false},
		"one value made of two":    {"/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b", ""}}, false},
		"a header made of a value": {"/check", "token", http.Header{"Authorization": {"a\x06Cookie\x01\x01b"}}, false},
	} {
		if id := k.Identify(c.method, c.token, c.header); (id.Key == one.Key) != c.same || (id.seal == one.seal) != c.same || id.Key == id.seal {
			t.Errorf("%s: the same question: %t, want %t", name, id.Key == one.Key, c.same)
		}
	}
	other := NewKeys()
	if id := other.Identify("/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}}); id.Key == one.Key || id.seal == one.seal {
		t.Error("another process has the same keys")
	}
}

// TestEntry_IsSealed shows that what is kept opens for nobody who asks another question.
func TestEntry_IsSealed(t *testing.T) {
	t.Parallel()
	k := NewKeys()
	mine, theirs := k.Identify("/check", "token", nil), k.Identify("/check", "token", http.Header{"Cookie": {"b"}})
	body := []byte("a body with a canary token")
	sealed, err := mine.Seal(body)
	if err != nil || bytes.Contains(sealed, []byte("canary")) {
		t.Fatalf("%q, %v", sealed, err)
	}
	if again, _ := mine.Seal(body); bytes.Equal(sealed, again) {
		t.Error("it is sealed twice with one nonce")
	}
	if got, err := mine.Open(sealed); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := theirs.Open(sealed); err == nil {
		t.Errorf("somebody else read %q", got)
	}
}
