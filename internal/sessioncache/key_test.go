package sessioncache

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

// TestKey_IsOfAllThatTheUpstreamDecidesBy shows which checks are the same question.
func TestKey_IsOfAllThatTheUpstreamDecidesBy(t *testing.T) {
	t.Parallel()
	k := newKeys()
	one := k.identify("/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}})
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
		if id := k.identify(c.method, c.token, c.header); (id.key == one.key) != c.same || (id.seal == one.seal) != c.same || id.key == id.seal {
			t.Errorf("%s: the same question: %t, want %t", name, id.key == one.key, c.same)
		}
	}
	other := newKeys()
	if id := other.identify("/check", "token", http.Header{"Authorization": {"a"}, "Cookie": {"b"}}); id.key == one.key || id.seal == one.seal {
		t.Error("another process has the same keys")
	}
}

// TestKey_NeverGivesOneCallersAnswerToAnother shows it of whole checks.
func TestKey_NeverGivesOneCallersAnswerToAnother(t *testing.T) {
	inBubble(func(t *testing.T) {
		u := newFakeUpstream()
		u.create("ada1", "ada", time.Hour)
		u.create("bob1", "bob", time.Hour)
		c := newTestCache(t, u, Options{TTL: time.Minute})
		ask(t.Context(), c, checkKey{token: "ada1", credential: "ada1"})
		for _, stranger := range []checkKey{{token: "ada1"}, {token: "ada1", credential: "bob1"}, {token: "ada1", credential: "ada1", cookie: true}} {
			before := u.count()
			if ask(t.Context(), c, stranger); u.count() != before+1 {
				t.Errorf("%v: the upstream was not asked", stranger)
			}
		}
		if a := ask(t.Context(), c, checkKey{token: "ada1", credential: "junk"}); a.said != expiredAnswer {
			t.Errorf("a junk credential: %v", a)
		}
	})(t)
}

// TestEntry_IsSealed shows that what is kept opens for nobody who asks another question.
func TestEntry_IsSealed(t *testing.T) {
	t.Parallel()
	k := newKeys()
	mine, theirs := k.identify("/check", "token", nil), k.identify("/check", "token", http.Header{"Cookie": {"b"}})
	body := []byte("a body with a canary token")
	sealed, err := mine.sealed(body)
	if err != nil || bytes.Contains(sealed, []byte("canary")) {
		t.Fatalf("%q, %v", sealed, err)
	}
	if again, _ := mine.sealed(body); bytes.Equal(sealed, again) {
		t.Error("it is sealed twice with one nonce")
	}
	if got, err := mine.open(sealed); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := theirs.open(sealed); err == nil {
		t.Errorf("somebody else read %q", got)
	}
}

// TestKey_IgnoresRequestIDs shows that calls that are told apart by an id only are one
// question.
func TestKey_IgnoresRequestIDs(t *testing.T) {
	inBubble(func(t *testing.T) {
		u := newFakeUpstream()
		u.create("ada1", "ada", time.Hour)
		c := newTestCache(t, u, Options{TTL: time.Minute})
		for _, id := range []string{"1", "2"} {
			checkWith(t.Context(), c, "ada1", &relay.Exchange{Header: http.Header{"X-Request-Id": {id}}})
		}
		if u.count() != 1 {
			t.Errorf("%d calls", u.count())
		}
	})(t)
}
