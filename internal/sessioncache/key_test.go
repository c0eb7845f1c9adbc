package sessioncache

import (
	"net/http"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/relay"
)

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

// TestQuestion_HasEachTagOnce: a session that is asked for with its own token has one tag
// for both; the index would lose count otherwise.
func TestQuestion_HasEachTagOnce(t *testing.T) {
	t.Parallel()
	c := &Cache{keys: keysOf(nil)}
	for name, q := range map[string]*question{
		"its own token": {token: "t", header: map[string][]string{"Authorization": {"Bearer t"}}},
		"another's":     {token: "t", header: map[string][]string{"Authorization": {"Bearer u"}, "Cookie": {"t"}}},
	} {
		c.setTags(q)
		seen := map[tag]bool{}
		for _, of := range q.tags {
			if seen[of] {
				t.Errorf("%s: a tag comes twice", name)
			}
			seen[of] = true
		}
	}
}
